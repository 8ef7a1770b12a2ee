"""What a person reads after an import: what does not come along, what to do instead, the secrets to make; pure."""

from __future__ import annotations

from collections.abc import Iterator

from app.importing import Imported, Left, Needed
from app.text.escaping import seen

NOTHING = "Nothing is needed"


def report(imported: Imported, source: str, written: str) -> str:
    """The whole of it, as a terminal may get it; `source` and `written` are what the two files are called."""
    return "".join(f"{_shown_line(each)}\n" for each in _lines(imported, source, written))


def _shown_line(words: str) -> str:
    """A line with its blanks, and without what a terminal obeys: names in it are a stranger's."""
    return seen(words).replace("\n", " ")


def _lines(imported: Imported, source: str, written: str) -> Iterator[str]:
    yield f"{written} is made of {source} ({imported.kind})."
    asked = [each for each in imported.left if not each.instead.startswith(NOTHING)]
    if asked:
        yield ""
        yield "Not carried over, with what to do instead:"
        yield from _grouped(asked, source)
    if needless := [each for each in imported.left if each.instead.startswith(NOTHING)]:
        yield ""
        yield "Not carried over, since nothing is needed for it:"
        yield from _grouped(needless, source)
    if imported.needed:
        yield ""
        yield "Secrets to make, in the project that it deploys to; no value is copied or shown:"
        yield from (f"  {command(each)}" for each in imported.needed)
    for finding in imported.faults:
        yield ""
        yield f"Still wrong: {finding.title}. {finding.fix}"


def command(needed: Needed) -> str:
    """The command that makes a secret of a variable of the shell."""
    return f'printf %s "${needed.variable}" | gcloud secrets create {needed.secret} --data-file=-'


def _grouped(left: list[Left], source: str) -> Iterator[str]:
    """One sentence for all that it is true of."""
    groups: dict[str, list[Left]] = {}
    for each in left:
        groups.setdefault(each.instead, []).append(each)
    for instead, places in groups.items():
        yield from (f"  {source}:{each.line}  {_shown(each)}" for each in places)
        said = instead.removeprefix(f"{NOTHING}: ")
        yield f"      {said if said == instead else said[:1].upper() + said[1:]}"


def _shown(left: Left) -> str:
    """The keys as they are written there."""
    return ".".join(left.at) or "the file"
