"""Evidence and rules in, Findings out: which lines speak, which is the root, and what is said when none does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import re2

from app.diagnosis import places
from app.diagnosis.envelope import Kind, Section, Transcript, open_envelope
from app.diagnosis.files import Files
from app.diagnosis.rule import Hit, Rank, Rule, Words
from app.diagnosis.rules import all_rules
from app.model import Blame, Finding, Place
from app.redaction import redact

MOST_FINDINGS = 10
MOST_TRIES = 60  # of one rule in one section: a line that comes that often tells nothing new
MOST_HITS = 400  # a log of nothing but errors; what comes later is a consequence or a repetition
EXCERPT_BEFORE, EXCERPT_AFTER = 4, 8
LONGEST_TITLE = 80
UNKNOWN_LINES = 15
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Diagnosis:
    """The Findings, best first, never none. `more` counts those of the same kind that are not shown."""

    findings: tuple[Finding, ...]
    more: int = 0

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
        return Diagnosis((_unknown(transcript, files),))
    rule, _ = best
    alike = (
        _one_for_each_line(
            (r, h) for r, h in hits if r.many and r.rank is rule.rank and _family(r) == _family(rule)
        )
        if rule.many
        else [best]
    )
    found = _distinct(_finding(r, h) for r, h in alike)
    return Diagnosis(found[:MOST_FINDINGS], max(0, len(found) - MOST_FINDINGS))


class Matcher:
    """All patterns at once: RE2's filter runs them in one linear pass, whatever the line holds."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules
        self._filter = re2.Filter()
        self._compiled = [re2.compile(rule.pattern) for rule in rules]
        for rule in rules:
            self._filter.Add(rule.pattern)
        self._filter.Compile()

    def matches(self, line: str) -> Iterator[tuple[Rule, dict[str, str]]]:
        """The rules whose pattern is in this line, with their groups."""
        for number in self._filter.Match(line) or ():
            if match := self._compiled[number].search(line):
                yield self.rules[number], {k: v or "" for k, v in match.groupdict().items()}


@cache
def matcher() -> Matcher:
    return Matcher(all_rules())


def _ordered(transcript: Transcript, files: Files) -> list[tuple[Rule, Hit]]:
    """Every hit, the sections that failed first, each in the order it was printed."""
    found: list[tuple[Rule, Hit]] = []
    for sections in _by_relevance(transcript):
        for section in sections:
            found += _in_section(section, transcript, files)
        if any(rule.rank > Rank.SYMPTOM for rule, _ in found):
            break
    return found


def _by_relevance(transcript: Transcript) -> list[list[Section]]:
    """A container's own log, then what failed, then the builder's verdict, then all the rest."""
    sections = transcript.sections
    container = [s for s in sections if s.kind is Kind.CONTAINER]
    failed = [s for s in sections if s.failed]
    verdicts = [s for s in sections if s.kind is Kind.VERDICT]
    steps = [s for s in sections if s.kind is Kind.STEP]
    others = [s for s in sections if s.kind is Kind.INSTRUCTION and not s.failed]
    groups = [container, [*failed, *verdicts], steps, others]
    return [group for group in groups if group]


def _in_section(section: Section, transcript: Transcript, files: Files) -> list[tuple[Rule, Hit]]:
    matching = matcher()
    found: list[tuple[Rule, Hit]] = []
    tries: Counter[int] = Counter()
    for index, line in enumerate(section.lines):
        if not line:
            continue
        for rule, groups in matching.matches(line):
            tries[id(rule)] += 1
            often = tries[id(rule)] > MOST_TRIES and not rule.last
            if often or (rule.only and section.kind not in rule.only):
                continue
            hit = Hit(section, index, groups, files, transcript)
            if rule.read is not None:
                more = rule.read(hit)
                if more is None:
                    continue
                hit = replace(hit, words={**groups, **more})
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
    words = Words({name: _short(value) for name, value in hit.words.items()})
    place = rule.place(hit) if rule.place else None
    if place is None and not rule.nowhere and hit.section.kind is not Kind.CONTAINER:
        place = places.failing_instruction(hit)
    return Finding(
        code=rule.code,
        title=_titled(redact(rule.title.format_map(words))),
        message=redact(_sentence(rule.message.format_map(words))),
        fix=redact(rule.fix.format_map(words)),
        blame=rule.blame,
        place=place,
        excerpt=_excerpt(hit),
        link=rule.link,
    )


def _excerpt(hit: Hit) -> str:
    lines = hit.section.lines[max(0, hit.index - EXCERPT_BEFORE) : hit.index + EXCERPT_AFTER + 1]
    return redact("\n".join(line[:400] for line in lines).strip("\n"))


def _short(word: str) -> str:
    """A word from a log, on one line and not endless."""
    word = (" " if word.startswith(" ") else "") + " ".join(word.split())
    return word if len(word) <= 300 else word[:299] + "…"


def _titled(title: str) -> str:
    return title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1].rstrip() + "…"


def _sentence(words: str) -> str:
    return re.sub(r"\s+", " ", words).strip()


def _distinct(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    seen: dict[tuple[str, Place | None], Finding] = {}
    for finding in findings:
        seen.setdefault((finding.title, finding.place), finding)
    return tuple(seen.values())


# Nobody knows it


_NOISE = re.compile(
    r"^\s*$|^[-=~ ]+$|^npm (?:ERR!|error) A complete log|^\s*at .*\(?node:internal|^Finished Step|^ERROR$|^PUSH$|"
    r"non-zero status|non-zero code|did not complete successfully|executor failed running|Container called exit|"
    r"^DONE$|probe failed|^\s*\d+(?:\.\d+)? ?[kMG]?B(?:/s)?",
)


def _unknown(transcript: Transcript, files: Files) -> Finding:
    """The last meaningful lines as they are, the failing instruction annotated, and no guess whose fault it is."""
    section = _last_speaker(transcript)
    lines = [line for line in section.lines if not _NOISE.search(line)][-UNKNOWN_LINES:] if section else []
    section = section or Section(Kind.STEP, ())
    hit = Hit(section, 0, {}, files, transcript)
    telling = next(
        (
            line
            for line in reversed(lines)
            if re.search(r"(?i)error|fatal|fail|cannot|denied|not found", line)
        ),
        "",
    )
    told = telling or (lines[-1] if lines else "")
    ran = section.instruction or transcript.failed_instruction
    return Finding(
        code=UNKNOWN,
        title=_titled(redact(_short(told.strip()))) if told.strip() else "It failed without saying why",
        message=redact(_short(f"`{ran}` failed; these are its last lines."))
        if ran
        else "These are the last lines before it failed.",
        fix="Read the lines below from the end upwards: the first one that says what is missing names what to change.",
        blame=Blame.UNKNOWN,
        place=places.failing_instruction(hit) if section.kind is not Kind.CONTAINER else None,
        excerpt=redact("\n".join(line[:400] for line in lines)),
    )


def _last_speaker(transcript: Transcript) -> Section | None:
    for sections in _by_relevance(transcript):
        speaking = [s for s in sections if any(not _NOISE.search(line) for line in s.lines)]
        if speaking:
            return speaking[-1]
    return None
