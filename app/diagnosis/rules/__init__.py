"""All rules: each module here has a table RULES; a new diagnosis is a row there and a sample in tests/logs."""

from __future__ import annotations

import importlib
import pkgutil

from app.diagnosis.rule import Rule


def all_rules() -> tuple[Rule, ...]:
    """Every row of every table, the tables in the order of their names."""
    found: list[Rule] = []
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda each: each.name):
        found += importlib.import_module(f"{__name__}.{module.name}").RULES
    return tuple(found)
