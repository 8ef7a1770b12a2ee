"""Gradio and Streamlit choose address and port themselves: who is not told otherwise is warned before the build."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.diagnosis import Files
from app.inspection import inspect
from app.model import Finding, ServiceConfig, Target, Weight

TARGET = Target("p", "europe-west1", "production", ServiceConfig("web"))
GRADIO = "import gradio as gr\ndemo = gr.Interface(len, 'text', 'number')\ndemo.launch()\n"
LAUNCHED = GRADIO.replace("launch()", "launch(server_name='0.0.0.0', server_port=8080)")


def told(source: dict[str, str], target: Target = TARGET) -> list[Finding]:
    return list(inspect(Files.of(source), target))


def test_gradio_in_an_image_is_reached_from_outside_when_it_is_told_so() -> None:
    """The line to write has the port that Cloud Run asks at."""
    (finding,) = told(
        {"app.py": GRADIO, "Dockerfile": 'FROM python:3\nCMD ["python", "-u", "/code/app.py"]\n'}
    )
    assert (finding.code, finding.weight) == ("gradio-closed", Weight.WARN)
    assert finding.place is not None and (finding.place.path, finding.place.line) == ("app.py", 3)
    assert "`ENV GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=8080` in Dockerfile" in finding.fix


OPEN = {
    "by its code": {"app.py": LAUNCHED, "Dockerfile": "FROM x\nCMD python app.py\n"},
    "by the image": {
        "app.py": GRADIO,
        "Dockerfile": "FROM x\nENV GRADIO_SERVER_NAME 0.0.0.0\nCMD python app.py\n",
    },
    "another file": {"app.py": GRADIO, "b.py": "", "Dockerfile": "FROM x\nCMD python b.py\n"},
    "an entry point": {
        "app.py": GRADIO,
        "Dockerfile": 'FROM x\nENTRYPOINT ["./run"]\nCMD ["python", "app.py"]\n',
    },
    "by buildpacks": {"app.py": GRADIO, "requirements.txt": "gradio\n"},
    "beside FastAPI": {
        "app.py": "import gradio\napp = FastAPI()\ndemo.launch()\n",
        "Dockerfile": "FROM x\nCMD python app.py\n",
    },
}


@pytest.mark.parametrize("kind", OPEN)
def test_gradio_that_is_open_or_not_started_is_not_questioned(kind: str) -> None:
    """What may say the address counts as having said it."""
    assert told(OPEN[kind]) == []


def test_gradio_by_a_procfile_gets_the_line_that_opens_it() -> None:
    """Buildpacks say its address only where they choose the command."""
    source = {"app.py": GRADIO, "requirements.txt": "gradio\n", "Procfile": "web: python app.py\n"}
    (finding,) = told(source)
    assert "`web: GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=$PORT python app.py`" in finding.fix
    told_so = replace(TARGET, service=ServiceConfig("web", env=(("GRADIO_SERVER_NAME", "0.0.0.0"),)))
    assert told(source, told_so) == []


STREAMLIT = {
    'CMD ["streamlit", "run", "app.py"]': 8501,
    "ENTRYPOINT streamlit run app.py --server.port=8600 --server.address=0.0.0.0": 8600,
    "CMD streamlit run app.py --server.port=$PORT": 0,
    "ENV STREAMLIT_SERVER_PORT=8080\nCMD streamlit run app.py": 0,
    "CMD streamlit run app.py --server.port 8080": 0,
}


@pytest.mark.parametrize("command", STREAMLIT)
def test_streamlit_in_an_image_is_at_its_own_port(command: str) -> None:
    """Unless a flag, a variable or a file of settings says another."""
    source = {"app.py": "import streamlit\n", "Dockerfile": f"FROM python:3\n{command}\n"}
    port = STREAMLIT[command]
    titles = [f"Streamlit listens at {port}, Cloud Run asks at 8080"] if port else []
    assert [each.title for each in told(source)] == titles
    assert told(source | {".streamlit/config.toml": "[server]\nport = 8080\n"}) == [] or port == 8600
