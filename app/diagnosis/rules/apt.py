"""apt, apk, shells: packages that are not there, variables that are not set, commands that are not installed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.places import (
    at,
    base_image,
    failing_instruction,
    first,
    in_instruction,
    repository_path,
)
from app.diagnosis.rule import Hit, Rank, Rule
from app.model import Blame, Place

INSTALLS = {
    "git": "git", "curl": "curl", "wget": "wget", "make": "make", "gcc": "build-essential", "g++": "build-essential", "python": "python3",
    "python3": "python3", "pip": "python3-pip", "node": "nodejs", "npm": "npm", "unzip": "unzip", "zip": "zip", "tar": "tar", "xz": "xz-utils",
    "jq": "jq", "ssh": "openssh-client", "bash": "bash", "rsync": "rsync", "java": "default-jre", "mvn": "maven", "cmake": "cmake", "psql": "postgresql-client",
}  # fmt: skip


def _package_line(hit: Hit) -> Place | None:
    """The line of a Dockerfile that names the package, also when the log does not say which instruction ran."""
    if place := in_instruction("name")(hit):
        lines = hit.files.lines(place.path)
        if any(hit["name"] in lines[n - 1] for n in range(place.line, place.last_line + 1)):
            return place
    for path in hit.files.dockerfiles:
        if line := hit.files.search(path, rf"(?<![\w.-]){re.escape(hit['name'])}(?![\w-])"):
            return hit.files.place(path, line)
    for path in sorted(p for p in hit.files.paths if p.endswith(".sh")):
        if line := hit.files.search(path, rf"(?<![\w.-]){re.escape(hit['name'])}(?![\w-])"):
            return hit.files.place(path, line)
    return failing_instruction(hit)


def _command(hit: Hit) -> Mapping[str, str] | None:
    name = hit["name"].rpartition("/")[2]
    alpine = any("apk " in line for path in hit.files.dockerfiles for line in hit.files.lines(path)) or any(
        "alpine" in line for path in hit.files.dockerfiles for line in hit.files.lines(path)[:3]
    )
    package = INSTALLS.get(name, name)
    return {
        "name": name,
        "install": f"apk add --no-cache {package}"
        if alpine
        else f"apt-get update && apt-get install -y {package}",
    }


def _script(hit: Hit) -> Mapping[str, str] | None:
    path = repository_path(hit.files, hit["path"], hit)
    return {"file": path or hit["path"]}


def _script_place(hit: Hit) -> Place | None:
    path = repository_path(hit.files, hit["path"], hit)
    return (
        hit.files.place(path, int(hit["line"] or 1))
        if path and (hit["line"] or "1").isdecimal()
        else failing_instruction(hit)
    )


def _crlf_place(hit: Hit) -> Place | None:
    if path := repository_path(hit.files, hit["path"], hit):
        return hit.files.place(path, 1)
    for path in sorted(p for p in hit.files.paths if p.endswith((".sh", ".bash"))):
        if place := hit.files.place(path, 1):
            return place
    return failing_instruction(hit)


RULES = (
    Rule(
        code="apt-no-such-package",
        pattern=r"E: Unable to locate package (?P<name>[\w.+-]+)|E: Package '(?P<name2>[\w.+-]+)' has no installation candidate|E: Version '[^']*' for '(?P<name3>[\w.+-]+)' was not found",
        read=lambda hit: {"name": hit["name"] or hit["name2"] or hit["name3"], "said": hit.line.strip()},
        place=_package_line,
        rank=Rank.ROOT,
        title="apt finds no package {name}",
        message="{said}: the base image's Debian or Ubuntu does not have it, or apt-get update did not run.",
        fix="Correct the name or version for this release of the distribution, and run apt-get update in the same RUN.",
        link="https://packages.debian.org/",
    ),
    Rule(
        code="apt-old-release",
        pattern=r"E: The repository '(?P<repo>[^']+)' (?:does not have a Release file|no longer has a Release file)|E: Failed to fetch \S+debian\S+ 404",
        place=lambda hit: base_image(hit),
        rank=Rank.ROOT,
        title="The base image's distribution is no longer served",
        message="{repo} does not have a Release file: this release has reached its end.",
        fix="Use a newer base image (bookworm or trixie instead of stretch or buster).",
    ),
    Rule(
        code="apk-no-such-package",
        pattern=r"^\s+(?P<name>[\w.+-]+) \(no such package\):",
        place=_package_line,
        rank=Rank.ROOT,
        title="apk finds no package {name}",
        message="ERROR: unable to select packages: {name} (no such package).",
        fix="Correct the name for this release of Alpine: https://pkgs.alpinelinux.org/packages?name={name}.",
    ),
    Rule(
        code="shell-carriage-return",
        pattern=r"\\r'?: (?:command )?not found|\\r': No such file|bad interpreter: (?:No such file|.*\^M)|/usr/bin/env: ['‘](?:bash|sh|python\d?|node)\\r|\$'\\r'|invalid time interval ['‘].*\\r|(?P<path>[\w./-]+\.sh): (?:line )?\d+: .*\r",
        place=_crlf_place,
        rank=Rank.ROOT,
        title="A script has Windows line endings (CRLF)",
        message="The carriage return at the end of its lines (\\r) is read as part of the command.",
        fix="Save the script with LF line endings, and write `*.sh text eol=lf` into .gitattributes so that it stays so.",
        link="https://docs.github.com/get-started/git-basics/configuring-git-to-handle-line-endings",
    ),
    Rule(
        code="shell-unbound-variable",
        pattern=r"^(?P<path>[\w./-]+): (?:line )?(?P<line>\d+): (?P<name>\w+): (?:unbound variable|parameter not set|parameter null or not set)",
        read=_script,
        place=_script_place,
        rank=Rank.ROOT,
        title="The variable {name} is not set in {file}",
        message="{file} line {line}: {name}: unbound variable.",
        fix="Give {name} to the build (ARG/ENV, --build-arg) or to the service (env:), or write ${{{name}:-}} for a default.",
    ),
    Rule(
        code="shell-syntax",
        pattern=r"^(?P<path>[\w./-]+): (?:line )?(?P<line>\d+): (?P<said>[Ss]yntax error.*|unexpected end of file.*|Bad substitution)",
        read=_script,
        place=_script_place,
        rank=Rank.ROOT,
        title="{file} line {line}: {said}",
        message="{said} in {file}.",
        fix="Correct line {line} of {file}.",
    ),
    Rule(
        code="shell-command-not-found",
        pattern=r"^(?P<path>[\w./-]*?): (?:line )?(?P<line>\d+): (?P<name>[\w./+-]+): (?:command )?not found|^(?:bash: |sh: |/bin/sh: )(?:line \d+: )?(?:\d+: )?(?P<name2>[\w./+-]+): (?:command )?not found",
        read=lambda hit: dict(_command_named(hit)),
        place=lambda hit: (
            _script_place(hit)
            if repository_path(hit.files, hit["path"], hit)
            else in_instruction("name")(hit)
        ),
        title="{name} is not installed",
        message="{name}: not found: the image does not have this command.",
        fix="Install it before it is used: RUN {install}.",
    ),
    Rule(
        code="shell-permission",
        pattern=r"^(?:bash: |sh: |/bin/sh: )?(?:line )?(?:\d+: )?(?P<path>[\w./-]+): Permission denied$",
        read=_script,
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
    Rule(
        code="machine-out-of-memory",
        pattern=r"JavaScript heap out of memory|Cannot allocate memory|c\+\+: fatal error: Killed signal|signal: killed|Out of memory: Killed process|exit code: 137|Memory limit of (?P<limit>\S+ ?\w*) exceeded",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="It ran out of memory",
        message="The process was killed because it needed more memory than there is ({limit}).",
        fix="Give it more memory (memory: 1Gi in servergem.yml for the service, a larger build machine), or let it need less (NODE_OPTIONS=--max-old-space-size).",
    ),
    Rule(
        code="machine-disk-full",
        pattern=r"No space left on device|ENOSPC",
        nowhere=True,
        rank=Rank.CAUSE,
        title="The disk is full",
        message="No space left on device (ENOSPC).",
        fix="Make the image or its context smaller (.dockerignore), or build with a larger disk (options.diskSizeGb).",
    ),
    Rule(
        code="machine-network",
        pattern=r"Temporary failure (?:in name resolution|resolving)|TLS handshake timeout|Could not resolve host: (?P<host>\S+)|i/o timeout|Connection timed out|net/http: request canceled|no route to host",
        nowhere=True,
        blame=Blame.UNKNOWN,
        title="The network broke: {host}",
        message="A host could not be reached in time; this is not in your change. {host}",
        fix="Run it again.",
    ),
    Rule(
        code="native-error",
        pattern=r"^(?P<path>[\w./+-]+\.(?:c|cc|cpp|cxx|h|hpp|m|mm)):(?P<line>\d+):(?:\d+:)? (?:fatal )?error: (?P<said>.+)",
        place=at(),
        many=True,
        rank=Rank.ROOT,
        title="{said}",
        message="{path}:{line}: error: {said}",
        fix="Correct line {line} of {path}; for a header that is missing install its -dev package.",
    ),
    Rule(
        code="native-undefined-reference",
        pattern=r"(?:(?P<path>[\w./+-]+\.\w+):(?:\(\S+\)|(?P<line>\d+))?:? )?undefined reference to [`'](?P<name>[^`']+)'",
        place=lambda hit: _undefined(hit),
        rank=Rank.ROOT,
        title="Nothing defines {name}",
        message="undefined reference to `{name}': the linker finds no definition.",
        fix="Add the source file or library that defines {name} to the target (add_executable, target_link_libraries, -l…).",
    ),
    Rule(
        code="native-cmake",
        pattern=r"CMake Error at (?P<path>[\w./-]+):(?P<line>\d+) \((?P<what>\w+)\)",
        read=lambda hit: {"said": " ".join(line.strip() for line in hit.after(6) if line.strip())[:200]},
        place=at(),
        rank=Rank.ROOT,
        title="CMake: {said}",
        message="CMake Error at {path}:{line} ({what}): {said}",
        fix="Correct {path} line {line}, or install what it looks for.",
    ),
    Rule(
        code="native-make",
        pattern=r"^(?:g?make(?:\[\d+\])?: )?(?:(?P<path>[\w./-]*[Mm]akefile[\w.]*):(?P<line>\d+): )?\*\*\* (?P<said>missing separator.*|No rule to make target .*|commands commence before first target.*)",
        place=first(at(), lambda hit: _makefile(hit)),
        rank=Rank.ROOT,
        title="make: {said}",
        message="{path} {line}: *** {said}",
        fix="Correct the Makefile: recipes begin with a tab, and every target that is asked for needs a rule.",
    ),
)


def _command_named(hit: Hit) -> Mapping[str, str]:
    name = hit["name"] or hit["name2"]
    found = _command(Hit(hit.section, hit.index, {**hit.words, "name": name}, hit.files, hit.transcript))
    return found or {"name": name}


def _makefile(hit: Hit) -> Place | None:
    for path in hit.files.named("Makefile"):
        return hit.files.place(path, 1)
    return None


def _undefined(hit: Hit) -> Place | None:
    name = re.escape(hit["name"].partition("(")[0])
    sources = sorted(p for p in hit.files.paths if p.endswith((".c", ".cc", ".cpp", ".cxx")))
    defining = [p for p in sources if hit.files.search(p, rf"^\w[\w\s*]*\b{name}\s*\([^;]*$")]
    lists = hit.files.named("CMakeLists.txt", "Makefile")
    if defining:
        for path in lists:
            if line := hit.files.search(path, r"add_executable|add_library|^\w+\s*:=?|OBJS|SRCS"):
                return hit.files.place(path, line)
    for path in sources:
        if line := hit.files.search(path, rf"\b{name}\s*\("):
            return hit.files.place(path, line)
    return failing_instruction(hit)
