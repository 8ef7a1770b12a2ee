"""Formerly: a field that the journal may hold under the word that it had before."""

from __future__ import annotations

from typing import Any

from pydantic import AliasChoices, Field


def formerly(now: str, before: str) -> Any:
    """For `Annotated`: read under either name, so that what an older version began goes on; written under the new."""
    return Field(validation_alias=AliasChoices(now, before))
