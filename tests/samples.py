"""Samples of diagnosis: one text file each, with what is expected, the repository's files and the log.

code: npm-eresolve                     the first Finding's code (left out: any rule's)
place: package.json:6 or package.json:5-8 or none
says: react-lottie; react|React        every token stands in title, message and fix together; | is "or"
solved: react-lottie 2 was taken       where it is of a public thread: what the answer was there; for the reader
=== file package.json
…
=== log
…
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from app.diagnosis import Diagnosis, Files, diagnose
from app.model import Finding

FOLDER = Path(__file__).parent / "logs"
FOLDERS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and path.name != "clean")


@dataclass(frozen=True)
class Sample:
    """One failure with its right answer."""

    name: str
    code: str
    places: tuple[str, ...]
    says: tuple[str, ...]
    files: dict[str, str]
    log: str

    @cached_property
    def _answer(self) -> Diagnosis:
        return diagnose(self.log, Files.of(self.files))

    def diagnosis(self) -> Diagnosis:
        """What is said of it; several tests of one process ask for it, and it is found once."""
        return self._answer

    def faults(self) -> list[str]:
        """Everything in which the first Finding is not the right answer."""
        finding = self.diagnosis().findings[0]
        found = []
        if self.code and finding.code != self.code:
            found.append(f"code {finding.code}, not {self.code}")
        if self.places and not any(_is_at(finding, place) for place in self.places):
            found.append(f"place {finding.place}, not {' or '.join(self.places)}")
        told = f"{finding.title} {finding.message} {finding.fix}".lower()
        for token in self.says:
            if not any(word.strip().lower() in told for word in token.split("|")):
                found.append(f"does not say {token}: {told}")
        if finding.place and not Files.of(self.files).has_line(finding.place.path, finding.place.last_line):
            found.append(f"{finding.place} is not in the repository")
        return found


def _is_at(finding: Finding, place: str) -> bool:
    if place == "none":
        return finding.place is None
    path, _, lines = place.rpartition(":")
    first, _, last = lines.partition("-")
    return (
        finding.place is not None
        and finding.place.path == path
        and int(first) <= finding.place.line <= int(last or first)
    )


def samples(*folders: str) -> list[Sample]:
    """Every sample of these folders of tests/logs; a process reads each of them once."""
    return [sample for folder in folders for sample in _of_folder(folder)]


@cache
def _of_folder(folder: str) -> tuple[Sample, ...]:
    return tuple(read(path) for path in sorted((FOLDER / folder).glob("*.txt")))


def read(path: Path) -> Sample:
    head: dict[str, str] = {}
    files: dict[str, list[str]] = {}
    log: list[str] = []
    into: list[str] | None = None
    for line in path.read_bytes().decode(errors="surrogateescape").split("\n"):
        if line.startswith("=== file "):
            into = files.setdefault(line.removeprefix("=== file ").strip(), [])
        elif line.strip() == "=== log":
            into = log
        elif into is not None:
            into.append(line)
        elif line.strip():
            name, _, value = line.partition(":")
            head[name.strip()] = value.strip()
    return Sample(
        name=f"{path.parent.name}/{path.stem}",
        code=head.get("code", ""),
        places=tuple(each.strip() for each in head.get("place", "").split(" or ") if each.strip()),
        says=tuple(each.strip() for each in head.get("says", "").split(";") if each.strip()),
        files={
            name: "\n".join(lines) + ("\n" if lines and lines[-1] else "") for name, lines in files.items()
        },
        log="\n".join(log),
    )
