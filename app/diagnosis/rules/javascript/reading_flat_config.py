"""ESLint's flat configuration: a key or a rule that its objects cannot have."""

from __future__ import annotations

from collections.abc import Mapping

from app.diagnosis.javascript.stacks import bare
from app.diagnosis.rule import Hit
from app.diagnosis.rules.javascript.reading_linters import eslint_package


def flat_config(hit: Hit) -> Mapping[str, str] | None:
    """A key of the old layout, or a rule whose plugin the same object does not have."""
    key, name = hit["key"], hit["name"]
    fix = (
        f"Import {eslint_package(name, 'plugin')} and list it under plugins of the object that has the rule, or take the rule out."
        if name
        else f"Write {key} as the migration guide shows (env and globals become languageOptions.globals), in eslint.config.js."
    )
    return {"said": bare(hit.line).strip().rstrip("."), "fix": fix, "word": key or hit["key2"]}
