"""A row of the table of settings: the variable's name, what it means, how its text is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, field
from typing import Any


def setting(
    name: str,
    sentence: str,
    default: Any = MISSING,
    *,
    read: Callable[[str], Any] = str,
    secret: bool = False,
) -> Any:
    """One row of the table: the variable's name, what it means, how its text is read."""
    metadata = {"name": name, "sentence": sentence, "read": read, "secret": secret}
    if default is MISSING:
        return field(metadata=metadata, repr=not secret)
    return field(default=default, metadata=metadata, repr=not secret)
