"""The only reader of the environment: every fault at once, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from app.settings.table import Settings


class BadSettings(Exception):  # noqa: N818 - reads as what it is
    """What is wrong with the settings, one line for each fault."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        many = len(self.faults) != 1
        return f"{len(self.faults)} setting{'s are' if many else ' is'} wrong:\n  " + "\n  ".join(self.faults)


def load(environ: Mapping[str, str]) -> Settings:
    """The settings of this environment; BadSettings with every fault when there is one."""
    values: dict[str, Any] = {}
    faults: list[str] = []
    for row in fields(Settings):
        name: str = row.metadata["name"]
        try:
            text = _text(environ, name, secret=row.metadata["secret"], required=row.default is MISSING)
            if text is not None:
                values[row.name] = row.metadata["read"](text)
        except ValueError as error:
            faults.append(f"{name} {error}. {row.metadata['sentence']}")
    if faults:
        raise BadSettings(tuple(faults))
    return Settings(**values)


def _text(environ: Mapping[str, str], name: str, *, secret: bool, required: bool) -> str | None:
    """A variable's text, or that of the file which NAME_FILE names; None when neither says anything."""
    direct = environ.get(name, "").strip()
    file = environ.get(f"{name}_FILE", "").strip() if secret else ""
    if direct and file:
        raise ValueError(f"is set, and {name}_FILE too; keep one of them")
    try:
        text = Path(file).read_text().strip() if file else direct
    except OSError as error:
        raise ValueError(f"cannot be read from {name}_FILE: {error.strerror}") from error
    if required and not text:
        raise ValueError("is missing")
    return text or None


def rows() -> tuple[tuple[str, str, str], ...]:
    """The table for docs/settings.md: name, default, sentence."""
    return tuple(
        (row.metadata["name"], _shown(row.default), row.metadata["sentence"]) for row in fields(Settings)
    )


def _shown(default: object) -> str:
    if default is MISSING:
        return "required"
    if isinstance(default, bool):
        return "yes" if default else "no"
    if isinstance(default, tuple) and default:
        return ", ".join(default)
    return str(default) if default not in ("", ()) else "–"
