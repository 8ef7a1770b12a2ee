"""Lock files: how far one is from its package.json, and what makes it anew."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.javascript.image import copied_from
from app.diagnosis.javascript.packages import LOCKS, dependency_place, list_place, package, split_spec
from app.diagnosis.javascript.stacks import after, bare, before
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Find, Hit
from app.diagnosis.rules.javascript.reading_dependencies import dependency
from app.model import Place


def out_of_step(hit: Hit) -> Mapping[str, str] | None:
    """The dependencies that the lock file does not have, as the tool lists them or as the two files differ."""
    if "version of the lockfile" in hit.line or hit.find(r"LockfileVersion\b"):
        return None  # pnpm says the same code of a file that it cannot read
    told = [
        (found[1], line.strip())
        for line in (*after(hit, 30), *before(hit, 30))
        if (found := re.search(r"(?:Missing|Invalid): (?:lock file's )?(@?[\w./-]+)@", line))
    ]
    names = [name for name, _ in told] or _added(hit) or _differing(hit)
    asked = [name for name in names if dependency_place(hit, name)]
    lock = _lock_file(hit)
    return {
        "name": (asked or names or [""])[0],
        "what": ", ".join(dict.fromkeys((asked or names)[:5])) or "a dependency",
        "told": "; ".join(line for _, line in told[:4]),
        "lock": lock,
        "install": _install_for(lock),
    }


def _lock_file(hit: Hit) -> str:
    wanted = {
        "YN0": "yarn.lock", "yarn": "yarn.lock", "pnpm": "pnpm-lock.yaml", "PNPM": "pnpm-lock.yaml", "frozen\"": "pnpm-lock.yaml", "npm": "package-lock.json",
    }  # fmt: skip
    named = next((lock for word, lock in wanted.items() if word in hit.line), "")
    return named or next((name for name in LOCKS if hit.files.named(name)), "the lock file")


def _install_for(lock: str) -> str:
    tools = {
        "yarn.lock": "yarn install",
        "pnpm-lock.yaml": "pnpm install",
        "bun.lock": "bun install",
        "bun.lockb": "bun install",
    }
    return tools.get(lock, "npm install")


def _added(hit: Hit) -> list[str]:
    """Names from pnpm's and yarn's own account of the difference."""
    found: list[str] = []
    for line in (*after(hit, 14), *before(hit, 60)):
        if match := re.search(
            r"dependencies (?:were|are) (?:added|removed|mismatched|not in the lockfile): (.+)", line
        ):
            found += [split_spec(each)[0] for each in match[1].split(",")]
        elif match := re.search(
            r"specifiers in the lockfile(?: for \S+)? \((\{.*?\})\) don't match specs? in package\.json \((\{.*?\})\)",
            line,
        ):
            found += _unequal(match[1], match[2])
        elif (
            match := re.match(
                r"\s*[+-]\s+\"?(@?[\w./-]+?)\"?(?:@\S+)?:? \"?(?:npm:|workspace:|\^|~|\d)", line
            )
        ) or (match := re.match(r"- (@?[\w./-]+) \(lockfile: \S+, manifest: \S+\)", line.strip())):
            found.append(match[1])
    return list(dict.fromkeys(found))


def _unequal(one: str, other: str) -> list[str]:
    try:
        locked, asked = json.loads(one), json.loads(other)
    except ValueError:
        return []
    return [name for name in {**locked, **asked} if locked.get(name) != asked.get(name)]


def _differing(hit: Hit) -> list[str]:
    """Dependencies of package.json that the lock file beside it does not name with the same range."""
    own = package(hit)
    folder = f"{own.folder}/" if own.folder else ""
    for lock in LOCKS[:5]:
        path = folder + lock if folder + lock in hit.files.paths else lock
        text = hit.files.text(path)
        if text:
            return [
                name for name, wanted in own.dependencies.items() if not _locked(text, lock, name, wanted)
            ]
    return []


def _locked(text: str, lock: str, name: str, wanted: str) -> bool:
    if lock == "yarn.lock":
        return f"{name}@{wanted}" in text or f"{name}@npm:{wanted}" in text
    if lock == "pnpm-lock.yaml":
        at = re.search(
            rf"^[^\S\n]*['\"]?{re.escape(name)}['\"]?:\s*\n?\s*(?:specifier:)?\s*(\S+)", text, re.MULTILINE
        )
        return at is not None and at[1].strip("'\"") == wanted
    return f'"{name}": "{wanted}"' in text or f'"{name}": ["{name}@' in text


def out_of_step_place(hit: Hit) -> Place | None:
    return first(dependency, whole_file(hit["lock"] or "package-lock.json"), list_place)(hit)


def no_lock(hit: Hit) -> Mapping[str, str] | None:
    lock = _lock_file(hit)
    here = bool(hit.files.named(lock))
    tool = _install_for(lock).split()[0]
    if not here:
        fix = f"Run {_install_for(lock)} and commit {lock}, or use {tool} install instead of the frozen install here."
    else:
        fix = f"COPY {lock} beside package.json before this instruction, and keep it out of .dockerignore."
    return {"lock": lock, "fix": fix}


def no_lock_place(hit: Hit) -> Place | None:
    here = hit.files.named(hit["lock"])
    return (
        (here and first(_ignored(hit["lock"]), lambda each: copied_from(each, hit["lock"]))(hit))
        or failing_instruction(hit)
        or list_place(hit)
    )


def broken_lock(hit: Hit) -> Mapping[str, str] | None:
    """A lock file that cannot be read; what npm and bun say of one with a merge conflict, they say of others too."""
    if "package.json" in hit.line or "LockfileVersion" in hit.line:
        return None  # another file; a whole one that this version does not read
    if hit["doubt"] and not matching(r"^<{7} ", *LOCKS)(hit):
        return None
    merged = matching(r"^<{7} ", *LOCKS)(hit) or "conflict" in hit.line
    advice = (
        "Take the lock file of one side of the merge conflict (git checkout --theirs)" if merged else _BROKEN
    )
    return {"said": bare(hit.line).strip(), "advice": advice}


_BROKEN = "Take the lock file of the last commit that built, with the manager's version that wrote it (or of one side of a merge)"


def _ignored(name: str) -> Find:
    return matching(
        rf"^/?(?:\*\*/)?(?:{re.escape(name)}|\*\.lock|\*-lock\.\*|\*lock\*)\s*$",
        ".dockerignore",
        ".gcloudignore",
    )
