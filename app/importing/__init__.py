"""Importing: another platform's file becomes a servergem.yml, and what does not come along is named; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.config import service_name
from app.config.draft import Block, Draft, Keys, Said
from app.config.settling import settled
from app.config.writing import text
from app.importing import compose, heroku
from app.importing.around import Around
from app.importing.foreign import read_as, unknown
from app.importing.gathering import Gathered, Needed, gathered
from app.importing.kinds import KINDS, Kind, kind_of
from app.importing.source import NotRead, Source, parsed
from app.importing.told import JOBS, SERVICES, WORKERS, Left, Named
from app.model import Finding

if TYPE_CHECKING:  # its module leads back to this one
    from app.diagnosis.files import Files

__all__ = ("Imported", "Left", "Needed", "NotRead", "imported")

LINK = "every key: docs/servergem-yml.md"


@dataclass(frozen=True)
class Imported:
    """A servergem.yml with the kind of its source, what is left out, secrets to make, and faults that remain."""

    kind: str
    text: str
    left: tuple[Left, ...] = ()
    needed: tuple[Needed, ...] = ()
    faults: tuple[Finding, ...] = ()


def imported(source: str, *, path: str, repository_name: str, files: Files | None = None) -> Imported:
    """The file `source`, which is called `path`; NotRead where it is of no kind that is known.

    `files` are the repository's: its Procfile belongs to a Heroku app.json, and its code shows what serves.
    """
    read = heroku.procfile(source) or parsed(source)
    if kind_of(read.value, path) is None:
        read = compose.with_services(read)
    kind = kind_of(read.value, path)
    if kind is None:
        known = ", ".join(each.name for each in KINDS)
        raise NotRead(f"is of no kind that is known here: {known}")
    if kind.model is heroku.Heroku and files and (beside := heroku.procfile(files.text(heroku.PROCFILE))):
        read = Source({**read.value, **beside.value}, {**beside.lines, **read.lines})
    return _settled(kind, read, path, Around(service_name(repository_name), files))


def _settled(kind: Kind, read: Source, path: str, around: Around) -> Imported:
    part, mistaken = read_as(kind.model, read.value)
    told = tuple(kind.tell(part, around))
    sections = tuple(_gathered(told))
    head = (f"Made of {path} ({kind.name}) by `servergem import`; {LINK}.",)
    found = settled(Draft(_block(sections), head), repository_name=around.name)
    left = [*mistaken, *(each for each in told if isinstance(each, Left))]
    left += [each for _, section in sections for each in section.left]
    left += [
        Left(each.origin or each.keys, f"servergem.yml does not take it: {each.why}.")
        for each in found.refused
    ]
    whole = {each.at for each in left if each.whole}
    left += [Left(at, kind.instead(at)) for at in unknown(part) if not _above(at) & whole]
    placed = [replace(each, line=read.line(each.at)) for each in left]
    needed = tuple(dict.fromkeys(each for _, section in sections for each in section.needed))
    return Imported(kind.name, text(found.draft), _ordered(placed), needed, found.faults)


def _gathered(told: tuple[Named | Left, ...]) -> Iterator[tuple[str, Gathered]]:
    """Each service, job and worker under a name that it may have, and that no other has; services first."""
    taken: dict[str, str] = {}
    often: Counter[str] = Counter()
    named = [each for each in told if isinstance(each, Named)]
    several = [each.of for each in named].count(SERVICES) > 1
    for each in sorted(named, key=lambda one: one.of != SERVICES):
        name = plain = service_name(each.name)
        while name in taken.values():
            often[plain] += 1
            name = service_name(f"{plain}-{often[plain] + 1}")
        taken[each.name] = name
        if each.of != SERVICES and several:
            each = replace(each, told=(_from(taken, each.home), *each.told))
        yield each.of, gathered(each, name)


def _from(taken: dict[str, str], home: str) -> Said:
    """A job or a worker beside several services has to say whose image it has."""
    if home in taken:
        return Said("from", taken[home], "is built of the same")
    return Said("from", next(iter(taken.values())), "the first service; name the one it belongs to")


def _above(at: Keys) -> set[Keys]:
    return {at[:length] for length in range(1, len(at))}


def _block(sections: tuple[tuple[str, Gathered], ...]) -> Block:
    tops = {top: [each.section for of, each in sections if of == top] for top in (SERVICES, JOBS, WORKERS)}
    return Block(tuple(Said(top, Block(tuple(inside))) for top, inside in tops.items() if inside))


def _ordered(left: list[Left]) -> tuple[Left, ...]:
    """By their lines, each said once."""
    said: dict[tuple[Keys, str], Left] = {(each.at, each.instead): each for each in left}
    return tuple(sorted(said.values(), key=lambda each: (each.line, each.at)))
