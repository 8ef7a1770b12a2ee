"""What the rows of installing.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import failing_dockerfile, failing_instruction, in_instruction
from app.diagnosis.paths import repository_path
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Hit
from app.model import Place

# Users that images bring with the first free number: their pages on https://hub.docker.com
_OWN_USERS = {"ubuntu": "ubuntu", "node": "node", "oven/bun": "bun", "gradle": "gradle"}


def pinned(hit: Hit) -> Mapping[str, str]:
    """What the repository of Alpine has instead: the headline above `breaks`."""
    above = hit.find_before(r"^\s+(\S+?):$", 3)
    return {"has": above[1] if above else "another version"}


def pinned_place(hit: Hit) -> Place | None:
    """The line of the failing instruction; the only one that pins it, where the log tells no instruction."""
    return first(in_instruction("name"), matching(r"{name}=", "Dockerfile"))(hit)


def unmet(hit: Hit) -> Mapping[str, str] | None:
    """What a package needs and this release has not: for another processor, or for a .deb of elsewhere."""
    arch, needs = hit["arch"], hit["needs"]
    if arch:
        return {
            "of": f":{arch}",
            "advice": f"This release of the distribution no longer has all packages for {arch}: leave linux/{arch} out of "
            f"--platform, or take a release in FROM that has them",
        }
    if ".deb" not in (hit.section.instruction or hit.transcript.failed_instruction):
        return None
    return {
        "of": "",
        "advice": f"The .deb was made for another release: take one for the release of FROM, or the release in FROM that it "
        f"was made for (one that has {needs})",
    }


def taken(hit: Hit) -> Mapping[str, str]:
    kind, name = hit["kind"] or hit["kind2"], hit["name"] or hit["name2"]
    found = failing_dockerfile(hit)
    images = [stage.image for stage in found[1].stages] if found else []
    own = next((user for image, user in _OWN_USERS.items() if any(i.startswith(image) for i in images)), "")
    advice = "Take another number or name, or leave this line out and use the one that is there"
    if own:
        advice = f"Leave the line out and write USER {own}, or remove it first: RUN userdel -r {own}"
    return {
        "kind": kind.upper() if kind.lower() in ("uid", "gid") else kind.capitalize(),
        "name": name,
        "whose": f" (its user {own})" if own else "",
        "advice": advice,
    }


def emulated(hit: Hit) -> Mapping[str, str]:
    advice = "Build for linux/amd64 only, which is what Cloud Run has: leave linux/arm64 out of --platform. To cross-compile write FROM --platform=$BUILDPLATFORM."
    erlang = any("mix " in line or "erl" in line for line in (hit.section.instruction, *hit.after(3)))
    more = ' Erlang\'s JIT under QEMU needs ENV ERL_FLAGS="+JPperf true".' if erlang else ""
    return {"signal": hit["signal"] or hit["said"], "advice": advice + more}


def script_missing(hit: Hit) -> Mapping[str, str] | None:
    """Only for a script that the repository has: its own name is there, so that its first line is what is not found."""
    if "/" not in hit["path"]:
        return None
    path = repository_path(hit.files, hit["path"], hit)
    if not path:
        return None
    shebang = hit.files.lines(path)[0].strip() if hit.files.lines(path) else ""
    if not shebang.startswith("#!") or path.rpartition("/")[2] != hit["path"].rpartition("/")[2]:
        return None
    plain = re.fullmatch(r"#!\s*/bin/sh\b.*", shebang) is not None
    return {
        "name": hit["path"],
        "file": path,
        "shebang": shebang,
        "ends": ": its lines end as on Windows (CRLF), so that the shell's name ends with \\r"
        if plain
        else "",
        "advice": f"Save {path} with LF line endings and write `{path.rpartition('/')[2]} text eol=lf` into .gitattributes; or RUN sed -i 's/\\r$//' {hit['path']} before it"
        + ("" if plain else f"; or install the shell that {shebang} asks for"),
    }


def script_missing_place(hit: Hit) -> Place | None:
    return hit.files.place(hit["file"], 1) or failing_instruction(hit)


def shell_missing(hit: Hit) -> Mapping[str, str] | None:
    """The script that asks for a shell: the log names it, or it is the one with this first line."""
    name, path = hit["name"], repository_path(hit.files, hit["path"], hit) if hit["path"] else ""
    if hit["path"]:
        return {"file": path or hit["path"]}
    asking = re.compile(rf"#!.*\b{re.escape(name)}\b")
    scripts = sorted(
        (p for p in hit.files.paths if p.endswith(".sh") or "." not in p.rpartition("/")[2]), key=len
    )
    path = next((p for p in scripts[:500] if (own := hit.files.lines(p)) and asking.match(own[0])), "")
    plain = f", or #!/bin/sh in {path}" if path and name == "bash" else ""
    return {
        "file": path,
        "line": "1",
        "where": f" ({path} line 1)" if path else "",
        "advice": f"Install it in the final stage (RUN apk add --no-cache {name} on Alpine, apt-get install -y {name} on Debian){plain}",
    }


def shell_place(hit: Hit) -> Place | None:
    line = int(hit["line"]) if hit["line"].isdecimal() and len(hit["line"]) < 8 else 1
    return (hit.files.place(hit["file"], line) if hit["file"] else None) or failing_instruction(hit)
