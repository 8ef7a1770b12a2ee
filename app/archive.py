"""A gzipped tarball while it passes by: its top folder, its commit, its paths, and the few texts that are wanted.

Nothing is held but those texts, however large the archive is; https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Callable

BLOCK = tarfile.BLOCKSIZE
PIECE = 1 << 20
LONGEST_TEXT, MOST_TEXT = 400_000, 40_000_000
MOST_PATHS = 200_000


class Passing:
    """`feed` it what passes; the fields grow as entries become known. `whole` once the end was seen."""

    def __init__(self, wanted: Callable[[str], bool]) -> None:
        self.top, self.commit, self.whole = "", "", False
        self.paths: set[str] = set()
        self.texts: dict[str, str] = {}
        self._wanted = wanted
        self._unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        self._rest = bytearray()
        self._entry: tarfile.TarInfo | None = None
        self._left = 0
        self._body: bytearray | None = None
        self._name = ""
        self._kept = 0

    def feed(self, chunk: bytes) -> None:
        """The next bytes. tarfile.TarError when this is no archive."""
        try:
            while chunk:
                self._rest += self._unpack.decompress(chunk, PIECE)
                chunk = self._unpack.unconsumed_tail
                self._read()
        except zlib.error as error:
            raise tarfile.ReadError(str(error)) from error

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
            entry = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # not in the library's stubs
            self.whole = True
            return
        self._entry = entry
        self._left = -(-entry.size // BLOCK) * BLOCK
        path = (self._name or entry.name).partition("/")[2]
        told = entry.type in (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME)
        keep = told or (entry.isreg() and self._wanted(path) and self._kept < MOST_TEXT)
        self._body = bytearray() if keep and entry.size <= LONGEST_TEXT else None

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
        self.top = self.top or top
        if (entry.isreg() or entry.issym()) and path and len(self.paths) < MOST_PATHS:
            self.paths.add(path)
            if body and b"\0" not in body[:8000]:
                self._kept += len(body)
                self.texts[path] = body.decode(errors="replace")


def _records(body: bytes) -> dict[str, str]:
    """A pax header's records, `LENGTH KEY=VALUE` each."""
    found: dict[str, str] = {}
    while body:
        length, _, _ = body.partition(b" ")
        if not length.isdigit() or not 0 < int(length) <= len(body):
            break
        record, body = body[: int(length)], body[int(length) :]
        key, _, value = record.partition(b" ")[2].rstrip(b"\n").partition(b"=")
        found[key.decode(errors="replace")] = value.decode(errors="replace")
    return found
