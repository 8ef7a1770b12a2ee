"""What is surely wrong with a Dockerfile: only what BuildKit refuses, and only in stages that it builds; pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from itertools import islice

from app import dockerfile
from app.diagnosis.files import Files, nearest
from app.dockerfile import KEYWORDS, Dockerfile, Instruction
from app.inspection.context import Context
from app.inspection.port import port
from app.inspection.stages import built
from app.model import Finding, Place, Target, Weight
from app.source_text import LONGEST_PATH, is_utf16
from app.titles import fitting

# https://github.com/distribution/reference: registry, path, tag, digest.
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
IMAGE = re.compile(
    rf"(?:(?:[A-Za-z0-9][\w.-]*|\[[0-9A-Fa-f:.]+\])(?::\d+)?/)?{_PART}(?:/{_PART})*"
    r"(?::[\w][\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,})?"
)
LONGEST_IMAGE = 400
MOST = 10  # findings of one kind: who has more of them corrects the first ones first
CONTEXT = "https://docs.docker.com/build/concepts/context/"
REFERENCE = "https://docs.docker.com/reference/dockerfile/"


def inspect(files: Files, target: Target, inside: str, path: str) -> Iterator[Finding]:
    """The faults of the Dockerfile at `path`, whose context is the folder `inside`."""
    path = _as_found(files, path)
    if path not in files.paths:
        if not _may_be_linked(files, path):
            yield _no_dockerfile(files, target, path)
        return
    if not files.was_read(path):
        return
    text = files.text(path)
    if not dockerfile.is_docker(text) or _is_link_written_out(files, path, text):
        return
    if is_utf16(text):
        yield _utf16(path)
        return
    yield from _judged(files, target, inside, path, dockerfile.parse(text))


def _as_found(files: Files, path: str) -> str:
    """BuildKit takes `dockerfile` for `Dockerfile`."""
    folder, slash, name = path.rpartition("/")
    lower = f"{folder}{slash}{name.lower()}"
    return lower if name == "Dockerfile" and path not in files.paths and lower in files.paths else path


def _may_be_linked(files: Files, path: str) -> bool:
    return any(path.startswith(link + "/") for link in files.links)


def _is_link_written_out(files: Files, path: str, text: str) -> bool:
    """Where a system has no links, git writes a link as a file that holds its target (`core.symlinks`)."""
    folder = path.rpartition("/")[0]
    return len(text) <= LONGEST_PATH and dockerfile.joined(f"/{folder}", text)[1:] in files.paths - {path}


def _judged(files: Files, target: Target, inside: str, path: str, parsed: Dockerfile) -> Iterator[Finding]:
    last = parsed.instructions[-1] if parsed.instructions else None
    if last is not None and last.unclosed is not None and last.unclosed.spaced:
        return  # a heredoc to newer BuildKits, a shift to older ones
    unknown = (each for each in parsed.instructions if each.keyword not in KEYWORDS)
    if found := [_unknown_instruction(path, each) for each in islice(unknown, MOST)]:
        yield from found
        return
    if last is not None and last.unclosed is not None:
        yield _unclosed(path, last, last.unclosed.name)
        return
    if not parsed.stages:
        yield _no_from(path)
        return
    stages = built(parsed, target.service.build.target)
    yield from islice(_images(path, parsed, stages), MOST)
    yield from islice(_copies(Context(files, inside, path), path, parsed, stages), MOST)
    yield from islice(_from_stages(path, parsed), MOST)
    yield from port(target, path, parsed)


def _images(path: str, parsed: Dockerfile, stages: frozenset[int]) -> Iterator[Finding]:
    """Base images whose name no registry could hold."""
    before: set[str] = set()
    for number, stage in enumerate(parsed.stages):
        if stage.words not in (1, 3) or (stage.words == 3 and not stage.name):
            yield _from_arguments(path, stage.line)
        elif number in stages and stage.image.lower() not in before and not _may_be_image(stage.image):
            yield _image_name(path, stage.line, stage.image)
        if stage.name:
            before.add(stage.name.lower())


def _may_be_image(image: str) -> bool:
    if "$" in image or "\\" in image or "`" in image or len(image) > LONGEST_IMAGE:
        return True
    return IMAGE.fullmatch(image) is not None


def _copies(context: Context, path: str, parsed: Dockerfile, stages: frozenset[int]) -> Iterator[Finding]:
    """COPY and ADD of what is not in the build context."""
    for each in parsed.of("COPY", "ADD"):
        if each.stage not in stages or "from" in each.flags:
            continue
        for source in each.sources:
            if not context.may_have(source):
                if context.holds(source):
                    yield _copy_of_ignored(path, each, source, context.ignored_by)
                elif context.is_made_elsewhere(source):
                    yield _copy_of_output(path, each, source)
                else:
                    yield _copy_of_nothing(path, each, source, context.paths)


def _from_stages(path: str, parsed: Dockerfile) -> Iterator[Finding]:
    """`--from` of what is no stage, but nearly one: it may still be an image of Docker Hub, so this only warns."""
    names = [stage.name.lower() for stage in parsed.stages if stage.name]
    known = frozenset(names)
    for each in parsed.of("COPY"):
        wanted = each.flags.get("from", "").lower()
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,99}", wanted) or wanted in known:
            continue
        if near := difflib.get_close_matches(wanted, names[:200], 1, 0.8):
            yield _stage_unknown(path, each, near[0])


# The findings


def _no_dockerfile(files: Files, target: Target, path: str) -> Finding:
    near = files.nearest(path, files.dockerfiles)
    return Finding(
        code="dockerfile-missing",
        title=fitting(f"There is no {path}"),
        message=f"The service {target.name} is to be built with a Dockerfile that this commit does not have.",
        fix=f"Name {near} as `build: {{dockerfile: …}}`, relative to the service's path."
        if near
        else f"Add {path}, or write `build: buildpacks`.",
        place=target.place("build"),
    )


def _utf16(path: str) -> Finding:
    return Finding(
        code="dockerfile-utf16",
        title=fitting(f"{path} is saved as UTF-16, which Docker does not read"),
        message="Docker reads UTF-8; PowerShell's `>` and some editors write UTF-16.",
        fix=f"Save {path} as UTF-8: `iconv -f UTF-16 -t UTF-8 {path} -o {path}.utf8`, then rename it.",
        place=Place(path, 1),
        link=REFERENCE,
    )


def _unknown_instruction(path: str, each: Instruction) -> Finding:
    word = each.keyword if len(each.keyword) <= 40 else each.keyword[:39] + "…"
    near = difflib.get_close_matches(word, sorted(KEYWORDS), 1)
    return Finding(
        code="dockerfile-unknown-instruction",
        title=fitting(f"{word} is not a Dockerfile instruction"),
        message=f"Line {each.line} of {path} begins with {word}.",
        fix=f"Write {near[0]} instead." if near else "Begin the line with one of Docker's instructions.",
        place=Place(path, each.line, each.end),
        link=REFERENCE,
    )


def _unclosed(path: str, each: Instruction, name: str) -> Finding:
    return Finding(
        code="dockerfile-heredoc",
        title=fitting(f"The text that <<{name} opens never ends"),
        message=f"Line {each.line} of {path} opens a text that ends with a line of its own, `{name}`; there is none.",
        fix=f"Write {name} alone on a line, with nothing before or after it, where the text ends.",
        place=Place(path, each.line),
        link=f"{REFERENCE}#here-documents",
    )


def _no_from(path: str) -> Finding:
    return Finding(
        code="dockerfile-no-from",
        title=fitting(f"{path} names no base image"),
        message="A Dockerfile begins with FROM.",
        fix=f"Write a line such as `FROM python:3.13-slim` at the top of {path}.",
        place=Place(path, 1),
        link=f"{REFERENCE}#from",
    )


def _from_arguments(path: str, line: int) -> Finding:
    return Finding(
        code="dockerfile-from-arguments",
        title="FROM takes an image, or an image AS a name",
        message=f"Line {line} of {path} has another number of words; a comment needs a line of its own.",
        fix=f"Write `FROM IMAGE` or `FROM IMAGE AS NAME` on line {line} of {path}.",
        place=Place(path, line),
        link=f"{REFERENCE}#from",
    )


def _image_name(path: str, line: int, image: str) -> Finding:
    return Finding(
        code="base-image-name",
        title=fitting(f"{image} is not an image's name"),
        message="An image's name is lower case, with a tag after a colon.",
        fix=f"Write a name such as python:3.13-slim on line {line} of {path}.",
        place=Place(path, line),
        link=f"{REFERENCE}#from",
    )


def _stage_unknown(path: str, each: Instruction, near: str) -> Finding:
    wanted = each.flags["from"]
    return Finding(
        code="stage-unknown",
        weight=Weight.WARN,
        title=fitting(f"No stage is named {wanted}"),
        message=f"{path} has no stage {wanted}, so that COPY takes an image of that name from Docker Hub.",
        fix=f"Write --from={near} on line {each.line} of {path}, if you mean that stage.",
        place=Place(path, each.line, each.end),
        link="https://docs.docker.com/build/building/multi-stage/",
    )


def _copy_of_nothing(path: str, each: Instruction, source: str, context: frozenset[str]) -> Finding:
    near = nearest(source.removeprefix("./"), context)
    return Finding(
        code="copy-source-missing",
        title=fitting(f"{each.keyword} of {source}, which is not there"),
        message=f"The build context has no {source}.",
        fix=f"Write {near} instead of {source}."
        if near
        else f"Add {source} to the repository, or remove it here.",
        place=Place(path, each.line, each.end),
        link=CONTEXT,
    )


def _copy_of_output(path: str, each: Instruction, source: str) -> Finding:
    return Finding(
        code="copy-source-missing",
        title=fitting(f"{each.keyword} of {source}, which is built outside the image"),
        message=f"The build has what is committed and nothing else, and {source} is not in the commit.",
        fix=f"Build it in a stage of {path}, and take it from there with COPY --from=STAGE.",
        place=Place(path, each.line, each.end),
        link="https://docs.docker.com/build/building/multi-stage/",
    )


def _copy_of_ignored(path: str, each: Instruction, source: str, ignore: str) -> Finding:
    return Finding(
        code="copy-source-ignored",
        title=fitting(f"{each.keyword} of {source}, which is ignored"),
        message=f"{ignore} hides it from the builder.",
        fix=f"Take {source} out of {ignore}, or do not copy it.",
        place=Place(path, each.line, each.end),
        link=CONTEXT,
    )
