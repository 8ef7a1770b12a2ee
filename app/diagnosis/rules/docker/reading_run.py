"""What the rows of run.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import base_image, failing_dockerfile, find_instruction, in_instruction
from app.diagnosis.rule import Hit
from app.model import Place


def _user(hit: Hit) -> tuple[str, int]:
    """The user that the failing instruction runs as, and the USER line that says so; empty for root."""
    if (found := failing_dockerfile(hit)) is None:
        return "", 0
    parsed = found[1]
    words = hit.section.instruction or hit.transcript.failed_instruction
    failing = find_instruction(parsed, words, hit.section.stage)
    users = [
        each
        for each in parsed.of("USER")
        if failing and each.stage == failing.stage and each.line < failing.line
    ]
    return (
        (users[-1].value.strip(), users[-1].line)
        if users and users[-1].value.strip() not in ("root", "0")
        else ("", 0)
    )


def denied(hit: Hit) -> Mapping[str, str] | None:
    path = next((hit[word] for word in ("path", "path2", "path3", "path4") if hit[word]), "")
    user, line = _user(hit)
    if user:
        advice = f"Move this instruction above USER {user} (line {line}), or write RUN chown -R {user} {path} above it"
    else:
        advice = f"Write USER root before this instruction and the image's own user after it, or take a folder that this user owns instead of {path}"
    return {"path": path, "advice": advice, "who": f" by {user}" if user else ""}


def format_words(hit: Hit) -> Mapping[str, str]:
    name = hit["path"] or hit["path2"] or hit["shell"]
    if hit["shell"]:
        return {
            "name": name,
            "advice": "Write FROM --platform=linux/amd64 (or leave the platform out): Cloud Build and Cloud Run have amd64 processors",
        }
    return {
        "name": name,
        "advice": f"Download the linux/amd64 file of {name} (uname -m says x86_64), or give a script a first line such as #!/bin/sh",
    }


def format_place(hit: Hit) -> Place | None:
    return base_image(hit) if hit["shell"] else in_instruction("name")(hit)


def gone(hit: Hit) -> Mapping[str, str] | None:
    release = next(
        (name for name in ARCHIVED if re.search(rf"\b{name}\b", f"{hit['url']} {' '.join(hit.before(30))}")),
        "",
    )
    if release or (
        "security" in hit["url"] and "/debian-security/" in hit["url"] and "stretch" in hit["url"]
    ):
        return {
            "why": f"{release} is no longer served",
            "advice": f"Use a newer base image: {release} has reached its end and was moved to an archive",
        }
    return {
        "why": "the list of packages is older than the mirror",
        "advice": "Run apt-get update in the same RUN as apt-get install: a cached update names packages that are gone",
    }


# Moved to an archive: https://www.debian.org/releases/ and https://wiki.ubuntu.com/Releases
ARCHIVED = (
    "jessie",
    "stretch",
    "buster",
    "trusty",
    "eoan",
    "groovy",
    "hirsute",
    "impish",
    "kinetic",
    "lunar",
    "mantic",
    "oracular",
)


def last_image(hit: Hit) -> Place | None:
    found = failing_dockerfile(hit)
    return hit.files.place(found[0], found[1].stages[-1].line) if found and found[1].stages else None
