"""apt, apk, shells: packages that are not there, variables that are not set, commands that are not installed."""

from __future__ import annotations

from app.diagnosis.instructions import base_image, failing_instruction, in_instruction
from app.diagnosis.paths import repository_path
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.docker.reading_apt import (
    address,
    command_named,
    crlf_place,
    key,
    new_name,
    package_line,
    replaced,
    script,
    script_place,
)
from app.model import Blame

RULES: tuple[Rule, ...] = (
    Rule(
        code="apt-no-such-package",
        pattern=r"E: Unable to locate package (?P<name>[\w.+-]+)|E: Package '(?P<name2>[\w.+-]+)' has no installation candidate|E: Version '[^']*' for '(?P<name3>[\w.+-]+)' was not found",
        read=replaced,
        place=package_line,
        rank=Rank.ROOT,
        title="apt finds no package {name}",
        message="{said}: the base image's Debian or Ubuntu does not have it, or apt-get update did not run.",
        fix="{instead}.",
        link="https://packages.debian.org/",
    ),
    Rule(
        code="apt-old-release",
        pattern=r"E: The repository '(?P<repo>[^']+)' (?:does not have a Release file|no longer has a Release file)",
        place=lambda hit: base_image(hit),
        rank=Rank.ROOT,
        title="The base image's distribution is no longer served",
        message="{repo} does not have a Release file: this release has reached its end.",
        fix="Use a newer base image (bookworm or trixie instead of stretch or buster).",
    ),
    Rule(
        code="apt-old-release",
        pattern=r"E: Release file for (?P<repo>\S+) is (?P<said>expired)",
        place=lambda hit: base_image(hit),
        rank=Rank.ROOT,
        title="apt's Release file is {said}: the base image's distribution is too old",
        message="The Release file for {repo} is {said}: this release gets no updates any more, or the clock is wrong.",
        fix="Use a newer base image (bookworm or trixie instead of stretch or buster).",
    ),
    Rule(
        code="apt-clock",
        pattern=r"E: Release file for (?P<repo>\S+) is not valid yet \(invalid for another (?P<span>[^)]+)\)",
        nowhere=True,
        blame=Blame.UNKNOWN,
        rank=Rank.ROOT,
        title="The machine's clock is behind apt's Release file",
        message="The Release file for {repo} is not valid yet (for another {span}): the clock of the machine that builds is wrong; this is not in your change.",
        fix="Run it again; on your own machine set the clock (a virtual machine that slept: restart Docker).",
    ),
    Rule(
        code="apt-unsigned",
        pattern=r"E: The repository '(?P<repo>[^']+)' is not signed|NO_PUBKEY (?P<key>[0-9A-F]{8,})|EXPKEYSIG (?P<key2>[0-9A-F]{8,})|Error: The repository '(?P<repo2>[^']+)' is not signed|Missing key (?P<key3>[0-9A-F]{8,}), which is needed to verify signature",
        read=lambda hit: {
            "repo": hit["repo"] or hit["repo2"] or address(hit),
            "key": hit["key"] or hit["key2"] or hit["key3"] or key(hit),
        },
        place=in_instruction("repo"),
        rank=Rank.ROOT,
        title="apt does not trust {repo}: its public key is missing or expired",
        message="The signature of {repo} cannot be verified (NO_PUBKEY, missing key {key}): the key that signs it is not in the image.",
        fix="Save the repository's present key (curl -fsSL KEY_URL | gpg --dearmor -o /etc/apt/keyrings/NAME.gpg) and name it in the source's line: deb [signed-by=/etc/apt/keyrings/NAME.gpg] …; for Debian's own repositories use a newer base image.",
        link="https://wiki.debian.org/DebianRepository/UseThirdParty",
    ),
    Rule(
        code="apk-no-such-package",
        pattern=r"^\s+(?P<name>[\w.+-]+) \(no such package\):",
        read=lambda hit: {"instead": f"{found}. " if (found := new_name(hit["name"])) else ""},
        place=package_line,
        rank=Rank.ROOT,
        title="apk finds no package {name}",
        message="ERROR: unable to select packages: {name} (no such package).",
        fix="{instead} Correct the name for this release of Alpine: https://pkgs.alpinelinux.org/packages?name={name}.",
    ),
    Rule(
        code="shell-carriage-return",
        pattern=r"\\r'?: (?:command )?not found|\\r': No such file|bad interpreter: (?:No such file|.*\^M)|/usr/bin/env: ['‘](?:bash|sh|python\d?|node)\\r|\$'\\r'|invalid time interval ['‘].*\\r|(?P<path>[\w./-]+\.sh): (?:line )?\d+: .*\r",
        place=crlf_place,
        rank=Rank.ROOT,
        title="A script has Windows line endings (CRLF)",
        message="The carriage return at the end of its lines (\\r) is read as part of the command.",
        fix="Save the script with LF line endings, and write `*.sh text eol=lf` into .gitattributes so that it stays so.",
        link="https://docs.github.com/get-started/git-basics/configuring-git-to-handle-line-endings",
    ),
    Rule(
        code="shell-unbound-variable",
        pattern=r"^(?P<path>[\w./-]+): (?:line )?(?P<line>\d+): (?P<name>\w+): (?:unbound variable|parameter not set|parameter null or not set)",
        read=script,
        place=script_place,
        rank=Rank.ROOT,
        title="The variable {name} is not set in {file}",
        message="{file} line {line}: {name}: unbound variable.",
        fix="Give {name} to the build (ARG/ENV, --build-arg) or to the service (env:), or write ${{{name}:-}} for a default.",
    ),
    Rule(
        code="shell-syntax",
        pattern=r"^(?P<path>[\w./-]+): (?:line )?(?P<line>\d+): (?P<said>[Ss]yntax error.*|unexpected end of file.*|Bad substitution)",
        read=script,
        place=script_place,
        rank=Rank.ROOT,
        title="{file} line {line}: {said}",
        message="{said} in {file}.",
        fix="{advice}.",
    ),
    Rule(
        code="shell-command-not-found",
        pattern=r"^(?P<path>[\w./-]*?): (?:line )?(?P<line>\d+): (?P<name>[\w./+-]+): (?:command )?not found|^(?:bash: |sh: |/bin/sh: )(?:line \d+: )?(?:\d+: )?(?P<name2>[\w./+-]+): (?:command )?not found",
        read=lambda hit: dict(command_named(hit)),
        place=lambda hit: (
            script_place(hit) if repository_path(hit.files, hit["path"], hit) else in_instruction("name")(hit)
        ),
        title="{name} is not installed",
        message="{name}: not found: the image does not have this command.",
        fix="Install it before it is used: RUN {install}.",
    ),
    Rule(
        code="shell-permission",
        pattern=r"^(?:bash: |sh: |/bin/sh: )?(?:line )?(?:\d+: )?(?P<path>[\w./-]+): Permission denied$",
        read=script,
        place=failing_instruction,
        title="{path} may not be executed",
        message="{path}: Permission denied.",
        fix="git update-index --chmod=+x {file}, or RUN chmod +x {path} before it is used.",
    ),
    Rule(
        code="shell-no-such-file",
        pattern=r"^(?:cp|mv|cat|cd|chmod|chown|ls|tar|rm|ln|sed|source|\.|bash|sh|python3?|node): (?:cannot (?:stat|access|open) )?['‘]?(?P<name>[\w./@-]+)['’]?: No such file or directory|can't open file '(?P<name2>[^']+)': \[Errno 2\]",
        read=lambda hit: {"name": hit["name"] or hit["name2"]},
        place=in_instruction("name"),
        title="{name} is not there",
        message="{name}: No such file or directory.",
        fix="COPY {name} into the image before this instruction, or correct the path.",
    ),
)
