"""What a builder cannot start, fill in or find: a command, a FROM's variables, the Dockerfile itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from app.diagnosis.instructions import base_image, failing_dockerfile, failing_instruction, instruction
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Hit
from app.diagnosis.rules.docker.reading_apt import command_named
from app.model import Place


def executable(hit: Hit) -> Mapping[str, str]:
    """What cannot be started: a shell that Alpine lacks, or a program of the image."""
    name = hit["name"] or hit["name2"]
    why = "has no right to be executed" if "permission denied" in hit.line else "is not in the image"
    advice = f"Install or COPY {name}, make it executable (RUN chmod +x {name}), or correct CMD/ENTRYPOINT."
    if name in ("bash", "/bin/bash") and why == "is not in the image":
        advice = "Write RUN apk add --no-cache bash above it (Alpine has only /bin/sh), or use /bin/sh."
    elif hit.section.instruction and "/" not in name and why == "is not in the image":
        advice = command_named(replace(hit, words={"name2": name}))["fix"]
    elif name in ("sh", "/bin/sh"):
        advice = 'A scratch or distroless image has no shell: write CMD and ENTRYPOINT as a list (["/app"]), and do what RUN does in an earlier stage.'
    return {"name": name, "why": why, "advice": advice}


def executable_place(hit: Hit) -> Place | None:
    """The SHELL that asks for it, else the instruction that ran, else what starts the container."""
    if not hit.section.instruction:
        return instruction("ENTRYPOINT", "CMD")(hit)
    shell = instruction("SHELL")(hit)
    asked = shell and hit["name"] and hit["name"] in hit.files.lines(shell.path)[shell.line - 1]
    return shell if asked else failing_instruction(hit)


def unset_arguments(hit: Hit) -> Mapping[str, str]:
    """The variables of a FROM that came out empty, as far as the line tells."""
    place = failing_instruction(hit) or base_image(hit)
    line = hit.files.lines(place.path)[place.line - 1] if place else ""
    names = re.findall(r"\$\{?(\w+)", line) if line.lstrip().upper().startswith("FROM") else []
    capitals = re.search(r"failed to parse stage name \"([^\"]*[A-Z][^\"]*)\"", hit.line)
    if capitals and not names:
        word = capitals[1]
        parsed = failing_dockerfile(hit)
        own = parsed and any(stage.name.lower() == word.lower() for stage in parsed[1].stages)
        why = "BuildKit keeps the names of stages in lower case" if own else "an image's name is lower case"
        return {"advice": f"Write FROM {word.lower()}: {why}."}
    if not names:
        return {
            "advice": "Correct this line of the Dockerfile; an ARG that FROM uses needs a value (--build-arg) or a default before the first FROM."
        }
    return {
        "advice": f"Write ARG {names[0]}=… with a default before the first FROM, or give it: --build-arg {names[0]}=…: {', '.join(names)} had no value here."
    }


def dockerfiles(hit: Hit) -> Mapping[str, str]:
    """Where the repository has one instead."""
    there = sorted(hit.files.dockerfiles, key=lambda path: (path.count("/"), path))[:3]
    named = (
        f"There is {', '.join(there)}: name it with -f {there[0]}, or build that folder. " if there else ""
    )
    if there and there[0] != hit["path"]:
        return {"advice": f"{named}In servergem.yml: build: {{dockerfile: {there[0]}}}."}
    return {
        "advice": f"{named}Add the Dockerfile there, name it with -f (build: {{dockerfile: …}}), or take it out of .dockerignore."
    }


def build_step(hit: Hit) -> Place | None:
    """What asked for a Dockerfile: the service's own line, or else the step of Cloud Build that runs docker."""
    asked = matching(r"^\s*(?:build|dockerfile):", "servergem.yml", "servergem.yaml")
    ran = (r"['\"]?build['\"]?\s*,|docker build", r"cloud-builders/docker")
    return first(asked, *(matching(each, "cloudbuild.yaml", "cloudbuild.yml") for each in ran))(hit)
