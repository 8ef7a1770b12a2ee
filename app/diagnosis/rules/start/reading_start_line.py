"""The line that starts a server, written anew so that it listens at $PORT: what a person can type as it stands."""

from __future__ import annotations

import json
import re
import shlex

# Where a shell reads what is written, so that $PORT has a meaning.
_IN_A_SHELL = re.compile(r"(?:.*/)?(?:Procfile|[^/]+\.(?:sh|bash))")
_DOCKERFILE = re.compile(r"(?i)(?:.*/)?(?:[^/]+\.)?Dockerfile(?:[.-][^/]+)?")
_STARTS = re.compile(r"\s*(CMD|ENTRYPOINT)\s+(.+)", re.IGNORECASE)
_LOCAL = re.compile(r"(?<![\w.])(?:localhost|127\.0\.0\.1)(?=[\s:\"']|$)")
_PLAIN = re.compile(r"[\w$@%+=:,./-]+")


def rewritten(path: str, line: str, port: str) -> str:
    """The whole line; empty where it is not one that a shell can read, or does not have the port once."""
    if not port or line.rstrip().endswith("\\"):
        return ""
    if _IN_A_SHELL.fullmatch(path):
        return _led(line.strip(), port)
    starts = _STARTS.fullmatch(line) if _DOCKERFILE.fullmatch(path) else None
    if starts is None:
        return ""
    command = _led(_as_shell(starts[2].strip()), port)
    return f"{starts[1]} {command}" if command else ""


def _as_shell(command: str) -> str:
    """A list of words as the one command that a shell reads; it hands its place on, so that signals arrive."""
    if not command.startswith("["):
        return command
    try:
        words = json.loads(command)
    except ValueError:
        return ""
    if len(words) == 3 and words[1] == "-c":
        return str(words[2])
    return " ".join(["exec", *(w if _PLAIN.fullmatch(w) else shlex.quote(w) for w in map(str, words))])


def _led(command: str, port: str) -> str:
    found = re.compile(rf"(?<![\w.$-]){re.escape(port)}(?![\w.])")
    if len(found.findall(command)) != 1 or re.search(rf"'[^']*(?<!\w){re.escape(port)}[^']*'", command):
        return ""
    return _LOCAL.sub("0.0.0.0", found.sub("$PORT", command))
