"""Evidence and rules in, Findings out: which lines speak, which is the root, and what is said when none does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache

import re2

from app.diagnosis.envelope import Kind, Section, Transcript, open_envelope
from app.diagnosis.files import Files
from app.diagnosis.instructions import failing_instruction
from app.diagnosis.rule import Hit, Rank, Rule, Words
from app.diagnosis.rules import all_rules
from app.diagnosis.telling import most_telling
from app.model import Blame, Finding, Place
from app.redaction import redact
from app.titles import fitting

MOST_FINDINGS = 10
MOST_TRIES = 60  # of one rule in one section: a line that comes that often tells nothing new
MOST_HITS = 400  # a log of nothing but errors; what comes later is a consequence or a repetition
EXCERPT_BEFORE, EXCERPT_AFTER = 4, 8
UNKNOWN_LINES = 15
UNKNOWN = "unknown"


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
    return Diagnosis(found[:MOST_FINDINGS], max(0, len(found) - MOST_FINDINGS), rule)


class Matcher:
    """All patterns at once: RE2's filter runs them in one linear pass, whatever the line holds."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules
        self._filter = re2.Filter()
        for rule in rules:
            self._filter.Add(rule.pattern)
        self._filter.Compile()
        self._compiled = [self._filter.re(number) for number in range(len(rules))]

    def matching(self, line: str) -> list[int]:
        """The numbers of the rules whose pattern is in this line, in the order of the tables."""
        return self._filter.Match(line) or []

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
        place = failing_instruction(hit)
    return Finding(
        code=rule.code,
        title=fitting(redact(rule.title.format_map(words))),
        message=redact(_sentence(rule.message.format_map(words))),
        fix=redact(rule.fix.format_map(words)).strip(),
        blame=rule.blame,
        place=place,
        excerpt=_excerpt(hit) if rule.rank > Rank.SYMPTOM else _told_with(hit),
        link=rule.link,
    )


def _excerpt(hit: Hit) -> str:
    lines = hit.section.lines[max(0, hit.index - EXCERPT_BEFORE) : hit.index + EXCERPT_AFTER + 1]
    return redact("\n".join(line[:400] for line in lines).strip("\n"))


def _short(word: str) -> str:
    """A word from a log, on one line and not endless."""
    word = (" " if word.startswith(" ") else "") + " ".join(word.split())
    return word if len(word) <= 300 else word[:299] + "…"


def _sentence(words: str) -> str:
    return re.sub(r"\s+", " ", words).strip()


def _distinct(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    seen: dict[tuple[str, Place | None], Finding] = {}
    for finding in findings:
        seen.setdefault((finding.title, finding.place), finding)
    return tuple(seen.values())


# Nobody knows it


# `servergem`: what `docker buildx create` prints, the name of the builder.
_NOISE = re.compile(
    r"^\s*$|^[-=~ ]+$|^npm (?:ERR!|error) A complete log|^\s*at .*\(?node:internal|^Finished Step|^ERROR$|^PUSH$|"
    r"non-zero status|non-zero code|did not complete successfully|executor failed running|Container called exit|"
    r"^DONE$|^servergem$|probe failed|^\s*\d+(?:\.\d+)? ?[kMG]?B(?:/s)?",
)


# What a tool says of itself when something else went wrong: true of every failure, and so of no use in a title.
_EMPTY = re.compile(
    r"failed to solve|failed to build: exit|build step \d+ |exited? (?:with )?(?:code|status)|returned exit code|"
    r"^(?:error|failed|failure|fatal|traceback[^:]*)[:.!]*$|^BUILD FAILED|most recent call last|"
    r"Command failed with|npm (?:ERR!|error) (?:code|errno|command|path|Exit)\b|^make(?:\[\d+\])?: \*\*\*|"
    r"executing lifecycle: failed with status|error building (?:image|stage)|"
    r"failed to build: (?:\(error ID|exit status)|"
    r"see above for|for more (?:details|information)|re-run .* with",
    re.IGNORECASE,
)
_FAILED_STEP = re.compile(r"ERROR: build step (\d+) ")
LINES_BEFORE = 5


def _unknown(transcript: Transcript, files: Files) -> Finding:
    """The most telling lines as they are, the failing instruction annotated, and no guess whose fault it is."""
    section = _last_speaker(transcript)
    if section is None:
        return _silent(transcript, files)
    lines = _meant(section)
    at = most_telling(lines)
    title = fitting(redact(_short(lines[at].strip()))) if lines else ""
    ran = section.instruction or transcript.failed_instruction
    return Finding(
        code=UNKNOWN,
        title=title or "It failed without saying why",
        message=redact(_short(f"`{ran}` failed; these are the lines that say most."))
        if ran
        else "These are the lines that say most of what it printed before it failed.",
        fix="Read the lines below from the end upwards: the first one that says what is missing names what to change.",
        blame=Blame.UNKNOWN,
        place=failing_instruction(Hit(section, 0, {}, files, transcript))
        if section.kind is not Kind.CONTAINER
        else None,
        excerpt=_telling(lines, at),
    )


def _silent(transcript: Transcript, files: Files) -> Finding:
    """Nothing that failed printed a word: what ran, and the builder's own lines about it."""
    ran = redact(_short(transcript.failed_instruction))
    heard = [s for s in transcript.sections if s.failed or s.kind is Kind.VERDICT]
    said = dict.fromkeys(line.strip() for section in heard for line in section.lines if line.strip())
    return Finding(
        code=UNKNOWN,
        title=fitting(f"{ran} failed and printed nothing") if ran else "It failed without saying why",
        message=f"`{ran}` ended with an error and no line of its own." if ran else "Nothing was printed.",
        fix="Run it on your machine, where it fails the same way; have it print what it does (`set -x` in a shell)."
        if ran
        else "Re-run this check; when it happens again, read the whole log.",
        blame=Blame.UNKNOWN,
        place=failing_instruction(Hit(heard[0], 0, {}, files, transcript)) if heard else None,
        excerpt=redact("\n".join(line[:400] for line in [*said][-UNKNOWN_LINES:])),
    )


def _told_with(hit: Hit) -> str:
    """The evidence of a rule that knows only that it failed: its own line, or what says more and stands elsewhere."""
    own = _excerpt(hit)
    section = _last_speaker(hit.transcript)
    lines = _meant(section) if section else []
    if not lines:
        return own
    at = most_telling(lines)
    return own if redact(lines[at][:400]) in own else _telling(lines, at)


def _meant(section: Section) -> list[str]:
    return [line for line in section.lines if not _NOISE.search(line)]


def _telling(lines: list[str], at: int) -> str:
    """The line `at` with what stands around it; to the end, where that is not far."""
    first = max(0, min(at - LINES_BEFORE, len(lines) - UNKNOWN_LINES))
    return redact("\n".join(line[:400] for line in lines[first : first + UNKNOWN_LINES]))


def _last_speaker(transcript: Transcript) -> Section | None:
    """The last that said something of its own; who only says that it failed speaks when nobody else does."""
    failed = _failed_step(transcript)
    silent = any(s.failed and s.instruction for s in transcript.sections)
    for empty_too in (False, True):
        for sections in _by_relevance(transcript)[: 1 if silent and not transcript.started else None]:
            speaking = [
                s
                for s in sections
                if not _of_another_step(s, failed) and any(_speaks(line, empty_too) for line in s.lines)
            ]
            if speaking:
                return speaking[-1]
    return None


def _of_another_step(section: Section, failed: str) -> bool:
    """Whether the section is a build step's, and of one that did not fail; a container's log is of none."""
    number = section.step.partition(" ")[0]
    return bool(failed and number) and number != failed


def _failed_step(transcript: Transcript) -> str:
    """The number of the build step that Cloud Build says failed: what an earlier one printed is no reason."""
    told = (line for s in transcript.sections if s.kind is Kind.VERDICT for line in s.lines)
    return next((match[1] for line in told if (match := _FAILED_STEP.match(line))), "")


def _speaks(line: str, empty_too: bool) -> bool:
    return not _NOISE.search(line) and (empty_too or not _EMPTY.search(line.strip()))
