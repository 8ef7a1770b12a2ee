"""What the rows of apt.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import failing_dockerfile, failing_instruction, in_instruction
from app.diagnosis.paths import repository_path
from app.diagnosis.rule import Hit
from app.diagnosis.transcript import Kind
from app.model import Place
from app.start_command.installed import to_list

INSTALLS = {
    "git": "git", "curl": "curl", "wget": "wget", "make": "make", "gcc": "build-essential", "g++": "build-essential", "python": "python3",
    "python3": "python3", "pip": "python3-pip", "node": "nodejs", "npm": "npm", "unzip": "unzip", "zip": "zip", "tar": "tar", "xz": "xz-utils",
    "jq": "jq", "ssh": "openssh-client", "bash": "bash", "rsync": "rsync", "java": "default-jre", "mvn": "maven", "cmake": "cmake", "psql": "postgresql-client",
    "ps": "procps", "ip": "iproute2", "dig": "dnsutils", "nslookup": "dnsutils", "ping": "iputils-ping", "nc": "netcat-openbsd", "envsubst": "gettext-base", "gpg": "gnupg", "lsb_release": "lsb-release",
    "add-apt-repository": "software-properties-common", "mysql": "default-mysql-client", "mysqladmin": "default-mysql-client", "pg_dump": "postgresql-client", "pg_isready": "postgresql-client", "protoc": "protobuf-compiler",
    "pkg-config": "pkg-config", "supervisord": "supervisor", "cc": "build-essential", "c++": "build-essential", "xxd": "xxd", "redis-cli": "redis-tools", "ninja": "ninja-build", "getent": "libc-bin", "hg": "mercurial",
}  # fmt: skip


# The packages of Alpine that are named otherwise: https://pkgs.alpinelinux.org/contents
ALPINE = {
    "gcc": "build-base", "g++": "build-base", "cc": "build-base", "c++": "build-base", "xz": "xz", "pip": "py3-pip", "java": "openjdk21-jre", "dig": "bind-tools", "nslookup": "bind-tools",
    "envsubst": "gettext", "mysql": "mariadb-client", "mysqladmin": "mariadb-client", "protoc": "protobuf-dev protoc", "pkg-config": "pkgconf", "redis-cli": "redis", "ninja": "samurai", "getent": "musl-utils",
    "useradd": "shadow (or write adduser -D NAME, which Alpine has)", "groupadd": "shadow (or write addgroup -S NAME, which Alpine has)", "usermod": "shadow (or write addgroup USER GROUP, which Alpine has)",
    "apt-get": "the packages that are meant (Alpine has apk, no apt-get; or take a Debian image in FROM)", "apt": "the packages that are meant (Alpine has apk, no apt; or take a Debian image in FROM)",
}  # fmt: skip

# Commands that no Debian or Alpine package brings, and what does.
BROUGHT = {
    "pnpm": "npm install -g pnpm (or corepack enable, where the image has corepack)", "yarn": "npm install -g yarn (or corepack enable)",
    "corepack": "npm install -g corepack (Node 25 and later come without it)", "bun": "npm install -g bun", "bunx": "npm install -g bun", "tsc": "npm install -g typescript",
    "docker": "apt-get update && apt-get install -y docker.io (Alpine: apk add docker-cli); in cloudbuild.yaml the step with name: gcr.io/cloud-builders/docker has it, and a daemon to talk to",
    "uv": "pip install uv", "poetry": "pip install poetry", "pipenv": "pip install pipenv", "gunicorn": "pip install gunicorn", "uvicorn": "pip install uvicorn",
    "gcloud": "apt-get update && apt-get install -y google-cloud-cli from the repository packages.cloud.google.com/apt (in cloudbuild.yaml take a step with name: gcr.io/google.com/cloudsdktool/cloud-sdk:slim)",
    "cargo": "curl -sSf https://sh.rustup.rs | sh -s -- -y", "bundle": "gem install bundler", "composer": "curl -sS https://getcomposer.org/installer | php -- --install-dir=/usr/local/bin --filename=composer",
    "apt-key": "mkdir -p /etc/apt/keyrings, and save the key there: curl … | gpg --dearmor -o /etc/apt/keyrings/NAME.gpg, then [signed-by=…] in the source's line (Debian 13 has no apt-key)",
}  # fmt: skip

# What needs Node itself.
OF_NODE = ("yarn", "pnpm")

# Package managers: no package brings one into an image of another distribution, or into one that was stripped.
MANAGERS = ("apt-get", "apt", "apk", "yum", "dnf", "microdnf")
NO_MANAGER = "The image in FROM is of another distribution, or was made without a package manager: take its variant for building (-dev, -builder), an image of the distribution that is meant, or install in an earlier stage and COPY --from what is needed."
UNLISTED = "Install what brings {name} before it is used: a package of the language that the project lists, or of the system (packages.debian.org and pkgs.alpinelinux.org search for bin/{name}); a command of this project has to be built, copied or on the PATH first."

# What took the place of packages that newer Debians and Ubuntus do not have: https://packages.debian.org
REPLACED = {
    "netcat": "netcat-openbsd", "libgl1-mesa-glx": "libgl1", "libgl1-mesa-dri": "libgl1", "python": "python3", "python-dev": "python3-dev", "python-pip": "python3-pip",
    "python3-distutils": "nothing (python3-setuptools, where distutils is imported)", "mysql-client": "default-mysql-client", "libmysqlclient-dev": "default-libmysqlclient-dev",
    "libasound2": "libasound2t64", "libappindicator1": "libayatana-appindicator3-1", "libappindicator3-1": "libayatana-appindicator3-1", "libssl1.1": "libssl3", "libssl1.0.0": "libssl3",
    "libncurses5": "libncurses6", "libtiff5": "libtiff6", "libwebp6": "libwebp7", "libffi7": "libffi8", "libicu67": "libicu72 (bookworm) or libicu76 (trixie)", "libicu66": "libicu72",
    "openjdk-8-jdk": "openjdk-17-jdk", "openjdk-11-jdk": "openjdk-17-jdk", "openjdk-11-jre-headless": "openjdk-17-jre-headless", "openjdk-17-jdk": "openjdk-21-jdk (trixie)", "openjdk-17-jre-headless": "openjdk-21-jre-headless (trixie)",
    "chromium-browser": "chromium", "chromium-chromedriver": "chromium-driver", "apt-key": "nothing (gpg --dearmor -o /etc/apt/keyrings/NAME.gpg and [signed-by=…]; Debian 13 has no apt-key)", "software-properties-common": "the source's line in /etc/apt/sources.list.d (Debian 13 has no add-apt-repository)",
    "libgdk-pixbuf2.0-0": "libgdk-pixbuf-2.0-0", "libgconf-2-4": "nothing", "ttf-unifont": "fonts-unifont", "ttf-ubuntu-font-family": "fonts-ubuntu", "libatlas-base-dev": "libopenblas-dev", "python2": "python3", "youtube-dl": "yt-dlp", "py-pip": "py3-pip",
    "php7-fpm": "php83-fpm", "libressl-dev": "openssl-dev", "libc6-compat": "gcompat", "postgresql-client-13": "postgresql-client",
}  # fmt: skip


def replaced(hit: Hit) -> Mapping[str, str]:
    name = hit["name"] or hit["name2"] or hit["name3"]
    updated = "apt-get update" in (hit.section.instruction or hit.transcript.failed_instruction)
    release = hit.find_before(r"(?:debian|ubuntu)\S* (?P<name>[a-z]{4,9})(?:-\w+)? InRelease", 400)
    return {
        "name": name,
        "said": hit.line.strip(),
        "instead": new_name(name) or (_IN_RELEASE if updated else _CORRECT),
        "has": f"{release['name']}, the release of the base image, has no such package"
        if release
        else "the base image's Debian or Ubuntu does not have it"
        + ("" if updated else ", or apt-get update did not run"),
    }


def new_name(name: str) -> str:
    """What to write instead of a package that was replaced; empty for any other."""
    new = REPLACED.get(name, "")
    return f"Write {new} instead of {name}, which newer releases do not have" if new else ""


def unknown_packages(hit: Hit) -> Mapping[str, str]:
    """All packages that apk does not find, which it lists one below the other."""
    others = (re.match(r"\s+([\w.+-]+) \((?:no such package|missing)\):", line) for line in hit.after(12))
    names = dict.fromkeys((hit["name"], *(found[1] for found in others if found)))
    renamed = [found for name in names if (found := new_name(name))]
    said = "missing" if "(missing)" in hit.line else "no such package"
    return {"names": ", ".join(names), "instead": "".join(f"{each}. " for each in renamed), "said": said}


def asking_package(hit: Hit) -> Mapping[str, str] | None:
    """The package that asks for a library which no repository of the image has."""
    found = hit.find_after(r"required by: (?P<name>[\w.+-]+?)-(?P<version>\d[\w.]*-r\d+)\[", 3)
    return {"name": found["name"], "version": found["version"]} if found else None


_IN_RELEASE = "Name what this release has instead (packages.debian.org, packages.ubuntu.com), or take an image of the release that had it in FROM (such as -bookworm behind the tag)"
_CORRECT = (
    "Correct the name or version for this release of the distribution, and run apt-get update in the same RUN"
)


def package_line(hit: Hit) -> Place | None:
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


def _command(hit: Hit) -> Mapping[str, str]:
    name = hit["name"].rpartition("/")[2]
    alpine = any("apk " in line for path in hit.files.dockerfiles for line in hit.files.lines(path)) or any(
        "alpine" in line for path in hit.files.dockerfiles for line in hit.files.lines(path)[:3]
    )
    package = ALPINE.get(name, INSTALLS.get(name, "")) if alpine else INSTALLS.get(name, "")
    install = f"apk add --no-cache {package}" if alpine else f"apt-get update && apt-get install -y {package}"
    if name in OF_NODE and not _has_node(hit):
        node = (
            "apk add --no-cache nodejs npm" if alpine else "apt-get update && apt-get install -y nodejs npm"
        )
        install = (
            f"{node} && npm install -g {name} (the image has no Node either; or COPY it --from a node image)"
        )
    elif name in BROUGHT:
        install = BROUGHT[name]
    elif not package:
        return {"name": name, "fix": NO_MANAGER if name in MANAGERS else UNLISTED.replace("{name}", name)}
    if hit.section.kind is Kind.CONTAINER:
        return {"name": name, "fix": _in_what_runs(hit, name, install)}
    return {"name": name, "fix": f"Install it before it is used: RUN {install}."}


def _has_node(hit: Hit) -> bool:
    """Whether anything in the Dockerfile brings Node; without a Dockerfile nobody can say that it does not."""
    found = failing_dockerfile(hit)
    lines = hit.files.lines(found[0]) if found else ("node",)
    return any(
        re.search(r"(?<![\w-])(?:nodejs|node|nvm|nodesource|bun)(?!_modules)\b", line) for line in lines
    )


def _in_what_runs(hit: Hit, name: str, install: str) -> str:
    """Where there is no Dockerfile, nothing can RUN: what is listed gets installed."""
    if hit.files.dockerfiles or not install.startswith("pip install"):
        return f"Install it in the final stage, which is what runs: RUN {install}."
    listing = to_list(hit.files, "", name)
    return (
        f"{listing[0].upper()}{listing[1:]}." if listing else f"List {name} with the packages of the service."
    )


def script(hit: Hit) -> Mapping[str, str]:
    path = repository_path(hit.files, hit["path"], hit)
    if (not path and hit["line"] == "0") or re.match(r"/(?:usr/)?(?:local/)?s?bin/", hit["path"]):
        fix = f"A shell was given the program {hit['path']} to read: it is a binary for another processor or C library (glibc, musl), or its download is broken. Install it for this image"
    else:
        fix = f"Correct line {hit['line']} of {path or hit['path']}"
    return {"file": path or hit["path"], "advice": fix}


def unexecutable(hit: Hit) -> Mapping[str, str]:
    """A script of the repository, or a command of node_modules that came from another machine."""
    file = script(hit)["file"]
    if "/" not in hit["path"] and hit["path"] not in hit.files.paths and hit.files.named("package.json"):
        fix = f"Write node_modules into .dockerignore (and keep it out of git): {hit['path']} came from another machine without its right to run; install in the image itself, as the user who builds"
    else:
        fix = f"git update-index --chmod=+x {file}, or RUN chmod +x {hit['path']} before it is used"
    return {"file": file, "advice": fix}


def script_place(hit: Hit) -> Place | None:
    path = repository_path(hit.files, hit["path"], hit)
    if not path or not (hit["line"] or "1").isdecimal():
        return failing_instruction(hit)
    number = int(hit["line"] or 1)
    # What is unclosed at the end of a file is told of the line after its last.
    return hit.files.place(path, number) or hit.files.place(path, number - 1)


def crlf_place(hit: Hit) -> Place | None:
    if path := repository_path(hit.files, hit["path"], hit):
        return hit.files.place(path, 1)
    if named := re.search(r"env: ['‘](?P<program>[a-z]+)\d?\\r", hit.line):
        for path in sorted(p for p in hit.files.paths if re.search(r"(?:^|/)bin/[\w.-]+$", p)):
            if hit.files.search(path, rf"^#!.*\b{named['program']}"):
                return hit.files.place(path, 1)
    for path in sorted(p for p in hit.files.paths if p.endswith((".sh", ".bash"))):
        if place := hit.files.place(path, 1):
            return place
    return failing_instruction(hit)


# A POSIX shell has none of these words of bash, and no package brings them.
_OF_BASH = frozenset(
    {"source", "pushd", "popd", "shopt", "declare", "typeset", "function", "let", "[[", "select"}
)


def not_installed(hit: Hit) -> Mapping[str, str] | None:
    """A command that no package brings is none to install: a word of bash, or a script of the repository."""
    name = hit["name"] or hit["name2"]
    if name in _OF_BASH or ("/" in name and repository_path(hit.files, name, hit)):
        return None
    return command_named(hit)


def command_named(hit: Hit) -> Mapping[str, str]:
    name = hit["name"] or hit["name2"]
    return _command(Hit(hit.section, hit.index, {**hit.words, "name": name}, hit.files, hit.transcript))
