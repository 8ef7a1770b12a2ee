"""A log as it is read: who printed what, in Sections of bare lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

_FAILED_STEP = re.compile(r"ERROR: build step (\d+) ")


class Kind(StrEnum):
    """Who printed a Section."""

    STEP = "step"  # a build step's own output, or a plain log
    INSTRUCTION = "instruction"  # one Dockerfile instruction
    VERDICT = "verdict"  # what the builder itself says in the end
    CONTAINER = "container"  # a revision's own log


@dataclass(frozen=True)
class Section:
    """The bare lines of one thing that ran, in order. `instruction` is the Dockerfile's text as the builder has it.

    `done`: the builder says that it ended well.
    """

    kind: Kind
    lines: tuple[str, ...]
    step: str = ""
    instruction: str = ""
    stage: str = ""
    failed: bool = False
    done: bool = False


@dataclass(frozen=True)
class Transcript:
    """A whole log. `dockerfile_line` is where the builder itself pointed; 0 when it did not.

    `answers` keeps what was once found out about the whole of it, so that no rule reads it again for each line.
    """

    sections: tuple[Section, ...]
    dockerfile: str = ""
    dockerfile_line: int = 0
    dockerfile_end: int = 0
    failed_instruction: str = ""
    failed_stage: str = ""
    answers: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def started(self) -> bool:
        """Whether a container's own log is here: what was built, started."""
        return any(section.kind is Kind.CONTAINER for section in self.sections)

    @cached_property
    def failed_step(self) -> str:
        """The number of the build step that Cloud Build says failed; empty where it says none."""
        told = (line for s in self.sections if s.kind is Kind.VERDICT for line in s.lines)
        return next((match[1] for line in told if (match := _FAILED_STEP.match(line))), "")

    def ended_well(self, section: Section) -> bool:
        """Whether what it printed is no reason of the failure: the builder went on, or it is of another build step."""
        number = section.step.partition(" ")[0]
        return section.done or bool(self.failed_step and number and number != self.failed_step)

    @property
    def by_relevance(self) -> tuple[tuple[Section, ...], ...]:
        """A container's own log, then what failed with the builder's verdict, then all the rest; no group is empty."""
        groups = (
            [s for s in self.sections if s.kind is Kind.CONTAINER],
            [s for s in self.sections if s.failed] + [s for s in self.sections if s.kind is Kind.VERDICT],
            [s for s in self.sections if s.kind is Kind.STEP],
            [s for s in self.sections if s.kind is Kind.INSTRUCTION and not s.failed],
        )
        return tuple(tuple(group) for group in groups if group)
