"""What is printed in a CI job, where a runner reads each line for commands: none of others' words is one; pure."""

from __future__ import annotations

import re

from app.text.escaping import NO_WIDTH

# GitHub's runner obeys `::stop-commands::x` where a line begins with it, blanks before it or none, and
# `##[add-mask]x` anywhere in a line; that of Azure `##vso[task.setvariable]` likewise:
# https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
COMMAND = re.compile(r"^[^\S\n]*:(?=:\w.*::)|##(?=\w{0,40}\[)", re.MULTILINE)


def unheard(words: str) -> str:
    """The same to the eye, with a sign of no width within whatever a runner would obey."""
    return COMMAND.sub(rf"\g<0>{NO_WIDTH}", words)


def unheard_json(text: str) -> str:
    """The same data: JSON has its own way to write a sign, and its lines begin with none of a command."""
    return text.replace("##", r"#\u0023")
