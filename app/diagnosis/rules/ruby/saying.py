"""Ruby's exceptions whose words tell what to do, whichever line raised them."""

from __future__ import annotations

import re

from app.diagnosis.rule import Rule
from app.diagnosis.rules.ruby.reading_sayings import SAYINGS
from app.diagnosis.sayings import hearing, pattern_of
from app.diagnosis.traces import Trace

_STACK = Trace(re.compile(r"(?P<path>/?[\w./-]+\.(?:rb|rake|ru)):(?P<line>\d+):in "))

RULES: tuple[Rule, ...] = (
    Rule(
        code="ruby-says",
        pattern=pattern_of(SAYINGS),
        read=hearing(SAYINGS),
        place=_STACK.deepest,
        title="{title}",
        message="{said}",
        fix="{advice}.",
    ),
)
