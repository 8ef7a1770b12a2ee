"""Dockerfiles, as BuildKit, the classic builder and kaniko read them, and what their instructions stumble over."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from app.diagnosis.places import (
    base_image,
    failing_dockerfile,
    failing_instruction,
    in_instruction,
    instruction,
)
from app.diagnosis.rule import Hit, Rank, Rule
from app.dockerfile import KEYWORDS
from app.model import Blame, Place


def _meant(hit: Hit) -> dict[str, str]:
    near = difflib.get_close_matches(hit["word"].upper(), sorted(KEYWORDS), 1)
    return {"meant": f"Write {near[0]} instead" if near else "Use one of Docker's instructions"}


def _parse_line(hit: Hit) -> Place | None:
    if hit["line"].isdecimal():
        for path in hit.files.dockerfiles:
            if place := hit.files.place(path, int(hit["line"])):
                return place
    for path in hit.files.dockerfiles:
        if hit["word"] and (line := hit.files.search(path, rf"^\s*{re.escape(hit['word'])}\b")):
            return hit.files.place(path, line)
    return failing_instruction(hit)


def _source(hit: Hit) -> Mapping[str, str] | None:
    name = next((hit[k] for k in ("name", "name2", "name3", "name4") if hit[k]), "").strip("\"'")
    if not name or name.endswith(("Dockerfile", ".dockerignore")):
        return None
    bare = name.lstrip("/")
    near = hit.files.nearest(bare)
    ignored = next(
        (
            p
            for p in hit.files.named(".dockerignore")
            if any(
                line.strip().rstrip("/") in (bare, "/" + bare, bare.split("/")[0], "**")
                for line in hit.files.lines(p)
                if line.strip()
            )
        ),
        "",
    )
    from_stage = _stage_copy(hit, name)
    if from_stage:
        fix = f"Copy a path that the earlier stage really makes, instead of {name}."
    elif ignored:
        fix = f"Take {bare} out of {ignored}, or do not copy it."
    elif near and near != bare:
        fix = f"Write {near} instead of {bare}."
    else:
        fix = f"Add {bare} to the repository (git may ignore it), or correct the COPY."
    return {"name": name, "bare": bare, "fix": fix}


def _stage_copy(hit: Hit, name: str) -> bool:
    found = failing_dockerfile(hit)
    return (
        bool(found)
        and any("from" in each.flags and name in each.value for each in found[1].of("COPY", "ADD"))
        if found
        else False
    )


def _copy_line(hit: Hit) -> Place | None:
    found = failing_dockerfile(hit)
    if found is None:
        return None
    path, parsed = found
    bare = hit["bare"].rstrip("/")
    same = [
        each
        for each in parsed.of("COPY", "ADD")
        if any(s.strip("./").rstrip("/") == bare.strip("./") for s in each.arguments[:-1])
    ]
    same = same or [each for each in parsed.of("COPY", "ADD") if bare in each.value]
    if len(same) == 1 or (same and not failing_instruction(hit)):
        return hit.files.place(path, same[0].line, same[0].end)
    return failing_instruction(hit)


def _image_place(hit: Hit) -> Place | None:
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


def _image(hit: Hit) -> Mapping[str, str] | None:
    image = next((hit[k] for k in ("image", "image2", "image3", "image4") if hit[k]), "")
    return {"image": re.sub(r"^docker\.io/(?:library/)?", "", image).rstrip(":")} if image else None


def _stage(hit: Hit) -> Mapping[str, str] | None:
    found = failing_dockerfile(hit)
    names = [s.name for s in found[1].stages if s.name] if found else []
    near = difflib.get_close_matches(hit["name"], names, 1)
    return {
        "fix": f"Write {near[0]}."
        if near
        else f"Name one of the stages: {', '.join(names) or 'there are none with a name'}."
    }


def _entry(hit: Hit) -> Place | None:
    return instruction("ENTRYPOINT", "CMD")(hit)


RULES = (
    Rule(
        code="dockerfile-unknown-instruction",
        pattern=r"(?i)(?:dockerfile parse error (?:on )?line (?P<line>\d+): )?unknown instruction: \"?(?P<word>[\w:./=-]+)",
        read=_meant,
        place=_parse_line,
        rank=Rank.ROOT,
        title="{word} is not a Dockerfile instruction",
        message="The Dockerfile does not parse: unknown instruction: {word} (line {line}).",
        fix="{meant} on line {line} of the Dockerfile.",
        link="https://docs.docker.com/reference/dockerfile/",
    ),
    Rule(
        code="dockerfile-parse",
        pattern=r"(?i)dockerfile parse error (?:on )?line (?P<line>\d+): (?P<said>.+)",
        place=_parse_line,
        title="The Dockerfile does not parse: {said}",
        message="dockerfile parse error on line {line}: {said}",
        fix="Correct line {line} of the Dockerfile.",
        link="https://docs.docker.com/reference/dockerfile/",
    ),
    Rule(
        code="dockerfile-parse",
        pattern=r"(?P<said>FROM requires either one or three arguments|no build stage in current context|failed to parse stage name \"[^\"]*\".*|base name \(\S+\) should not be blank|(?:COPY|ADD) requires at least two arguments.*|Unknown flag: \S+|unknown flag: \S+|circular dependency detected on stage.*|file with no instructions)",
        place=lambda hit: failing_instruction(hit) or base_image(hit),
        rank=Rank.ROOT,
        title="{said}",
        message="The Dockerfile: {said}",
        fix="Correct this line of the Dockerfile; an ARG that FROM uses needs a value (--build-arg) or a default before the first FROM.",
    ),
    Rule(
        code="dockerfile-copy-source",
        pattern=r"(?:failed to (?:compute cache key|calculate checksum of ref)[^\"]*|^ERROR:? ?)\"(?P<name>/[^\"]*)\"(?: not found|: not found)|(?:COPY|ADD) failed: (?:file not found in build context or excluded by \.dockerignore: stat (?P<name2>\S+?):|stat \S+?/(?P<name3>[^/\s]+): (?:no such file|file does not exist))|(?:COPY|ADD) failed: no source files were specified|error building image: error building stage: failed to (?:optimize instructions: failed to get files used from context|get files used from context).*lstat \S*?/workspace/(?P<name4>\S+): no such file",
        read=_source,
        place=_copy_line,
        rank=Rank.ROOT,
        title="{name} is not there to be copied",
        message="COPY of {name}: not found in the build context (or the stage it is copied from).",
        fix="{fix}",
        link="https://docs.docker.com/build/concepts/context/",
    ),
    Rule(
        code="dockerfile-missing",
        pattern=r"(?:failed to read dockerfile: open |unable to evaluate symlinks in Dockerfile path: lstat |Cannot locate specified Dockerfile: |error resolving dockerfile path.*?)(?P<path>\S*?[Dd]ockerfile[\w.]*)?",
        nowhere=True,
        rank=Rank.ROOT,
        title="There is no Dockerfile where the build looks",
        message="failed to read dockerfile: {path} is not in the build context.",
        fix="Add the Dockerfile there, name it with -f (build: {{dockerfile: …}}), or take it out of .dockerignore.",
    ),
    Rule(
        code="dockerfile-base-image",
        pattern=r"(?:failed to resolve source metadata for (?P<image>\S+?): .*(?:not found|does not exist|denied|unauthorized|failed to authorize)|manifest for (?P<image2>\S+) not found|pull access denied for (?P<image3>\S+?),|(?:error pulling image configuration|MANIFEST_UNKNOWN|manifest unknown).*?(?P<image4>[\w./-]+:[\w.-]+)?)",
        read=_image,
        place=_image_place,
        rank=Rank.ROOT,
        title="The image {image} does not exist",
        message="{image}: not found in its registry (or it is private).",
        fix="Write a tag that exists in FROM; for a private image give the build account access.",
        link="https://hub.docker.com/",
    ),
    Rule(
        code="dockerfile-platform",
        pattern=r"no match for platform in manifest|no matching manifest for (?P<platform>\S+)",
        place=base_image,
        rank=Rank.ROOT,
        title="The base image is not made for this platform",
        message="no match for platform in manifest {platform}: Cloud Run needs linux/amd64.",
        fix="Choose an image that has linux/amd64.",
    ),
    Rule(
        code="dockerfile-stage",
        pattern=r"(?:target stage \"?(?P<name>[\w.-]+)\"? could not be found|failed to reach build target (?P<name2>\S+) in Dockerfile|invalid from flag value (?P<name3>\S+?):)",
        read=lambda hit: dict(_stage(hit) or {}) | {"name": hit["name"] or hit["name2"] or hit["name3"]},
        place=lambda hit: in_instruction("name")(hit),
        rank=Rank.ROOT,
        title="No stage is named {name}",
        message="The Dockerfile has no stage {name}.",
        fix="{fix}",
    ),
    Rule(
        code="dockerfile-executable",
        pattern=r"exec: \\?\"(?P<name>[^\"\\]+)\\?\": (?:executable file not found in \$PATH|stat \S+: no such file or directory|permission denied|is a directory)|exec (?P<name2>/\S+): (?:no such file or directory|permission denied)",
        read=lambda hit: {
            "name": hit["name"] or hit["name2"],
            "why": "has no right to be executed"
            if "permission denied" in hit.line
            else "is not in the image",
        },
        place=lambda hit: failing_instruction(hit) if hit.section.instruction else _entry(hit),
        rank=Rank.ROOT,
        title="{name} {why}",
        message="The container cannot start {name}: executable file not found, or not executable.",
        fix="Install or COPY {name}, make it executable (RUN chmod +x {name}), or correct CMD/ENTRYPOINT.",
    ),
    Rule(
        code="dockerfile-mount",
        pattern=r"the --(?:mount|chmod|link) option requires BuildKit",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="This instruction needs BuildKit",
        message="the --mount option requires BuildKit.",
        fix="Build with DOCKER_BUILDKIT=1 (docker buildx build).",
    ),
    Rule(
        code="docker-rate-limit",
        pattern=r"toomanyrequests|You have reached your (?:unauthenticated )?pull rate limit",
        nowhere=True,
        blame=Blame.UNKNOWN,
        rank=Rank.ROOT,
        title="Docker Hub's pull rate limit is reached",
        message="toomanyrequests: You have reached your pull rate limit. This is not in your change.",
        fix="Run it again later, or take the image from mirror.gcr.io or an Artifact Registry remote repository.",
    ),
    Rule(
        code="dockerfile-run-failed",
        pattern=r"(?:did not complete successfully: exit code: |executor failed running .*: exit code: |returned a non-zero code: )(?P<exit>\d+)",
        read=lambda hit: {"ran": hit.transcript.failed_instruction or "the command"},
        place=failing_instruction,
        rank=Rank.SYMPTOM,
        blame=Blame.UNKNOWN,
        title="{ran} ended with {exit}",
        message="{ran} did not complete successfully: exit code {exit}.",
        fix="Read what it printed last, below.",
    ),
)
