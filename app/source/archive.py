"""A gzipped tarball while it passes by: its top folder, its commit, its paths, and the few texts that are wanted.

Nothing is held but those texts, however large the archive is, and what is larger than any source is not looked into:
it passes by unread, which costs neither time nor memory. https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
"""

from __future__ import annotations

import re
import tarfile
import zlib
from collections.abc import Callable

from app.source.text import (
    LARGEST_POINTER,
    LONGEST_PATH,
    LONGEST_TEXT,
    MOST_PATH_LETTERS,
    MOST_PATHS,
    MOST_TEXT,
    MOST_UNPACKED,
    decoded,
    is_pointer,
)

BLOCK = tarfile.BLOCKSIZE
PIECE = 1 << 20
# Where a record of a pax header begins; no header that is read has more bytes than seven digits say.
LENGTH = re.compile(rb"([0-9]{1,7}) ")


class Passing:
    """`feed` it what passes; the fields grow as entries become known. `whole` once the end was seen.

    `given_up` once there was more than anybody reads: then nothing is known of what follows.
    Texts that are `wanted` are kept; with `others`, so are the rest as long as there is room.
    """

    def __init__(self, wanted: Callable[[str], bool], *, others: bool = False) -> None:
        self.top, self.commit, self.whole, self.given_up = "", "", False, False
        self.paths: set[str] = set()
        self.folders: set[str] = set()
        self.links: set[str] = set()
        self.texts: dict[str, str] = {}
        self._wanted, self._others = wanted, others
        self._unpacked = self._entries = self._letters = 0
        self._unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        self._rest = bytearray()
        self._entry: tarfile.TarInfo | None = None
        self._left = 0
        self._body: bytearray | None = None
        self._body_kept = False
        self._name = ""
        self._kept = 0

    def feed(self, chunk: bytes) -> None:
        """The next bytes. tarfile.TarError when this is no archive."""
        try:
            while chunk and not self.whole and not self.given_up:
                piece = self._unpack.decompress(chunk, PIECE)
                chunk = self._unpack.unconsumed_tail
                self._unpacked += len(piece)
                self._rest += piece
                self._read()
                self._mind_the_limits()
        except zlib.error as error:
            raise tarfile.ReadError(str(error)) from error

    def _mind_the_limits(self) -> None:
        if (
            self._unpacked > MOST_UNPACKED
            or self._entries > 2 * MOST_PATHS  # each may have a header of its own
            or len(self.paths) > MOST_PATHS
            or self._letters > MOST_PATH_LETTERS
        ):
            self.given_up = True
            self._rest.clear()

    def _read(self) -> None:
        while not self.whole:
            if self._entry is not None:
                if not self._read_body():
                    return
            elif len(self._rest) < BLOCK:
                return
            else:
                self._read_header(bytes(self._rest[:BLOCK]))
                del self._rest[:BLOCK]

    def _read_header(self, block: bytes) -> None:
        try:
            entry = tarfile.TarInfo.frombuf(block, "utf-8", "replace")
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # not in the library's stubs
            self.whole = True
            return
        self._entry = entry
        self._entries += 1
        self._left = -(-entry.size // BLOCK) * BLOCK
        path = (self._name or entry.name).partition("/")[2]
        told = entry.type in (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME)
        keep = told or (entry.isreg() and (self._keeps(path) or entry.size <= LARGEST_POINTER))
        self._body = bytearray() if keep and entry.size <= LONGEST_TEXT else None

    def _keeps(self, path: str) -> bool:
        return self._wanted(path) or (self._others and self._kept < MOST_TEXT)

    def _read_body(self) -> bool:
        """Whether the entry has passed whole."""
        taken = min(self._left, len(self._rest))
        if self._body is not None:
            self._body += self._rest[:taken]
        del self._rest[:taken]
        self._left -= taken
        if self._left:
            return False
        entry, self._entry = self._entry, None
        assert entry is not None
        self._body_kept = self._body is not None
        body = bytes(self._body[: entry.size]) if self._body is not None else b""
        self._close(entry, body)
        return True

    def _close(self, entry: tarfile.TarInfo, body: bytes) -> None:
        if entry.type == tarfile.XGLTYPE:
            self.commit = _records(body).get("comment", "")
        elif entry.type == tarfile.XHDTYPE:
            self._name = _records(body).get("path", "")
        elif entry.type == tarfile.GNUTYPE_LONGNAME:
            self._name = body.rstrip(b"\0").decode(errors="replace")
        else:
            self._add(entry, body)

    def _add(self, entry: tarfile.TarInfo, body: bytes) -> None:
        name, self._name = self._name or entry.name, ""
        top, _, path = name.partition("/")
        path = path.rstrip("/")
        self.top = self.top or top
        if not path:
            return
        self._letters += len(path)
        if len(path) > LONGEST_PATH:
            self.given_up = True
        elif entry.isdir():
            self.folders.add(path)
        elif entry.issym():
            self.paths.add(path)
            self.links.add(path)
        elif entry.isreg():
            self.paths.add(path)
            self._keep_text(path, body)

    def _keep_text(self, path: str, body: bytes) -> None:
        """An empty file is an empty text; one that was not kept is none."""
        if (
            self._body_kept
            and (self._keeps(path) or is_pointer(body))
            and (text := decoded(body)) is not None
        ):
            self._kept += len(body)
            self.texts[path] = text


def _records(body: bytes) -> dict[str, str]:
    """A pax header's records, `LENGTH KEY=VALUE` each."""
    found: dict[str, str] = {}
    at = 0
    while length := LENGTH.match(body, at):
        end = at + int(length[1])
        if not length.end() <= end <= len(body):
            break
        # Each record is looked at where it stands: a header of a million small ones is copied no million times.
        key, _, value = body[length.end() : end].rstrip(b"\n").partition(b"=")
        found[key.decode(errors="replace")] = value.decode(errors="replace")
        at = end
    return found
