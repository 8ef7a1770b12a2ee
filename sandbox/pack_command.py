"""The command line of `pack build` as the image of the build step reads it, which has pack 0.28.0.

https://github.com/GoogleContainerTools/skaffold/issues/8290 (which version), its flags and what it refuses:
https://github.com/buildpacks/pack/blob/v0.28.0/internal/commands/build.go, and how words become flags:
https://pkg.go.dev/github.com/spf13/pflag#readme-command-line-flag-syntax
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

TAKING = {
    "path", "buildpack", "builder", "cache", "cache-image", "creation-time", "descriptor", "default-process", "env",
    "env-file", "network", "docker-host", "lifecycle-image", "pull-policy", "buildpack-registry", "run-image",
    "tag", "volume", "workspace", "gid", "previous-image", "sbom-output-dir",
}  # fmt: skip
SWITCHES = {
    "clear-cache", "publish", "trust-builder", "interactive", "no-color", "force-color", "timestamps", "quiet",
    "verbose",
}  # fmt: skip
SHORT = {
    "p": "path",
    "b": "buildpack",
    "B": "builder",
    "d": "descriptor",
    "D": "default-process",
    "e": "env",
    "r": "buildpack-registry",
    "t": "tag",
    "q": "quiet",
    "v": "verbose",
}
YES = {"1": True, "t": True, "true": True, "0": False, "f": False, "false": False}
# Behind a flag of pack's own configuration, which the image has not.
EXPERIMENTAL = ("buildpack-registry", "interactive")
PULLS = ("always", "never", "if-not-present")


class Refused(Exception):  # noqa: N818 - pack refuses; nothing here is broken
    """What pack says of a command line before it builds anything."""


@dataclass(frozen=True)
class PackBuild:
    """A command line that pack takes."""

    image: str
    publish: bool
    env: Mapping[str, str]
    builder: str
    run_image: str


def read(words: Sequence[str]) -> PackBuild:
    """Raises Refused."""
    if not words or words[0] != "build":
        raise Refused(f'unknown command "{words[0] if words else ""}" for "pack"')
    images: list[str] = []
    given: defaultdict[str, list[str]] = defaultdict(list)
    for flag, value in _parsed(words[1:]):
        (given[flag] if flag else images).append(value)
    if len(images) != 1:
        raise Refused(f"accepts 1 arg(s), received {len(images)}")
    publish = YES[given["publish"][-1]] if given["publish"] else False
    _insist(given, publish)
    # A name alone takes its value from where pack runs, which is a container with nothing of ours in it.
    env = (each.partition("=") for each in given["env"])
    return PackBuild(
        images[0],
        publish,
        {name: value for name, _, value in env},
        given["builder"][-1],
        given["run-image"][-1] if given["run-image"] else "",
    )


def _insist(given: Mapping[str, list[str]], publish: bool) -> None:
    """What pack asks beyond its flags' forms."""
    for name in EXPERIMENTAL:
        if given[name]:
            raise Refused(f"--{name} is experimental and must be enabled first")
    if given["cache-image"] and not publish:
        raise Refused("cache-image flag requires the publish flag")
    if any(not each.isdecimal() for each in given["gid"]):
        raise Refused("gid flag must be in the range of 0-2147483647")
    if not given["builder"] or not given["builder"][-1]:
        raise Refused("Please select a default builder with: pack config default-builder <builder-image>")
    for policy in given["pull-policy"]:
        if policy not in PULLS:
            raise Refused(f"parsing pull policy {policy}: invalid pull policy {policy}")


def _parsed(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each flag with its value, and what is no flag without one; a value may look like a flag."""
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            yield from (("", each) for each in rest)
            return
        if not word.startswith("-") or word == "-":
            yield "", word
        elif word.startswith("--"):
            name, there, value = word[2:].partition("=")
            yield _flag(word, name, value if there else None, rest)
        else:
            yield from _short(word, rest)


def _short(word: str, rest: list[str]) -> Iterator[tuple[str, str]]:
    """Switches may stand together; what follows the letter of any other flag is its value."""
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        if letter not in SHORT:
            raise Refused(f"unknown shorthand flag: '{letter}' in {word}")
        if SHORT[letter] in TAKING:
            yield _flag(f"-{letter}", SHORT[letter], letters.removeprefix("=") or None, rest)
            return
        yield SHORT[letter], "true"


def _flag(word: str, name: str, value: str | None, rest: list[str]) -> tuple[str, str]:
    """`value` is what stands in the word itself, after an equals sign."""
    if name in SWITCHES:
        if (value or "true").lower() not in YES or value == "":
            raise Refused(f'invalid argument "{value}" for "--{name}" flag')
        return name, (value or "true").lower()
    if name not in TAKING:
        raise Refused(f"unknown flag: --{name}")
    if value is None:
        if not rest:
            raise Refused(f"flag needs an argument: {word}")
        value = rest.pop(0)
    return name, value
