"""Formerly: the words under which the journal may hold fields that are called otherwise now."""

from __future__ import annotations

from typing import Any


def formerly(**before: str) -> dict[str, Any]:
    """A dataclass's `__pydantic_config__`: each of these fields is read under either word, and written under the new.

    So a run that an older version began goes on. A dictionary, since the door loads this too and reads no journal.
    """
    return {"alias_generator": lambda name: before.get(name, name), "populate_by_name": True}
