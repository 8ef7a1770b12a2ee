"""Scripts and hooks: what they call, and which package brings that."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.javascript.image import command_place, install_without_dev, ran_place
from app.diagnosis.javascript.packages import (
    dependency_place,
    install_hook,
    list_place,
    near,
    package,
    packages,
    running_script,
    script_place,
    split_spec,
)
from app.diagnosis.javascript.stacks import after, bare, before
from app.diagnosis.named import named_in
from app.diagnosis.rule import Hit
from app.diagnosis.rules.javascript.reading_engines import one_said
from app.diagnosis.rules.javascript.reading_npm import COMMANDS
from app.diagnosis.rules.javascript.reading_unbrought import not_brought, of_hook, of_start
from app.diagnosis.telling import most_telling
from app.model import Place
from app.start_command.script import way_out


def script_words(hit: Hit) -> Mapping[str, str] | None:
    name = hit["name"]
    if not name or name.startswith("-"):
        return None
    scripts = package(hit).scripts
    meant = near(name, [each for each in scripts if each != name], 0.5)
    elsewhere = [each.path for each in packages(hit) if name in each.scripts]
    if meant:
        fix = f"Write {meant} instead of {name}, or add a script named {name} to package.json."
    elif elsewhere and name not in scripts:
        fix = (
            f"{elsewhere[0]} has the script {name}: run it in that folder, or add {name} to the scripts here."
        )
    else:
        fix = f'Add "{name}" to the scripts of package.json.'
    known = ", ".join(list(scripts)[:8])
    return {
        "name": name,
        "meant": meant,
        "fix": fix,
        "known": f"Its scripts: {known}." if known else "It has no scripts.",
    }


def script_missing_place(hit: Hit) -> Place | None:
    name = hit["name"]
    called = script_place(hit, calls=f"run {name}") or script_place(hit, calls=f"yarn {name}")
    if called:
        return called
    if hit["meant"] and (said := command_place(hit, name)):
        return said
    path = package(hit).path
    if not path:
        return ran_place(hit)
    line = hit.files.search(path, r'^\s*"scripts"\s*:')
    return hit.files.place(path, line or 1)


# What no package of npm brings.
_NO_TOOLS = frozenset(
    {
        "node",
        "npm",
        "yarn",
        "pnpm",
        "bun",
        "bunx",
        "deno",
        "python",
        "python3",
        "git",
        "make",
        "bash",
        "sh",
        "curl",
    }
)


def tool_words(hit: Hit) -> Mapping[str, str] | None:
    """A command that only node_modules would have: one that a script calls, or that a package is known to bring."""
    name = hit["name"].rpartition("/")[2]
    brings = COMMANDS.get(name, name)
    asked = next((each for each in packages(hit) if each.group_of(brings)), None)
    script = script_place(hit, calls=name)
    if not (script or asked or name in COMMANDS) or name in _NO_TOOLS:
        return None
    group = asked.group_of(brings) if asked else ""
    omits = bool(group == "devDependencies" and install_without_dev(hit))
    why, fix = (
        of_hook(hit, name, brings, omits)
        or of_start(hit, name, brings, group, omits)
        or not_brought(hit, brings, group, omits)
    )
    if group == "devDependencies" and asked and not omits and not hit.files.dockerfiles:
        fix = way_out(hit.files, asked.path.removesuffix("package.json"), asked.held, brings)
    return {
        "name": name,
        "brings": brings,
        "group": group,
        "why": why,
        "fix": fix,
        "omits": "yes" if omits else "",
    }


def tool_place(hit: Hit) -> Place | None:
    if hit["omits"]:
        return install_without_dev(hit)
    if hit["group"]:
        calls = script_place(hit, calls=hit["name"]) if not hit.section.instruction else None
        return calls or ran_place(hit) or dependency_place(hit, hit["brings"])
    return list_place(hit) or script_place(hit, calls=hit["name"]) or script_place(hit, running_script(hit))


def install_hook_place(hit: Hit) -> Place | None:
    """The prepare or postinstall script of the project itself."""
    return (
        script_place(hit, calls=hit["name"])
        or script_place(hit, "prepare")
        or script_place(hit, "postinstall")
    )


def hook_file(hit: Hit) -> Mapping[str, str] | None:
    found = install_hook(hit, hit["path"])
    if found is None:
        return None
    base = hit["path"].rpartition("/")[2]
    return {"hook": found[0], "script": found[1], "base": base}


_OWN_SCRIPT = "It is this repository's own script, and it runs while only what was copied before the install is there: COPY the files that it needs above this line, or install with --ignore-scripts and run it after COPY . ."


def failed_package(hit: Hit) -> Mapping[str, str] | None:
    """A dependency's own install script that ended with an error."""
    text = "\n".join((hit.line, *after(hit, 8), *before(hit, 3)))
    named = hit["name"] or one_said(
        r"node_modules/(?:\.pnpm/[^/]+/node_modules/)?((?:@[\w.-]+/)?[\w.-]+)", text
    )
    if not named or named in ("npm", "node-gyp"):
        return None
    ours = any(each.name == named for each in packages(hit))
    return {
        "name": named,
        "fix": _OWN_SCRIPT
        if ours
        else f"Read what it printed: it names what is missing in the image; then install that before this line, or take another version of {named}.",
        "ran": hit["ran"]
        or one_said(r"(?:command sh -c|Command:|postinstall:|install:) `?((?!Failed)[^`\n]+)", text),
        "said": _telling(hit),
    }


def _telling(hit: Hit) -> str:
    """The line near the hit that says most."""
    for line in (*after(hit, 40), *before(hit, 25)):
        if re.search(
            r"(?i)\berror\b[: ]|not found|cannot|failed|denied|No such file", line
        ) and not re.search(
            r"(?i)^(?:code|errno|path|command)\b|A complete log|command failed|Command failed|exit code|ELIFECYCLE|Lifecycle script|non-zero",
            line.strip(),
        ):
            return line.strip()[:200]
    return ""


_FAILURE = re.compile(r"(?i)\berror\b|cannot|failed|not found|invalid|unexpected|missing")

_EMPTY = re.compile(
    r"(?i)ELIFECYCLE|Lifecycle|exit code|^npm (?:ERR!|error)|Command failed|complete log|^error$|^https?://\S+$"
)


def lifecycle(hit: Hit) -> Mapping[str, str] | None:
    above = [line.strip() for line in before(hit, 60)]
    told = _said_most([line for line in above if _FAILURE.search(line) and not _EMPTY.search(line)])
    if not told and re.match(r"ERROR: process|The command", hit.line):
        return None
    told = told or _said_most(above)
    name = hit["name"] or running_script(hit)
    return {"name": name, "told": told[:200], "script": f"The script {name}" if name else "A script"}


def _said_most(above: list[str]) -> str:
    """The line that tells most of what the script printed, where none has a word of failure in it."""
    spoken = [line for line in above[::-1] if line and not re.match(r"> |npm (?:ERR!|error)", line)]
    return spoken[most_telling(spoken)] if spoken else ""


def lifecycle_place(hit: Hit) -> Place | None:
    return (
        named_in(hit, hit["told"])
        or failing_instruction(hit)
        or (script_place(hit, hit["name"]) if hit["name"] else None)
    )


def hook(hit: Hit) -> Mapping[str, str] | None:
    scripts = package(hit).scripts
    running = [name for name, command in scripts.items() if hit["name"] in command]
    return {"hook": next(iter(running), "prepare")}


def git_hook(hit: Hit) -> Mapping[str, str] | None:
    """The script of an install that calls git by itself."""
    found = install_hook(hit, "git")
    if found is None or not re.search(r"\bgit\b", found[1]):
        return None
    return {"hook": found[0], "script": found[1], "said": hit["said"] or hit["said2"]}


def prisma_hook(hit: Hit) -> Mapping[str, str] | None:
    """`prisma generate` at install, before the schema is copied."""
    if "chema" not in hit.line or not re.search(
        r"(?:npm|yarn|pnpm|bun) (?:ci|i|install)\b", hit.section.instruction
    ):
        return None
    for name, command in package(hit).scripts.items():
        if "prisma" in command and name in ("postinstall", "install", "prepare", "preinstall"):
            return {"hook": name, "base": "prisma", "script": command}
    return None


def said_words(hit: Hit) -> Mapping[str, str] | None:
    return {"said": hit["said"] or bare(hit.line).strip()}


def named_words(hit: Hit) -> Mapping[str, str] | None:
    name, version = split_spec(hit["spec"])
    return {"name": name, "version": version}
