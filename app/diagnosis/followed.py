"""An advice that the repository follows already, or that points at lines which are not there: neither helps anybody.

A rule knows a message and what it usually means. Where the Dockerfile does that already, the usual meaning is not this
one, and what remains to be said is where to look.
"""

from __future__ import annotations

import re

from app.diagnosis.at_work import tool_is_at_work
from app.diagnosis.instructions import failing_dockerfile
from app.diagnosis.javascript.managers import in_words_of, manager
from app.diagnosis.rule import Hit
from app.diagnosis.telling import score

_BUILD = re.compile(
    r"RUN (?P<ran>npm run build) in the image(?: before CMD)?"
    r"(?: \(and COPY the result from that stage\)|, and COPY --from the stage that built it)?"
)
# Sends the reader to what was printed before.
_ABOVE = re.compile(r"(?:Read|Correct) (?:what|the)\b[^.;]*\babove\b[^.;]*(?=[.;]|$)", re.DOTALL)
_MOST_ABOVE = 200  # lines before the failing one that are looked at
# What another tool calls the same: ` (uv: build-constraint-dependencies)`.
_ASIDE = re.compile(r" \((?:or )?(?P<tool>uv|poetry|pnpm|yarn|bun)\b(?! or )[:,]? [^()]*\)")
# How a script runner says what it runs.
_ECHO = re.compile(r"^\s*(?:>|\$|\+|error: script |npm (?:error|ERR!))")


def followed(hit: Hit, fix: str) -> str:
    """The advice without what is done already, and without pointing at lines that nobody printed."""
    if "in the image" in fix and (done := _BUILD.search(fix)) and (line := runs(hit, done["ran"])):
        before, after = fix[: done.start()], fix[done.end() :]
        fix = (
            f"{before}{line} runs the build: see which folder it writes (RUN ls -a below it), "
            f"and COPY that one into the stage that starts{after}"
        )
    fix = _ASIDE.sub(lambda found: found[0] if _at_work(hit, found["tool"]) else "", fix)
    if "above" in fix and (sent := _ABOVE.search(fix)) and not _said_before(hit):
        ran = hit.section.instruction.removeprefix("RUN ") or "the command"
        fix = (
            f"{fix[: sent.start()]}It printed no reason: run {ran} on your machine or with more output "
            f"(-v, --verbose), and correct what it says then{fix[sent.end() :]}"
        )
    return fix


def runs(hit: Hit, command: str) -> str:
    """The line that runs this already, as a person reads it; empty where none does."""
    found = failing_dockerfile(hit)
    own = in_words_of(manager(hit), command)
    same = (
        [each for each in found[1].of("RUN") if own in each.value or command in each.value] if found else []
    )
    return f"{found[0]} line {same[-1].line}" if found and same else ""


def _at_work(hit: Hit, tool: str) -> bool:
    """Whether the tool of an aside is one that this log, or its repository, has."""
    own = manager(hit)
    if tool in ("pnpm", "yarn", "bun"):
        return not own or own == tool or (own, tool) == ("berry", "yarn")
    return tool_is_at_work(tool, hit)


def _said_before(hit: Hit) -> bool:
    """Whether any line before it, of what failed, tells something."""
    return any(score(line) > 0 for line in hit.before(_MOST_ABOVE) if not _ECHO.match(line))
