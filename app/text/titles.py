"""The title of a finding: one line, as long as a check run shows it, cut between words. Pure."""

from __future__ import annotations

LONGEST_TITLE = 80


def fitting(title: str) -> str:
    """The title on one line, and never with a colon at its end: it opens what does not follow.

    Only where its last word alone takes half of the line, as a path may, it is cut within that word.
    """
    title = " ".join(title.split()).rstrip(":;, ")
    if len(title) <= LONGEST_TITLE:
        return title
    kept = title[: LONGEST_TITLE - 1]
    whole = kept if title[LONGEST_TITLE - 1] == " " else kept.rpartition(" ")[0]
    return (whole if len(whole) > LONGEST_TITLE // 2 else kept).rstrip(":;,. ") + "…"
