"""The sections of a log while it is read, and what is known of them once all of it was; pure."""

from __future__ import annotations

from dataclasses import dataclass, field

import re2

from app.diagnosis.buildkit import untimed
from app.diagnosis.transcript import Kind


@dataclass
class OpenSection:
    """A Section while it is read."""

    kind: Kind
    step: str = ""
    instruction: str = ""
    stage: str = ""
    failed: bool = False
    done: bool = False
    lines: list[str] = field(default_factory=list)


def blame_last_instruction(sections: list[OpenSection]) -> None:
    """In layouts with one instruction at a time, the last one that began is the one that failed."""
    told = [each for each in sections if each.kind is Kind.INSTRUCTION]
    if told and not any(each.failed for each in told) and not any(s.kind is Kind.CONTAINER for s in sections):
        told[-1].failed = True


# What only Cloud Run says, of a container that it started.
_OF_A_CONTAINER = re2.compile(r"^Container called exit\(|STARTUP (?:TCP|HTTP|GRPC) probe failed")


def know_a_container(sections: list[OpenSection]) -> None:
    """A log without any layout is a container's own where Cloud Run speaks in it."""
    if len(sections) == 1 and sections[0].kind is Kind.STEP and not sections[0].step:
        only = sections[0]
        if any(_OF_A_CONTAINER.search(line) for line in only.lines[-40:]):
            only.kind = Kind.CONTAINER


def take_the_seconds_off(section: OpenSection) -> bool:
    """Whether it is a piece of a vertex's log, which begins each line with its seconds."""
    if section.kind is not Kind.STEP or (bare := untimed(section.lines)) is None:
        return False
    section.lines = bare
    return True


def know_an_instruction(sections: list[OpenSection], ran: str, *, timed: bool) -> None:
    """What stands above the builder's verdict in a piece of a log is what the instruction printed that it names.

    Lines that were `timed` are an instruction's also where nothing says which.
    """
    plain = [each for each in sections if each.kind is not Kind.VERDICT]
    if (timed or ran.startswith("RUN")) and len(plain) == 1 and plain[0].kind is Kind.STEP:
        plain[0].kind, plain[0].instruction, plain[0].failed = Kind.INSTRUCTION, ran, True
