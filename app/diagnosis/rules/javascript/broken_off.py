"""Node's tools that broke off: by themselves, for want of memory, or because something was taken from under them."""

from __future__ import annotations

from app.diagnosis.instructions import base_image, failing_instruction
from app.diagnosis.javascript.image import ran_place
from app.diagnosis.javascript.packages import script_place
from app.diagnosis.places import first
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_broken_off import (
    denied,
    killed,
    library_place,
    not_compiled,
    not_compiled_place,
    requiring,
    source_package,
    source_package_place,
    standalone,
    standalone_place,
)
from app.diagnosis.transcript import Kind
from app.model import Blame

_ANY = frozenset(Kind)
_BUILDING = frozenset({Kind.INSTRUCTION, Kind.STEP})

RULES: tuple[Rule, ...] = (
    Rule(
        code="node-killed",
        only=_BUILDING,
        pattern=r"^\s*signal: 'SIGKILL',?$",
        read=killed,
        place=failing_instruction,
        rank=Rank.ROOT,
        title="It ran out of memory: a program was killed (SIGKILL)",
        message="{told}: its process was killed with SIGKILL, which a machine does that has no memory left.",
        fix="Build on a larger machine (options: machineType: E2_HIGHCPU_8, gcloud builds submit --machine-type=E2_HIGHCPU_8), or do less at a time (turbo run build --concurrency=1, --filter for one application).",
    ),
    Rule(
        code="next-turbopack-crash",
        only=_BUILDING,
        pattern=r"FATAL: An unexpected Turbopack error occurred|^Error \[TurbopackInternalError\]",
        place=first(lambda hit: script_place(hit, calls="next build"), failing_instruction),
        blame=Blame.UNKNOWN,
        rank=Rank.ROOT,
        title="Turbopack itself crashed (TurbopackInternalError)",
        message="An unexpected Turbopack error occurred: a fault of Next's bundler, or a build machine too small for its processes.",
        fix="Write next build --webpack in the build script (Next 16 and later; before that leave --turbopack out), raise next to its last patch, and give the build more memory when it says that a process timed out.",
        link="https://nextjs.org/docs/app/api-reference/turbopack",
    ),
    Rule(
        code="turbo-no-workdir",
        only=_BUILDING,
        pattern=r"panicked at '?.*package\.json path should have parent",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="turbo runs in /, because no WORKDIR is set",
        message="package.json path should have parent: turbo was started in the root folder of the image.",
        fix="Write WORKDIR /app above the COPY, in every stage.",
        link="https://turborepo.com/docs/guides/tools/docker",
    ),
    Rule(
        code="yarn-no-state",
        pattern=r"Couldn't find the node_modules state file",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="yarn finds no node_modules state file: no install ran in this stage",
        message="Usage Error: Couldn't find the node_modules state file: yarn install did not run where yarn is called now, or what it made was not copied along (or Node is 22.5.0, with which yarn fails so).",
        fix="Write RUN yarn install --immutable before this line in the same stage (or COPY --from node_modules with .yarn), keep node_modules in .dockerignore, and take a newer Node than 22.5.0 in FROM.",
        link="https://github.com/nodejs/node/issues/53902",
    ),
    Rule(
        code="node-no-slow-buffer",
        only=_ANY,
        pattern=r"SlowBuffer\.prototype|buffer-equal-constant-time/index\.js:37",
        place=first(base_image, ran_place),
        rank=Rank.ROOT,
        title="Node 25 no longer has SlowBuffer, which an old jsonwebtoken (jwa) uses",
        message="buffer-equal-constant-time reads SlowBuffer.prototype: a dependency of jwa, jws and jsonwebtoken that does not run on Node 25.",
        fix="Write FROM node:24-slim (or node:22-slim; not node:latest), or npm update jwa jws jsonwebtoken and commit the lock file.",
        link="https://github.com/auth0/node-jsonwebtoken/issues/992",
    ),
    Rule(
        code="node-library-requires",
        only=_ANY,
        pattern=r"\[ERR_REQUIRE_ESM\]: require\(\) of ES Module \S*/node_modules/(?P<module>@[\w.-]+/[\w.-]+|[\w.-]+)/\S* from \S*/node_modules/(?P<name>@[\w.-]+/[\w.-]+|[\w.-]+)/",
        read=requiring,
        place=library_place,
        rank=Rank.ROOT,
        title="{name} requires {module}, an ES module, which Node {have} cannot",
        message="ERR_REQUIRE_ESM: require() of ES Module {module} from {name}: both are installed packages; Node can do it from 20.19 and 22.12 on.",
        fix="Write FROM node:22-slim (22.12 or later), or ask for an older {name} (npm install {name}@MAJOR) and commit the lock file.",
        link="https://nodejs.org/api/modules.html#loading-ecmascript-modules-using-require",
    ),
    Rule(
        code="next-standalone-modules",
        only=_ANY,
        pattern=r"Cannot find module 'next(?:/[\w./-]+)?'",
        read=standalone,
        place=standalone_place,
        rank=Rank.ROOT,
        title="The standalone server came into the image without its node_modules",
        message="Cannot find module 'next': .next/standalone brings its own node_modules, and server.js stands alone here.",
        fix="Write COPY --from=STAGE /app/.next/standalone ./ (the whole folder; in a monorepo its own path below it), then .next/static and public; build without --turbopack when the folder lacks packages of serverExternalPackages.",
        link="https://nextjs.org/docs/app/api-reference/config/next-config-js/output",
    ),
    Rule(
        code="workspace-not-built",
        only=_ANY,
        pattern=r"Cannot find module '/\S*/node_modules/(?P<name>@[\w.-]+/[\w.-]+|[\w.-]+)/(?P<inside>\S+\.[cm]?tsx?)' imported from",
        read=source_package,
        place=source_package_place,
        rank=Rank.ROOT,
        title="{name} names its TypeScript source, which does not run in the image",
        message="{path} leads Node to {inside} of {name}: a package of this workspace that is not built, and whose sources are not in the image.",
        fix="Build {name} and let exports (or main) of {path} name the built file; or bundle it into the server (noExternal: ['{name}'] in tsdown or tsup, ssr.noExternal in Vite).",
        link="https://nodejs.org/api/packages.html#exports",
    ),
    Rule(
        code="node-not-compiled",
        only=_ANY,
        pattern=r"^(?:Error: )?Cannot find module '(?P<name>\.{1,2}/[^']+)'$",
        read=not_compiled,
        place=not_compiled_place,
        rank=Rank.ROOT,
        title="{file} was not compiled: the built folder lacks it",
        message="Cannot find module '{name}': {file} is in the source, and the build did not write it into {built}.",
        fix="{advice}.",
        link="https://www.typescriptlang.org/tsconfig/#incremental",
    ),
    Rule(
        code="node-build-denied",
        only=frozenset({Kind.INSTRUCTION}),
        pattern=r"^\s*(?:ERROR|\[?error\]?|✖|⨯|Error:)\s+(?:Rollup error: |\[?Error: )?EACCES: permission denied, (?P<call>\w+) '(?P<path>[^']+)'",
        read=denied,
        place=lambda hit: (
            hit.files.place(hit["in"], int(hit["at"])) if hit["at"] else failing_instruction(hit)
        ),
        rank=Rank.ROOT,
        title="The build may not {call} {path}",
        message="EACCES: permission denied, {call} '{path}': {why}.",
        fix="{advice}.",
        link="https://docs.docker.com/reference/dockerfile/#user",
    ),
)
