"""A Dockerfile that leaves the command to the image of a language is told of before its container ends at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.diagnosis import Files
from app.inspection import inspect
from app.model import Finding, ServiceConfig, Target, Weight

TARGET = Target("p", "europe-west1", "production", ServiceConfig("web"))
PACKAGE = {"package.json": '{"scripts": {"start": "node src"}}', "package-lock.json": "{}"}


def told(dockerfile: str, target: Target = TARGET) -> list[Finding]:
    every = inspect(Files.of(PACKAGE | {"Dockerfile": dockerfile}), target)
    return [each for each in every if each.code == "image-starts-nothing"]


def test_an_interpreter_without_a_program_is_no_server() -> None:
    """The line that is missing is told, as the code shows it; the warning stops nothing."""
    [finding] = told("FROM node:22-alpine AS base\nCMD x\nFROM docker.io/library/node:22\nCOPY . .\n")
    assert (finding.weight, finding.place and finding.place.line) == (Weight.WARN, 3)
    assert finding.fix == "Write `CMD npm start` as the last line of Dockerfile."
    assert "the container runs `node`" in finding.message


@pytest.mark.parametrize(
    "dockerfile",
    [
        "FROM node:22\nCMD npm start\n",
        "FROM node:22 AS base\nENTRYPOINT npm start\nFROM base\nCOPY . .\n",
        "FROM nginx\nEXPOSE 8080\n",
        "FROM ghcr.io/acme/node:1\n",
        "FROM python:2-onbuild\n",
    ],
)
def test_what_starts_or_may_start_is_not_told_of(dockerfile: str) -> None:
    """A stage before, a server's own image, and an image of somebody who may have said it."""
    assert told(dockerfile) == []


def test_the_command_of_servergem_yml_is_one() -> None:
    """It goes before whatever the image says."""
    for said in ({"command": ("npm", "start")}, {"args": ("server.js",)}):
        assert told("FROM node:22\n", replace(TARGET, service=replace(TARGET.service, **said))) == []


def test_a_server_for_development_is_never_told_as_the_command() -> None:
    """Neither a script that watches files, nor what a Compose file starts on somebody's machine."""
    texts = {
        "Dockerfile": "FROM node:22\nCOPY . .\n",
        "package.json": '{"scripts": {"start": "nodemon server.js"}}',
        "server.js": "require('http').createServer().listen(80)\n",
        "compose.yaml": "services: {web: {build: ., command: npm run dev}}",
    }
    [finding] = [each for each in inspect(Files.of(texts), TARGET) if each.code == "image-starts-nothing"]
    assert finding.fix == "Write `CMD node server.js` as the last line of Dockerfile."
