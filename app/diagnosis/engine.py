"""Evidence and rules in, Findings out: which lines speak, and which of them is the root."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache

import re2

from app.diagnosis.advice import fitted
from app.diagnosis.at_work import is_at_work
from app.diagnosis.envelope import open_envelope
from app.diagnosis.files import Files
from app.diagnosis.instructions import failing_instruction
from app.diagnosis.quoting import excerpt, short
from app.diagnosis.rule import Hit, Rank, Rule, Words
from app.diagnosis.rules import all_rules
from app.diagnosis.transcript import Kind, Section, Transcript
from app.diagnosis.unknown import UNKNOWN, told_with, unknown
from app.model import Finding, Place
from app.redaction import redact
from app.text.titles import fitting

MOST_FINDINGS = 10
MOST_TRIES = 60  # of one rule in one section: a line that comes that often tells nothing new
MOST_HITS = 400  # a log of nothing but errors; what comes later is a consequence or a repetition


@dataclass(frozen=True)
class Diagnosis:
    """The Findings, best first, never none. `more` counts those of the same kind that are not shown.

    `row` is the Rule that spoke; None where nobody knew it.
    """

    findings: tuple[Finding, ...]
    more: int = 0
    row: Rule | None = field(default=None, compare=False, repr=False)

    @property
    def known(self) -> bool:
        """Whether a rule recognised it."""
        return self.findings[0].code != UNKNOWN


def diagnose(evidence: str | bytes, files: Files) -> Diagnosis:
    """What went wrong in this log, for this repository."""
    transcript = open_envelope(evidence)
    hits = _ordered(transcript, files)
    best = _best(hits)
    if best is None:
        return Diagnosis((unknown(transcript, files),))
    rule, _ = best
    alike = (
        _one_for_each_line(
            (r, h) for r, h in hits if r.many and r.rank is rule.rank and _family(r) == _family(rule)
        )
        if rule.many
        else [best]
    )
    found = _distinct(_finding(r, h) for r, h in alike)
    return Diagnosis(found[:MOST_FINDINGS], max(0, len(found) - MOST_FINDINGS), rule)


# As many patterns as RE2 takes into one filter, whose own memory has a limit that nobody can set.
MOST_PATTERNS = 600


class Matcher:
    """All patterns at once: RE2's filters run them in one linear pass each, whatever the line holds."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules
        self._filters: list[tuple[int, re2.Filter]] = []
        for first in range(0, len(rules), MOST_PATTERNS):
            made = re2.Filter()
            for rule in rules[first : first + MOST_PATTERNS]:
                made.Add(rule.pattern)
            made.Compile()
            self._filters.append((first, made))
        self._compiled = [
            made.re(number)
            for first, made in self._filters
            for number in range(min(MOST_PATTERNS, len(rules) - first))
        ]

    def matching(self, line: str) -> list[int]:
        """The numbers of the rules whose pattern is in this line, in the order of the tables."""
        return [first + number for first, made in self._filters for number in made.Match(line) or ()]

    def words(self, number: int, line: str) -> dict[str, str]:
        """The groups of one of them; what took no part is empty."""
        match = self._compiled[number].search(line)
        return {name: word or "" for name, word in match.groupdict().items()} if match else {}


@cache
def matcher() -> Matcher:
    return Matcher(all_rules())


def _ordered(transcript: Transcript, files: Files) -> list[tuple[Rule, Hit]]:
    """Every hit, the sections that failed first, each in the order it was printed."""
    found: list[tuple[Rule, Hit]] = []
    for sections in transcript.by_relevance:
        for section in sections:
            if not transcript.ended_well(section):
                found += _in_section(section, transcript, files)
        if any(rule.rank > Rank.SYMPTOM for rule, _ in found):
            break
    return found


def _in_section(section: Section, transcript: Transcript, files: Files) -> list[tuple[Rule, Hit]]:
    table = matcher()
    matching = cache(table.matching)  # tools repeat themselves
    found: list[tuple[Rule, Hit]] = []
    tries: Counter[int] = Counter()
    for index, line in enumerate(section.lines):
        for number in matching(line) if line else ():
            rule = table.rules[number]
            tries[number] += 1
            often = tries[number] > MOST_TRIES and not rule.last
            if often or (rule.only and section.kind not in rule.only):
                continue
            groups = table.words(number, line)
            hit = Hit(section, index, groups, files, transcript)
            if rule.read is not None:
                more = rule.read(hit)
                if more is None:
                    continue
                hit = replace(hit, words={**groups, **more})
            if is_at_work(rule.code, hit):
                found.append((rule, hit))
        if len(found) > MOST_HITS:
            break
    return found


def _best(hits: list[tuple[Rule, Hit]]) -> tuple[Rule, Hit] | None:
    """The highest rank; of equal ones the first, or the last for a rule that says so.

    Of several on one line, the rule that names the kind of evidence knows it better.
    """
    if not hits:
        return None
    top = max(rule.rank for rule, _ in hits)
    highest = [(r, h) for r, h in hits if r.rank is top]
    _, first = highest[0]
    rule, hit = next(
        ((r, h) for r, h in highest if r.only and h.section is first.section and h.index == first.index),
        highest[0],
    )
    if rule.last:
        rule, hit = next((r, h) for r, h in reversed(hits) if r is rule)
    return rule, hit


def _one_for_each_line(hits: Iterable[tuple[Rule, Hit]]) -> list[tuple[Rule, Hit]]:
    kept: dict[tuple[int, int], tuple[Rule, Hit]] = {}
    for rule, hit in hits:
        kept.setdefault((id(hit.section), hit.index), (rule, hit))
    return list(kept.values())


def _family(rule: Rule) -> str:
    return rule.code.partition("-")[0]


def _finding(rule: Rule, hit: Hit) -> Finding:
    words = Words({name: short(value) for name, value in hit.words.items()})
    place = rule.place(hit) if rule.place else None
    if place is None and not rule.nowhere and hit.section.kind is not Kind.CONTAINER:
        place = failing_instruction(hit)
    return Finding(
        code=rule.code,
        title=fitting(redact(rule.title.format_map(words))),
        message=redact(_sentence(rule.message.format_map(words))),
        fix=fitted(hit, redact(rule.fix.format_map(words)).strip()),
        blame=rule.blame,
        place=place,
        excerpt=excerpt(hit) if rule.rank > Rank.SYMPTOM else told_with(hit),
        link=rule.link,
    )


def _sentence(words: str) -> str:
    return re.sub(r"\s+", " ", words).strip()


def _distinct(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    seen: dict[tuple[str, Place | None], Finding] = {}
    for finding in findings:
        seen.setdefault((finding.title, finding.place), finding)
    return tuple(seen.values())
