"""The commands that Docker is given: a build request's own steps, placed on this machine, and a container's start."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from sandbox.google.ports import Step

# Which container belongs to which sandbox; the value begins with the process that it lives and dies with.
LABEL = "servergem.sandbox"
NAMED = ("-t", "--tag", "--cache-image")
# What buildx takes when it is told of none: https://docs.docker.com/build/builders/drivers/docker-container/
BUILDKIT = "moby/buildkit:buildx-stable-1"
CACHE = re.compile(r"(--cache-(?:from|to)=(?:[^=]+=[^,]+,)*ref=)(.+)")


def of_step(step: Step, registry: str, builder: str) -> list[str]:
    """A step's command where `registry` (host and port) stands for Artifact Registry.

    `builder` is what one build alone builds with, as each has a machine of its own in Cloud Build.
    """
    words = _placed(step.args, registry)
    if step.name.endswith("/pack"):
        return ["pack", *_of_pack(words, registry)]
    if words[:2] == ["buildx", "create"]:
        # Without the host's network BuildKit's own container does not reach a registry on the loopback.
        words = [builder if before == "--name" else word for before, word in _pairs(words)]
        words += ["--driver-opt", "network=host"]
    return ["docker", *words]


def builder_image(step: Step) -> str:
    """The image of the BuildKit that a step sets up in a container of its own; empty when it does not."""
    if step.args[:2] != ("buildx", "create") or "docker-container" not in step.args:
        return ""
    return next((word.removeprefix("image=") for word in step.args if word.startswith("image=")), BUILDKIT)


def run(
    image: str,
    *,
    name: str,
    owner: str,
    env: Mapping[str, str],
    command: Sequence[str] = (),
    ports: tuple[int, int] | None = None,
) -> list[str]:
    """Start a container and stay with it; `ports` is where it is reached and where it listens.

    A command takes the place of entry point and arguments, as `command` of a Cloud Run container does.
    """
    words = ["docker", "run", "--rm", "--name", name, "--label", f"{LABEL}={owner}"]
    if ports:
        words += ["--publish", f"127.0.0.1:{ports[0]}:{ports[1]}"]
    for key, value in env.items():
        words += ["--env", f"{key}={value}"]
    if command:
        words += ["--entrypoint", command[0]]
    return [*words, image, *command[1:]]


def by_digest(image: str, digest: str) -> str:
    """An image's address by its content instead of by its tag."""
    return f"{re.sub(r':[^/:@]+$', '', image)}@{digest}"


def _placed(args: Sequence[str], registry: str) -> list[str]:
    """The words, with every image of ours where this machine's registry has it."""
    words = [
        CACHE.sub(rf"\g<1>{registry}/\g<2>", word) if word.startswith("--cache-") else word for word in args
    ]
    return [f"{registry}/{word}" if before in NAMED else word for before, word in _pairs(words)]


def _of_pack(words: Sequence[str], registry: str) -> list[str]:
    """`build IMAGE …`; Cloud Build's network has no namesake here, and the host's reaches the registry."""
    command, image, *rest = words
    return [
        command,
        f"{registry}/{image}",
        *("host" if before == "--network" else word for before, word in _pairs(rest)),
    ]


def _pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each word with the one before it."""
    return zip(["", *words], words, strict=False)
