"""A start whose command could not be executed."""

from __future__ import annotations

from app.diagnosis.instructions import instruction
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.start.reading_binding import command_place
from app.diagnosis.rules.start.reading_executing import (
    exec_place,
    executed,
    handed_over,
    handed_over_place,
    not_found,
    not_found_place,
    permission,
    permission_place,
)
from app.diagnosis.rules.start.reading_lacking import STARTED
from app.diagnosis.rules.start.reading_loading import bracketed, loaderless, loaderless_place

RULES: tuple[Rule, ...] = (
    Rule(
        code="start-command-form",
        only=STARTED,
        pattern=r"^(?:/bin/)?(?:ba)?sh: (?:\d+: |line \d+: )?(?P<name>\[\S*): (?:command )?not found",
        read=bracketed,
        place=command_place,
        rank=Rank.ROOT,
        title="The command's brackets reached a shell: it is no JSON list",
        message="{name}: not found: a CMD or ENTRYPOINT that is not a JSON list of words in double quotes is run by a shell, brackets and all.",
        fix="{advice}.",
        link="https://docs.docker.com/reference/dockerfile/#exec-form",
    ),
    Rule(
        code="binary-symbol",
        pattern=r"symbol lookup error: (?P<path>\S+): undefined symbol: (?P<name>\w+)",
        place=command_place,
        rank=Rank.ROOT,
        title="{path} was linked against another version of a library",
        message="symbol lookup error: {path}: undefined symbol: {name}: a library that it loads is here, in a version that has not {name}.",
        fix="Take {path} and what it loads from one source: its build for this image's release and version, or the image that its project offers; do not copy it from another image or from your machine.",
    ),
    Rule(
        code="start-loader-missing",
        pattern=r"(?:^|: )(?P<path>(?:\./|/)[\w@./+-]+): (?:cannot execute: required file not found|bad interpreter: No such file or directory)|"
        r"(?:^|: )(?P<path2>/[\w@./+-]+): /[\w@./+-]+: bad interpreter",
        read=loaderless,
        place=loaderless_place,
        rank=Rank.ROOT,
        title="{name} is there, and what starts it is not",
        message="{path}: {said}: the file exists, and the program that its first line or its header names (an interpreter, a C library) does not.",
        fix="{advice}.",
    ),
    Rule(
        code="start-exec-format",
        only=STARTED,
        pattern=r"(?:(?:exec|load|executing|exec user process caused[: \"']*)\s*[\"']?(?P<path>\.{0,2}/[^\s:\"']+)?[\"']?:? "
        r"?)?(?:: )?exec format error",
        read=executed,
        place=exec_place,
        rank=Rank.ROOT,
        title="exec format error: {why}",
        message="The container's command could not be executed: {path}: exec format error; {why}.",
        fix="{advice}.",
    ),
    Rule(
        code="start-image-platform",
        only=STARTED,
        pattern=r"Container manifest type '(?P<type>[^']+)' must support amd64/linux|does not support image .*amd64",
        place=first(matching(r"arm64|aarch64", "Dockerfile"), instruction("FROM")),
        rank=Rank.ROOT,
        title="The image is not for amd64/linux",
        message="Cloud Run does not support the image: Container manifest type '{type}' must support amd64/linux.",
        fix="Build with docker build --platform linux/amd64 (docker buildx build --platform linux/amd64 "
        "--provenance=false).",
    ),
    Rule(
        code="start-permission",
        only=STARTED,
        pattern=r"(?:failed to load|Application failed to start:|exec:?|exec user process caused:?|starting container process caused: "
        r"exec:|init process: failed to load) "
        r"[\"']?(?P<path>(?:\./|/)[^\s:\"']+)[\"']?: (?:.*)?(?i:permission denied)",
        read=permission,
        place=permission_place,
        rank=Rank.ROOT,
        title="{name} may not be executed: permission denied",
        message="The container's command could not be executed: {name}: permission denied.",
        fix="Run git update-index --chmod=+x {own} and commit, or write RUN chmod +x {name} in the Dockerfile "
        "before USER.",
    ),
    Rule(
        code="start-no-shell",
        only=STARTED,
        pattern=r"failed to resolve binary path: stat (?P<name>/bin/(?:ba|a)?sh): no such file|exec: \"(?P<name2>/bin/(?:ba|a)?sh)\": stat \S+: no such file",
        read=lambda hit: {"name": hit["name"] or hit["name2"]},
        place=first(instruction("CMD"), instruction("ENTRYPOINT")),
        rank=Rank.ROOT,
        title="The image has no shell {name} to start the command with",
        message="stat {name}: no such file or directory: a command that is no list is run by a shell, and a distroless or scratch image has none.",
        fix='Write CMD and ENTRYPOINT as a list, CMD ["/app", "--flag"], and have the program read PORT itself; or take a final image with a shell.',
        link="https://docs.docker.com/reference/dockerfile/#shell-and-exec-form",
    ),
    Rule(
        code="entrypoint-command",
        pattern=r"(?P<script>[\w./-]*entrypoint[\w.-]*): (?:line )?\d+: exec: (?P<name>[^:\s]+): not found",
        read=handed_over,
        place=handed_over_place,
        rank=Rank.ROOT,
        title="{base} was to execute {name}, which is no command of the image",
        message="{script}: exec: {name}: not found: what CMD (or args) says is given to the image's entrypoint, which executes its first word.",
        fix="{advice}.",
        link="https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact",
    ),
    Rule(
        code="start-command-not-found",
        only=STARTED,
        pattern=r"exec: [\"'](?P<name>[^\"']+)[\"']: (?:executable file not found in|stat \S+: no such file)|failed "
        r"to load [\"']?(?P<path>/?[^\s:\"']+)[\"']?: no such file|"
        r"failed to find initial command|error finding executable [\"'](?P<name2>[^\"']+)[\"'] in PATH|exec "
        r"[\"']?(?P<name3>\.{0,2}/[^\s:\"']+)[\"']?: (?i:no such file or directory)|"
        r"Application failed to start: .*[\"'](?P<name4>[^\"']+)[\"'].*(?i:no such file|not found)|"
        r"exec user process caused:? [\"']?no such file or directory",
        read=not_found,
        place=not_found_place,
        rank=Rank.ROOT,
        title="{title}",
        message="The container's command does not exist: {name}: executable file not found (no such file or "
        "directory); {why}.",
        fix="{advice}.",
    ),
)
