"""Cloud Build's own envelope around what a step prints, for a builder that does not write it itself."""

from __future__ import annotations

import re
from collections.abc import Callable

_OWN = re.compile(r"(Starting |Finished )?Step #\d+")


class Envelope:
    """Passes lines on; those of a single step get its number in front unless the builder put it there."""

    def __init__(self, write: Callable[[str], None], step_ids: list[str]) -> None:
        self._write = write
        self._alone = f'Step #0 - "{step_ids[0]}"' if step_ids[0] else "Step #0"
        self._single = len(step_ids) == 1
        self._opened = False

    def line(self, text: str) -> None:
        for line in text.split("\n"):
            if not self._opened and (not self._single or _OWN.match(line)):
                self._single = False
            if not self._single:
                self._write(line)
                continue
            self._open()
            self._write(f"{self._alone}: {line}")

    def finish(self) -> None:
        """The step ended well."""
        if self._single:
            self._open()
            self._write(f"Finished {self._alone}")

    def _open(self) -> None:
        if not self._opened:
            self._opened = True
            self._write(f"Starting {self._alone}")
