"""A stage of a Dockerfile as it grows, and the small languages in which instructions are written."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.bases import Base


@dataclass
class Stage:
    """One FROM and what follows, as it grows."""

    name: str
    files: Path
    env: dict[str, str] = field(default_factory=dict)
    args: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    base: Base = Base()
    layer: str = ""
    """The key of the topmost layer."""


def ignored(folder: Path) -> list[tuple[re.Pattern[str], bool]]:
    """.dockerignore: each pattern, and whether it shows again what an earlier one hid."""
    file = folder / ".dockerignore"
    lines = file.read_text().splitlines() if file.exists() else []
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return [(_hiding(pattern.removeprefix("!")), pattern.startswith("!")) for pattern in patterns]


# https://docs.docker.com/build/concepts/context/#syntax: a star ends at a slash, two of them do not.
_STARS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _hiding(pattern: str) -> re.Pattern[str]:
    """What this pattern fits, and all that is below it."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]]+\])", pattern.strip().strip("/").removeprefix("./"))
    text = "".join(_STARS.get(part) or (part if part.startswith("[") else re.escape(part)) for part in parts)
    try:
        return re.compile(f"{text}(?:/.*)?")
    except re.error:
        return re.compile(re.escape(pattern))


def command(text: str, shell: tuple[str, ...]) -> tuple[str, ...]:
    if text.startswith("["):
        try:
            return tuple(map(str, json.loads(text)))
        except json.JSONDecodeError:
            pass  # Docker, too, hands a list that is no JSON to the shell
    return (*shell, text)


def flags(text: str) -> tuple[list[tuple[str, str]], str]:
    """The `--flag=value` words that an instruction begins with, and the rest."""
    flags: list[tuple[str, str]] = []
    while found := re.match(r"--([\w-]+)(?:=(\S+))?\s+", text):
        flags.append((found[1], found[2] or ""))
        text = text[found.end() :]
    return flags, text


def pairs(text: str) -> dict[str, str]:
    if "=" not in text.split()[0]:
        name, _, value = text.partition(" ")
        return {name: value}
    return {
        name: value.strip("\"'") for name, value in re.findall(r'([\w.-]+)=("[^"]*"|\'[^\']*\'|\S*)', text)
    }


def absolute(workdir: str, path: str) -> str:
    whole = path if path.startswith("/") else f"{workdir}/{path}"
    parts: list[str] = []
    for part in whole.split("/"):
        if part == "..":
            parts[-1:] = []
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def inside(stage: Stage, path: str) -> Path:
    return stage.files / path.lstrip("/")


def full(base: str) -> str:
    return base if "." in base.split("/")[0] else f"docker.io/{'' if '/' in base else 'library/'}{base}"
