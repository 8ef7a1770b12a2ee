"""Node and the tools of its packages: too old for what is asked of them, or of versions that do not fit each other."""

from __future__ import annotations

from app.diagnosis.instructions import base_image, failing_instruction
from app.diagnosis.javascript.packages import dependency_place, list_place, script_place
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_fitting import crashed_rule, import_attributes
from app.diagnosis.rules.javascript.reading_syntax import syntax_place
from app.diagnosis.rules.javascript.reading_toolchain import too_old
from app.diagnosis.transcript import Kind
from app.model import Blame

_RAN = frozenset({Kind.STEP, Kind.INSTRUCTION, Kind.CONTAINER})

RULES: tuple[Rule, ...] = (
    Rule(
        code="node-too-old",
        only=_RAN,
        pattern=r"You are using Node\.js (?P<have>[\d.]*\d)\. (?P<tool>[A-Z][\w.]*?) requires Node\.js version (?P<want>[\d.]+\+?(?: or [\d.]+\+)?)"
        r"|\b(?P<tool2>[A-Z]\w+) only supports Node\.js versions (?P<want3>[\d.]+)\+"
        r"|You are using Node\.js (?P<have2>[\d.]*\d)\. For Next\.js, Node\.js version \"?(?P<want2>[^\" ]+)\"? is required"
        r"|\b(?P<name>crypto\.hash|getRandomValues|toSorted|toReversed|toSpliced|URL\.canParse|Object\.groupBy|Promise\.withResolvers|Array\.fromAsync|webidl\.util\.markAsUncloneable) is not a function"
        r"|ReferenceError: (?P<name2>File|crypto|fetch|Headers|FormData|ReadableStream|CustomEvent|WebSocket|structuredClone) is not defined"
        r"|requested module '(?:node:)?(?:util|module|process|crypto)' does not provide an export named '(?P<name3>styleText|parseEnv|loadEnvFile|register|parseArgs)'"
        r"|No such built-in module: (?P<name4>node:\w+)",
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
    Rule(
        code="corepack-denied",
        only=_RAN,
        pattern=r"EACCES: permission denied, (?:symlink|unlink|open|mkdir) .*corepack",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="corepack enable needs root: USER stands before it",
        message="EACCES: permission denied: corepack enable writes pnpm and yarn into /usr/local/bin, and the user of this instruction may not.",
        fix="Move RUN corepack enable above USER (or run it as USER root).",
    ),
    Rule(
        code="node-import-assert",
        only=_RAN,
        pattern=r"SyntaxError: Unexpected identifier '?assert'?|SyntaxError: Unexpected token 'with'",
        read=import_attributes,
        place=syntax_place,
        rank=Rank.ROOT,
        title="{file} line {at}: this Node reads import … {other} {{ type: 'json' }}",
        message="{said} in {file} line {at}: Node 22 no longer has import … assert, and Node below 18.20 has no import … with.",
        fix="{fix}",
        link="https://nodejs.org/api/esm.html#import-attributes",
    ),
    Rule(
        code="esbuild-version",
        only=_RAN,
        pattern=r"Host version \"(?P<host>[\d.]+)\" does not match binary version \"(?P<binary>[\d.]+)\"",
        place=first(lambda hit: dependency_place(hit, "esbuild"), list_place),
        rank=Rank.ROOT,
        title="Two versions of esbuild meet: {host} runs the binary of {binary}",
        message="Cannot start service: Host version {host} does not match binary version {binary}: node_modules holds parts of two esbuilds, or ESBUILD_BINARY_PATH names another one.",
        fix="Keep node_modules in .dockerignore, install with npm ci, and leave one esbuild in the lock file (npm ls esbuild; npm dedupe).",
    ),
    Rule(
        code="vue-tsc-version",
        only=_RAN,
        pattern=r"Search string not found: \"/supportedTSExtensions",
        place=first(lambda hit: dependency_place(hit, "vue-tsc"), list_place),
        rank=Rank.ROOT,
        title="This vue-tsc does not know the installed typescript",
        message="Search string not found: /supportedTSExtensions: vue-tsc 1 patches typescript's own code, which typescript 5.7 changed.",
        fix="Raise vue-tsc to 2.1 or later (npm install -D vue-tsc@latest), or pin typescript to ~5.6.",
        link="https://github.com/vuejs/language-tools/issues/5018",
    ),
    Rule(
        code="next-lint",
        only=_RAN,
        pattern=r"Invalid project directory provided, no such directory: \S*/lint$",
        place=lambda hit: script_place(hit, calls="next lint"),
        rank=Rank.ROOT,
        title="Next 16 has no next lint",
        message="Invalid project directory provided: next takes lint for a folder, since Next 16 no longer has that command.",
        fix='Write "lint": "eslint ." in package.json; npx @next/codemod@canary next-lint-to-eslint-cli . rewrites it and the configuration.',
        link="https://nextjs.org/docs/app/guides/upgrading/version-16",
    ),
    Rule(
        code="yarn-not-in-lock",
        pattern=r"(?P<name>[@\w./-]+)@workspace:\S*: This package doesn't seem to be present in your lockfile",
        place=first(whole_file("yarn.lock"), failing_instruction),
        rank=Rank.ROOT,
        title="yarn.lock does not have the workspace {name}",
        message="Yarn: the package {name} is not in the lockfile: yarn.lock is older than package.json, or another folder's yarn.lock is meant.",
        fix="Run yarn install and commit yarn.lock; in the image COPY yarn.lock, .yarnrc.yml and the package.json of every workspace.",
    ),
    Rule(
        code="npm-broke-off",
        pattern=r"^npm (?:ERR!|error) (?:This is an error with npm itself|Exit handler never called)",
        nowhere=True,
        blame=Blame.UNKNOWN,
        title="npm itself broke off: Exit handler never called",
        message="Exit handler never called: npm ended in the middle of the install; a download that broke (network), too little memory, or a fault of this npm (Node 22.5.0 is known for it, and Alpine images meet it more).",
        fix="Run it again; when it stays, raise npm before the install (RUN npm install -g npm@latest), or take another node image in FROM (Debian: node:22-slim).",
        link="https://github.com/npm/cli/issues/8974",
    ),
    Rule(
        code="npm-broken-tree",
        pattern=r"^npm (?:ERR!|error) Cannot (?:read|set) propert(?:y|ies) (?:of|'\w+' of) (?:null|undefined)",
        place=first(whole_file("package-lock.json"), list_place),
        rank=Rank.ROOT,
        title="npm stumbles over package-lock.json or a foreign node_modules",
        message="npm ended with an error of its own while it read the tree of packages: the lock file is broken, was made by another npm, or node_modules is another package manager's.",
        fix="Delete node_modules and package-lock.json, run npm install and commit the new lock file; keep node_modules in .dockerignore.",
    ),
    Rule(
        code="eslint-rule-crash",
        only=_RAN,
        pattern=r"^Rule: \"(?P<rule>(?:(?P<plugin>@?[\w-]+(?:/[\w-]+)?)/)?[\w-]+)\"$",
        read=crashed_rule,
        place=first(lambda hit: dependency_place(hit, hit["package"]), list_place),
        rank=Rank.ROOT,
        title="ESLint's rule {rule} itself crashed",
        message="{said} (rule {rule} of {package}, while linting {path}).",
        fix="Raise {package} to a version for the installed eslint (npm install -D {package}@latest); ESLint 9 took context.getScope and others away.",
        link="https://eslint.org/docs/latest/use/migrate-to-9.0.0",
    ),
)
