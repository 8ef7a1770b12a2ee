"""The package manager that a repository is installed with, and what npm's commands are called in it."""

from __future__ import annotations

import re

from app.diagnosis.instructions import failing_dockerfile
from app.diagnosis.paths import nearest_first
from app.diagnosis.rule import Hit, once_per_log

_INSTALLS = re.compile(
    r"(?<![\w/-])(npm|pnpm|yarn|bun) (?:-\S+ )*(?:ci|i|install|add)\b(?! -g\b| --global\b)|^(yarn)$"
)
_BY_LOCK = {
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "bun.lock": "bun",
    "bun.lockb": "bun",
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
}
LOCK_FILES = tuple(_BY_LOCK)


@once_per_log
def manager(hit: Hit) -> str:
    """What installs here: what the Dockerfile runs, else whose lock file is there; empty where neither tells.

    Yarn from its second version on, whose options are others, is "berry".
    """
    name = _in_dockerfile(hit) or _by_lock(hit)
    return "berry" if name == "yarn" and hit.files.named(".yarnrc.yml") else name


def installs(hit: Hit) -> list[re.Match[str]]:
    """Every command of the Dockerfile that installs packages of JavaScript."""
    found = failing_dockerfile(hit)
    ran = [each.value for each in found[1].of("RUN")] if found else []
    return [match for value in ran for match in _INSTALLS.finditer(value)]


def _in_dockerfile(hit: Hit) -> str:
    told = installs(hit)
    return (told[-1][1] or told[-1][2]) if told else ""


def _by_lock(hit: Hit) -> str:
    locks = nearest_first(hit, hit.files.named(*_BY_LOCK))
    return _BY_LOCK[locks[0].rpartition("/")[2]] if locks else ""


# npm's words and those of the others, in this order: https://pnpm.io/pnpm-cli, https://yarnpkg.com/cli and
# https://classic.yarnpkg.com/docs/migrating-from-npm, https://bun.com/docs/cli/install
_OTHERS = ("pnpm", "yarn", "berry", "bun")
_LOCKED = (
    "pnpm install --frozen-lockfile",
    "yarn install --frozen-lockfile",
    "yarn install --immutable",
    "bun install --frozen-lockfile",
)
_NAME = r"(?P<name>@?\w[\w./@-]*\w)"
_ADDED = r"(?!and |once|again|in |on |with )(?=@?[a-z])"
# `add` alone leaves a package in devDependencies.
_MOVED = [rf"{each} remove \g<name> && {each} add \g<name>" for each in ("yarn", "yarn", "bun")]
_WORDS = (
    (r"npm ci --include=dev", f"{_LOCKED[0]} --prod=false", f"{_LOCKED[1]} --production=false", *_LOCKED[2:]),
    (r"npm ci\b", *_LOCKED),
    (r"npm cache clean --force", "pnpm store prune", "yarn cache clean", "yarn cache clean --all", "bun pm cache rm"),
    (rf"npm rebuild {_NAME}", r"pnpm rebuild \g<name>", *["yarn install --force"] * 2, "bun install --force"),
    (rf"npm ls {_NAME}", r"pnpm why \g<name>", r"yarn why \g<name>", r"yarn why \g<name>", r"bun why \g<name>"),
    (r"npm (?:install|i) (?:--save-dev|-D) ", "pnpm add -D ", "yarn add -D ", "yarn add -D ", "bun add -d "),
    (rf"npm install --save-prod {_NAME}", r"pnpm add --save-prod \g<name>", *_MOVED),
    (rf"npm (?:install|i) {_ADDED}", "pnpm add ", "yarn add ", "yarn add ", "bun add "),
    (r"npm install(?! -g| --global)\b", "pnpm install", "yarn install", "yarn install", "bun install"),
    (r"npm run (?=[\w:{<])", "pnpm run ", "yarn run ", "yarn run ", "bun run "),
    (r"package-lock\.json", "pnpm-lock.yaml", "yarn.lock", "yarn.lock", "bun.lock"),
    (r"npx (?=[a-z@])", "pnpm exec ", "yarn run ", "yarn run ", "bunx "),
)  # fmt: skip


def in_words_of(name: str, advice: str) -> str:
    """The advice with the commands of this package manager; as it is for npm, and where nobody knows which."""
    if name not in _OTHERS or "npm's" in advice:
        return advice
    column = _OTHERS.index(name) + 1
    for words in _WORDS:
        advice = re.sub(rf"(?<![\w/-]){words[0]}", words[column], advice)
    return advice
