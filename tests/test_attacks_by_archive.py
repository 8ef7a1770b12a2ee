"""Attacks by archive: headers that say more than they hold, and take more time than they have bytes."""

from __future__ import annotations

import gzip
import io
import tarfile
import time

import pytest

from app.source.archive import Passing
from app.source.bundle import TooLarge, bundled


def entry(body: bytes, kind: bytes = tarfile.XHDTYPE) -> bytes:
    """An entry as it stands in an archive, with nothing but its kind and what it holds."""
    about = tarfile.TarInfo("top/a")
    about.type, about.size = kind, len(body)
    return about.tobuf(tarfile.USTAR_FORMAT) + body + bytes(-len(body) % tarfile.BLOCKSIZE)


MANY = 249_000
HEADERS = {
    "a length of five thousand digits": entry(b"9" * 5_000 + b" path=top/b\n"),
    "a length in digits that are no ASCII": entry("²³ path=top/b\n".encode()),
    "a length of nothing": entry(b"0 path=top/b\n"),
    "a length beyond the end": entry(b"999999 path=top/b\n"),
    "a quarter of a million records": entry(b"4 =\n" * MANY),
    "blanks alone": entry(b" " * 999_000),
    "a hundred headers in a row": entry(b"14 path=top/b\n") * 100,
    "ten thousand headers in a row": entry(b"14 path=top/b\n") * 10_000,
    "a length that never ends": entry(b"9" * 900_000),
    "many lengths that do not end": entry(b"9" * 15_000) * 20,
    "a long name that never ends": entry(b"x" * 900_000, tarfile.GNUTYPE_LONGNAME),
    "folders in folders": entry(b"x/" * 100_000, tarfile.GNUTYPE_LONGNAME),
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_no_header_takes_more_than_its_length(header: bytes) -> None:
    """It is read in moments or called no archive, in one piece and in many; and the next file is known by its name."""
    packed = gzip.compress(header + entry(b"text", tarfile.REGTYPE) + bytes(2 * tarfile.BLOCKSIZE))
    began = time.process_time()
    for size in (len(packed), 1_000):
        passing = Passing(lambda _: True)
        for at in range(0, len(packed), size):
            passing.feed(packed[at : at + size])
        assert passing.given_up or passing.paths <= {"a", "b"}, passing.paths
    assert time.process_time() - began < 5


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_no_header_gets_into_a_bundle(header: bytes) -> None:
    """Nothing but the service's own files and ours are in it, or it is called no archive."""
    packed = gzip.compress(header + entry(b"text", tarfile.REGTYPE) + bytes(2 * tarfile.BLOCKSIZE))
    began = time.process_time()
    try:
        made = b"".join(bundled([packed], "top", [], "exec true\n"))
    except (tarfile.TarError, TooLarge):
        made = b""
    assert time.process_time() - began < 5
    if made:
        with tarfile.open(fileobj=io.BytesIO(made)) as tar:
            assert {name.strip() for name in tar.getnames()} <= {"a", "b", "root/x", ".servergem/start"}
