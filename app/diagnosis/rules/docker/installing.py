"""What RUN installs and how it runs: pinned versions, users, certificates, mirrors that are gone, foreign processors."""

from __future__ import annotations

from app.diagnosis.instructions import base_image, failing_instruction, instruction
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.docker.reading_installing import (
    emulated,
    pinned,
    pinned_place,
    script_missing,
    script_missing_place,
    shell_missing,
    shell_place,
    taken,
    unmet,
)
from app.diagnosis.transcript import Kind

_BUILDING = frozenset({Kind.INSTRUCTION})

RULES: tuple[Rule, ...] = (
    Rule(
        code="apk-version",
        pattern=r"^\s+breaks: world\[(?P<name>[\w.+-]+?)(?P<asked>[=<>~]+[\w.~<>=-]+)\]",
        read=pinned,
        place=pinned_place,
        rank=Rank.ROOT,
        title="apk does not have {name}{asked}",
        message="unable to select packages: {has} breaks world[{name}{asked}]: an Alpine release keeps only the newest build of a package.",
        fix="Write {name} without the exact version (or {name}~=MAJOR.MINOR) on this line: Alpine {has} is what it has now.",
        link="https://pkgs.alpinelinux.org/packages",
    ),
    Rule(
        code="apt-no-answer",
        pattern=r"Do you want to continue\? \[Y/n\]\s*Abort",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="apt-get asked a question that nobody answers",
        message="Do you want to continue? [Y/n] Abort: a build has no terminal.",
        fix="Write apt-get install -y (with ENV DEBIAN_FRONTEND=noninteractive for packages that ask more).",
    ),
    Rule(
        code="apt-unmet",
        pattern=r"^\s*(?P<name>[\w.+-]+)(?::(?P<arch>\w+))? : Depends: (?P<needs>[\w.+-]+)(?::\w+)?(?: \([^)]*\))? but (?P<said>it is not (?:going to be installed|installable)|.* is to be installed)",
        read=unmet,
        place=failing_instruction,
        title="apt cannot install {name}{of}: {needs} {said}",
        message="{name}{of} depends on {needs}, but {said}.",
        fix="{advice}.",
    ),
    Rule(
        code="docker-user-taken",
        pattern=r"^(?:useradd|groupadd): (?P<kind>UID|GID|user|group) '?(?P<name>[\w-]+)'? (?:is not unique|already exists)|^(?:adduser|addgroup): (?:The )?(?P<kind2>uid|gid|user|group) [`'‘]?(?P<name2>[\w-]+)['’]? (?:already )?(?:in use|is in use|exists)",
        read=taken,
        place=failing_instruction,
        rank=Rank.ROOT,
        title="{kind} {name} exists already in the base image",
        message="{kind} {name} is not unique: it is already in the base image{whose}.",
        fix="{advice}.",
    ),
    Rule(
        code="docker-user-missing",
        pattern=r"unable to find (?P<kind>user|group) (?P<name>[\w$.{}-]+): no matching entries in (?P<file>passwd|group) file",
        place=instruction("USER"),
        rank=Rank.ROOT,
        title="The image has no {kind} {name}",
        message="unable to find {kind} {name}: no matching entries in {file} file: USER names somebody whom this stage does not have.",
        fix="Create it in the same stage before USER: RUN useradd --system {name} (Alpine: RUN adduser -S {name}), or write a number (USER 1000).",
        link="https://docs.docker.com/reference/dockerfile/#user",
    ),
    Rule(
        code="docker-certificates",
        pattern=r"curl: \((?:60|77)\) (?P<said>.+)|wget: .*(?P<said2>certificate verification failed|cannot verify \S+ certificate.*)|ERROR: cannot verify (?P<said3>\S+) certificate|server certificate verification failed\. CAfile: (?P<said4>\S+)",
        only=_BUILDING,
        read=lambda hit: {
            "said": next((hit[k] for k in ("said", "said2", "said3", "said4") if hit[k]), "").strip()
        },
        place=failing_instruction,
        rank=Rank.ROOT,
        title="The image has no certificates to check HTTPS with",
        message="{said}: ca-certificates is not installed (or the server's certificate is not signed by a known one).",
        fix="RUN apt-get update && apt-get install -y ca-certificates before it (apk add --no-cache ca-certificates); --no-install-recommends leaves it out.",
    ),
    Rule(
        code="yum-mirror-gone",
        pattern=r"(?:Could not resolve host|Cannot find a valid baseurl for repo|Failed to download metadata for repo|Could not retrieve mirrorlist)[: ].*?(?P<name>mirrorlist\.centos\.org|appstream|AppStream|baseos|extras|base/7)",
        place=base_image,
        rank=Rank.ROOT,
        title="CentOS is no longer served: its mirrors are gone",
        message="{name} does not answer: CentOS 7 and 8 have reached their end, and mirrorlist.centos.org is switched off.",
        fix="Take another base image (almalinux:9, rockylinux:9); for the old one point the repositories to vault.centos.org: RUN sed -i -e 's/^mirrorlist/#mirrorlist/' -e 's|^#\\?baseurl=http://mirror.centos.org|baseurl=http://vault.centos.org|' /etc/yum.repos.d/*.repo",
        link="https://www.centos.org/centos-linux-eol/",
    ),
    Rule(
        code="docker-emulated",
        pattern=r"qemu: uncaught target signal (?P<signal>\d+)|qemu-\w+: (?P<said>Could not open '/lib\S+'|Unable to reserve .*)",
        read=emulated,
        place=base_image,
        rank=Rank.ROOT,
        title="A program crashed under emulation (QEMU): the build is for another processor",
        message="qemu: uncaught target signal {signal}: this stage is built for another processor than the machine's, and the program does not bear the emulator.",
        fix="{advice}",
        link="https://docs.docker.com/build/building/multi-platform/",
    ),
    Rule(
        code="shell-script-ends",
        pattern=r"^(?:bash: |sh: |/bin/sh: )(?:line \d+: )?(?:\d+: )?(?P<path>\.?/?[\w./-]*[\w-]+(?:\.\w+)?): (?:command )?not found",
        only=_BUILDING,
        read=script_missing,
        place=script_missing_place,
        rank=Rank.ROOT,
        title="{name} is there, and the shell of its first line is not",
        message="{name}: not found: {file} begins with {shebang}{ends}.",
        fix="{advice}.",
        link="https://docs.github.com/get-started/git-basics/configuring-git-to-handle-line-endings",
    ),
    Rule(
        code="shell-absent",
        pattern=r"^(?:/usr/bin/)?env: (?:can't execute )?['‘](?P<name>bash|zsh|python3?|node|ruby|perl|php)['’]: No such file or directory",
        read=shell_missing,
        place=shell_place,
        rank=Rank.ROOT,
        title="The image has no {name}, which a script's first line asks for",
        message="env: {name}: No such file or directory{where}.",
        fix="{advice}.",
    ),
    Rule(
        code="shell-bash-only",
        pattern=r"^(?P<path>[\w./-]+): (?:line )?(?P<line>\d+): (?P<name>\[\[|source|declare|shopt|pushd|mapfile|typeset): not found",
        read=shell_missing,
        place=shell_place,
        rank=Rank.ROOT,
        title="{file} line {line}: {name} is bash's, and its shell is sh",
        message="{path}: {line}: {name}: not found: sh does not know it.",
        fix="Write #!/usr/bin/env bash as the first line of {file} (on Alpine apk add --no-cache bash) and start it by its name or with bash, or write the plain form: [ ] for [[ ]], . for source.",
    ),
)
