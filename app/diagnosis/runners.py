"""What a runner of many packages (Turborepo, pnpm -r) puts before each line, taken off: rules know the bare lines."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.diagnosis.open_sections import OpenSection

# https://turborepo.com/docs/reference/run#--log-prefix-option: "web:build: text", after the list of what it runs.
_TURBO = re.compile(r"(?:@[\w.-]+/)?[\w.-]+:[\w.-]+(?::[\w.-]+)*:(?: |$)")
# pnpm names the package's folder and the script ("apps/web build$ next build", then "apps/web build: text").
_BEGINS = re.compile(
    r"(?P<who>(?![\w@./-]*node_modules/)[\w@./-]+ (?!(?:pre|post)?(?:install|prepare)\b)[\w:.-]+)\$ "
)
_LOOKED_AT = 400


def take_the_runner_off(section: OpenSection) -> None:
    """The section's lines as each package's own program printed them."""
    lines = section.lines
    if any(line.startswith(("• Packages in scope", "• Running ")) for line in lines[:_LOOKED_AT]):
        for number, line in enumerate(lines):
            if found := _TURBO.match(line):
                lines[number] = line[found.end() :]
    elif begun := tuple(_begun(lines)):
        for number, line in enumerate(lines):
            if line.startswith(begun):
                lines[number] = line.partition(": ")[2]


def _begun(lines: Iterable[str]) -> Iterable[str]:
    return (f"{found['who']}: " for line in lines if "$ " in line[:90] and (found := _BEGINS.match(line)))
