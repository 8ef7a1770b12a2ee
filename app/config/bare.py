"""Words that people write bare and YAML reads as something else: what has to be in quotes."""

from __future__ import annotations

import re

# What a person writes bare and YAML reads as something else, after a key or a dash, in lines or in brackets.
BARE = re.compile(r"(?:^|- +|: +|[\[{,] *)([*!@`%].*)")
IN_BRACKETS = re.compile(r"(?:\{[^{}]*\}|[^\s,\]}])+")
GLOB = re.compile(r"(?:- *|[\w.-]+: *)((?:\{.*\}|\[.*\])\S+|\{\{.*)")


def unquoted(written: str) -> str:
    """What has to be in quotes on this line, whole; empty when that is not what is wrong, or cannot be told."""
    line = re.sub(r"\s#.*", "", written).strip()
    if found := BARE.search(line):
        in_brackets = re.search(r"[\[{]", line[: found.start(1)])
        value = IN_BRACKETS.match(found[1]) if in_brackets else None
        bare = value[0] if value else found[1]
    else:
        glob = GLOB.fullmatch(line)
        bare = glob[1] if glob else ""
    return "" if "'" in bare else bare.strip()
