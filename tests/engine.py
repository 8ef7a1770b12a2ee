"""What tests that build with a Docker engine need of the machine, and what makes a lack of it red."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NoReturn

import pytest

from sandbox.docker import Docker, answering
from sandbox.docker_engine import NoEngine, find

# Whether the engine is there for these tests alone, as .ci/run starts one.
OWN = os.environ.get("ENGINE_TESTS") == "required"


def insist() -> None:
    """Skip where no engine answers; ENGINE_TESTS=required makes that a failure."""
    try:
        find()
    except NoEngine as reason:
        _lacking(f"no Docker engine: {reason}")


@contextmanager
def engine() -> Iterator[Docker]:
    """The engine of this machine, with an empty registry; skipped or red where there is none."""
    with ExitStack() as stack:
        try:
            docker = stack.enter_context(answering())
        except NoEngine as reason:
            _lacking(f"no Docker engine: {reason}")
        yield docker


def busybox() -> str:
    """A shell and a web server in one file: an image without a registry to pull from."""
    return shutil.which("busybox") or _lacking("the image is made of busybox (Debian: busybox-static)")


def _lacking(what: str) -> NoReturn:
    if OWN:
        pytest.fail(f"ENGINE_TESTS=required, and {what}")
    pytest.skip(what)
