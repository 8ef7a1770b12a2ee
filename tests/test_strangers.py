"""A failure that no row knows: with a sample's own kind switched off, no other row names a cause that is not there."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache

from app.diagnosis import Files, engine
from app.diagnosis.envelope import open_envelope
from app.diagnosis.rule import Hit, Rank, Rule
from app.diagnosis.rules.machine.reading_thrown import GIVEN_ALWAYS
from app.diagnosis.transcript import Transcript
from app.model import Finding
from tests.samples import FOLDERS, Sample, samples
from tests.strangers import ALSO_TRUE, QUOTING_A_THROW, QUOTING_A_TOOL


def _others(transcript: Transcript, files: Files, code: str) -> list[tuple[Rule, Hit]]:
    """The hits of all other kinds, as the engine would have them if that one were not written."""
    found: list[tuple[Rule, Hit]] = []
    for sections in transcript.by_relevance:
        for section in sections:
            if not transcript.ended_well(section):
                hits = engine._in_section(section, transcript, files)
                found += [(rule, hit) for rule, hit in hits if rule.code != code]
        if any(rule.rank > Rank.SYMPTOM for rule, _ in found):
            break
    return found


@cache
def strangers() -> list[tuple[Sample, Hit, Finding]]:
    """Every sample of which another kind names a cause, with the line that it took for one."""
    spoken = []
    for sample in samples(*FOLDERS):
        files, transcript = Files.of(sample.files), open_envelope(sample.log)
        code = sample.code or sample.diagnosis().findings[0].code
        best = engine._best(_others(transcript, files, code))
        if best and best[0].rank > Rank.SYMPTOM:
            spoken.append((sample, best[1], engine._finding(*best)))
    return spoken


def _pairs(table: dict[str, str]) -> set[tuple[str, str]]:
    return {(stranger, own) for stranger, all_own in table.items() for own in all_own.split()}


def test_with_its_own_kind_off_no_sample_gets_a_strangers_cause() -> None:
    """What another row says is true as well, and written down with its kind; and what is written down still occurs."""
    found = defaultdict[tuple[str, str], list[str]](list)
    for sample, _, finding in strangers():
        if finding.code not in QUOTING_A_THROW | QUOTING_A_TOOL:
            own = sample.code or sample.diagnosis().findings[0].code
            found[finding.code, own].append(sample.name)
    known = _pairs(ALSO_TRUE)
    assert not {pair: names for pair, names in found.items() if pair not in known}
    assert not known - found.keys()


def test_a_row_that_quotes_a_throw_says_nothing_that_was_not_printed() -> None:
    """Two thirds of the words in such a title stand in the log: it names no cause of its own."""
    wrong = {}
    for sample, hit, finding in strangers():
        if finding.code in QUOTING_A_THROW:
            printed = set(re.findall(r"\w+", " ".join(hit.elsewhere())))
            words = re.findall(r"\w+", re.sub(r"^(?:\S+ line \d+|the program): ", "", finding.title))
            if sum(word in printed for word in words) < len(words) * 2 / 3:
                wrong[sample.name] = finding.title
    assert not wrong


def test_nobody_is_told_to_set_what_is_always_set_or_to_bring_what_is_no_file() -> None:
    """A hint guessed from the words of an exception names a variable that may lack, and a file by its ending."""
    wrong = {
        sample.name: finding.fix
        for sample, _, finding in strangers()
        if ((named := re.search(r"\bSet (\w+) for the service", finding.fix)) and named[1] in GIVEN_ALWAYS)
        or re.search(r"\bBring \S*(?:\.so\b|\.s\.PGSQL|module\.exports)", finding.fix)
    }
    assert not wrong
