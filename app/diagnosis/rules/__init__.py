"""All rules: each module here has a table RULES; a new diagnosis is a row there and a sample in tests/logs."""

from __future__ import annotations

import importlib
import pkgutil

from app.diagnosis.rule import Rule

# A table about several languages speaks after those that know one of them well.
GENERAL = frozenset({"compiled"})


def all_rules() -> tuple[Rule, ...]:
    """Every row of every table, the tables in the order of their names, the general ones last."""
    found: list[Rule] = []
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda each: (each.name in GENERAL, each.name)):
        found += importlib.import_module(f"{__name__}.{module.name}").RULES
    return tuple(found)
