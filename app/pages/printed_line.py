"""One line of a log as a page shows it: its number, what the builder wrote before it, and its colours; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup, escape

from app.text.colours import pieces

# Cloud Build's: https://docs.cloud.google.com/build/docs/view-build-results; BuildKit's plain progress adds its own:
# https://docs.docker.com/reference/cli/docker/buildx/build/#progress
PREFIX = re.compile(r'(?P<of>(?:Step #\d+(?: - "[^"]{0,100}")?: )?(?:#\d+ )?)(?:(?<=\d )\d+\.\d+ )?')


@dataclass(frozen=True)
class Printed:
    """A line as it may be shown. `again`: what the builder wrote before it stands before the line above too."""

    number: int
    text: str
    coloured: str = ""
    again: bool = False

    def html(self, error: int = 0) -> Markup:
        """Escaped, whatever it says; `error` is the number of the line that a finding shows."""
        n, is_error = self.number, self.number == error
        said = Markup('<span class="unseen">the error: </span>') if is_error else ""
        return Markup(
            '<div class="ln{}" id="L{}"><a href="#L{}" tabindex="-1">{}</a><span>{}{}</span></div>\n'
        ).format(" error" if is_error else "", n, n, n, said, self._inside())

    def _inside(self) -> Markup:
        length = len(prefix(self.text))
        before = self.text[:length]
        folded = Markup('<span class="prefix{}">{}</span>').format(" again" if self.again else "", before)
        return (folded if before else Markup("")) + self._rest(length)

    def _rest(self, skipped: int) -> Markup:
        if not self.coloured:
            return escape(self.text[skipped:])
        written = Markup("")
        for classes, text in pieces(self.coloured):
            said, skipped = text[skipped:], max(0, skipped - len(text))
            if said:
                written += (
                    Markup('<span class="{}">{}</span>').format(classes, said) if classes else escape(said)
                )
        return written


def prefix(text: str) -> str:
    """What the builder wrote before the line: which step it is of, and how long that had run."""
    found = PREFIX.match(text)
    return found[0] if found else ""


def of(text: str) -> str:
    """The prefix without the time, which differs from line to line."""
    found = PREFIX.match(text)
    return found["of"] if found else ""
