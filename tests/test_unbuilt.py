"""Which services run without a build, why others do not, and how they start."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.diagnosis import Files
from app.model import JobConfig, ServiceConfig, Target, TargetJob
from app.source.unbuilt import Recipe, recipe, starter

SERVICE = ServiceConfig("api")
TARGET = Target("p", "r", "production", SERVICE)
PLAIN = {"main.py": "", "Procfile": "web: python main.py\n"}
HASH = f"--hash=sha256:{'0' * 64}"


def of(files: dict[str, str], **said: Any) -> Recipe | str:
    return recipe(Files.of(files), replace(TARGET, service=replace(SERVICE, **said)))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (PLAIN, Recipe("python314", "3.14", "python main.py")),
        (PLAIN | {".python-version": "3.12.4\n"}, Recipe("python312", "3.12", "python main.py")),
        (PLAIN | {"requirements.txt": "# none\n"}, Recipe("python314", "3.14", "python main.py")),
        (
            {"main.py": "", "requirements.txt": "uvicorn[standard]==0.30.1\n"},
            Recipe(
                "python314",
                "3.14",
                "uvicorn main:app --port $PORT --host 0.0.0.0",
                "uvicorn[standard]==0.30.1\n",
            ),
        ),
        (
            {"app.py": "", "requirements.txt": "gunicorn==23.0.0\n"},
            Recipe("python314", "3.14", "gunicorn -b :$PORT app:app", "gunicorn==23.0.0\n"),
        ),
    ],
)
def test_a_plain_python_service_has_a_recipe(files: dict[str, str], expected: Recipe) -> None:
    """Its version, its command as the buildpacks choose it, and its lock."""
    assert of(files) == expected


def test_a_command_of_servergem_yml_takes_no_other() -> None:
    """What the file says is started; nothing has to be found."""
    assert of({"serve.py": ""}, command=("python", "serve.py")) == Recipe("python314", "3.14", "")


@pytest.mark.parametrize(
    ("files", "said", "why"),
    [
        (PLAIN, {"release": "migrate"}, "release command"),
        (PLAIN, {"binary_authorization": "default"}, "judges images"),
        (PLAIN, {"encryption_key": "k"}, "encryption_key"),
        (PLAIN, {"args": ("a",)}, "args without a command"),
        (PLAIN | {"package.json": "{}"}, {}, "package.json asks for more"),
        (PLAIN | {"project.toml": ""}, {}, "project.toml asks for more"),
        (PLAIN | {"uv.lock": ""}, {}, "uv.lock asks for more"),
        (PLAIN | {"pyproject.toml": ""}, {}, "pyproject.toml says what to install"),
        (PLAIN | {".python-version": "pypy"}, {}, "names no version"),
        (PLAIN | {".python-version": "3.8"}, {}, "no base image of Python 3.8"),
        (PLAIN | {"requirements.txt": "six\n"}, {}, "does not pin six"),
        (PLAIN | {"requirements.txt": "six>=1\n"}, {}, "does not pin six>=1"),
        (PLAIN | {"requirements.txt": "six==1.*\n"}, {}, "does not pin six==1.*"),
        (PLAIN | {"requirements.txt": "-e .\n"}, {}, "does not pin -e"),
        (PLAIN | {"requirements.txt": "-r other.txt\n"}, {}, "does not pin -r"),
        (PLAIN | {"requirements.txt": "six @ https://example.com/six.whl\n"}, {}, "does not pin six"),
        ({"main.py": ""}, {}, "write a Procfile"),
        ({"main.py": "", "Procfile": "worker: python main.py"}, {}, "write a Procfile"),
        ({"index.html": ""}, {}, "not Python"),
    ],
)
def test_what_is_not_sure_is_built(files: dict[str, str], said: dict[str, Any], why: str) -> None:
    """Each with the reason, which the check run shows."""
    found = of(files, **said)
    assert isinstance(found, str) and why in found


def test_a_service_with_jobs_is_built() -> None:
    """Its jobs take an image."""
    job = TargetJob("nightly", JobConfig("nightly", "api"))
    assert "jobs take an image" in str(recipe(Files.of(PLAIN), replace(TARGET, jobs=(job,))))


@pytest.mark.parametrize(
    "line",
    [
        f"six==1.16.0 {HASH} {HASH}",
        f"six==1.16.0 \\\n    {HASH}",
        'six == 1.16.0 ; python_version >= "3.8"',
        "uvicorn[standard]==0.30.1  # the server",
        "torch==2.3.0+cpu",
    ],
)
def test_a_pinned_line_is_a_lock(line: str) -> None:
    """With hashes, markers, extras and comments, as pip-compile and uv write them."""
    assert isinstance(of(PLAIN | {"requirements.txt": line}), Recipe)


@pytest.mark.parametrize(
    ("command", "words", "printed"),
    [
        ("echo started", (), "started"),
        ("echo a && echo b", (), "a\nb"),
        ("X=1 sh -c 'echo $X'", (), "1"),
        ("echo never", ("sh", "-c", "echo instead"), "instead"),
        ("sh -c 'echo $PYTHONPATH'", (), "{here}/.servergem/packages"),
        ("tool", (), "a tool of the packages"),
    ],
)
def test_the_script_starts_what_it_says(
    tmp_path: Path, command: str, words: tuple[str, ...], printed: str
) -> None:
    """In the folder where it was unpacked, with the packages before all else; words that follow it come instead."""
    tool = tmp_path / ".servergem" / "packages" / "bin" / "tool"
    tool.parent.mkdir(parents=True)
    tool.write_text("#!/bin/sh\necho a tool of the packages\n")
    tool.chmod(0o755)
    script = tmp_path / ".servergem" / "start"
    script.write_text(starter(Recipe("python314", "3.14", command)))
    done = subprocess.run(
        ["/bin/sh", ".servergem/start", *words], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == printed.format(here=tmp_path)
