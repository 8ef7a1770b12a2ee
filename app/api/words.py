"""How the API refuses: a status, and in a sentence why and what to do."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - an answer like any other
    """An answer of 400 and above."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


def not_there(what: str) -> Refusal:
    """The same for what is not there and for what may not be read."""
    return Refusal(404, f"There is no such {what}, or you may not read its repository at GitHub.")
