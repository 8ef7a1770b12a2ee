"""The step that builds with buildpacks: pack takes our command line, and the sandbox refuses what pack would."""

from __future__ import annotations

import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from gcp.base_images import Makers
from gcp.build_steps import BUILDER, PACK
from sandbox import pack_command
from sandbox.builder import Builder
from sandbox.google.ports import Step
from sandbox.pack_command import PackBuild, Refused
from tests.conftest import PATIENCE
from tests.test_build_steps import ODD, REQUEST, sent

ASKED = replace(
    REQUEST, kind="buildpacks", directory="top", env=tuple((f"A{n}", text) for n, text in enumerate(ODD))
)
IMAGE = f"{REQUEST.image_name}:{REQUEST.tag}"
BARE = ("build", IMAGE, "--builder", BUILDER)
ENV = (("A", ""), ("B", "--publish"), ("C", "a=b,c d"), ("D", "-e"), ("_E", "\n"))


@pytest.mark.parametrize("cache", [REQUEST.cache_reference, ""])
def test_pack_reads_what_was_meant(cache: str) -> None:
    """Image, publication, variables, builder and run image come out as they were put in, whatever they hold."""
    for env in (ASKED.env, ENV):
        (step,) = sent(replace(ASKED, env=env, cache_reference=cache)).steps
        assert (step.name, step.entrypoint) == (PACK, "pack")
        assert pack_command.read(list(step.args)) == PackBuild(IMAGE, True, dict(env), BUILDER, "")
        assert ("--cache-image" in step.args) is bool(cache)
        (step,) = sent(replace(ASKED, env=env, cache_reference=cache, makers=Makers("theirs", "empty"))).steps
        assert pack_command.read(list(step.args)) == PackBuild(IMAGE, True, dict(env), "theirs", "empty")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("build", IMAGE, "--builder"), "flag needs an argument: --builder"),
        (("build", IMAGE, "--builder", "--publish", "--cache-image", "c"), "cache-image flag requires"),
        ((*BARE, "--cache-image", "c"), "cache-image flag requires the publish flag"),
        ((*BARE, "--cache-image", "c", "--publish=false"), "cache-image flag requires the publish flag"),
        ((*BARE, "--cache-to", "c"), "unknown flag: --cache-to"),
        ((*BARE, "--build-arg", "A=b"), "unknown flag: --build-arg"),
        ((*BARE, "--insecure-registry", "r"), "unknown flag: --insecure-registry"),
        ((*BARE, "--publish", "true"), "accepts 1 arg(s), received 2"),
        ((*BARE, "--publish=yes"), 'invalid argument "yes" for "--publish" flag'),
        ((*BARE, "."), "accepts 1 arg(s), received 2"),
        (("build", "--builder", BUILDER), "accepts 1 arg(s), received 0"),
        (("build", "--builder", BUILDER, "--", IMAGE, "--publish"), "accepts 1 arg(s), received 2"),
        (("build", IMAGE), "Please select a default builder"),
        ((IMAGE, "build"), f'unknown command "{IMAGE}" for "pack"'),
        ((*BARE, "-x"), "unknown shorthand flag: 'x' in -x"),
        ((*BARE, "-qx"), "unknown shorthand flag: 'x' in -qx"),
        ((*BARE, "--pull-policy", "sometimes"), "invalid pull policy sometimes"),
        ((*BARE, "--gid", "-1"), "gid flag must be in the range"),
        ((*BARE, "--interactive"), "experimental"),
    ],
)
def test_the_sandbox_refuses_what_pack_would(words: tuple[str, ...], why: str) -> None:
    """Unknown flags, missing values, words too many, and what pack asks beyond that."""
    with pytest.raises(Refused) as refused:
        pack_command.read(words)
    assert why in str(refused.value)


@pytest.mark.parametrize("words", [("-e", "A=b"), ("-eA=b",), ("-e=A=b",), ("-qe", "A=b"), ("--env=A=b",)])
def test_each_form_of_a_flag_is_read(words: tuple[str, ...]) -> None:
    """Before the image and after it, short and long, with and without an equals sign."""
    for line in (("build", *words, "-B", "b", IMAGE), ("build", IMAGE, "--builder=b", *words)):
        assert pack_command.read(line) == PackBuild(IMAGE, False, {"A": "b"}, "b", "")


def test_a_step_that_pack_refuses_fails_the_build(tmp_path: Path) -> None:
    """With pack's own sentence in the log, and without an image."""
    (tmp_path / "main.py").write_text("")
    with tarfile.open(tmp_path / "source.tar", "w") as tar:
        tar.add(tmp_path / "main.py", arcname="main.py")
    log: list[str] = []
    outcome = Builder(tmp_path / "builds").build(
        archive=tmp_path / "source.tar",
        steps=[Step(PACK, args=(*BARE, "--cache-image", "c"))],
        images=[],
        log=log.append,
        cancelled=lambda: False,
        timeout=PATIENCE,
    )
    assert (outcome.status, outcome.failed_step, dict(outcome.published)) == ("FAILURE", 0, {})
    assert any("ERROR: cache-image flag requires the publish flag" in line for line in log)
