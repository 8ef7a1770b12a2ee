"""Node: options, native binaries, frameworks and other runtimes."""

from __future__ import annotations

import re

from app.diagnosis.instructions import base_image
from app.diagnosis.javascript.image import installing_place, start_place
from app.diagnosis.javascript.packages import unnumbered
from app.diagnosis.javascript.paths import spot
from app.diagnosis.javascript.stacks import thrown_at
from app.diagnosis.places import anywhere, first, matching
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_frameworks import (
    bun,
    is_javascript,
    native_binary,
    native_place,
    nest,
    nest_place,
    option,
    ossl,
    prisma,
    production,
    without_dev,
)
from app.diagnosis.rules.javascript.reading_modules import ANY
from app.diagnosis.rules.javascript.reading_routes import express, route_place
from app.diagnosis.rules.javascript.reading_uncaught import missing_file, reads_file

RULES: tuple[Rule, ...] = (
    Rule(
        code="node-openssl",
        only=ANY,
        pattern=r"error:0308010C:digital envelope routines::unsupported|ERR_OSSL_EVP_UNSUPPORTED",
        place=ossl,
        rank=Rank.ROOT,
        title="webpack 4 does not run on Node 17 and later",
        message="Error: error:0308010C:digital envelope routines::unsupported (ERR_OSSL_EVP_UNSUPPORTED): this webpack (react-scripts 4, vue-cli 4) hashes with MD4, which OpenSSL 3 has not.",
        fix="Update to webpack 5 (react-scripts 5), or build on node:16, or set NODE_OPTIONS=--openssl-legacy-provider for the build.",
    ),
    Rule(
        code="node-option",
        only=ANY,
        pattern=r"node: (?P<said>(?P<name>--[\w-]+) is not allowed in NODE_OPTIONS)|node: (?P<said2>bad option: (?P<name2>--?[\w-]+))",
        read=unnumbered(),
        place=option,
        rank=Rank.ROOT,
        title="This Node does not know {name}",
        message="node: {said}.",
        fix="Take {name} out (of NODE_OPTIONS, the script or the command), or use a Node version in FROM that has it.",
    ),
    Rule(
        code="prisma-openssl",
        only=ANY,
        pattern=r"(?:Error loading shared library|error while loading shared libraries:|Details:.*) ?(?P<library>lib(?:ssl|crypto)\.so\.[\d.]+\d)|(?P<failed>Prisma failed to detect the libssl/openssl version)",
        read=lambda hit: (
            {"library": hit["library"] or "libssl"}
            if hit["failed"] or re.search(r"(?i)prisma", " ".join((hit.line, *hit.before(6))))
            else None
        ),
        place=base_image,
        rank=Rank.ROOT,
        title="Prisma's engine finds no OpenSSL in the image ({library})",
        message="The Prisma query engine needs {library}, which the image does not have: OpenSSL is not installed, or is another version than the engine was made for.",
        fix="Write RUN apk add --no-cache openssl (Debian: apt-get update && apt-get install -y openssl) before prisma generate, and generate in the image itself; an old Prisma (before 4.8) on Alpine 3.17 or later: update prisma and @prisma/client.",
        link="https://www.prisma.io/docs/orm/reference/system-requirements",
    ),
    Rule(
        code="node-native-binary",
        only=ANY,
        pattern=r"(?P<said>invalid ELF header|was compiled against a different Node\.js version|You installed esbuild (?:on|for) another platform|Could not load the \"sharp\" module|"
        r"Something went wrong installing the \"sharp\" module|Error loading shared library (?P<library>\S+): No such file|GLIBC(?:XX)?_[\d.]+' not found|"
        r"Could not locate the bindings file|Error relocating \S+: \S+: symbol not found|The package \"@esbuild/[\w-]+\" could not be found|"
        r"cannot open shared object file: No such file or directory.*\.node|Failed to load native binding|ERR_DLOPEN_FAILED)",
        read=lambda hit: native_binary(hit) if is_javascript(hit) else None,
        place=native_place,
        rank=Rank.ROOT,
        title="The native part of {name} is for another system",
        message="{said}: the binary of {name} does not fit this image (another operating system, libc or Node version).",
        fix="Keep node_modules in .dockerignore and run npm ci in the image itself; {name} then gets the binary for it (npm rebuild {name}); build and run on the same base image.",
    ),
    Rule(
        code="prisma-client",
        only=ANY,
        pattern=r"@prisma/client did not initialize yet|Cannot find module '\.prisma/client|Prisma Client could not locate the Query Engine for runtime \"(?P<target>[\w.-]+)\"|"
        r"Query engine library for current platform \"(?P<target2>[\w.-]+)\" could not be found|PrismaClientInitializationError: Unable to require|Module '\"?@prisma/client\"?' has no exported member '?PrismaClient\b",
        read=unnumbered(lambda hit: prisma(hit)),
        place=lambda hit: (
            (matching(r"^\s*generator\s+\w+", "schema.prisma")(hit) if hit["engine"] else None)
            or without_dev(hit)
            or (installing_place(hit) if hit.files.named("schema.prisma") else None)
        ),
        rank=Rank.ROOT,
        title="{what}",
        message="{said}: the Prisma client was not generated in this image ({target}).",
        fix="{fix}",
        link="https://www.prisma.io/docs/orm/prisma-client/setup-and-configuration/generating-prisma-client",
    ),
    Rule(
        code="next-no-build",
        only=ANY,
        pattern=r"Could not find a (?:production build|valid build) in the '(?P<path>[^']+)' directory|Could not find a valid build in the|ENOENT.*'(?P<path2>\S+\.next/(?:BUILD_ID|[\w-]+-manifest\.json))'|"
        r"Cannot (?:find|start)[^']*(?:'\S*\.output/server/index\.mjs'|nuxt.*build)",
        read=unnumbered(production),
        place=start_place,
        rank=Rank.ROOT,
        title="There is no production build to start",
        message="{said} (next build did not run in the image, or its .next folder was not copied: {path}).",
        fix="RUN npm run build in the image before CMD, and COPY --from the stage that built it (.next, or .output).",
    ),
    Rule(
        code="node-nest",
        only=ANY,
        pattern=r"Nest can't resolve dependencies of the (?P<name>\w+) ?\((?P<arguments>[^)]*)\)\. Please make sure that the (?:argument )?\"?(?P<dependency>\w+)\"? .*?(?:in the (?P<module>\w+)|$)",
        read=nest,
        place=nest_place,
        rank=Rank.ROOT,
        title="{name} needs {dependency}, which {module} does not have",
        message="{said}",
        fix="Add {dependency} to the providers of {module}, or import the module that exports {dependency} there.",
        link="https://docs.nestjs.com/faq/common-errors",
    ),
    Rule(
        code="node-nest",
        only=ANY,
        pattern=r"Nest cannot create the (?P<name>\w+) instance|UndefinedModuleException|UndefinedDependencyException|UnknownExportException",
        read=lambda hit: {"said": hit.line.strip(), "name": hit["name"] or "module"},
        place=first(anywhere(r"export class {name}\b", ".ts"), thrown_at),
        rank=Rank.ROOT,
        title="Nest cannot make {name}",
        message="{said}",
        fix="Look for a circular import of modules (forwardRef), or an import in {name} that is undefined.",
    ),
    Rule(
        code="node-file-missing",
        only=ANY,
        pattern=r"Error: ENOENT: no such file or directory, (?P<call>\w+) '(?P<path>[^']+)'",
        read=missing_file,
        place=reads_file,
        rank=Rank.ROOT,
        title="{file} line {at}: {base} is not in the image",
        message="Error: ENOENT: no such file or directory, {call} '{path}' ({file} line {at}).",
        fix="{fix}",
    ),
    Rule(
        code="node-start-file",
        only=ANY,
        pattern=r"\[PM2\](?:\[ERROR\])? (?:Error: )?(?:Script not found|File|Script already launched)[: ]+(?P<path>\S+)(?: not found)?|"
        r"(?:Error: )?Could not (?:find|locate) (?:an? )?entry ?(?:point|file)[: ]+(?P<path2>\S+)|error: Module not found \"(?P<path3>/?[\w./-]+\.[cm]?[jt]sx?)\"",
        read=unnumbered(lambda hit: {"base": hit["path"].rpartition("/")[2]}),
        place=lambda hit: first(
            matching(
                re.escape(hit["base"]),
                "package.json",
                "ecosystem.config.js",
                "ecosystem.config.cjs",
                "Dockerfile",
            ),
            start_place,
        )(hit),
        rank=Rank.ROOT,
        title="{path}, which is to be started, is not there",
        message="Script not found: {path}.",
        fix="Correct the path that starts it, or build {base} in the image first.",
    ),
    Rule(
        code="node-route",
        only=ANY,
        pattern=r"TypeError: (?P<said>Missing parameter name at|Unexpected MODIFIER at|Router\.use\(\) requires a middleware function|app\.use\(\) requires a middleware function)|"
        r"Error: (?P<said2>Route\.\w+\(\) requires (?:a callback function|callback functions) but got|\.?Router\.\w+\(\)|argument handler must be a function)|(?:PathError )?\[?PathError\]?.*: (?P<said3>Missing parameter name.*)",
        read=unnumbered(express),
        place=route_place,
        rank=Rank.ROOT,
        title="{file} line {at}: {said}",
        message="{said}: {file} line {at}: {code}",
        fix="{fix}.",
    ),
    Rule(
        code="node-bun",
        only=ANY,
        pattern=r"^(?P<kind>\w*[Ee]rror): (?P<said>.+)",
        read=lambda hit: (
            bun(hit)
            if re.search(r"(?i)\bbun\b", " ".join((hit.section.instruction, *hit.after(40))))
            else None
        ),
        place=lambda hit: spot(hit, hit["path"], hit["line"]),
        title="{file} line {at}: {said}",
        message="{kind}: {said} ({file} line {at}).",
        fix="Correct line {at} of {file}.",
    ),
)
