"""What the rows of pnpm.py know of pnpm's codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatch

from app.diagnosis.instructions import failing_dockerfile, find_instruction
from app.diagnosis.javascript.packages import split_spec
from app.diagnosis.places import matching
from app.diagnosis.rule import Hit
from app.dockerfile import Instruction
from app.model import Place

# What to do about a code; https://pnpm.io/errors and pnpm's own hints.
ADVICE = {
    "ERR_PNPM_ABORTED_REMOVE_MODULES_DIR_NO_TTY": "Set ENV CI=true before this instruction: pnpm wants to remove node_modules (made by another pnpm or with other settings) and would ask first; keep node_modules in .dockerignore",
    "ERR_PNPM_DEPLOY_NONINJECTED_WORKSPACE": "Write inject-workspace-packages=true in .npmrc (injectWorkspacePackages: true in pnpm-workspace.yaml), or pnpm deploy --legacy",
    "ERR_PNPM_RECURSIVE_EXEC_FIRST_FAIL": "Read what the command printed above: it failed in one of the packages",
    "ERR_PNPM_UNEXPECTED_STORE": "Remove node_modules, or give pnpm the store that it was installed with (--store-dir)",
    "ERR_PNPM_NO_GLOBAL_BIN_DIR": "Write ENV PNPM_HOME=/pnpm and ENV PATH=$PNPM_HOME:$PATH before pnpm add -g",
    "ERR_PNPM_NO_IMPORTER_MANIFEST_FOUND": "COPY package.json to the directory in which pnpm runs",
    "ERR_PNPM_MODULES_BREAKING_CHANGE": "Keep node_modules in .dockerignore and install anew: another pnpm made it",
}


def differing_setting(hit: Hit) -> Mapping[str, str]:
    """The file that has the setting, and whether the image has that file when pnpm installs."""
    path = _setting_file(hit)
    where = path.rpartition("/")[2] or "the project"
    if path and not _brought(hit, where):
        return {
            "where": where,
            "left_out": where,
            "why": f": the image has no {where} when pnpm installs",
            "fix": f"COPY {where} together with pnpm-lock.yaml, before pnpm install",
        }
    return {
        "where": where,
        "why": "; a pnpm of another major version reads them from another file",
        "fix": "Run pnpm install --no-frozen-lockfile with the pnpm that the image has and commit pnpm-lock.yaml; pin it with packageManager in package.json",
    }


def _setting_file(hit: Hit) -> str:
    if hit["setting"] == "pnpmfileChecksum":
        return next(iter(hit.files.named(".pnpmfile.cjs", ".pnpmfile.mjs")), "")
    having = (
        path
        for name in ("pnpm-workspace.yaml", "package.json", ".npmrc")
        for path in hit.files.named(name)
        if hit.files.search(path, hit["setting"])
    )
    return next(having, "")


def _copies(hit: Hit) -> list[Instruction]:
    """What the failing stage copies before the install; none where the Dockerfile or the install is not found."""
    found = failing_dockerfile(hit)
    ran = hit.section.instruction or hit.transcript.failed_instruction
    failing = find_instruction(found[1], ran, hit.section.stage) if found else None
    if found is None or failing is None:
        return []
    above = [each for each in found[1].of("COPY", "ADD") if each.line < failing.line]
    return [each for each in above if each.stage == failing.stage and "from" not in each.flags]


def _brought(hit: Hit, name: str) -> bool:
    """Whether one of them brings this file; what is not to be read off is taken for yes."""
    copies = _copies(hit)
    sources = [source for each in copies for source in each.arguments[:-1]]
    return not any("pnpm-lock.yaml" in each.value for each in copies) or any(
        "$" in source or source.strip("./") == "" or fnmatch(name, source.rstrip("/").rpartition("/")[2])
        for source in sources
    )


def lock_copied(hit: Hit) -> Place | None:
    """The COPY of the lock file, where another file has to come along with it."""
    found = failing_dockerfile(hit)
    line = next((each.line for each in _copies(hit) if "pnpm-lock.yaml" in each.value), 0)
    return hit.files.place(found[0], line) if found and line and hit["left_out"] else None


_ALLOWS = r"onlyBuiltDependencies|allowBuilds"
_UNPINNED = (
    r"pnpm@latest\b|\bnpm (?:i|install)\b.* (?:-g|--global)\b.* pnpm(?:\s|$)|\b(?:-g|--global) pnpm(?:\s|$)"
)


def ignored_builds(hit: Hit) -> Mapping[str, str]:
    """The packages whose scripts did not run, and why pnpm does not know that they may."""
    names = [split_spec(each)[0] for each in re.split(r"[,\s]+", hit["specs"].strip(" .")) if each]
    listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""
    allowed = next((p for p in hit.files.named("pnpm-workspace.yaml") if hit.files.search(p, _ALLOWS)), "")
    if allowed and not _brought(hit, "pnpm-workspace.yaml"):
        return {
            "name": listed, "left_out": "pnpm-workspace.yaml",
            "why": f"{allowed} allows builds, and the image has no pnpm-workspace.yaml when pnpm installs",
            "fix": "COPY pnpm-workspace.yaml together with pnpm-lock.yaml, before pnpm install",
        }  # fmt: skip
    yaml = "allowBuilds: (pnpm 10: onlyBuiltDependencies:) of pnpm-workspace.yaml"
    unpinned = unpinned_place(hit) is not None
    pin = "; and pin pnpm instead of the latest (pnpm@10 only warns of it)" if unpinned else ""
    return {
        "name": listed, "left_out": "",
        "why": "pnpm 11 stops where a package has an install script that nobody has allowed or refused",
        "fix": f"Run pnpm approve-builds and commit it: each of them stands under {yaml}{pin}",
    }  # fmt: skip


def unpinned_place(hit: Hit) -> Place | None:
    """What installs the newest pnpm there is, where the project has not asked for such strictness itself."""
    found = failing_dockerfile(hit)
    if any(
        hit.files.search(each, "strict-?[dD]ep-?[bB]uilds")
        for each in hit.files.named(".npmrc", "pnpm-workspace.yaml")
    ):
        return None
    line = hit.files.search(found[0], _UNPINNED) if found else 0
    return hit.files.place(found[0], line) if found and line and not hit["left_out"] else None


def young(hit: Hit) -> Mapping[str, str]:
    """The dependency that is too young."""
    name, version = split_spec(hit["spec"])
    return {"name": name, "version": version}


def coded(hit: Hit) -> Mapping[str, str] | None:
    """Any code with what to do about it; that a script failed is no cause of its own."""
    if hit["code"] in ("ERR_PNPM_RECURSIVE_RUN_FIRST_FAIL", "ERR_PNPM_RECURSIVE_EXEC_FIRST_FAIL"):
        return None
    return {
        "fix": ADVICE.get(
            hit["code"], "Correct what pnpm says here; its code has a paragraph in pnpm's list of errors"
        )
    }


def pnpm_asked(hit: Hit) -> Place | None:
    """Where the image gets its pnpm: the instruction that names a version, or packageManager."""
    found = failing_dockerfile(hit)
    if found:
        path, parsed = found
        for each in parsed.of("RUN"):
            if re.search(r"\bpnpm@\d", each.value):
                return hit.files.place(path, each.line, each.end)
    return matching(r'"packageManager"\s*:\s*"pnpm@', "package.json")(hit)
