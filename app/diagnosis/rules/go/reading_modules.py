"""Go's modules: what go.mod asks, what go.sum holds, which packages import each other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.instructions import base_image, failing_instruction, in_instruction
from app.diagnosis.paths import repository_path
from app.diagnosis.places import matching, whole_file
from app.diagnosis.rule import Hit
from app.diagnosis.rules.go.reading_packages import (
    at,
    folder_of,
    go_image,
    go_line,
    import_place,
    required,
    sources,
)
from app.model import Place

UNREACHED = r"dial tcp|no such host|i/o timeout|connection refused|connection reset|TLS handshake timeout|unexpected EOF|context deadline exceeded|503 Service|502 Bad|500 Internal"

CHATTER = re.compile(
    r"(?:downloading|finding|extracting|found|added|upgraded|downgraded|removed|creating|to add|warning:|copying|"
    r"updating|writing|using|trying|no module dependencies|matched no packages)\b|\"?\./\.\.\.\"? matched"
)


def module_words(hit: Hit) -> Mapping[str, str] | None:
    said = hit["said"]
    if CHATTER.match(said) or re.search(UNREACHED, said):
        return None
    if re.search(r"go\.sum|checksum mismatch|requires go >=|executable file not found", hit.line):
        return None
    asked = hit.find_before(r"^go: (\S+?)@\S+ requires$|^go: (\S+) imports$", 4)
    if hit.line.startswith("\t") and not asked:
        return None
    more = " ".join(line.strip() for line in hit.after(6) if line.startswith(("\t", " ")))[:600]
    whole = f"{said} {more}"
    if "replaced by" in hit["note"] or "in " in hit["note"]:
        whole += f" {hit['note']}"
    name, version = hit["name"], hit["version"]
    return {
        "name": name,
        "said": said if asked is None else f"{said} (required by {asked[1] or asked[2]})",
        "asked": (asked[1] or "") if asked else "",
        "more": more,
        "at": f"{name}@{version}".rstrip("@"),
        "fix": _module_fix(whole, name, version),
    }


def _module_fix(said: str, name: str, version: str) -> str:
    if match := re.search(r"declares its path as: (\S+)", said):
        return f"Require {match[1]} instead of {name} in go.mod and in the imports, then run go mod tidy."
    if match := re.search(r"module path must match major version \(\"([^\"]+)\"\)", said):
        return (
            f"Write {match[1]} in go.mod and in the imports: from v2 on the path ends in the major version."
        )
    if re.search(r"could not read Username|terminal prompts disabled|Permission denied \(publickey\)|Repository not found|Authentication failed", said):  # fmt: skip
        return f"{name} is private (or its path is wrong): set GOPRIVATE={name.rpartition('/')[0] or name} and give the build git credentials, or run go mod vendor and commit vendor/."
    if "unknown revision" in said or "no matching versions" in said:
        return f"{version} is no tag of {name}: write one that exists, such as go get {name}@latest, and commit go.mod and go.sum."
    if "replaced by" in said or "no such file or directory" in said:
        return f"Take the replace of {name} out of go.mod, or COPY the folder it points to into the image before go runs."
    return (
        f"Correct {name} in go.mod (go get {name}@latest), then run go mod tidy and commit go.mod and go.sum."
    )


def module_place(hit: Hit) -> Place | None:
    if "replaced by" in hit["note"] or "replacement directory" in hit["said"]:
        local = matching(r"^\s*(?:replace\s+)?{name}\s.*=>|^\s*replace\s+{name}\b", "go.mod")(hit)
        if local:
            return local
    place = failing_instruction(hit)
    if place and hit["name"] and hit["name"] in (hit.section.instruction or ""):
        return in_instruction("name")(hit)
    return required(hit) or dependency_line(hit, "go", hit["asked"]) or import_place(hit)


def sum_words(hit: Hit) -> Mapping[str, str] | None:
    name = hit["name"] or hit["name2"] or hit["name3"]
    version = hit["version"] or hit["version2"]
    offers = next((line.strip() for line in hit.after(3) if line.startswith("\tgo ")), "")
    return {"name": name, "version": version, "offer": offers or "go mod tidy", "said": hit.line.strip()}


def sum_place(hit: Hit) -> Place | None:
    asks = re.search(r"imported by ([^\s);]+)", hit.line)
    asking = replace(hit, words={**hit.words, "name": asks[1] if asks else ""})
    return (
        required(hit)
        or (at(hit) if hit["path"] else None)
        or import_place(hit)
        or required(asking)
        or whole_file("go.mod")(hit)
    )


def inconsistent(hit: Hit) -> Mapping[str, str] | None:
    match = hit.find_after(r"^\s+([\w./-]+)@(\S+): (.+)", 6)
    return {
        "name": match[1] if match else "",
        "version": match[2] if match else "",
        "why": match[3] if match else "",
    }


def toolchain(hit: Hit) -> Mapping[str, str] | None:
    want = hit["want"] or hit["want2"] or hit["want3"]
    have = hit["have"] or hit["have2"]
    if not have and (found := hit.find(r"running go ([\d.]+)|go version go([\d.]+)|golang:([\d.]+)")):
        have = found[1] or found[2] or found[3]
    who = hit["name"] or "go.mod"
    minor = ".".join(want.split(".")[:2])
    fix = f"Use golang:{minor} or newer in FROM"
    fix += (
        f", or ask for an older version than {who}{' instead of latest' if '@latest' in hit.line else ''}."
        if hit["name"]
        else f", or write go {'.'.join(have.split('.')[:2])} in go.mod."
        if have
        else "."
    )
    return {"want": want, "have": have or "an older one", "who": who, "fix": fix, "said": hit.line.strip()}


def toolchain_place(hit: Hit) -> Place | None:
    ran = hit.section.instruction or hit.transcript.failed_instruction
    name = hit["name"].partition("@")[0]
    if name and name in ran:
        return failing_instruction(hit)
    return go_image(hit) or go_line(hit) or base_image(hit)


def cycle(hit: Hit) -> Mapping[str, str] | None:
    above = hit.line.strip().partition(": import cycle")[0].removeprefix("imports ").partition(" from ")[0]
    chain = [
        match[1]
        for line in reversed(hit.before(20))
        if (match := re.match(r"\s*(?:package|imports) ([\w./-]+)", line))
    ]
    if not above or " " in above or above.startswith("import cycle"):
        chain = [
            m[1] for line in hit.after(20) if (m := re.match(r"\s*(?:package|imports) ([\w./-]+)", line))
        ]
        above = chain.pop() if chain else ""
    importer = chain[-1] if chain else ""
    return (
        {"name": above, "importer": importer, "chain": " -> ".join([*chain[-6:], above])} if above else None
    )


def cycle_place(hit: Hit) -> Place | None:
    folder = folder_of(hit, hit["importer"])
    pattern = rf'"{re.escape(hit["name"])}"'
    for path in sources(hit):
        if path.rpartition("/")[0] == folder and (line := hit.files.search(path, pattern)):
            return hit.files.place(path, line)
    return import_place(hit)


def packages_place(hit: Hit) -> Place | None:
    for name in (hit["second"], hit["first"]):
        path = repository_path(hit.files, f"{hit['folder'].rstrip('/')}/{name}", hit)
        if path and (line := hit.files.search(path, r"^\s*package\s")):
            return hit.files.place(path, line)
    return None
