"""What asks for another version than the image has: of a tool, a library or a package, whoever says so."""

from __future__ import annotations

import re

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.families import Family, Known
from app.diagnosis.instructions import base_image, failing_dockerfile, failing_instruction
from app.diagnosis.places import first
from app.diagnosis.rule import Hit
from app.model import Place


def pinned(hit: Hit) -> Place | None:
    """Where the Dockerfile takes this tool from: an image's tag, a version, or the line that installs it."""
    found, name = failing_dockerfile(hit), hit["name"].lower()
    if found is None or not name:
        return None
    path, parsed = found
    tagged = re.compile(rf"(?:^|[\s/\"'=]){re.escape(name)}(?::|==|@)[\w.]")
    installs = re.compile(rf"\b(?:install|add|prepare)\b.*(?<![\w/-]){re.escape(name)}\b")
    for wanted in (tagged, installs):
        for each in parsed.of("FROM", "COPY", "ARG", "ENV", "RUN"):
            text = " ".join(hit.files.lines(path)[each.line - 1 : each.end]).lower()
            if wanted.search(text):
                return hit.files.place(path, each.line, each.end)
    return None


def required(hit: Hit) -> Place | None:
    """Where the Python requirements ask for the package; the -py of a client's own name stands in no requirement."""
    name = hit["name"]
    return dependency_line(hit, "python", name) or dependency_line(hit, "python", name.removesuffix("-py"))


_TOOL = first(pinned, failing_instruction)

_ASKED = "{name} {have} is here, and {want} is asked for"

VERSIONS = Family(
    (
        Known(r"Required (?P<name>uv) version `(?P<want>[^`]+)` does not match the running version `(?P<have>[^`]+)`", _ASKED, "Take an image or a release of uv that fits {want} (COPY --from=ghcr.io/astral-sh/uv:VERSION, pip install uv==VERSION), or change required-version in pyproject.toml or uv.toml.", _TOOL),
        Known(r"This project requires (?P<name>Poetry|Hatch|PDM) (?P<want>\S+), but you are using \w+ (?P<have>[\d.]+\d)", _ASKED, "Install the version that the project asks for (pip install poetry==VERSION), or change what it requires in pyproject.toml.", _TOOL),
        Known(r"(?P<name>[\w.-]+) versions? (?P<want>[\d.]+) or later\. You have (?P<have>[\d.]+\d)", _ASKED, "Raise {name} to {want} or later in the requirements, or pin the package that asks for it to the version that still takes {have}.", required),
        Known(r"\b(?P<name>[\w.-]+?)(?P<want>[<>=!~]=?[\w.,<>=!~]+) is required for a normal functioning of this module, but found [\w.-]+==(?P<have>[\w.]+\w)", _ASKED, "Write {name}{want} in the requirements (or raise transformers to a release that takes {name} {have}).", first(required, lambda hit: dependency_line(hit, "python", "transformers"))),
        Known(r"VersionConflict: \((?P<name>[\w.-]+) (?P<have>[\d.]+\w*) .*Requirement\.parse\('(?P<want>[^']+)'\)", "{name} {have} is here, and {want} is asked for", "Write {want} in the requirements, and install them all in one pip install, so that no later one changes it.", required),
        Known(r"Package '?(?P<name>[\w.+-]+)'? has version '?(?P<have>[\w.]+)'?, required version is '?(?P<want>[<>=]+ ?[\w.]+)|Requested '(?P<name2>[\w.+-]+) (?P<want2>[<>=]+ ?[\w.]+)' but version of [\w .+-]+ is (?P<have2>[\w.]+)", "The image's {name}{name2} is {have}{have2}, and {want}{want2} is asked for", "Take a newer base image (its distribution brings {name}{name2} in one version only), or an older release of what is built.", base_image),
        Known(r"The detected CUDA version \((?P<have>[\d.]+)\) mismatches the version that was used to compile", "The image's CUDA {have} is not the one that PyTorch was built for", "Install the PyTorch for CUDA {have} (pip install torch --index-url https://download.pytorch.org/whl/cu…), or take the nvidia/cuda image of the version that torch.version.cuda names.", base_image),
        Known(r"unsupported GNU version! gcc versions later than (?P<want>\d+) are not supported", "nvcc takes gcc up to {want}, and the image's is newer", "Install gcc-{want} g++-{want} and set CC, CXX and CUDAHOSTCXX to them, or take a CUDA image on an older distribution.", base_image),
        Known(r"Accept version must be either version (?P<want>[\d or]+\d), but found (?P<have>\d+)", "The Elasticsearch client {have} is newer than the server", "Pin the client to the server's major version (elasticsearch>=8,<9), or raise the server.", lambda hit: dependency_line(hit, "python", "elasticsearch")),
        Known(r"(?P<name>[A-Z][\w.+-]*|[a-z][\w.+-]+) (?:version )?(?P<want>\d[\w.]*) or (?:newer|later|higher|above|greater) is required[,;.:]? +(?:but )?(?:found|[Yy]ou have|[Yy]ou are (?:running|using)|got|have|current(?:ly)?|detected|using):? ?(?:version )?v?(?P<have>\d[\w.]*\w)", _ASKED, "Install that version of {name} (a newer base image, or a pinned release), or take the older release of what asks for it.", _TOOL),
    )
)  # fmt: skip
