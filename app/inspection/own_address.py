"""Servers that choose address and port themselves unless they are told: Gradio, and Streamlit in a Dockerfile. Pure.

Gradio is at 127.0.0.1:7860, where nothing outside of the container reaches it; Streamlit is at 8501 on every address.
https://www.gradio.app/docs/gradio/blocks#blocks-launch, https://docs.streamlit.io/develop/api-reference/configuration
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from app import dockerfile
from app.diagnosis.files import Files
from app.dockerfile import Dockerfile, Instruction
from app.inspection.stages import lineage
from app.model import Finding, Place, Target, Weight
from app.start_command.python_source import python_source
from app.text.titles import fitting

CONTRACT = "https://cloud.google.com/run/docs/container-contract#port"
_PYTHON = re.compile(r"(?:^|[\s;&])(?:exec\s+)?python3?(?:\.\d+)?\s+(?:-[A-Za-z]+\s+)*([\w./-]+\.py)\b")
_STREAMLIT = re.compile(r"(?:^|[\s;&])(?:python3? -m )?streamlit run\b(.*)")
_STREAMLIT_PORT = re.compile(r"--server\.port[= ]\s*(\d{1,5})\b")
# What tells Gradio where to listen, in the code, beside the command or in the image.
_GRADIO_TOLD = re.compile(r"server_name|GRADIO_SERVER_NAME|0\.0\.0\.0")


def gradio_in_image(
    files: Files, inside: str, target: Target, path: str, parsed: Dockerfile
) -> Iterator[Finding]:
    """A warning where the image starts a file of Gradio's and nothing opens it to other machines."""
    stages = lineage(parsed, target.service.build.target)
    set_here = [each.value for each in parsed.instructions if each.stage in stages]
    started = _started(parsed, stages)
    if started is None or any(_GRADIO_TOLD.search(each) for each in set_here):
        return
    if place := _closed(files, inside, target, _command(started)):
        fix = (
            f"Write `ENV GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT={target.service.port}` in {path}, and no "
            "server_port in launch()."
        )
        yield _gradio(target, place, fix)


def gradio_by_procfile(files: Files, inside: str, target: Target) -> Iterator[Finding]:
    """The same of a Procfile; without one, Google's buildpacks say the address themselves."""
    procfile = f"{inside}Procfile"
    line = files.search(procfile, r"^web:\s*\S")
    web = files.lines(procfile)[line - 1].partition(":")[2].strip() if line else ""
    if _GRADIO_TOLD.search(web):
        return
    if place := _closed(files, inside, target, web):
        line_to_write = f"web: GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=$PORT {web}"
        yield _gradio(target, place, f"Write `{line_to_write}` in {procfile}.")


def streamlit_port(
    files: Files, inside: str, parsed: Dockerfile, stages: frozenset[int]
) -> tuple[int, int] | None:
    """Streamlit's port and the line that starts it; None where it is not started, or may be led elsewhere."""
    started = _started(parsed, stages)
    found = _STREAMLIT.search(_command(started)) if started else None
    if started is None or found is None:
        return None
    if given := _STREAMLIT_PORT.search(found[1]):
        return int(given[1]), started.line
    told = any("STREAMLIT_SERVER_PORT" in each.value for each in parsed.instructions if each.stage in stages)
    settings = any(path.endswith(".streamlit/config.toml") for path in files.paths if path.startswith(inside))
    return None if told or settings or re.search(r"PORT|--server\.port", found[1]) else (8501, started.line)


def _started(parsed: Dockerfile, stages: frozenset[int]) -> Instruction | None:
    """The one instruction that says what starts, None where an entry point and a command share it."""
    final = [each for each in parsed.of("CMD", "ENTRYPOINT") if each.stage in stages]
    if any(each.keyword == "ENTRYPOINT" for each in final):
        final = (
            [each for each in final if each.keyword == "ENTRYPOINT"]
            if len({e.keyword for e in final}) == 1
            else []
        )
    return final[-1] if final else None


def _command(each: Instruction) -> str:
    return " ".join(each.json) if each.json is not None else each.value


def _closed(files: Files, inside: str, target: Target, command: str) -> Place | None:
    """Where the file that is started launches Gradio on this machine alone."""
    started = _PYTHON.search(command)
    if started is None or "GRADIO_SERVER_NAME" in {
        name for name, _ in (*target.service.env, *target.service.secrets)
    }:
        return None
    told = dockerfile.joined("/", started[1])[1:]  # the folder of the image may have any name
    path = next(
        (inside + each for each in (told, told.rpartition("/")[2]) if inside + each in files.paths), ""
    )
    text = files.text(path)
    source = python_source(text) if ".launch(" in text and not _GRADIO_TOLD.search(text) else None
    if source is None or source.kind != "gradio":
        return None
    return files.place(path, files.search(path, r"\.launch\(") or 1)


def _gradio(target: Target, place: Place, fix: str) -> Finding:
    return Finding(
        code="gradio-closed",
        weight=Weight.WARN,
        title=fitting("Gradio listens at 127.0.0.1:7860, where Cloud Run reaches nobody"),
        message=f"launch() in {place.path} names no address, and nothing else gives {target.name} one: a request comes "
        "from outside of the container, to $PORT.",
        fix=fix,
        place=place,
        link=CONTRACT,
    )
