"""npm's dependencies: who asks for what, and why they cannot be had together."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.javascript.image import command_place
from app.diagnosis.javascript.packages import dependency_place, list_place, near, packages, split_spec
from app.diagnosis.javascript.stacks import after
from app.diagnosis.javascript.workspaces import not_at_install, own
from app.diagnosis.places import matching
from app.diagnosis.rule import Hit
from app.diagnosis.rules.javascript.reading_npm import POPULAR
from app.model import Place

LONGEST_ADDRESS = 400  # letters; a name may begin at each stroke of it


def dependency(hit: Hit) -> Place | None:
    return dependency_place(hit, hit["name"])


def workspace_place(hit: Hit) -> Place | None:
    """Where its package.json is left out; else who asks for it."""
    if hit["at"]:
        return hit.files.place(hit["path"], int(hit["at"]))
    return (
        dependency_place(hit, hit["name"])
        or command_place(hit, hit["name"])
        or matching(r'"workspaces"\s*:', "package.json")(hit)
    )


def asked_place(hit: Hit) -> Place | None:
    """Where a dependency is asked for: a package.json, else the instruction that names it, else what ran."""
    return (
        dependency(hit)
        or command_place(hit, hit["name"])
        or matching(r"\b{name}\b", "pnpm-workspace.yaml")(hit)
    )


def conflict(hit: Hit) -> Mapping[str, str] | None:
    lines = list(after(hit, 45))
    text = "\n".join(lines)
    peers = re.findall(
        r'peer(?:Optional)? (@?[\w./-]+)@"([^"]+)" from (@?[\w./-]+)@(\S+)',
        text.partition("Could not resolve")[2] or text,
    )
    found = dict(re.findall(r"Found: (@?[\w./-]+)@(\S+)", text))
    resolving = re.search(r"While resolving: (@?[\w./-]+)@(\S+)", text)
    if not peers:
        if resolving is None or not found:
            return None
        peer, version = next(iter(found.items()))
        return {
            "name": peer,
            "version": version,
            "peer": peer,
            "range": "another version",
            "found": version,
            "other": resolving[1],
        }
    peer, wanted, name, version = peers[0]
    roots = re.findall(
        r'^[^\S\n]*(?:dev |optional )?(@?[\w./-]+)@"[^"]*" from the root project', text, re.MULTILINE
    )
    mine = [
        each
        for each in (name, *(each for each in roots if each != peer), peer)
        if dependency_place(hit, each)
    ]
    have = found.get(peer) or next(iter(re.findall(rf"{re.escape(peer)}@(\d\S*)", text)), "another version")
    return {
        "name": name,
        "version": version,
        "peer": peer,
        "range": wanted,
        "found": have,
        "mine": (mine or [name])[0],
        "other": name,
    }


def conflict_place(hit: Hit) -> Place | None:
    return dependency_place(hit, hit["mine"]) or dependency_place(hit, hit["name"]) or list_place(hit)


def peer_issues(hit: Hit) -> Mapping[str, str] | None:
    owner = ""
    for line in after(hit, 40):
        if found := re.match(r"[│ ]*[├└]─[┬─] (@?[\w./-]+) (\d\S*)$", line):
            owner = found[1]
        if found := re.search(
            r"✕ (unmet peer|missing peer|Conflicting peer\S*) (@?[\w./-]+)@?\"?([^\":]*)\"?:?(?: found (\S+))?",
            line,
        ):
            return {
                "name": owner,
                "peer": found[2],
                "range": found[3].strip(),
                "said": line.split("✕ ")[-1].strip(),
            }
    return {"name": owner, "peer": "a peer dependency", "said": "Unmet peer dependencies"}


def no_version(hit: Hit) -> Mapping[str, str] | None:
    name, version = (hit["name"], hit["version"]) if hit["version"] else split_spec(hit["spec"])
    latest = next(
        (
            found[1]
            for line in after(hit, 12)
            if (found := re.search(r"(?:latest release of \S+ is|\"?latest\"?:?) \"?(\d[\w.-]*)", line))
        ),
        "",
    )
    here = [each.name for each in packages(hit)]
    return {
        "name": name.rstrip("."),
        "version": version.rstrip("."),
        "hint": f"The latest release is {latest}. " if latest else "",
        "fix": f'{name} is a package of this repository: add it to the workspaces, or ask for it as "workspace:*".'
        if name in here
        else _of_a_global(hit, name.rstrip("."))
        or f"Write a version of {name} that exists ({latest or f'npm view {name} versions'}) in package.json, and install again to renew the lock file.",
    }


_GLOBAL = re.compile(
    r"\b(?:npm|pnpm) (?:i|install|add) (?:-g|--global) ([^&|;]+)|\byarn global add ([^&|;]+)"
)


def _of_a_global(hit: Hit, name: str) -> str:
    """What to do where an instruction installs it, or what asks for it, without the project's package.json."""
    found = _GLOBAL.search(hit.section.instruction or hit.transcript.failed_instruction)
    if found is None or any(each.group_of(name) for each in packages(hit)):
        return ""
    asked = [split_spec(each)[0] for each in (found[1] or found[2]).split() if not each.startswith("-")]
    if name in asked:
        return f"Write a version of {name} that exists (npm view {name} versions) in this instruction."
    which = " or ".join(asked)
    return (
        f"The newest {which} asks for {name}, which its makers did not publish: pin an earlier one in this instruction ({asked[0]}@VERSION; npm view {asked[0]} versions)."
        if asked
        else ""
    )


def not_there(hit: Hit) -> Mapping[str, str] | None:
    spec = hit["spec"].replace("%2f", "/").replace("%2F", "/")
    url = hit["url"].replace("%2f", "/").replace("%2F", "/")
    if not spec and (
        found := re.search(
            r"https?://[^/]+/(?:.*?/)??(@[\w.-]+/[\w.-]+|[\w.-]+)(?:/-/\S*)?$", url[:LONGEST_ADDRESS]
        )
    ):
        spec = found[1]
    name, _ = split_spec(spec)
    if not name or name.startswith(("http", ".")):
        return None
    meant = near(name, POPULAR - {name}, 0.75) if name not in POPULAR else ""
    here = own(hit, name)
    if here and (lacking := not_at_install(hit, here)):
        fix = f"{name} is a package of this repository ({here.folder}), and the install does not see it. {lacking.advice}."
    elif here:
        fix = f'{name} is a package of this repository ({here.folder}): its folder has to be among the workspaces of the root package.json, its package.json in the image before the install, and it is asked for as "workspace:*".'
    elif meant:
        fix = f"Write {meant} instead of {name} in package.json."
    else:
        fix = f"Correct the name {name} in package.json; if it is a private package, give the build an .npmrc with its registry and a token."
    return {"name": name, "fix": fix}


def protocol(hit: Hit) -> Mapping[str, str] | None:
    spec = hit["spec"]
    for each in packages(hit):
        for name, wanted in each.dependencies.items():
            if wanted.strip() == spec.strip() or wanted.startswith(hit["protocol"]):
                return {"name": name, "spec": wanted}
    return {"name": "", "spec": spec}


def workspace(hit: Hit) -> Mapping[str, str] | None:
    name = split_spec(hit["name"])[0]
    names = [each.name for each in packages(hit) if each.name]
    if (here := own(hit, name)) and (lacking := not_at_install(hit, here)):
        return {
            "name": name,
            "head": f"The install does not find the workspace {name}",
            "fix": f"{lacking.advice}.",
            "path": lacking.place.path,
            "at": str(lacking.place.line),
        }
    meant = near(name, [each for each in names if each != name], 0.5)
    return {
        "name": name,
        "head": f"There is no workspace {name}",
        "fix": f"Write {meant} instead of {name}."
        if meant
        else f"Name one of the workspaces ({', '.join(names[:6])}), and COPY its package.json into the image.",
    }
