"""Families of messages: each message is the first true one in a sample, and its advice is shown whole."""

from __future__ import annotations

import importlib
import re
from collections import defaultdict
from pathlib import Path

from app.diagnosis import rules
from app.diagnosis.envelope import open_envelope
from app.diagnosis.families import Family, Known
from app.diagnosis.quoting import LONGEST_WORDS
from app.diagnosis.rules import rows
from app.diagnosis.rules.javascript.reading_settings import SETTINGS
from tests.samples import FOLDERS, samples

ROOM = Path(rules.__file__).parent
CODE = re.compile(
    r"^.*\berror (?=[A-Z]+\d*: )"
)  # what stands before the part that .NET's families are asked about

# What a server answers is also looked for in exceptions of which no row knows more.
ASKED_TOO = {"server-refused": {"python-says", "dotnet-exception"}}


def families() -> list[tuple[str, Family]]:
    """Every Family with the room of the rules that it is of."""
    found: dict[int, tuple[str, Family]] = {}
    for path in sorted(ROOM.glob("*/reading_*.py")):
        module = importlib.import_module(f"{rules.__name__}.{path.parent.name}.{path.stem}")
        for each in vars(module).values():
            if isinstance(each, Family) and id(each) not in found:
                found[id(each)] = (path.parent.name, each)
    return list(found.values())


def lines_by_code() -> dict[str, set[str]]:
    """The lines of all samples by the code of their answer."""
    lines = defaultdict[str, set[str]](set)
    for sample in samples(*FOLDERS):
        for section in open_envelope(sample.log).sections:
            lines[sample.code] |= set(section.lines)
    return lines


def codes_of(room: str, family: Family) -> set[str]:
    """The codes under which its messages are shown: its row's, or its room's where rows ask it by themselves."""
    own = {row.rule.code for row in rows() if row.rule.pattern == family.pattern}
    own |= set[str]().union(*(ASKED_TOO.get(code, ()) for code in own))
    return own or {row.rule.code for row in rows() if row.table.startswith(f"{room}.")}


def unheard(known: tuple[Known, ...], lines: set[str]) -> list[str]:
    """The messages that are the first true one of no line; one that asks for more than its line hides no other."""
    heard: set[str] = set()
    for line in lines:
        for each in known:
            if re.search(each.said, line):
                heard.add(each.said)
                if not each.only and not each.and_says:
                    break
    return [each.said for each in known if each.said not in heard]


def test_each_message_of_a_family_has_a_sample() -> None:
    """A message that no log of ours has is one that nobody has seen at work."""
    lines = lines_by_code()
    missing: list[str] = []
    for room, family in families():
        own = set[str]().union(*(lines[code] for code in codes_of(room, family)))
        missing += unheard(family.known, own | {CODE.sub("", line) for line in own})
    assert not missing


def test_each_setting_of_a_service_has_a_sample() -> None:
    """The variables of services are found by what their clients say, each in a log of ours."""
    lines = set[str]().union(*lines_by_code().values())
    assert not [said for said, _, _ in SETTINGS if not any(map(re.compile(said).search, lines))]


def test_the_advice_of_a_family_is_short_enough_to_be_shown_whole() -> None:
    """What is longer is cut in the middle of what to type."""
    fixes = [each.fix for _, family in families() for each in family.known]
    assert [fix for fix in fixes if len(fix) > LONGEST_WORDS] == []
