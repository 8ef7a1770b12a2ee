"""Base images that this machine can stand in for, and with what."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from sandbox import machine
from sandbox.work import Beyond

# A name, what it stands for, the program that it needs, and how a person calls that.
KNOWN = (
    (r"(?:[\w.-]+/)*(?:python|pypy|uv)", "python", "", ""),
    (r"(?:[\w.-]+/)*(?:node|nodejs)", "node", "node", "Node"),
    (r"(?:[\w.-]+/)*(?:golang|go)", "go", "go", "a Go toolchain"),
    (r"(?:[\w.-]+/)*maven", "java", "mvn", "Maven"),
    (r"(?:[\w.-]+/)*gradle", "java", "gradle", "Gradle"),
    (r"(?:[\w.-]+/)*(?:eclipse-temurin|openjdk|amazoncorretto|java)", "java", "java", "a Java runtime"),
    (r"(?:[\w.-]+/)*ruby", "ruby", "ruby", "Ruby"),
    (r"(?:[\w.-]+/)*php", "php", "php", "PHP"),
    (r"gcr\.io/distroless/python\S*", "python", "", ""),
    (r"gcr\.io/distroless/nodejs\S*", "node", "node", "Node"),
    (r"gcr\.io/distroless/java\S*", "java", "java", "a Java runtime"),
    (
        r"(?:[\w.-]+/)*(?:debian|ubuntu|alpine|busybox|bash|buildpack-deps|fedora|ubi\d\S*|rockylinux)",
        "",
        "",
        "",
    ),
    (r"gcr\.io/distroless/[\w.-]+|scratch", "", "", ""),
)
OFFICIAL = (
    "python",
    "node",
    "golang",
    "debian",
    "ubuntu",
    "alpine",
    "busybox",
    "ruby",
    "php",
    "maven",
    "nginx",
)


@dataclass(frozen=True)
class Base:
    """What an image stands for: a language and its version (`3.12`), both may be empty."""

    language: str = ""
    version: str = ""


def resolve(image: str) -> Base | None:
    """The stand-in; None where no registry has the image; Beyond where only a registry could tell."""
    name, _, tag = image.partition("@")[0].removeprefix("docker.io/").removeprefix("library/").partition(":")
    for pattern, language, program, called in KNOWN:
        if re.fullmatch(pattern, name):
            if program and not machine.tool(program):
                raise Beyond(f"the sandbox cannot build from {image} without {called}; Cloud Build can")
            version = re.match(r"(?:python|node|jdk)?-?(\d+(?:\.\d+)?)", tag)
            return Base(language, version[1] if version else "")
    # An official image's name with a slip in it: no registry has that.
    if "/" not in name and name not in OFFICIAL and difflib.get_close_matches(name, OFFICIAL, 1, 0.8):
        return None
    raise Beyond(f"the sandbox has no stand-in for the image {image}; Cloud Build pulls the real one")


def brings_setuptools(version: str) -> bool:
    """Whether the image of this Python has it: https://github.com/docker-library/python/issues/952"""
    found = re.match(r"3\.(\d{1,2})(?!\d)", version)
    return found is not None and int(found[1]) < 12
