"""Native packages: what node-gyp lacks, and where it is installed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import failing_instruction, instruction
from app.diagnosis.javascript.image import installing_place, start_place
from app.diagnosis.javascript.packages import dependency_place, packages
from app.diagnosis.javascript.stacks import after, bare, before
from app.diagnosis.places import first
from app.diagnosis.rule import Hit
from app.diagnosis.transcript import Kind
from app.model import Place

_GYP_ENDS = re.compile(
    r"(?P<python>Could not find any Python installation|ERR! find Python|Can't find Python executable)|"
    r"not found: (?P<make>make)\b|(?P<cxx>(?:g\+\+|c\+\+|cc|gcc): (?:command )?not found|(?:g\+\+|cc): No such file)|"
    r"No module named '(?P<distutils>distutils)'|"
    r"fatal error: (?P<header>[\w./+-]+): No such file|Package (?P<pc>[\w.+-]+) was not found in the pkg-config|"
    r"Call to 'pkg-config (?P<called>[\w.+-]+)|(?P<pkg>pkg-config): (?:command )?not found|"
    r"(?P<v8>no member named|has no member named|is not a member of|no matching function|too few arguments|C\+\+\d\d or later required|concept.* does not name a type)|"
    r"(?P<old>Cannot assign to read only property 'cflags')"
)

# node-gyp has all it needs and cannot download what belongs to this Node: lib/install.js of nodejs/node-gyp.
_GYP_OFFLINE = re.compile(
    r"gyp ERR! stack (?:Error: This is most likely not a problem with node-gyp|FetchError|Error: getaddrinfo|Error: (?:connect|read) E)"
)


def gyp(hit: Hit) -> Mapping[str, str] | None:
    around = [*(bare(each) for each in hit.after(300)), *before(hit, 120), bare(hit.line)]
    if not any("gyp" in line and ("ERR!" in line or "prebuild" in line) for line in around):
        return None
    if any(_GYP_OFFLINE.search(line) for line in around):
        return None  # the headers of Node were not to be had: npm-network's case
    name = _gyp_package(around)
    ends = next(
        (
            found
            for line in [bare(hit.line), *(bare(each) for each in hit.after(300)), *before(hit, 120)]
            if (found := _GYP_ENDS.search(line))
        ),
        None,
    )
    what, need, fix = _gyp_needs(ends.lastgroup or "" if ends else "", ends)
    return {
        "name": name or "a native package",
        "lacks": "" if (ends and ends.lastgroup in ("distutils", "v8", "old")) else "tools",
        "what": what,
        "need": need,
        "fix": fix.format(name=name or "the package"),
    }


def tools_place(hit: Hit) -> Place | None:
    """Where the tools that a native package is built with are to be installed; the package where it is itself to blame."""
    here = (failing_instruction, installing_place) if hit["lacks"] else ()
    return first(*here, lambda each: dependency_place(each, each["name"]), failing_instruction)(hit)


def _gyp_package(lines: list[str]) -> str:
    for pattern in (
        r"(?:^path|cwd|command cd) \S*node_modules/((?:@[\w.-]+/)?[\w.-]+)\s*$",
        r"node_modules/((?:@[\w.-]+/)?[\w.-]+)(?: (?:install|postinstall|preinstall))?[:$]",
        r"^error \S*node_modules/((?:@[\w.-]+/)?[\w.-]+): Command failed",
        r"│ (@?[\w./-]+)@npm:\S+ (?:couldn't|must)",
        r"^(?:> )?(@?[\w./-]+)@\d\S* (?:install|postinstall|rebuild)\b",
        r"install script from \"([^\"]+)\" exited",
    ):
        for line in lines:
            if (found := re.search(pattern, line)) and found[1] not in ("npm", "node-gyp", ".pnpm"):
                return found[1]
    return ""


# Debian's packages for what native npm packages ask pkg-config for (https://packages.debian.org/bookworm).
_CANVAS = "build-essential pkg-config libcairo2-dev libpango1.0-dev libjpeg-dev libgif-dev librsvg2-dev"
_LIBRARIES = {
    "pixman-1": _CANVAS, "cairo": _CANVAS, "pangocairo": _CANVAS, "vips-cpp": "build-essential pkg-config libvips-dev",
    "libsecret-1": "build-essential pkg-config libsecret-1-dev", "libusb-1.0": "build-essential pkg-config libusb-1.0-0-dev",
    "rdkafka": "build-essential pkg-config librdkafka-dev", "krb5.h": "build-essential libkrb5-dev", "gssapi/gssapi.h": "build-essential libkrb5-dev",
}  # fmt: skip

_APT = "Install them before the install: RUN apt-get update && apt-get install -y python3 make g++ (alpine: apk add --no-cache python3 make g++)."


def _gyp_needs(kind: str, found: re.Match[str] | None) -> tuple[str, str, str]:
    """What node-gyp stumbled over, what it needs, and what to do."""
    if found is None:
        return "gyp ERR! build error", "Python, make and a C++ compiler", _APT
    if kind == "python":
        return "Could not find any Python installation to use", "Python, make and g++", _APT
    if kind == "make":
        return "gyp ERR! not found: make", "make and g++", _APT
    if kind == "cxx":
        return f"{found[kind]}", "a C++ compiler (g++)", _APT
    if kind == "distutils":
        return (
            "ModuleNotFoundError: No module named 'distutils': Python 3.12 has none, and this node-gyp is too old for it",
            "python3-setuptools, or a newer node-gyp",
            "Install python3-setuptools beside python3 (apk: py3-setuptools), or take a newer Node and {name}.",
        )
    if kind == "old":
        return (
            f"{found[0]}: this node-gyp is older than the Node of the image",
            "a newer node-gyp",
            "Ask for a newer node-gyp beside {name} (npm install --save-dev node-gyp; overrides or resolutions where another package holds the old one), or raise {name}.",
        )
    if kind in ("header", "pc", "pkg", "called"):
        library = _LIBRARIES.get(found[kind], "")
        return (
            found[0],
            f"the library of {found[kind]}",
            f"RUN apt-get update && apt-get install -y {library} before the install, or take a version of {{name}} with a prebuilt binary."
            if library
            else "apt-get install the -dev package that has it (pkg-config, lib…-dev), or a version of {name} with a prebuilt binary.",
        )
    return (
        found[0],
        "a version made for this Node",
        "Update {name} to a version that supports this Node, or take the Node version it was made for in FROM.",
    )


def git_dependency(hit: Hit) -> Mapping[str, str] | None:
    text = "\n".join((hit.line, *after(hit, 12), *before(hit, 12)))
    told_urls = re.findall(
        r"(?:git@|ssh://git@|https://|git://)(github\.com[:/][\w./-]+?|[\w.-]+[:/][\w./-]+?)(?:\.git)?(?:[\s'\"#]|$)",
        text,
    )
    url = next(
        (each for each in told_urls if not re.match(r"(?:classic\.)?yarnpkg\.com|docs\.|registry\.", each)),
        "",
    )
    part = re.split(r"[:/]", url, maxsplit=1)[-1] if url else ""
    for each in packages(hit):
        for name, wanted in each.dependencies.items():
            if re.search(r"git[+:@]|github:|\.git\b|^[\w-]+/[\w.-]+(?:#|$)", wanted) and (
                not part or part in wanted or part.rpartition("/")[2] in wanted
            ):
                return {"name": name, "url": wanted, "said": bare(hit.line).strip()}
    told = re.search(
        r"npm (?:ERR!|error|http)|ERR_PNPM|➤ YN|yarn install|bun install|spawn git|Exit code: 128", text
    )
    return {"name": "", "url": url, "said": bare(hit.line).strip()} if told else None


def local_dependency(hit: Hit) -> Mapping[str, str] | None:
    path = hit["path"]
    base = path.rstrip("/").rpartition("/")[2]
    for each in packages(hit):
        for name, wanted in each.dependencies.items():
            if wanted.startswith(("file:", "link:", "./", "../")) and base and base in wanted:
                return {"name": name, "path": path, "spec": wanted}
    return None


def who_runs(hit: Hit) -> Mapping[str, str]:
    """The user that the Dockerfile's last USER names."""
    place = instruction("USER")(hit)
    line = hit.files.lines(place.path)[place.line - 1] if place else ""
    user = line.split()[1] if len(line.split()) > 1 else "node"
    return {"user": user}


def denied(hit: Hit) -> Place | None:
    if hit.section.kind is Kind.CONTAINER:
        return first(instruction("USER"), start_place)(hit)
    return failing_instruction(hit)


ANY = frozenset(Kind)
