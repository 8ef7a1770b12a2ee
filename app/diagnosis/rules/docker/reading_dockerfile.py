"""What the rows of dockerfile.py read in other lines and in the repository."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from app.diagnosis.instructions import (
    base_image,
    failing_dockerfile,
    failing_instruction,
    in_instruction,
)
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Hit, once_per_log
from app.diagnosis.telling import most_telling, score
from app.diagnosis.transcript import Kind
from app.dockerfile import KEYWORDS
from app.model import Place

# What the builder itself says of an instruction that failed.
_OF_BUILDER = re.compile(r"did not complete successfully|executor failed running|returned a non-zero code")

# Images that are no longer made, and what took their place: their pages on https://hub.docker.com
SUCCESSORS = {
    "openjdk": "eclipse-temurin", "java": "eclipse-temurin", "adoptopenjdk": "eclipse-temurin", "centos": "almalinux", "microsoft/dotnet": "mcr.microsoft.com/dotnet/sdk",
    "bitnami/": "bitnamilegacy/ (frozen), or the project's own image", "circleci/": "cimg/", "vault": "hashicorp/vault",
}  # fmt: skip


def meant(hit: Hit) -> dict[str, str]:
    if _in_heredoc(hit):
        return {
            "meant": "Build with BuildKit (docker buildx build, DOCKER_BUILDKIT=1), which knows heredocs (<<EOF), or write && chains instead"
        }
    near = difflib.get_close_matches(hit["word"].upper(), sorted(KEYWORDS), 1)
    return {"meant": f"Write {near[0]} instead" if near else "Use one of Docker's instructions"}


# What a shell's exit code above 128 says: the signal that ended the program.
SIGNALS = {
    "132": (" (SIGILL)", "The program has instructions that this processor lacks (AVX): take another version of it or its baseline build, and do not build for a foreign processor."),
    "134": (" (SIGABRT)", "The program gave itself up, mostly for want of memory: build on a larger machine, or give it more (NODE_OPTIONS=--max-old-space-size=6144)."),
    "137": (" (SIGKILL)", "The machine killed it, mostly for want of memory: build on a larger machine (options: machineType: E2_HIGHCPU_8), or do less at a time."),
    "139": (" (SIGSEGV)", "A native program crashed: its binary does not fit this image (musl, glibc, processor) or is broken; take another version or a Debian image."),
    "143": (" (SIGTERM)", "The build was stopped from outside: a timeout, a cancellation, or another step that failed."),
}  # fmt: skip


def ended(hit: Hit) -> Mapping[str, str]:
    """What ran, and the line that says most of what it printed: a headline where a line says anything at all."""
    ran = hit.transcript.failed_instruction or "the command"
    if not (said := _complaint(hit)):
        meant, advice = SIGNALS.get(hit["exit"], ("", "Read what it printed last, below."))
        return {"ran": ran, "head": f"{ran} ended with {hit['exit']}{meant}", "told": "", "advice": advice}
    return {
        "ran": ran,
        "head": said,
        "told": f" It said: {said}",
        "advice": "Correct what that line names; what was printed around it stands below.",
    }


@once_per_log
def _complaint(hit: Hit) -> str:
    """The line that says most of what the failed instructions printed; empty where none complains."""
    failed = [s for s in hit.transcript.sections if s.failed and s.kind is Kind.INSTRUCTION]
    lines = [line for s in failed for line in s.lines if not _OF_BUILDER.search(line)]
    at = most_telling(lines)
    return lines[at].strip() if lines and score(lines[at]) > 0 else ""


def _in_heredoc(hit: Hit) -> bool:
    """Whether a RUN or COPY above the line opens a heredoc, which the classic builder does not know."""
    number = int(hit["line"]) if hit["line"].isdecimal() and len(hit["line"]) < 8 else 0
    return any(
        re.match(r"\s*(?:RUN|COPY)\b.*<<-?[\"']?\w+", line)
        for path in hit.files.dockerfiles
        for line in hit.files.lines(path)[max(0, number - 40) : number]
    )


def parse_line(hit: Hit) -> Place | None:
    if hit["line"].isdecimal():
        for path in hit.files.dockerfiles:
            if place := hit.files.place(path, int(hit["line"])):
                return place
    for path in hit.files.dockerfiles:
        if hit["word"] and (line := hit.files.search(path, rf"^\s*{re.escape(hit['word'])}\b")):
            return hit.files.place(path, line)
    return failing_instruction(hit)


def image_place(hit: Hit) -> Place | None:
    found = failing_dockerfile(hit)
    if found:
        bare = re.sub(r"^docker\.io/(?:library/)?", "", hit["image"])
        for stage in found[1].stages:
            if (
                stage.image in (bare, hit["image"])
                or bare.startswith(stage.image)
                or stage.image.startswith(bare)
            ):
                return hit.files.place(found[0], stage.line)
    return failing_instruction(hit) or base_image(hit)


def image_words(hit: Hit) -> Mapping[str, str] | None:
    image = next((hit[k] for k in ("image", "image2", "image3", "image4") if hit[k]), "")
    asked = re.search(r"https://(?P<host>[^/\s]+)/v2/(?P<name>\S+?)/manifests/(?P<tag>[\w.-]+)", hit.line)
    if asked and not image:  # kaniko quotes the registry's API
        host = "" if asked["host"] == "index.docker.io" else f"{asked['host']}/"
        image = f"{host}{asked['name'].removeprefix('library/')}:{asked['tag']}"
    if not image or re.search(r"no match for platform|\b50[0-4] |(?i:timeout|too many requests)", hit.line):
        return None
    short = re.sub(r"^docker\.io/(?:library/)?", "", image).rstrip(":")
    return {"image": short, **_image_advice(hit, short)}


def _image_advice(hit: Hit, image: str) -> dict[str, str]:
    """Whether an image is not there, or not for everybody; and what was meant by its name."""
    found = failing_dockerfile(hit)
    stages = [stage.name for stage in found[1].stages if stage.name] if found else []
    meant = difflib.get_close_matches(image.removesuffix(":latest"), stages, 1, 0.75)
    refused = "." in image.split("/")[0] and re.search(r"(?i)\b40[13]\b|unauthorized|denied", hit.line)
    why, told = "does not exist", "not found in its registry (or it is private)"
    instead, advice = (
        _successor(image),
        "Write a tag that exists in FROM; for a private image give the build account access.",
    )
    if refused:
        why, told = (
            "is not given without a login",
            "its registry does not give it without credentials, or it does not exist",
        )
        advice = "Log in to its registry before the build (a step with docker login, the token from Secret Manager), copy the image into Artifact Registry, or make it public; or correct its name."
    elif image.startswith("docker/dockerfile"):
        advice = "Write # syntax=docker/dockerfile:1 in the first line of the Dockerfile."
    elif meant:
        instead, advice = (
            f"Write {meant[0]}: no stage of this Dockerfile is named {image.removesuffix(':latest')}.",
            "",
        )
    return {"why": why, "told": told, "instead": instead, "advice": advice}


def _successor(image: str) -> str:
    """What took the place of an image that is no longer made; empty for any other."""
    for old, new in SUCCESSORS.items():
        if (image.startswith(old) and image[len(old) : len(old) + 1] in (":", "@", "")) or (
            old.endswith("/") and image.startswith(old)
        ):
            return f"Take {new}: {old.rstrip('/')} is no longer published there."
    return ""


def stage_words(hit: Hit) -> Mapping[str, str]:
    """The stage that is asked for, and those that there are."""
    wanted = hit["name"] or hit["name2"] or hit["name3"]
    found = failing_dockerfile(hit)
    names = [s.name for s in found[1].stages if s.name] if found else []
    near = difflib.get_close_matches(wanted, names, 1)
    return {
        "name": wanted,
        "fix": f"Write {near[0]}."
        if near
        else f"Name one of the stages: {', '.join(names) or 'there are none with a name'}.",
    }


_TARGET = first(
    matching(
        r"^\s*target:\s*[\"']?{name}[\"']?\s*(?:#|$)",
        "servergem.yml",
        "servergem.yaml",
        "compose.yaml",
        "compose.yml",
        "docker-compose.yml",
    ),
    matching(r"--target[= ,'\"]*{name}\b", "cloudbuild.yaml", "cloudbuild.yml", "Makefile", "package.json"),
)


def stage_place(hit: Hit) -> Place | None:
    """The COPY that asks for the stage, or where the stage to be built is chosen."""
    return in_instruction("name")(hit) if hit["name3"] else _TARGET(hit) or in_instruction("name")(hit)
