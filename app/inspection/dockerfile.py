"""What is wrong with a Dockerfile: surely where it stops, and only in stages that BuildKit builds; pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from itertools import islice

from app import dockerfile
from app.diagnosis.files import Files
from app.dockerfile import KEYWORDS, Dockerfile
from app.inspection import dockerfile_faults as faults
from app.inspection.context import Context
from app.inspection.layers import layers
from app.inspection.locks import lacked_by_commands
from app.inspection.own_address import gradio_in_image
from app.inspection.port import port
from app.inspection.stages import built
from app.inspection.starts_nothing import starts_nothing
from app.model import Finding, Target
from app.source.build_context import context_of
from app.source.lock_files import MADE_BY
from app.source.text import LONGEST_PATH, is_utf16

# https://github.com/distribution/reference: registry, path, tag, digest.
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
IMAGE = re.compile(
    rf"(?:(?:[A-Za-z0-9][\w.-]*|\[[0-9A-Fa-f:.]+\])(?::\d+)?/)?{_PART}(?:/{_PART})*"
    r"(?::[\w][\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,})?"
)
LONGEST_IMAGE = 400
MOST = 10  # findings of one kind: who has more of them corrects the first ones first


def inspect(files: Files, target: Target, inside: str, path: str) -> Iterator[Finding]:
    """The faults of the Dockerfile at `path`, whose context is the folder `inside`."""
    path = _as_found(files, path)
    if path not in files.paths:
        if not _may_be_linked(files, path):
            yield faults.no_dockerfile(files, target, path)
        return
    if not files.was_read(path):
        return
    text = files.text(path)
    if not dockerfile.is_docker(text) or _is_link_written_out(files, path, text):
        return
    if is_utf16(text):
        yield faults.utf16(path)
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
    if found := [faults.unknown_instruction(path, each) for each in islice(unknown, MOST)]:
        yield from found
        return
    if last is not None and last.unclosed is not None:
        yield faults.unclosed(path, last, last.unclosed.name)
        return
    if not parsed.stages:
        yield faults.no_from(path)
        return
    stages = built(parsed, target.service.build.target)
    yield from islice(_images(path, parsed, stages), MOST)
    context = Context(files, inside, path)
    if wrong := _from_elsewhere(files, target, context, path, parsed, stages):
        yield wrong
    else:
        yield from islice(_copies(files, context, path, parsed, stages), MOST)
        yield from lacked_by_commands(files, context, path, parsed, stages)
    yield from islice(_from_stages(path, parsed), MOST)
    yield from port(files, inside, target, path, parsed)
    yield from gradio_in_image(files, inside, target, path, parsed)
    yield from starts_nothing(files, inside, target, path, parsed)
    yield from layers(files, inside, path, parsed, stages)


def _images(path: str, parsed: Dockerfile, stages: frozenset[int]) -> Iterator[Finding]:
    """Base images whose name no registry could hold.

    BuildKit keeps the names of stages in lower case and looks FROM's word up as it is written, so that `FROM Base` is
    no stage (dispatchStates.addState); --from and the target are written in lower case first.
    https://github.com/moby/buildkit/blob/master/frontend/dockerfile/dockerfile2llb/convert.go
    """
    before: set[str] = set()
    for number, stage in enumerate(parsed.stages):
        if stage.words not in (1, 3) or (stage.words == 3 and not stage.name):
            yield faults.from_arguments(path, stage.line)
        elif number in stages and stage.image not in before and not _may_be_image(stage.image):
            meant = stage.image.lower() if stage.image.lower() in before else ""
            yield faults.image_name(path, stage.line, stage.image, meant)
        if stage.name:
            before.add(stage.name.lower())


def _may_be_image(image: str) -> bool:
    if "$" in image or "\\" in image or "`" in image or len(image) > LONGEST_IMAGE:
        return True
    return IMAGE.fullmatch(image) is not None


def _from_elsewhere(
    files: Files, target: Target, context: Context, path: str, parsed: Dockerfile, stages: frozenset[int]
) -> Finding | None:
    """The one fault of a Dockerfile whose sources are found from a folder above the service's."""
    copies = (each for each in parsed.of("COPY", "ADD") if each.stage in stages and "from" not in each.flags)
    lacking = next(
        ((each, one) for each in copies for one in each.sources if not context.may_have(one)), None
    )
    if lacking is None or context.holds(lacking[1]) or not path.startswith(context.inside):
        return None
    right = context_of(files, path, parsed)
    inside = f"{right}/" if right else ""
    is_above = len(inside) < len(context.inside) and context.inside.startswith(inside)
    if not is_above or not Context(files, inside, path).holds(lacking[1]):
        return None
    return faults.copy_from_above(target, path, *lacking, right)


def _copies(
    files: Files, context: Context, path: str, parsed: Dockerfile, stages: frozenset[int]
) -> Iterator[Finding]:
    """What is taken and is not in the build context; of a submodule once, however much is taken from it."""
    told: set[str] = set()
    for each in parsed.of("COPY", "ADD", "RUN"):
        if each.stage not in stages or "from" in each.flags:
            continue
        for source in each.mounted if each.keyword == "RUN" else each.sources:
            if not context.may_have(source):
                if module := context.submodule_of(source):
                    if module not in told and not context.is_folder_of(source, module):
                        yield faults.copy_of_submodule(path, each, source, module)
                    told.add(module)
                elif context.holds(source):
                    yield faults.copy_of_ignored(path, each, source, context.ignored_by)
                elif source.rpartition("/")[2] in MADE_BY:
                    yield faults.copy_of_lock(files, context, path, each, source)
                elif context.is_made_elsewhere(source):
                    yield faults.copy_of_output(path, each, source)
                else:
                    yield faults.copy_of_nothing(path, each, source, context.paths)


def _from_stages(path: str, parsed: Dockerfile) -> Iterator[Finding]:
    """`--from` of what is no stage, but nearly one: it may still be an image of Docker Hub, so this only warns."""
    names = [stage.name.lower() for stage in parsed.stages if stage.name]
    known = frozenset(names)
    for each in parsed.of("COPY"):
        wanted = each.flags.get("from", "").lower()
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,99}", wanted) or wanted in known:
            continue
        if near := difflib.get_close_matches(wanted, names[:200], 1, 0.8):
            yield faults.stage_unknown(path, each, near[0])


# The findings
