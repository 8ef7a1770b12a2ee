"""PHP-FPM."""

from __future__ import annotations

from app.diagnosis.instructions import instruction
from app.diagnosis.places import at, first, matching
from app.diagnosis.rule import Rank, Rule

RULES: tuple[Rule, ...] = (
    Rule(
        code="php-fpm-config",
        pattern=r"ERROR: \[(?P<path>/\S+\.conf):(?P<line>\d+)\] (?P<error>.*)",
        place=first(at(), instruction("COPY")),
        rank=Rank.ROOT,
        title="{path} line {line}: {error}",
        message="PHP-FPM: {error} in {path} line {line}; FPM initialization failed.",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="php-fpm-user",
        pattern=r"ERROR: \[pool (?P<pool>\w+)\] (?P<error>cannot get [ug]id for (?:user|group) "
        r"'(?P<name>[^']+)'.*|.*not been specified.*)",
        place=first(
            matching(r"^\s*(?:user|group|listen\.owner)\s*=", "www.conf", "php-fpm.conf", "zz-docker.conf"),
            instruction("COPY"),
        ),
        title="PHP-FPM: {error}",
        message="PHP-FPM pool {pool}: {error}.",
        fix="Write user = www-data (a user of the image) in the pool's configuration.",
    ),
)
