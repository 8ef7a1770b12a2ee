"""Node itself, or the corepack that came with it, too old for what is asked of it."""

from __future__ import annotations

from app.diagnosis.envelope import Kind
from app.diagnosis.instructions import base_image, failing_instruction
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_toolchain import too_old

_RAN = frozenset({Kind.STEP, Kind.INSTRUCTION, Kind.CONTAINER})

RULES: tuple[Rule, ...] = (
    Rule(
        code="node-too-old",
        only=_RAN,
        pattern=r"You are using Node\.js (?P<have>[\d.]*\d)\. (?P<tool>[A-Z][\w.]*?) requires Node\.js version (?P<want>[\d.]+\+?(?: or [\d.]+\+)?)"
        r"|You are using Node\.js (?P<have2>[\d.]*\d)\. For Next\.js, Node\.js version \"?(?P<want2>[^\" ]+)\"? is required"
        r"|\b(?P<name>crypto\.hash|getRandomValues|toSorted|toReversed|toSpliced|URL\.canParse|Object\.groupBy|Promise\.withResolvers|Array\.fromAsync) is not a function"
        r"|ReferenceError: (?P<name2>File|fetch|Headers|FormData|ReadableStream|CustomEvent|WebSocket|structuredClone) is not defined"
        r"|requested module '(?:node:)?(?:util|module|process|crypto)' does not provide an export named '(?P<name3>styleText|parseEnv|loadEnvFile|register|parseArgs)'",
        read=too_old,
        place=base_image,
        rank=Rank.ROOT,
        title="Node.js {have} is too old: {what} needs {want}",
        message="{said} (Node.js {have}, needed {want}).",
        fix='Write FROM {image} in the Dockerfile; for buildpacks "engines": {{"node": ">={want}"}} in package.json.',
        link="https://nodejs.org/en/about/previous-releases",
    ),
    Rule(
        code="corepack-keys",
        pattern=r"Cannot find matching keyid|Error: Internal Error: Error when performing the request to https://registry\.npmjs\.org/(?:pnpm|yarn)",
        place=first(matching(r"corepack (?:enable|prepare|use|install)", "Dockerfile"), failing_instruction),
        rank=Rank.ROOT,
        title="The image's corepack is too old to know npm's keys",
        message="corepack: Cannot find matching keyid: npm signs with a key since 2025 that this corepack does not have; a newer corepack does.",
        fix="Write RUN npm install -g corepack@latest before corepack enable (or leave corepack out: RUN npm install -g pnpm@9), or take a newer node image.",
        link="https://github.com/nodejs/corepack/issues/612",
    ),
)
