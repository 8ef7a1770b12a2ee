"""Sources on their way into Cloud Storage: of any size, whatever is lost on the way, once per commit."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.retry import Policy
from gcp import storage
from gcp.cloud import Google
from gcp.errors import GoogleError
from gcp.resumable_upload import INSERT, PART_BYTES, parts_of
from gcp.storage import Stored
from sandbox.world import PROJECT, Sandbox
from tests.conftest import QUICK, House

BUCKET, NAME = "sources-of-a-test", "sources/1/abc.tar.gz"
MEGABYTE = 1 << 20


@pytest.fixture
def google(world: Sandbox) -> Google:
    """The real client, with a bucket to write to."""
    world.google.storage.put_bucket(world.google.projects.known(PROJECT), BUCKET)
    return Google(world.google.grpc_address, world.google.storage_url, Policy(first_wait=0.01))


class Source:
    """Bytes that come in small pieces, and how often they were asked for."""

    def __init__(self, size: int) -> None:
        self.bytes = os.urandom(min(size, MEGABYTE)) * (size // MEGABYTE) + os.urandom(size % MEGABYTE)
        self.opened = 0

    @contextmanager
    def open(self) -> Iterator[Iterator[bytes]]:
        self.opened += 1
        yield (self.bytes[at : at + 60_000] for at in range(0, len(self.bytes), 60_000))


def nobodys(_generation: int) -> bool:
    """Of rows that know of no object."""
    return False


def stored(world: Sandbox, made: Stored) -> bytes:
    file = world.google.storage.file(BUCKET, made.name, made.generation)
    assert isinstance(file, Path)
    return file.read_bytes()


@pytest.mark.parametrize(
    "size", [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES, 3 * PART_BYTES + 5]
)
def test_a_source_of_any_size_arrives_whole(world: Sandbox, google: Google, size: int) -> None:
    """Below, at and above one part; under the name that it was to have, in the generation that is told."""
    source = Source(size)
    made = storage.upload(google, BUCKET, NAME, source.open, nobodys)
    assert made.name == NAME
    assert stored(world, made) == source.bytes
    assert source.opened == 1


@pytest.mark.parametrize("size", [100, PART_BYTES + 1])
def test_a_source_that_we_wrote_is_taken_as_it_is(world: Sandbox, google: Google, size: int) -> None:
    """A re-run, or a second service of the same commit, gets the first one's generation and writes nothing."""
    first = Source(size)
    made = storage.upload(google, BUCKET, NAME, first.open, nobodys)
    assert storage.upload(google, BUCKET, NAME, Source(size).open, {made.generation}.__contains__) == made
    assert stored(world, made) == first.bytes


@pytest.mark.parametrize("size", [100, PART_BYTES + 1])
def test_a_source_that_somebody_planted_is_not_taken(world: Sandbox, google: Google, size: int) -> None:
    """What was streamed goes beside it, under a name that nobody could plant, and the planted one stays as it is."""
    planted, pushed = Source(size), Source(size)
    theirs = storage.upload(google, BUCKET, NAME, planted.open, nobodys)
    made = storage.upload(google, BUCKET, NAME, pushed.open, nobodys)
    again = storage.upload(google, BUCKET, NAME, pushed.open, nobodys)
    assert len({theirs.name, made.name, again.name}) == 3
    assert stored(world, made) == pushed.bytes
    assert stored(world, theirs) == planted.bytes


def test_a_source_that_was_exchanged_is_not_taken(world: Sandbox, google: Google) -> None:
    """Another generation under the name that we wrote is not ours, and ours is pinned: no build gets the other."""
    pushed, planted = Source(100), Source(100)
    made = storage.upload(google, BUCKET, NAME, pushed.open, nobodys)
    google.storage.bucket(BUCKET).blob(NAME).upload_from_string(planted.bytes)
    again = storage.upload(google, BUCKET, NAME, pushed.open, {made.generation}.__contains__)
    assert again.name != NAME
    assert stored(world, again) == pushed.bytes
    assert world.google.storage.file(BUCKET, NAME, made.generation) is None


@pytest.mark.parametrize("kind", ["status", "drop", "drop_after"])
@pytest.mark.parametrize("call", range(4))
def test_a_part_that_is_lost_goes_again(world: Sandbox, google: Google, kind: str, call: int) -> None:
    """A 503, a lost connection or a lost answer at any call, and the source is read no second time for a part."""
    if call:
        world.faults.add(INSERT, call, kind="delay")
    world.faults.add(INSERT, 1, kind=kind, status="503")
    source = Source(2 * PART_BYTES + 7)
    made = storage.upload(google, BUCKET, NAME, source.open, nobodys)
    assert made.name == NAME
    assert stored(world, made) == source.bytes
    assert world.faults.used(INSERT) == call + 1
    assert source.opened == (1 if call else 2)


def test_a_small_source_whose_answer_is_lost_is_known_again(world: Sandbox, google: Google) -> None:
    """It is there without a row of ours, and its checksum says that it is what was streamed."""
    world.faults.add(INSERT, 1, kind="drop_after")
    source = Source(100)
    made = storage.upload(google, BUCKET, NAME, source.open, nobodys)
    assert made.name == NAME
    assert stored(world, made) == source.bytes


def test_who_is_slower_takes_what_the_faster_one_uploaded(world: Sandbox, google: Google) -> None:
    """Two services of one commit upload side by side; the second is refused at its last part, and is content."""
    source = Source(PART_BYTES + 1)

    @contextmanager
    def overtaken() -> Iterator[Iterator[bytes]]:
        def chunks() -> Iterator[bytes]:
            yield source.bytes[:PART_BYTES]
            storage.upload(google, BUCKET, NAME, source.open, nobodys)
            yield source.bytes[PART_BYTES:]

        yield chunks()

    made = storage.upload(google, BUCKET, NAME, overtaken, nobodys)
    assert made.name == NAME
    assert stored(world, made) == source.bytes


def test_what_is_permanent_is_said_once(world: Sandbox, google: Google) -> None:
    """Without the right to write, Google's refusal comes through as it is, for large sources too."""
    world.google.revoke(PROJECT, "storage.objects.create")
    source = Source(PART_BYTES + 1)
    with pytest.raises(GoogleError) as refused:
        storage.upload(google, BUCKET, NAME, source.open, nobodys)
    assert refused.value.code == "PERMISSION_DENIED"
    assert "storage.objects.create" in refused.value.message
    assert source.opened == 1


def test_a_large_source_needs_little_memory() -> None:
    """Sixteen parts pass through the room of a few."""
    chunk = bytes(64 * 1024)
    tracemalloc.start()
    total = sum(len(part) for part in parts_of(chunk for _ in range(16 * PART_BYTES // len(chunk))))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == 16 * PART_BYTES
    assert peak < 4 * PART_BYTES


def test_a_large_repository_goes_live_and_is_uploaded_once(house: House) -> None:
    """Nine megabytes that do not shrink, with a 503 in the middle: two services of the commit, one object."""
    house.world.faults.add(INSERT, 1, kind="delay")
    house.world.faults.add(INSERT, 1, status="503")
    work = house.repository("hello-python")
    (work.path / "picture.bin").write_bytes(os.urandom(PART_BYTES + MEGABYTE))
    services = "services:\n  one: {}\n  two: {}\n"
    sha = work.push("A large picture", **{"servergem.yml": services})
    assert house.ended(sha, "one")["ending"] == "live", house.log_tail()
    assert house.ended(sha, "two")["ending"] == "live", house.log_tail()
    assert len(objects(house)) == 1


def test_a_source_over_the_limit_is_refused_with_its_limit(house: House) -> None:
    """MAX_SOURCE_BYTES ends the upload before a build is paid for, and names what to leave out."""
    house.stop()
    house.settings = QUICK | {"MAX_SOURCE_BYTES": "1000000"}
    house.start()
    work = house.repository("hello-python")
    (work.path / "picture.bin").write_bytes(os.urandom(2 * MEGABYTE))
    sha = work.push("Too large")
    assert house.ended(sha)["ending"] == "failed"
    output = house.check_run("hello-python", sha)["output"]
    assert output["title"] == "The source is larger than 1 MB"
    assert "export-ignore" in output["summary"]
    assert objects(house) == []
    assert house.world.google.calls["CloudBuild.CreateBuild"] == 0


def test_what_is_built_is_what_was_pushed(house: House) -> None:
    """An archive that lay under the commit's name before the push is not built: production serves what was pushed."""
    work = house.repository("hello-python")
    assert house.ended(work.push("First"))["ending"] == "live", house.log_tail()
    client = Google(house.world.google.grpc_address, house.world.google.storage_url).storage
    (bucket,) = client.list_buckets(project=PROJECT)
    folder = objects(house)[0].rpartition("/")[0]
    (work.path / "main.py").write_text((work.path / "main.py").read_text() + "\n# next\n")
    work.git("commit", "-qam", "Next")
    sha = work.git("rev-parse", "HEAD")
    bucket.blob(f"{folder}/{sha}.tar.gz").upload_from_string(b"planted by somebody else")
    work.git("push", "-q", "origin", "HEAD:main")
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    source = house.world.google.builds.newest().source.storage_source
    file = house.world.google.storage.file(source.bucket, source.object_, source.generation)
    assert isinstance(file, Path)
    assert file.read_bytes() != b"planted by somebody else"


def objects(house: House) -> list[str]:
    """The names of all that is in the project's bucket."""
    return house.world.google.storage.names()
