"""Traces: one delivery is one tree from the door to the calls, also over a kill, without a secret; off by default."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import load
from app.telemetry.trace_export import beginning
from sandbox.world import Sandbox
from tests.collector import Collector, collecting
from tests.conftest import House, eventually
from tests.test_faults import FOR_EVER
from tests.test_settings import GOOD

STORY = ["webhook push", "story push", "story deploy"]


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture
def house(world: Sandbox, tmp_path: Path, collector: Collector) -> Iterator[House]:
    """A ServerGem that sends its spans at once."""
    told = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.address, "OTEL_BSP_SCHEDULE_DELAY": "50"}
    house = House(world, tmp_path, settings=told)
    house.start()
    yield house
    house.stop()


def delivery_of(house: House, line: str) -> str:
    """The delivery and trace of a line in ServerGem's own log."""
    for each in (house.folder / "servergem.log").read_text().splitlines():
        found = json.loads(each) if each.startswith("{") else {}
        if found.get("message") == line and found.get("github_event") == "push":
            assert int(found["trace_id"], 16) == beginning(found["delivery"]).trace_id
            return str(found["delivery"])
    raise AssertionError(f"no line {line}")


def test_a_push_is_one_tree(house: House, collector: Collector) -> None:
    """Door, story, stages and calls are below one another in the trace of the delivery, and hold no secret."""
    sha = house.repository("hello-python").push("Say hello")
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    house.check_run("hello-python", sha)
    (deploy,) = eventually(lambda: collector.named("story deploy"), "the story's span")
    (door,) = collector.named("webhook push")
    whose = int.from_bytes(door.trace_id, "big")
    assert whose == beginning(delivery_of(house, "delivery.dispatched")).trace_id
    assert not door.parent_span_id and collector.way(deploy) == STORY
    for stage in ("Check Google Cloud", "Upload source", "Build image", "Verify", "Move traffic"):
        (span,) = collector.named(f"stage {stage}")
        assert collector.way(span) == [*STORY, f"stage {stage}"]
    (built,) = collector.named("Google CloudBuild.CreateBuild")
    assert collector.way(built) == [*STORY, "stage Build image", built.name]
    asked = {tuple(collector.way(span)[:-1]) for span in collector.named("GitHub GET")}
    assert tuple(STORY[:2]) in asked
    assert (*STORY, "stage Upload source") in {way[:4] for way in asked}
    assert tuple(STORY) in {tuple(collector.way(span)[:-1]) for span in collector.named("GitHub PATCH")}
    assert {span.trace_id for span in collector.spans if span.trace_id == door.trace_id} == {door.trace_id}
    sent = b"".join(collector.bodies)
    for secret in load(house.world.settings(house.folder)).secrets():
        assert secret.encode() not in sent
    assert b"ghs_" not in sent and b"Bearer" not in sent


def test_a_killed_story_goes_on_in_its_trace(house: House, collector: Collector) -> None:
    """What the next process does of a run is in the trace of the webhook that the killed one had taken."""
    faults = house.world.faults
    faults.add("CloudBuild.CreateBuild", kind="late", seconds=FOR_EVER)
    sha = house.repository("hello-python").push("Say hello")
    eventually(lambda: faults.held("CloudBuild.CreateBuild"), "the build", house.log_tail)
    before = len(collector.named("stage Build image"))
    house.kill()
    faults.clear()
    house.start()
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    eventually(lambda: collector.named("stage Move traffic"), "the last stage's span")
    (door,) = collector.named("webhook push")
    traces = {span.trace_id for span in collector.spans if span.name.startswith(("story ", "stage "))}
    assert traces == {door.trace_id} and not before


def test_nothing_of_it_is_loaded_while_it_is_off() -> None:
    """Without a collector ServerGem knows no SDK, and what it does costs no span."""
    code = (
        "import sys; from app.telemetry import trace; from app.settings import load; import app.main\n"
        f"trace.set_up(load({GOOD!r}))\n"
        "with trace.of_delivery('x'), trace.span('y'): assert trace.carried() == ''\n"
        "assert not [name for name in sys.modules if name.startswith('opentelemetry.sdk')]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, False),
    ],
)
def test_the_standard_settings_turn_it_on(told: dict[str, str], wanted: bool) -> None:
    """Off by default; on by any setting of the standard that says where to, unless another one says no."""
    assert load(GOOD | told).traced is wanted
