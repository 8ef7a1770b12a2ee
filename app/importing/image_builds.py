"""How the image of a deployment is made in the same file: of which folder, with which Dockerfile; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.config.draft import Block, Keys, Said
from app.importing.gcloud_command import ENDS, Command, Flag, is_open, lines_of, words_of
from app.importing.secret import is_secret
from app.importing.telling import dockerfile, folder, said
from app.importing.told import Left, Told

FROM_SOURCE = "ServerGem builds from source: write `path:` where the service is not at the repository's root."
OF_NO_ARGUMENT = "Everybody who reads the image can read its arguments: have it at work as one of `secrets:`."
BUILDS = (["docker", "build"], ["buildx", "build"], ["builds", "submit"])
TAGS = re.compile(r"(?:-t|--tag|--destination|-d)(?:=(.*))?")
FILES = re.compile(r"(?:-f|--file|--dockerfile)(?:=(.*))?")
CONTEXTS = re.compile(r"--context(?:=(?:dir://)?(?:/workspace/?)?(.*))?")
WITH_VALUE = re.compile(
    r"(?:--build-arg|--target|--cache-from|--cache-to|--platform|--network|--label|--progress|--secret|--builder|--ssh|"
    r"--timeout|--project|--region|--path|--env|-m|--machine-type|--output|-o|--config|--substitutions)"
)


@dataclass(frozen=True)
class ImageBuild:
    """One build: the images it is tagged as, without their tags, the context and the Dockerfile, both from the root."""

    images: tuple[str, ...]
    context: str
    dockerfile: str = ""
    target: str = ""
    args: tuple[tuple[str, str], ...] = ()
    at: Keys = ()
    """Where its arguments stand."""


def bare(image: str) -> str:
    """An image without its tag and digest."""
    image = image.partition("@")[0]
    head, slash, last = image.rpartition("/")
    return head + slash + last.partition(":")[0]


def of_words(words: Sequence[str], inside: str = "") -> ImageBuild | None:
    """The words behind `docker build` or `gcloud builds submit`, run in the folder `inside`."""
    file, stage, number = "", "", 0
    images: list[str] = []
    contexts: list[str] = []
    args: list[str] = []
    while number < len(words) and words[number] not in ENDS:
        word = words[number]
        following = words[number + 1] if number + 1 < len(words) else ""
        found = TAGS.fullmatch(word) or FILES.fullmatch(word) or CONTEXTS.fullmatch(word)
        value = (found[1] if found[1] is not None else following) if found else ""
        number += 2 if (found and found[1] is None) or WITH_VALUE.fullmatch(word) else 1
        if TAGS.fullmatch(word):
            images.append(bare(value))
        elif FILES.fullmatch(word):
            file = value
        elif word.partition("=")[0] in ("--build-arg", "--target"):
            name, equals, given = word.partition("=")
            given = given if equals else following
            stage, args = (stage, [*args, given]) if name == "--build-arg" else (given, args)
        elif found or not word.startswith("-"):
            contexts.append(value if found else word)
    context = folder(f"{inside}/{contexts[-1] if contexts else '.'}")
    if not images:
        return None
    where = folder(f"{inside}/{file}") if file else ""
    return ImageBuild(tuple(images), context, where, stage, pairs_of(args))


def pairs_of(args: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Build arguments NAME=VALUE; a name alone has its value from where the build runs."""
    split = (each.partition("=") for each in args if each.strip())
    return tuple(
        (name.strip(), value.strip() if equals else f"${name.strip()}") for name, equals, value in split
    )


def source_of(command: Command, builds: Sequence[ImageBuild]) -> Iterator[Told]:
    """`path` and `build` of the image that is deployed, or the image itself where somebody else builds it."""
    flag = next((each for each in command.flags if each.name == "image"), None)
    if flag is None:
        return
    same = [each for each in builds if bare(flag.value) in each.images]
    if not same and len(builds) == 1:
        same = list(builds)
    if not same:
        if builds or is_open(flag.value):
            yield Left(flag.at, FROM_SOURCE)
        else:
            yield said("image", flag.value, *flag.at)
        return
    made = same[0]
    if is_open(made.context) or is_open(made.dockerfile) or ".." in f"{made.context}/{made.dockerfile}":
        yield Left(flag.at, "Its build names its folder only where it runs: write `path:`.")
        return
    if made.context != ".":
        yield said("path", made.context, *flag.at)
    yield from _build(made, flag)


def _build(made: ImageBuild, flag: Flag) -> Iterator[Told]:
    """What is said of the build besides its folder; a secret among its arguments would stand in the image."""
    told: list[Said] = []
    if made.dockerfile and (named := dockerfile(made.dockerfile, made.context)):
        told.append(Said("dockerfile", named))
    if made.target and not is_open(made.target):
        told.append(Said("target", made.target))
    args: list[Said] = []
    for name, value in made.args:
        if is_secret(name, value) or "secrets." in value:
            yield Left((*made.at, name), OF_NO_ARGUMENT)
        elif is_open(value):
            yield Left(
                (*made.at, name),
                f"Its value is known only there: write `build: {{args: {{{name}: …}}}}`.",
            )
        else:
            args.append(Said(name, value))
    if args:
        told.append(Said("args", Block(tuple(args))))
    if told:
        yield said("build", Block(tuple(told)), *flag.at)


def in_script(script: str, inside: str = "") -> Iterator[ImageBuild]:
    """Each `docker build` and `gcloud builds submit` of a shell's script, whose variables are put in already."""
    for line in lines_of(script):
        words = words_of(line)
        for number in range(len(words) - 1):
            begins = words[number : number + 2] in BUILDS
            if begins and (made := of_words(words[number + 2 :], inside)):
                yield made
