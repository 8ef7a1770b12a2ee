"""Ruby's exceptions whose words tell what to do, whichever line raised them."""

from __future__ import annotations

import re

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.ruby.reading_sayings import SAYINGS
from app.diagnosis.traces import Trace

_STACK = Trace(re.compile(r"(?P<path>/?[\w./-]+\.(?:rb|rake|ru)):(?P<line>\d+):in "))

RULES: tuple[Rule, ...] = (
    Rule(
        code="ruby-native-mismatch",
        pattern=r"LoadError: \S*/gems/(?P<name>[a-z][\w-]*?)-\d[\w.]*(?:-[\w-]+)?/\S+\.so: (?P<said>undefined symbol.*|invalid ELF header|cannot open shared object.*|version .* not found)",
        place=lambda hit: dependency_line(hit, "ruby", hit["name"]),
        rank=Rank.ROOT,
        title="The native part of {name} does not fit this image",
        message="LoadError in {name}: {said}",
        fix="Let it be built in the image that runs it: bundle config set force_ruby_platform true before bundle install, vendor/bundle in .dockerignore, the same base in both stages; or raise {name}.",
    ),
    Rule(
        code="ruby-says",
        pattern=SAYINGS.pattern,
        read=SAYINGS.read,
        place=_STACK.deepest,
        title="{title}",
        message="{told}.",
        fix="{advice}",
    ),
)
