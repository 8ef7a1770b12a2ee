"""What BuildKit says when it refuses an instruction that it could read, with what to write instead."""

from __future__ import annotations

from app.diagnosis.families import Family, Known
from app.diagnosis.instructions import failing_instruction
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Find, Hit
from app.model import Place


def _heredoc(hit: Hit) -> Place | None:
    """Where BuildKit begins to read it, which is the line that opens it."""
    return failing_instruction(hit) or matching(r"<<", "Dockerfile")(hit)


_ESCAPE: Find = first(matching(r"(?i)^#\s*escape\s*=", "Dockerfile", "Dockerfile.*", "*.Dockerfile"))

REFUSALS = Family(
    (
        Known(r"failed to solve: unterminated heredoc", "The text that << opens never ends", "Close it with a line that holds its word alone (indented by tabs only after <<-). Where a number is shifted in $(( )), write 1<<4 without blanks, a multiplication, or the line in a script of its own.", _heredoc),
        Known(r"failed to solve: (?P<name>ENV|LABEL) must have two arguments", "{name} has a name and no value", "Write {name} NAME=VALUE; NAME= makes an empty one."),
        Known(r"failed to solve: Syntax error - can't find = in \"(?P<name>[^\"]*)\"", "{name} is no NAME=VALUE", "Put a value with blanks into quotes (NAME=\"one two\"), or join {name} to the name before it with =."),
        Known(r"failed to solve: failed to process .*unexpected end of statement while looking for matching (?P<name>double|single)-quote", "A {name} quote is opened and never closed", "Close it on this line, or write \\ before a quote that is meant as a letter."),
        Known(r"failed to solve: unsupported mount type \"(?P<name>[^\"]*)\"", "There is no mount of type {name}", "Write type=bind, cache, tmpfs, secret or ssh in RUN --mount."),
        Known(r"failed to solve: invalid mount target \"(?P<name>[^\"]*)\"", "RUN --mount has no folder to mount at", "Write target= with a folder below the root: --mount=type=cache,target=/root/.cache. For the whole context set WORKDIR first, and target=. is that folder."),
        Known(r"failed to solve: invalid containerPort: (?P<name>\S+)", "{name} is no port", "Write EXPOSE with a number, a range (5000-5010), and /tcp or /udp at most: EXPOSE 8080."),
        Known(r"failed to solve: invalid signal: (?P<name>.+)", "{name} is no signal", "Write one name or number: STOPSIGNAL SIGTERM."),
        Known(r"failed to solve: invalid escape token '(?P<name>[^']*)'", "{name} cannot be the Dockerfile's escape letter", "Write # escape=\\ or # escape=` as the first line, or take the line away.", _ESCAPE),
        Known(r"failed to solve: failed to parse platform (?P<name>[^:]+):", "{name} is no platform", "Write --platform=linux/amd64, which Cloud Run asks for, or take --platform away."),
    )
)  # fmt: skip
