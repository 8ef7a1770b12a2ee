"""What the rows of pnpm.py know of pnpm's codes."""

from __future__ import annotations

from collections.abc import Mapping

from app.diagnosis.javascript.packages import split_spec
from app.diagnosis.rule import Hit

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
    """The file that has the setting."""
    for name in ("pnpm-workspace.yaml", "package.json", ".npmrc"):
        if any(hit.files.search(path, hit["setting"]) for path in hit.files.named(name)):
            return {"where": name}
    return {"where": "the project"}


def young(hit: Hit) -> Mapping[str, str]:
    """The dependency that is too young."""
    name, version = split_spec(hit["spec"])
    return {"name": name, "version": version}


def coded(hit: Hit) -> Mapping[str, str] | None:
    """Any code with what to do about it."""
    return {
        "fix": ADVICE.get(
            hit["code"], "Correct what pnpm says here; its code has a paragraph in pnpm's list of errors"
        )
    }
