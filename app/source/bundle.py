"""A bundle as a stream: a service's own folder of a commit's archive, its packages, and what starts them.

Nothing is held but a few pieces, however large it is. What Cloud Run unpacks is at the archive's root, so each path
loses the folders above the service.
"""

from __future__ import annotations

import re
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from app.source.text import LONGEST_PATH, MOST_UNPACKED

BLOCK, PIECE = tarfile.BLOCKSIZE, 1 << 20
# https://github.com/firebase/firebase-tools/pull/10439
MOST_BYTES = 250 * 2**20
# Bytes of one header: a path and the path of a link, and what else is said of a file.
LONGEST_HEADER = 4 * LONGEST_PATH
# No part of a path is so long, and the library takes time with the square of it.
DIGITS = re.compile(rb"[0-9]{256}")
# Ours alone: nothing of the source is put there, so that nothing of it stands in the way or leads elsewhere.
OWN = ".servergem"
PACKAGES, START = f"{OWN}/site-packages", f"{OWN}/start"
# Node looks for packages nowhere else; a source that has this folder itself is not bundled.
MODULES = "node_modules"


class TooLarge(Exception):  # noqa: N818 - reads as what happened
    """More than Cloud Run takes without a build, or than anybody reads."""


def bundled(source: Iterable[bytes], inside: str, packages: Iterable[bytes], start: str) -> Iterator[bytes]:
    """The bundle as a gzipped tarball; the same of the same.

    `inside` is the service's folder in the source (`TOP/services/api`), `start` the text of the script that starts it.
    tarfile.TarError where an archive is none, TooLarge where this becomes too large.
    """
    size = 0
    for piece in _squeezed(_plain(source, inside, packages, start)):
        size += len(piece)
        if size > MOST_BYTES:
            raise TooLarge("its files have more than 250 MiB")
        yield piece


def _squeezed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    squeeze = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    for piece in pieces:
        if made := squeeze.compress(piece):
            yield made
    yield squeeze.flush()


def _plain(source: Iterable[bytes], inside: str, packages: Iterable[bytes], start: str) -> Iterator[bytes]:
    def of_service(name: str) -> str:
        found = name.removeprefix(f"{inside}/") if name.startswith(f"{inside}/") else ""
        return "" if found.partition("/")[0] == OWN or not _leads_straight(found) else found

    def of_packages(name: str) -> str:
        found = name.removeprefix("./")
        return found if found.startswith((f"{PACKAGES}/", f"{MODULES}/")) and _leads_straight(found) else ""

    yield from _moved(source, of_service)
    yield from _moved(packages, of_packages)
    text = start.encode()
    yield _header(tarfile.TarInfo(START), size=len(text), mode=0o755)
    yield _filled(text)
    yield bytes(2 * BLOCK)


def _leads_straight(name: str) -> bool:
    """Whether it is a path as git has them: no way up or back to the root, which would lead into what is ours alone."""
    return "\0" not in name and not {"", ".", ".."} & set(name.split("/"))


def _moved(archive: Iterable[bytes], to: Callable[[str], str]) -> Iterator[bytes]:
    """The files, folders and links of an archive under their new names; what gets none is left out."""
    stream = Forward(_unpacked(archive))
    if stream.ended():
        return
    file: Any = stream  # it has of a file what is asked for when one is only read
    with _as_said():
        opened = tarfile.TarFile(fileobj=file)
    with opened as tar:
        kept: Any = tar  # `members` is not in the library's stubs
        while (member := _next(tar)) is not None:
            kept.members.clear()  # else each of them is held to the end
            name = to(member.name)
            if not name or member.issparse() or not (member.isreg() or member.isdir() or member.issym()):
                continue
            about = tarfile.TarInfo(name)
            about.type, about.linkname = member.type, member.linkname
            if not member.isreg():
                yield _header(about, size=0, mode=member.mode)
                continue
            yield _header(about, size=member.size, mode=member.mode)
            stream.seek(member.offset_data)
            yield from stream.pieces(member.size)
            yield bytes(-member.size % BLOCK)


@contextmanager
def _as_said() -> Iterator[None]:
    """What the library takes for a fault of its own is the archive's: a thousand digits, headers without end."""
    try:
        yield
    except (ValueError, RecursionError) as error:
        raise tarfile.ReadError(f"a header of an archive cannot be read: {type(error).__name__}") from error


def _next(tar: tarfile.TarFile) -> tarfile.TarInfo | None:
    with _as_said():
        return tar.next()


def _header(about: tarfile.TarInfo, *, size: int, mode: int) -> bytes:
    about.size, about.mode = size, mode & 0o755 | 0o400
    return about.tobuf(tarfile.PAX_FORMAT)


def _filled(text: bytes) -> bytes:
    return text + bytes(-len(text) % BLOCK)


def _unpacked(archive: Iterable[bytes]) -> Iterator[bytes]:
    unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    size = 0
    for chunk in archive:
        rest = chunk
        while rest:
            try:
                piece = unpack.decompress(rest, PIECE)
            except zlib.error as error:
                raise tarfile.ReadError(str(error)) from error
            rest = unpack.unconsumed_tail
            size += len(piece)
            if size > MOST_UNPACKED:
                raise TooLarge("its files have more than a gigabyte unpacked")
            yield piece
    if size and not unpack.eof:
        raise tarfile.ReadError("unexpected end of data")


class Forward:
    """A stream as tarfile reads a file: only forward, but for the one byte before, and no header of any size."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._held, self._begun, self._at = bytearray(), 0, 0

    def ended(self) -> bool:
        """Whether nothing follows."""
        return self._more(1) < 1

    def tell(self) -> int:
        return self._at

    def seek(self, to: int) -> None:
        """Go on to this byte."""
        if to < self._begun:
            raise tarfile.StreamError("an archive that passes by is read forward")
        while self._begun + len(self._held) < to and self._feed():
            self._at = min(to, self._begun + len(self._held))  # what is beyond it is still to be read
            self._drop()
        self._at = to

    def read(self, size: int) -> bytes:
        """So many bytes, fewer at the end; tarfile.ReadError for more than any header has."""
        if size > LONGEST_HEADER:
            raise tarfile.ReadError("a header of an archive is larger than a file that anybody reads")
        found = self._taken(size)
        if size > BLOCK and DIGITS.search(found):
            raise tarfile.ReadError("a header of an archive has a number that nothing has")
        return found

    def pieces(self, size: int) -> Iterator[bytes]:
        """The next `size` bytes, piece by piece; tarfile.ReadError where it ends before."""
        while size:
            piece = self._taken(min(size, PIECE))
            if not piece:
                raise tarfile.ReadError("unexpected end of data")
            size -= len(piece)
            yield piece

    def _taken(self, size: int) -> bytes:
        there = min(size, self._more(size))
        first = self._at - self._begun
        taken = bytes(self._held[first : first + there])
        self._at += len(taken)
        self._drop()
        return taken

    def _more(self, size: int) -> int:
        """How many bytes are at hand, once as many as are wanted or as there are have come."""
        while self._begun + len(self._held) - self._at < size and self._feed():
            pass
        return max(0, self._begun + len(self._held) - self._at)

    def _feed(self) -> bool:
        piece = next(self._pieces, None)
        if piece is None:
            return False
        self._held += piece
        return True

    def _drop(self) -> None:
        """Forget what has been read; tarfile goes back by one byte to see whether the last block is whole."""
        if (gone := self._at - self._begun - 1) > PIECE:
            del self._held[:gone]
            self._begun += gone
