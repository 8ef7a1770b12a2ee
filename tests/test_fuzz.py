"""Fuzz: whatever comes from outside is read within its bound, and nothing but what is foreseen is raised."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import tarfile
import time
import tracemalloc

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import dockerfile
from app.delivery import Refused, heading, verify
from app.dispatcher import start_stories
from app.model import Delivery
from app.redaction import redact, redact_lines
from app.source.archive import Passing
from app.talk import commands
from app.text.escaping import advice, fenced, in_code, in_markdown, plain
from app.text.spoken import spoken

FEW = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
SECRET = "whisper"
SECONDS = 2.0  # processor time for one small text; a busy machine is no fault
NAMES = ("x-hub-signature-256", "x-github-event", "x-github-delivery", "content-type", "content-length")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
MARKUP = st.text(alphabet="`~*_[]()<>!|#@&;:/\\\n\t -=\"'{}$%aZ9é\u202e\x1b\x00\ud800", max_size=300)


def signed(body: bytes, event: str) -> dict[str, str]:
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {
        "x-hub-signature-256": f"sha256={signature}",
        "x-github-event": event,
        "x-github-delivery": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "content-type": "application/json",
    }


@FEW
@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=80)), st.binary(max_size=100))
def test_any_headers_are_refused(headers: dict[str, str], body: bytes) -> None:
    """Whoever does not know the secret gets a 4xx, whatever stands in the headers."""
    try:
        verify(heading(headers), body, SECRET)
    except Refused as refusal:
        assert 400 <= refusal.status < 500
    else:
        raise AssertionError("let in")


EVENTS = (
    "push",
    "pull_request",
    "issue_comment",
    "check_run",
    "check_suite",
    "installation",
    "merge_group",
    "repository",
)


@FEW
@given(st.sampled_from(EVENTS), st.dictionaries(st.sampled_from(("action", "repository", "installation", "ref", "after",
       "comment", "issue", "check_run", "sender", "pull_request", "number")), JSON))  # fmt: skip
def test_any_signed_event_is_read_or_refused(event: str, payload: dict[str, object]) -> None:
    """What GitHub never sends ends in a Job, a reason to ignore it, or a refusal; never in another exception."""
    body = json.dumps(payload).encode()
    try:
        delivery = verify(heading(signed(body, event)), body, SECRET)
        assert isinstance(delivery, Delivery)
        start_stories(delivery, lambda _job, _id: None)
    except Refused as refusal:
        assert 400 <= refusal.status < 500


@FEW
@given(st.integers(0, 600), st.binary(max_size=600), st.integers(1, 400))
def test_any_archive_is_read_or_called_none(at: int, noise: bytes, size: int) -> None:
    """An archive with noise in it is read as far as it goes, or is a tarfile.TarError."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for name in ("top/", "top/a.txt", "top/../b", "/etc/c", "top/" + "d/" * 90 + "e"):
            entry = tarfile.TarInfo(name)
            entry.size = 5
            archive.addfile(entry, io.BytesIO(b"words"))
    broken = bytearray(whole.getvalue())
    broken[at : at + len(noise)] = noise
    passing = Passing(lambda _path: True)
    try:
        for start in range(0, len(broken), size):
            passing.feed(bytes(broken[start : start + size]))
    except tarfile.TarError:
        return
    assert len(passing.paths) <= 20


DOCKERFILES = st.text(alphabet="FROMRUNCPYADASE \\\n\"'[],<<EOF${}:-#=/.0x", max_size=400)


@FEW
@given(DOCKERFILES | st.text(max_size=300))
def test_any_dockerfile_is_read(text: str) -> None:
    """Whatever it says, its instructions stand on lines that it has."""
    begun = time.process_time()
    read = dockerfile.parse(text)
    assert time.process_time() - begun < SECONDS
    assert all(1 <= each.line <= text.count("\n") + text.count("\r") + 1 for each in read.instructions)


@FEW
@given(MARKUP)
def test_any_comment_is_heard(text: str) -> None:
    """No comment raises, and no more is heard than it has lines."""
    begun = time.process_time()
    assert len(spoken(text)) <= text.count("\n") + text.count("\r") + 1
    assert len(commands(text)) <= 5
    assert time.process_time() - begun < SECONDS


@FEW
@given(MARKUP)
def test_any_words_can_be_shown(text: str) -> None:
    """Each form takes any text, keeps it on its line where it is one, and can be sent as UTF-8."""
    begun = time.process_time()
    for form in (in_markdown, in_code, advice):
        assert "\n" not in form(text)
        form(text).encode()
    assert fenced(text).startswith("```") and plain(redact(text)).encode() is not None
    assert len(redact_lines(text.split("\n"))) == text.count("\n") + 1
    assert time.process_time() - begun < SECONDS


def test_memory_stays_flat() -> None:
    """Two hundred texts later no more is held than after the first few: not a third of each."""
    text = "PASSWORD=hunter22 `a` <b> @c https://user:pass@d.example/ \ud800\x1b[0m " * 20
    for _ in range(20):
        in_markdown(text)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(200):
        in_markdown(f"{text}{number}")
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 100_000
