"""A bundle as a stream: which files it has, under which names, and what it refuses."""

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.source import bundle
from app.source.bundle import TooLarge, bundled

TOP = "acme-shop-1234567"


def tarball(files: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    kept = io.BytesIO()
    with tarfile.open(fileobj=kept, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        for name, body in files.items():
            about = tarfile.TarInfo(name)
            about.size = len(body)
            tar.addfile(about, io.BytesIO(body))
        for name, to in (links or {}).items():
            about = tarfile.TarInfo(name)
            about.type, about.linkname = tarfile.SYMTYPE, to
            tar.addfile(about)
    return kept.getvalue()


def read(pieces: list[bytes]) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as tar:
        return {m.name: (f.read() if (f := tar.extractfile(m)) else b"") for m in tar if m.isreg()}


def cut(whole: bytes, size: int = 7) -> list[bytes]:
    return [whole[start : start + size] for start in range(0, len(whole), size)]


@given(st.dictionaries(st.text("abcdefg", min_size=1), st.binary(max_size=3000), max_size=6))
def test_every_file_of_the_service_is_there_as_it_was(files: dict[str, bytes]) -> None:
    """Whatever the pieces are in which the archive comes."""
    whole = tarball({f"{TOP}/api/{name}": body for name, body in files.items()})
    made = read(list(bundled(cut(whole, 100), f"{TOP}/api", [], "start")))
    assert made == files | {".servergem/start": b"start"}


def test_only_the_service_and_its_packages_are_in_it() -> None:
    """The service's folder is the root; the rest of the repository stays behind."""
    source = tarball({f"{TOP}/api/main.py": b"1", f"{TOP}/web/main.py": b"2", f"{TOP}/apis": b"3"})
    packages = tarball({".servergem/site-packages/six.py": b"6", "elsewhere.py": b"7"})
    assert set(read(list(bundled(cut(source), f"{TOP}/api", cut(packages), "")))) == {
        "main.py",
        ".servergem/site-packages/six.py",
        ".servergem/start",
    }


def test_nothing_of_the_source_stands_where_ours_does() -> None:
    """Neither a file nor a link of the name: it would lead what follows out of the folder."""
    source = tarball({f"{TOP}/.servergem/start": b"theirs"}, {f"{TOP}/.servergem": "/etc"})
    with tarfile.open(fileobj=io.BytesIO(b"".join(bundled([source], TOP, [], "ours")))) as tar:
        assert [member.name for member in tar] == [".servergem/start"]


def test_the_same_makes_the_same() -> None:
    """So that an attempt that is repeated finds its own."""
    source = tarball({f"{TOP}/main.py": b"1"})
    assert list(bundled([source], TOP, [], "s")) == list(bundled([source], TOP, [], "s"))


def test_a_bundle_that_is_too_large_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given up as soon as it has more bytes than Cloud Run takes."""
    monkeypatch.setattr(bundle, "MOST_BYTES", 10)
    with pytest.raises(TooLarge, match="250 MiB"):
        list(bundled([tarball({f"{TOP}/main.py": b"1"})], TOP, [], ""))


def test_a_header_of_any_size_is_not_held() -> None:
    """A link whose end is longer than any file that is read ends the reading."""
    source = tarball({}, {f"{TOP}/a": "x" * 2_000_000})
    with pytest.raises(tarfile.ReadError, match="larger than a file"):
        list(bundled([source], TOP, [], ""))


@pytest.mark.parametrize("broken", [b"no archive", tarball({f"{TOP}/main.py": b"1" * 99_999})[:-60]])
def test_what_is_no_archive_is_refused(broken: bytes) -> None:
    """A source that is cut off is never taken for a smaller one."""
    with pytest.raises(tarfile.TarError):
        list(bundled([broken], TOP, [], ""))


@pytest.mark.parametrize("size", [1000, 1 << 16, 8 << 20])
def test_large_files_that_are_passed_over_lose_nothing_of_what_follows(size: int) -> None:
    """Packages of many megabytes come whole, wherever a piece of the archive ends within a gap."""
    large = {f"{TOP}/web/{n}": bytes(3_000_000 + n * 700_001) for n in range(3)}
    small = {f"{TOP}/api/{n}": bytes([n]) * (n * 401 + 1) for n in range(90)}
    mixed = dict(sorted((large | small).items(), key=lambda each: each[0][-1]))
    made = read(list(bundled(cut(tarball(mixed), size), f"{TOP}/api", [], "")))
    assert made == {name.removeprefix(f"{TOP}/api/"): body for name, body in small.items()} | {
        ".servergem/start": b""
    }
