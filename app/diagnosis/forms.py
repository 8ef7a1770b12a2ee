"""A Diagnosis for whoever asks: as a terminal shows it, as JSON for GitHub's check-run API, as workflow commands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from app.diagnosis.engine import Diagnosis
from app.diagnosis.files import Files
from app.model import Blame, Finding, Place, Weight
from app.redaction import redact_lines
from app.text.escaping import one_line, plain, seen
from app.text.unheard import unheard, unheard_json

if TYPE_CHECKING:  # neither is needed for a plain text, and both take longer to load than the text to write
    from rich.console import Console
    from rich.text import Text

CONTEXT = 2
LONGEST_LINE, READ_OF_A_LINE = 200, 2000  # characters that are shown, and that are looked at for secrets
BLAMES = {
    Blame.YOU: "in this repository",
    Blame.PROJECT: "in the Google Cloud project and its rights, not in this repository",
    Blame.GOOGLE: "on the other side, not in this repository",
    Blame.GITHUB: "on GitHub's side, not in this repository",
    Blame.SANDBOX: "a limit of the sandbox on this machine, not of this repository",
    Blame.SERVERGEM: "ServerGem's own fault",
    Blame.UNKNOWN: "unknown",
}
WORDS = {
    Weight.STOP: ("error", "bold red"),
    Weight.WARN: ("warning", "bold yellow"),
    Weight.NOTE: ("note", "bold blue"),
}


def as_json(diagnosis: Diagnosis) -> str:
    """`annotations` as https://docs.github.com/rest/checks/runs takes them, `summary` in Markdown, `findings`."""
    from app.report import annotated

    found = {
        "annotations": [asdict(each) for each in annotated(diagnosis.findings)],
        "summary": summary(diagnosis),
        "findings": [_as_dict(each) for each in diagnosis.findings],
        "more": diagnosis.more,
    }
    return unheard_json(json.dumps(found, indent=2, ensure_ascii=False))


def as_workflow_commands(diagnosis: Diagnosis) -> str:
    """https://docs.github.com/actions/reference/workflow-commands-for-github-actions"""
    return "\n".join(_command(each) for each in diagnosis.findings)


def summary(diagnosis: Diagnosis) -> str:
    """The check run's text: every finding with its fix, those without a place too."""
    from app.report import finding_in_markdown

    parts = [finding_in_markdown(each) for each in diagnosis.findings]
    if diagnosis.more:
        parts.append(f"{diagnosis.more} more of the same kind are not shown.")
    return unheard("\n\n".join(parts))


@dataclass(frozen=True)
class Piece:
    """Words of one line, and the style that a terminal gives them; code is coloured as what `code_of` names."""

    words: str
    style: str = ""
    code_of: str = ""


def as_text(diagnosis: Diagnosis, files: Files) -> str:
    """Each finding as a compiler shows it: the title, the source lines with the place marked, the fix."""
    return "\n".join("".join(piece.words for piece in line).rstrip() for line in _shown(diagnosis, files))


def show(diagnosis: Diagnosis, files: Files, console: Console) -> None:
    """The same in a terminal's colours."""
    from rich.text import Text

    for line in _shown(diagnosis, files):
        console.print(Text().join(_coloured(piece) for piece in line))


def _coloured(piece: Piece) -> Text:
    from rich.text import Text

    if not piece.code_of:
        return Text(piece.words, piece.style)
    from rich.syntax import Syntax  # all lexers there are, for a finding that has a line to show

    code = Syntax("", Syntax.guess_lexer(piece.code_of)).highlight(piece.words)
    code.rstrip()
    return code


def _shown(diagnosis: Diagnosis, files: Files) -> Iterator[tuple[Piece, ...]]:
    for finding in diagnosis.findings:
        word, style = WORDS[finding.weight]
        yield (
            Piece(word, style),
            Piece(f"[{finding.code}]: "),
            Piece(unheard(one_line(finding.title)), "bold"),
        )
        if finding.place:
            yield from _source(finding.place, files)
        told = (finding.message, f"fix: {finding.fix}", finding.link)
        yield from ((Piece(unheard(f"  {plain(line)}")),) for line in told if line)
        yield (Piece(f"  fault: {BLAMES[finding.blame]}", "dim"),)
        if finding.blame is Blame.UNKNOWN and finding.excerpt:
            yield ()
            yield from ((Piece(unheard(f"  | {line}")),) for line in plain(finding.excerpt).split("\n"))
        yield ()
    if diagnosis.more:
        yield (Piece(f"{diagnosis.more} more of the same kind."),)


def _source(place: Place, files: Files) -> Iterator[tuple[Piece, ...]]:
    yield (Piece(f"  --> {unheard(one_line(place.path))}:{place.line}", "blue"),)
    lines = files.lines(place.path)
    first, last = (
        max(1, place.line - CONTEXT),
        min(len(lines), min(place.last_line, place.line + 8) + CONTEXT),
    )
    shown = redact_lines(line[:READ_OF_A_LINE] for line in lines[first - 1 : last])
    for number in range(first, last + 1):
        inside = place.line <= number <= place.last_line
        mark = Piece(f"{'>' if inside else ' '} {number:>5} | ", "bold red" if inside else "blue")
        code = unheard(f"|{seen(shown[number - first])[:LONGEST_LINE]}")[1:]
        yield mark, Piece(code, code_of=place.path)


def _as_dict(finding: Finding) -> dict[str, object]:
    place = finding.place
    return {
        "code": finding.code,
        "title": finding.title,
        "message": finding.message,
        "fix": finding.fix,
        "blame": finding.blame.value,
        "path": place.path if place else None,
        "line": place.line if place else None,
        "end_line": place.last_line if place else None,
        "link": finding.link,
        "excerpt": finding.excerpt,
    }


def _command(finding: Finding) -> str:
    where = ""
    if finding.place:
        place = finding.place
        where = f"file={_property(place.path)},line={place.line},endLine={place.last_line},"
    message = "\n".join(part for part in (finding.message, finding.fix, finding.link) if part)
    return f"::error {where}title={_property(finding.title)}::{_data(message)}"


def _data(words: str) -> str:
    return words.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(words: str) -> str:
    return _data(words).replace(":", "%3A").replace(",", "%2C")
