"""What the rows of pip.py read in other lines and in the repository."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping

from app.diagnosis.dependencies import dependency_line, manifest
from app.diagnosis.instructions import failing_instruction, in_instruction
from app.diagnosis.paths import nearest_first
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Hit
from app.model import Place

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")


def requirement(hit: Hit) -> Mapping[str, str] | None:
    wanted = hit["req"].strip()
    name = _NAME.match(wanted)
    if hit.find_before(r"after connection broken by", 4):
        return None  # the network's case
    words = {"req": wanted.rstrip(";"), "name": name[0] if name else wanted, "versions": _versions(hit)}
    if owner := _owner(hit, words["name"]):
        advice = (
            f"{owner} asks for it: take another version of {owner}, or let pip look in the index that has it "
            "as well (--extra-index-url)"
        )
        return words | {"owner": owner, "advice": advice}
    return words | {"advice": _other_advice(hit, wanted, words["name"])}


def _owner(hit: Hit, name: str) -> str:
    """The package that asks for this one, as pip says it; empty where the repository itself asks."""
    if dependency_line(hit, "python", name):
        return ""
    said = hit.find_before(r"that satisfies the requirement .*?\(from (?P<owner>[A-Za-z][\w.-]*)[^()]*\)", 3)
    owner = said["owner"].removesuffix("-") if said and name in said[0] else ""
    return "" if owner in ("versions", "") else owner


# What no pip can install into a Linux image: Windows' own packages, and modules that Python brings itself.
_OF_WINDOWS = frozenset(
    [
        "pywin32",
        "pypiwin32",
        "pywinpty",
        "win32",
        "wmi",
        "pywin32-ctypes",
        "windows-curses",
        "pyreadline",
        "comtypes",
    ]
)

# Packages that are published as wheels alone: where pip sees no version at all, none is for this Python and system.
_WHEELS_ALONE = frozenset(
    [
        "torch",
        "torchvision",
        "torchaudio",
        "tensorflow",
        "tensorflow-cpu",
        "tensorflow-gpu",
        "keras-core",
        "jaxlib",
        "onnxruntime",
        "onnxruntime-gpu",
        "mediapipe",
        "open3d",
        "faiss-cpu",
        "faiss-gpu",
        "triton",
        "dm-tree",
        "tflite-runtime",
        "ai-edge-litert",
        "paddlepaddle",
        "vllm",
    ]
)


def _other_advice(hit: Hit, wanted: str, name: str) -> str:
    version = re.search(r"==\s*([\w.+!]+)", wanted)
    if name.lower() in _OF_WINDOWS:
        return f'{name} is for Windows only: take it out, or write {wanted}; sys_platform == "win32"'
    if name.lower() in sys.stdlib_module_names:
        return f"Take {name} out: Python brings it itself"
    if version and "+" in version[1]:
        return f"{version[1]} is not on PyPI: name its index (--extra-index-url, for torch https://download.pytorch.org/whl/cpu), or take the part from + on away"
    ignored = hit.find_before(
        r"Ignored the following versions that require a different python version: (.+)", 6
    )
    if (
        version
        and ignored
        and (needs := re.search(rf"(?<![\d.]){re.escape(version[1])} Requires-Python ([^;]+)", ignored[1]))
    ):
        return f"{name} {version[1]} needs Python {needs[1].strip()}: use a base image with one of those, or choose another version"
    if other := _for_another_python(hit, name, version[1] if version else ""):
        return other
    return f"Correct the name or the version of {name} where it is asked for: https://pypi.org/project/{name}/ lists what there is"


def _for_another_python(hit: Hit, name: str, version: str) -> str:
    """What to do where pip's list shows that the package is there, and not for this Python; else empty."""
    listed = _listed(hit)
    if not listed and name.lower() in _WHEELS_ALONE:
        return (
            f"No wheel of {name} is for this Python and system: use a base image that it supports "
            "(FROM python:3.12-slim, on amd64 and not Alpine), or take a line of versions that has one"
        )
    if version and listed and all(_newer(each, version) for each in listed):
        return (
            f"{name} {version} is older than this Python: ask for {listed[0]} or later, the first that pip finds for it, "
            f"or use a base image with an older Python (FROM python:3.11-slim)"
        )
    return ""


def _newer(one: str, other: str) -> bool:
    """Whether the first version is above the second, by its numbers."""
    first, second = ([int(part) for part in re.findall(r"\d+", each)] for each in (one, other))
    return first > second


def _listed(hit: Hit) -> list[str]:
    """The versions that pip says it has found, the oldest first."""
    said = hit.find_before(r"\(from versions: ([^)]*)\)", 3) or re.search(
        r"\(from versions: ([^)]*)\)", hit.line
    )
    listed = [v.strip() for v in said[1].split(",")] if said else []
    return [v for v in listed if v and v != "none"]


def _versions(hit: Hit) -> str:
    listed = _listed(hit)
    return f" It has {', '.join(listed[-4:])}." if listed else ""


def asked(hit: Hit) -> Place | None:
    """The requirement's line; the instruction when it was typed there."""
    for name in (hit["name"], hit["owner"]):
        if place := dependency_line(hit, "python", name):
            return place
    return in_instruction("owner" if hit["owner"] else "name")(hit)


def conflict(hit: Hit) -> Mapping[str, str] | None:
    told = [line.strip() for line in hit.after(30)]
    reasons = [line for line in told if " depends on " in line or line.startswith("The user requested")]
    if not reasons and "conflicting dependencies" not in hit.line:
        return None
    names = list(
        dict.fromkeys(
            n
            for r in reasons
            for n in re.findall(r"(?:requested(?: \(constraint\))? |depends on |^)([A-Za-z0-9][\w.-]*)", r)
            if n not in ("The", "user")
        )
    )
    constraint = next((r for r in reasons if "(constraint)" in r), "")
    pinned = re.search(r"\(constraint\) ([A-Za-z0-9][\w.-]*)", constraint)
    return {
        "reasons": "; ".join(reasons[:4]),
        "names": ", ".join(names[:4]) if len(names) != 1 else f"The versions of {names[0]}",
        "name": pinned[1] if pinned else (names[0] if names else ""),
        "constraint": "yes" if pinned else "",
    }


def conflict_place(hit: Hit) -> Place | None:
    if hit["constraint"]:
        for path in nearest_first(hit, hit.files.named("constraints.txt")):
            if line := hit.files.search(path, rf"(?i)^\s*{re.escape(hit['name'])}\b"):
                return hit.files.place(path, line)
    return dependency_line(hit, "python", hit["name"]) or manifest("python")(hit)


def not_a_requirement(hit: Hit) -> Mapping[str, str] | None:
    wanted = hit["req"].strip()
    advice = "Write a name and a version, such as requests==2.32.3"
    if _in_utf16(hit):
        advice = "Save requirements.txt as UTF-8: PowerShell's > wrote UTF-16 (python -m pip freeze | Out-File -Encoding utf8 requirements.txt)"
    elif re.match(r"<{4,}|={4,}|>{4,}", wanted):
        advice = "Finish the merge: take the conflict's marks out of the file, keep one side and commit it"
    elif wanted.startswith(("pip ", "pip3 ", "python ")):
        advice = "Write only what follows install, one requirement a line: the file is no list of commands"
    elif re.match(r"[A-Za-z][\w.-]*\s*=\s*[\d.]+|[A-Za-z][\w.-]*=[^=]", wanted):
        advice = "Write == instead of = (a list that conda made is not one for pip: pip list --format=freeze makes one)"
    return {**(requirement(hit) or {}), "advice": advice}


def _in_utf16(hit: Hit) -> bool:
    """Whether the list, or what pip printed of it, is text of two bytes a letter."""
    beginnings = (hit.files.text(path)[:40] for path in hit.files.named("requirements.txt"))
    return any("\x00" in each or "\ufffd\ufffd" in each for each in beginnings) or bool(
        re.search(r"\\x00|ÿþ", hit.line)
    )


def local_path(hit: Hit) -> Place | None:
    inner = hit["path"].removeprefix("file://")
    return line_of_file(hit) or first(
        matching(rf"{re.escape(inner)}|@ file:|^-e ", "requirements.txt"), failing_instruction
    )(hit)


def git_line(hit: Hit) -> Place | None:
    return first(
        matching(r"git\+|\bgit\s*=", "requirements.txt", "pyproject.toml", "Pipfile", "requirements.in"),
        failing_instruction,
    )(hit)


def line_of_file(hit: Hit) -> Place | None:
    said = re.search(r"\(from line (\d+) of ([^)]+)\)|line (\d+) of (\S+)", hit.line) or hit.find_after(
        r"\(from line (\d+) of ([^)]+)\)", 4
    )
    if said:
        number, path = (said[1], said[2]) if said[1] else (said[3], said[4])
        for found in hit.files.named(path.rpartition("/")[2].strip("'\"():")):
            if place := hit.files.place(found, int(number)):
                return place
    return dependency_line(hit, "python", hit["name"])


def own_requires_python(hit: Hit) -> Place | None:
    """The requires-python of this repository's own project, where pip refuses that one."""
    if not matching(r"^name\s*=\s*[\"']{name}[\"']", "pyproject.toml")(hit):
        return None
    return matching(r"^requires-python", "pyproject.toml")(hit)
