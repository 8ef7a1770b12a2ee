"""What is said of each fault of a Dockerfile."""

from __future__ import annotations

import difflib

from app.diagnosis.files import Files, nearest
from app.dockerfile import KEYWORDS, Instruction, joined
from app.inspection.context import Context
from app.inspection.to_write import to_write
from app.model import Finding, Place, Target, Weight
from app.source.lock_files import beside, made_by, requires_nothing
from app.source.missing_content import NO_SUBMODULES
from app.text.titles import fitting

CONTEXT = "https://docs.docker.com/build/concepts/context/"


REFERENCE = "https://docs.docker.com/reference/dockerfile/"


def no_dockerfile(files: Files, target: Target, path: str) -> Finding:
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


def utf16(path: str) -> Finding:
    return Finding(
        code="dockerfile-utf16",
        title=fitting(f"{path} is saved as UTF-16, which Docker does not read"),
        message="Docker reads UTF-8; PowerShell's `>` and some editors write UTF-16.",
        fix=f"Save {path} as UTF-8: `iconv -f UTF-16 -t UTF-8 {path} -o {path}.utf8`, then rename it.",
        place=Place(path, 1),
        link=REFERENCE,
    )


def unknown_instruction(path: str, each: Instruction) -> Finding:
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


def unclosed(path: str, each: Instruction, name: str) -> Finding:
    return Finding(
        code="dockerfile-heredoc",
        title=fitting(f"The text that <<{name} opens never ends"),
        message=f"Line {each.line} of {path} opens a text that ends with a line of its own, `{name}`; there is none.",
        fix=f"Write {name} alone on a line, with nothing before or after it, where the text ends.",
        place=Place(path, each.line),
        link=f"{REFERENCE}#here-documents",
    )


def no_from(path: str) -> Finding:
    return Finding(
        code="dockerfile-no-from",
        title=fitting(f"{path} names no base image"),
        message="A Dockerfile begins with FROM.",
        fix=f"Write a line such as `FROM python:3.13-slim` at the top of {path}.",
        place=Place(path, 1),
        link=f"{REFERENCE}#from",
    )


def from_arguments(path: str, line: int) -> Finding:
    return Finding(
        code="dockerfile-from-arguments",
        title="FROM takes an image, or an image AS a name",
        message=f"Line {line} of {path} has another number of words; a comment needs a line of its own.",
        fix=f"Write `FROM IMAGE` or `FROM IMAGE AS NAME` on line {line} of {path}.",
        place=Place(path, line),
        link=f"{REFERENCE}#from",
    )


def image_name(path: str, line: int, image: str, stage: str = "") -> Finding:
    """`stage` is the stage that is meant, which BuildKit knows in lower case only."""
    return Finding(
        code="base-image-name",
        title=fitting(f"{image} is not an image's name"),
        message=(
            f"BuildKit keeps the names of stages in lower case and looks for {image} as it is written: FROM {image} is "
            "to it an image of that name, which no registry can have."
            if stage
            else "An image's name is lower case, with a tag after a colon."
        ),
        fix=f"Write FROM {stage} on line {line} of {path}."
        if stage
        else f"Write a name such as python:3.13-slim on line {line} of {path}.",
        place=Place(path, line),
        link=f"{REFERENCE}#from",
    )


def stage_unknown(path: str, each: Instruction, near: str) -> Finding:
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


def copy_of_nothing(path: str, each: Instruction, source: str, context: frozenset[str]) -> Finding:
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


def copy_of_lock(files: Files, context: Context, path: str, each: Instruction, source: str) -> Finding:
    """A lock file that nobody committed: what makes one, and whether there is another one or nothing to lock."""
    folder, slash, lock = joined("/", source)[1:].rpartition("/")
    there = {each.rpartition("/")[2] for each in context.paths if each.rpartition("/")[0] == folder}
    where = f"{context.inside}{folder}{slash}"
    needless = lock == "go.sum" and requires_nothing(files, f"{where}go.mod")
    return Finding(
        code="copy-source-missing",
        title=fitting(f"{each.keyword} of {source}, which is not in this commit"),
        message=f"go.mod requires no module, and go makes no {lock} for it."
        if needless
        else f"The lock file {lock} is what a later command installs from, and {where or 'the root'} has none.",
        fix=f"Take {source} out of line {each.line} of {path}."
        if needless
        else made_by(lock, where, beside(lock, there), ignored=context.is_made_elsewhere(source)),
        place=Place(path, each.line, each.end),
        link=CONTEXT,
    )


def copy_of_submodule(path: str, each: Instruction, source: str, module: str) -> Finding:
    return Finding(
        code="copy-of-submodule",
        title=fitting(f"{each.keyword} of {source}, which is in a submodule"),
        message=f"GitHub's archive of a commit has no submodules: {module} is an empty folder in it, so the build "
        f"has no {source}.",
        fix=f"Keep the files of {module} in this repository (git subtree, or a copy), or clone it in a stage of "
        f"{path} with RUN git clone.",
        place=Place(path, each.line, each.end),
        link=NO_SUBMODULES,
    )


def copy_from_above(target: Target, path: str, each: Instruction, source: str, right: str) -> Finding:
    dockerfile, context = path.removeprefix(f"{right}/") if right else path, right or "."
    return Finding(
        code="copy-source-missing",
        title=fitting(f"{path} is written for {right or 'the root'} as its build context"),
        message=f"{source}, which line {each.line} copies, is not in {target.service.path}, but in "
        f"{right or 'the root'}.",
        fix=f"Write {to_write(target, f'path: {context}', f'build: {{dockerfile: {dockerfile}}}')}.",
        place=Place(path, each.line, each.end),
        link=CONTEXT,
    )


def copy_of_output(path: str, each: Instruction, source: str) -> Finding:
    return Finding(
        code="copy-source-missing",
        title=fitting(f"{each.keyword} of {source}, which is built outside the image"),
        message=f"The build has what is committed and nothing else, and {source} is not in the commit.",
        fix=f"Build it in a stage of {path}, and take it from there with COPY --from=STAGE.",
        place=Place(path, each.line, each.end),
        link="https://docs.docker.com/build/building/multi-stage/",
    )


def copy_of_ignored(path: str, each: Instruction, source: str, ignore: str) -> Finding:
    return Finding(
        code="copy-source-ignored",
        title=fitting(f"{each.keyword} of {source}, which is ignored"),
        message=f"{ignore} hides it from the builder.",
        fix=f"Take {source} out of {ignore}, or do not copy it.",
        place=Place(path, each.line, each.end),
        link=CONTEXT,
    )
