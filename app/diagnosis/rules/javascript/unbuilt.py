"""Node: modules that are missing because of how the project is set up: an alias, an adapter, a copy that leaves a folder out."""

from __future__ import annotations

from app.diagnosis.javascript.image import copied_from, start_place
from app.diagnosis.javascript.packages import list_place, unnumbered
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_frameworks import is_javascript
from app.diagnosis.rules.javascript.reading_modules import ANY
from app.diagnosis.rules.javascript.reading_unbuilt import (
    alias,
    alias_place,
    outside_node,
    outside_place,
    release,
    svelte_output,
    unresolved,
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="node-alias",
        only=ANY,
        pattern=r"Cannot find (?:module|package) '(?P<name>[^'./][^']*)'",
        read=alias,
        place=alias_place,
        rank=Rank.ROOT,
        title="Cannot find {name}: tsc leaves an alias of tsconfig.json as it is",
        message="Error: Cannot find module '{name}': it is an alias of compilerOptions.paths, which only the type checker knows; Node looks for a package of that name.",
        fix="Rewrite them after the build (tsc && tsc-alias, with tsc-alias in devDependencies), or bundle with tsup or esbuild, or write relative imports.",
        link="https://www.typescriptlang.org/docs/handbook/modules/reference.html#paths",
    ),
    Rule(
        code="yarn-release",
        only=ANY,
        pattern=r"Cannot find module '(?P<path>/\S*/\.yarn/(?:releases|plugins|sdks)/(?P<base>[\w@./-]+))'",
        read=release,
        place=first(
            lambda hit: copied_from(hit, ".yarn"), matching(r"yarnPath|\.yarn/plugins", ".yarnrc.yml")
        ),
        rank=Rank.ROOT,
        title="Yarn's own file {base} is not in the image",
        message="Cannot find module '{path}': .yarnrc.yml (yarnPath) names a file that is not copied before yarn runs.",
        fix="{fix}",
        link="https://yarnpkg.com/configuration/yarnrc#yarnPath",
    ),
    Rule(
        code="svelte-adapter",
        only=ANY,
        pattern=r"Cannot find module '(?P<path>/\S*/?build(?:/(?:index|handler)\.js)?)'",
        read=svelte_output,
        place=matching(
            r"adapter-(?:auto|static|vercel|netlify|cloudflare)", "svelte.config.js", "svelte.config.ts"
        ),
        rank=Rank.ROOT,
        title="SvelteKit built no server: {adapter} makes none for Cloud Run",
        message="Cannot find module '{path}': build/ is what @sveltejs/adapter-node writes, and svelte.config has {adapter}.",
        fix="npm install -D @sveltejs/adapter-node, import it in svelte.config instead of {adapter}, and start it with node build.",
        link="https://svelte.dev/docs/kit/adapter-node",
    ),
    Rule(
        code="node-skipped-native",
        only=ANY,
        pattern=r"Cannot find native binding|Cannot find module '@(?:rollup|oxc-\w+|rolldown|tailwindcss)/[\w./-]*linux[\w-]*'",
        read=lambda hit: outside_node(hit) if is_javascript(hit) else None,
        place=outside_place,
        rank=Rank.ROOT,
        title="Node {have} is too old for {name}: npm left its native part out",
        message="Cannot find native binding: {name} asks for Node {want} and the image has {have}, so that the install skipped the optional package with its binary.",
        fix="Write a FROM with a Node that fits {want} (node:22); the lock file may stay as it is.",
        link="https://github.com/npm/cli/issues/4828",
    ),
    Rule(
        code="node-env-file",
        only=ANY,
        pattern=r"^node: (?P<path>\S*\.env\S*): not found$",
        place=start_place,
        rank=Rank.ROOT,
        title="Node finds no {path}: --env-file wants the file",
        message="node: {path}: not found. The file is not in the image (.gitignore, .dockerignore), and should not be.",
        fix="Take --env-file={path} out of the start command (or write --env-file-if-exists), and set the variables for the service.",
        link="https://nodejs.org/api/cli.html#--env-fileconfig",
    ),
    Rule(
        code="node-bundled-require",
        only=ANY,
        pattern=r"Dynamic require of \"(?P<name>[\w./:@-]+)\" is not supported",
        place=first(
            matching(
                r"format\s*[:=]\s*\[?['\"]?esm|bundle\s*:\s*true",
                "build.mjs",
                "build.js",
                "esbuild.config.mjs",
                "esbuild.config.js",
                "esbuild.mjs",
                "tsup.config.ts",
                "build.ts",
            ),
            matching(r'"[\w:-]+"\s*:\s*"[^"]*(?:esbuild|tsup)', "package.json"),
            whole_file("package.json"),
        ),
        rank=Rank.ROOT,
        title='The bundle calls require("{name}"), and it is an ES module',
        message='Dynamic require of "{name}" is not supported: esbuild put CommonJS packages into a bundle of format esm, where there is no require.',
        fix="Leave packages out of the bundle (esbuild --packages=external, tsup does it for dependencies), or build it with format cjs.",
        link="https://esbuild.github.io/api/#packages",
    ),
    Rule(
        code="module-unresolved",
        pattern=r"Could not resolve import \"(?P<name>[^\"]+)\" in (?P<path>[\w@./\[\]-]+\.\w+)|Failed to load url (?P<name2>\S+) \(resolved id: [^)]*\) in (?P<path2>/\S+?)\. Does the file exist",
        read=unnumbered(unresolved),
        place=lambda hit: hit.files.place(hit["path"], int(hit["line"])) if hit["path"] else list_place(hit),
        rank=Rank.ROOT,
        title="{name} cannot be resolved from {path}",
        message="{path} line {line} imports {name}, and that is not there.",
        fix="{fix}",
    ),
    Rule(
        code="npm-asked-for",
        only=ANY,
        pattern=r"Could not find Sharp\. Please install Sharp|\bMissingSharp\b(?P<name>)",
        read=lambda hit: {"name": "sharp"},
        place=list_place,
        rank=Rank.ROOT,
        title="{name} is not installed, and is asked for",
        message="Astro makes images with sharp, and package.json does not ask for it (pnpm keeps what others bring out of reach).",
        fix="Run npm install sharp (pnpm add sharp), and commit package.json with its lock file; or write image: {{ service: passthroughImageService() }} in astro.config.",
        link="https://docs.astro.build/en/reference/errors/missing-sharp/",
    ),
    Rule(
        code="npm-asked-for",
        only=ANY,
        pattern=r"(?:Failed to find|[Pp]lease,? (?:make sure to )?install|[Yy]ou need to install|is not installed|must be installed|[Mm]issing (?:dependency|package)|[Ii]t looks like you don't have).*\bnpm (?:i|install|add) (?:-D |--save-dev |--save |-S )?[\"'`]?(?P<name>@?[a-z][\w./-]*(?: @?[a-z][\w./-]*)*)",
        place=list_place,
        title="{name} is not installed, and is asked for",
        message="A tool needs {name}, and package.json does not ask for it.",
        fix="Run npm install {name} (with -D where only the build needs it), and commit package.json with its lock file.",
    ),
)
