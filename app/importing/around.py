"""Around a file that is imported: the repository's name and source, as far as the file itself does not say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.start_command import image_command

if TYPE_CHECKING:  # its module leads back to this one
    from app.diagnosis.files import Files


@dataclass(frozen=True)
class Around:
    """What a reader of a foreign file knows besides it; `files` is None where there is no source."""

    name: str
    files: Files | None = None

    def serves(self, folder: str) -> str:
        """What starts a server in the image of this folder (`.` or `api`), as its source shows; else empty."""
        if self.files is None:
            return ""
        return image_command(self.files, "" if folder == "." else f"{folder}/")
