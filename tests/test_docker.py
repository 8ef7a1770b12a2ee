"""A Docker engine under the sandbox: its commands as a table, its absence, and two pushes built and run by it."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.cloud.logging_v2.types import ListLogEntriesRequest

from sandbox import docker_commands, docker_registry
from sandbox.builder import Builder
from sandbox.docker import Docker, engine
from sandbox.docker_commands import LABEL
from sandbox.docker_engine import ask
from sandbox.google.ports import Step
from sandbox.runner import Runner
from sandbox.world import PROJECT, Options, Sandbox
from tests import engine as engine_of_tests
from tests.conftest import PATIENCE, House, answer_of

pytestmark = pytest.mark.wire

HOUSE = "europe-west1-docker.pkg.dev/demo-project/servergem"
HERE = f"localhost:5001/{HOUSE}"
IMAGE = f"{HOUSE}/shop:1"
DOCKER, PACK = "gcr.io/cloud-builders/docker", "gcr.io/k8s-skaffold/pack"

COMMANDS = {
    "a builder of the build's own, which reaches the registry": (
        DOCKER,
        "buildx create --name servergem --driver docker-container --use",
        "docker buildx create --name servergem-1 --driver docker-container --use --driver-opt network=host",
    ),
    "tags and caches are in the registry, arguments are as they were": (
        DOCKER,
        f"buildx build --load -f Dockerfile -t {HOUSE}/shop:1 --cache-from=type=registry,ref={HOUSE}/shop:cache "
        f"--cache-to=type=registry,ref={HOUSE}/shop:cache,mode=max --build-arg BASE={HOUSE}/base:1 .",
        f"docker buildx build --load -f Dockerfile -t {HERE}/shop:1 --cache-from=type=registry,ref={HERE}/shop:cache "
        f"--cache-to=type=registry,ref={HERE}/shop:cache,mode=max --build-arg BASE={HOUSE}/base:1 .",
    ),
    "a cache whose reference is not named first": (
        DOCKER,
        f"buildx build --cache-to=type=registry,mode=max,ref={HOUSE}/shop:cache .",
        f"docker buildx build --cache-to=type=registry,mode=max,ref={HERE}/shop:cache .",
    ),
    "pack publishes into the registry": (
        PACK,
        f"build {HOUSE}/shop:1 --builder b --network cloudbuild --publish --cache-image {HOUSE}/shop:cache --env A=b",
        f"pack build {HERE}/shop:1 --builder b --network host --publish --cache-image {HERE}/shop:cache --env A=b",
    ),
}


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_step_is_given_to_docker_as_it_is_but_for_where_the_registry_is(kind: str) -> None:
    """Every word of a build step is kept; only our own images are named where this machine has them."""
    name, words, expected = COMMANDS[kind]
    step = Step(name, args=tuple(words.split()))
    assert docker_commands.of_step(step, "localhost:5001", "servergem-1") == expected.split()


def test_the_image_of_a_builder_is_known_before_it_is_pulled() -> None:
    """A builder in a container has the image that the step names, or the one of buildx; no other step has any."""
    create = ("buildx", "create", "--driver", "docker-container")
    of_step = docker_commands.builder_image
    assert of_step(Step(DOCKER, args=(*create, "--driver-opt", "image=m/b:1"))) == "m/b:1"
    assert of_step(Step(DOCKER, args=create)) == "moby/buildkit:buildx-stable-1"
    assert of_step(Step(DOCKER, args=("buildx", "build", "--load", "."))) == ""


def test_a_container_is_started_with_the_command_in_place_of_the_images() -> None:
    """A release command takes the place of the entry point, and a service is reached where its port is published."""
    task = docker_commands.run("i@d", name="n", owner="1-a", env={"A": "b c"}, command=("sh", "-c", "x y"))
    served = docker_commands.run("i@d", name="n", owner="1-a", env={}, ports=(4000, 8080))
    start = ["docker", "run", "--rm", "--name", "n", "--label", "servergem.sandbox=1-a"]
    assert task == [*start, "--env", "A=b c", "--entrypoint", "sh", "i@d", "-c", "x y"]
    assert served == [*start, "--publish", "127.0.0.1:4000:8080", "i@d"]


@pytest.mark.parametrize(
    ("image", "address"),
    [
        ("localhost:5001/a/b:1", "localhost:5001/a/b@sha256:0"),
        ("localhost:5001/a/b", "localhost:5001/a/b@sha256:0"),
    ],
)
def test_an_image_by_its_content_has_no_tag(image: str, address: str) -> None:
    """The port of the registry is no tag."""
    assert docker_commands.by_digest(image, "sha256:0") == address


def test_without_an_engine_the_sandbox_says_what_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that does not answer is named, and Dockerfiles are built without it."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with engine() as found:
        assert found.docker is None
    assert found.said.startswith("built as processes of this machine, without a Docker engine (")


def test_an_engine_that_is_not_wanted_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """--no-docker needs no `docker`."""
    monkeypatch.setenv("PATH", "")
    with engine(wanted=False) as found:
        assert found.said == "built as processes of this machine, without a Docker engine"


DOCKERFILE = """FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "/bin"]
RUN mkdir -p /www && echo built once > /www/first
COPY index.html /www/
CMD ["/bin/sh", "-c", "test -e /www/first && exec httpd -f -v -p $PORT -h /www"]
"""


@pytest.fixture
def real() -> Iterator[Docker]:
    """The engine of this machine."""
    with engine_of_tests.engine() as docker:
        yield docker


@pytest.fixture
def busybox() -> str:
    """What images are made of."""
    return engine_of_tests.busybox()


def build_log(world: Sandbox) -> str:
    """What the build that was begun last has printed."""
    wanted = f'resource.labels.build_id="{world.google.builds.newest().id}"'
    request = ListLogEntriesRequest(resource_names=[f"projects/{PROJECT}"], filter=wanted, page_size=1000)
    return "\n".join(entry.text_payload for entry in world.google.logging.list_log_entries(request).entries)


def test_two_pushes_go_live_in_an_engine_and_the_second_finds_the_layers_of_the_first(
    real: Docker, busybox: str, tmp_path: Path
) -> None:
    """The steps of our own build request run in real BuildKit, the image is found by its digest and serves."""
    with Sandbox(tmp_path / "sandbox", Options(startup_timeout=60), real) as world:
        world.google.project(PROJECT)
        house = House(world, tmp_path)
        house.start()
        try:
            work = house.repository("hello-docker", "engine")
            for file in work.path.iterdir():
                if file.is_file():
                    file.unlink()
            shutil.copy(busybox, work.path / "busybox")
            first = work.push(**{"Dockerfile": DOCKERFILE, "index.html": "one"})
            assert answer_of(house.ended(first)["url"]).text == "one"
            if engine_of_tests.OWN:
                # The next build has a machine of its own in Cloud Build, where nothing but the registry remembers.
                assert ask(["builder", "prune", "--all", "--force"]).returncode == 0
            second = work.push(**{"index.html": "two"})
            ended = house.ended(second)
            log = build_log(world)
        finally:
            house.kill()
        assert answer_of(ended["url"]).text == "two", log
        assert "importing cache manifest" in log
        assert "CACHED" in log


def test_containers_end_as_cloud_run_says_and_leave_nothing(
    real: Docker, busybox: str, tmp_path: Path
) -> None:
    """One that never listens is not ready, a command gives its exit code, and one that takes too long is ended."""
    source = tmp_path / "source"
    source.mkdir()
    shutil.copy(busybox, source / "busybox")
    (source / "Dockerfile").write_text(
        'FROM scratch\nCOPY busybox /bin/busybox\nENTRYPOINT ["/bin/busybox"]\nCMD ["sleep", "600"]\n'
    )
    with tarfile.open(tmp_path / "source.tar", "w") as tar:
        tar.add(source, arcname=".")
    builder = Builder(tmp_path / "builds", real)
    runner = Runner(tmp_path / "services", builder.images, real)
    log: list[str] = []
    outcome = builder.build(
        archive=tmp_path / "source.tar",
        # Without BuildKit's own container: the engine's builder will do for a copy.
        steps=[Step(DOCKER, args=("buildx", "build", "--load", "--progress=plain", "-t", IMAGE, "."))],
        images=[IMAGE],
        log=log.append,
        cancelled=lambda: False,
        timeout=PATIENCE,
    )
    assert outcome.status == "SUCCESS", log
    digest, said = outcome.digests[IMAGE], list[str]()

    def run(command: str, seconds: float) -> int | None:
        return runner.run_to_the_end(
            image_digest=digest,
            command=command.split(),
            env={"WORD": "migrated"},
            timeout=seconds,
            cancelled=lambda: False,
            log=lambda stream, line: said.append(line),
        )

    started = runner.start_revision(
        project="p",
        region="r",
        service="app",
        revision="app-1",
        image_digest=digest,
        env={},
        port=8080,
        startup_timeout=8,
        log=lambda stream, line: said.append(line),
    )
    assert (started.ok, started.reason) == (False, "HEALTH_CHECK_CONTAINER_ERROR")
    assert run("/bin/busybox env", PATIENCE) == 0
    assert "WORD=migrated" in said
    assert run("/bin/busybox false", PATIENCE) == 1
    assert run("/bin/busybox sleep 600", 2) is None
    left = ask(["ps", "--all", "--filter", f"label={LABEL}={real.owner}", "--format", "{{.Image}}"])
    assert left.stdout.split() in ([], [docker_registry.IMAGE])
