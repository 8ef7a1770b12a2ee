"""The lines of the source around a finding, as they are at its commit; none where GitHub does not show them now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.github import GitHub
from app.github.errors import GitHubError
from app.model import Commit, Finding, Place
from app.pages.access import Remembered
from app.redaction import redact_lines
from app.redaction.pem import LONGEST_BLOCK
from app.telemetry import log
from app.text.escaping import seen

Quoted = tuple[tuple[int, str], ...]
AROUND = 3
# Of a place that is a whole file its first lines are enough, and each finding asks GitHub.
MOST_LINES, MOST_FINDINGS = 12, 5
LONGEST_LINE = 400


@dataclass
class Quotes:
    """Asks GitHub as the App; what it said is good for a minute, for whoever may read the repository."""

    github: GitHub
    _known: Remembered[tuple[int, str, Place], Quoted] = field(default_factory=Remembered)

    def of(self, commit: Commit, findings: Sequence[Finding]) -> tuple[Quoted, ...]:
        """One for each finding."""
        return tuple(
            self._at(commit, each.place) if each.place and n < MOST_FINDINGS else ()
            for n, each in enumerate(findings)
        )

    def _at(self, commit: Commit, place: Place) -> Quoted:
        return self._known.of((commit.repository.id, commit.sha, place), lambda: self._asked(commit, place))

    def _asked(self, commit: Commit, place: Place) -> Quoted:
        try:
            text = self.github.file(commit, place.path)
        except GitHubError as error:
            log.fault("source.unknown", error, repository=commit.repository.full_name)
            return ()
        return around(text or "", place)


def around(text: str, place: Place) -> Quoted:
    """These lines with some around them; those above are read too, since a secret can have begun there."""
    every = text.split("\n")
    if not text or not 0 < place.line <= len(every):
        return ()
    first = max(1, place.line - AROUND)
    last = min(len(every), place.last_line + AROUND, first + MOST_LINES - 1)
    above = max(0, first - 1 - LONGEST_BLOCK)
    shown = redact_lines(line[:LONGEST_LINE] for line in every[above:last])
    return tuple((n, seen(shown[n - 1 - above]).replace("\n", " ")) for n in range(first, last + 1))
