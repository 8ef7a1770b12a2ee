"""Messages of Next, Nuxt, Vite, Astro, SvelteKit and Angular that no other row knows, with what solves each.

Next's own have a page each under https://nextjs.org/docs/messages."""

from __future__ import annotations

from app.diagnosis.families import Family, Known
from app.diagnosis.instructions import failing_instruction
from app.diagnosis.javascript.packages import LOCKS, dependency_place, list_place, script_place
from app.diagnosis.places import anywhere, at, first, matching, whole_file
from app.diagnosis.rule import Find, Hit
from app.model import Place

_NEXT = ("next.config.js", "next.config.mjs", "next.config.ts")
_VITE = ("vite.config.ts", "vite.config.js", "vite.config.mts", "vite.config.mjs")
_CONFIG = first(whole_file(*_NEXT), failing_instruction)


def _asked(name: str = "") -> Find:
    return lambda hit: dependency_place(hit, name or hit["name"]) or list_place(hit)


def _route(hit: Hit) -> Place | None:
    """The page or route file of a route that Next names: /blog/[slug] is app/blog/[slug]/page.tsx."""
    route = hit["name"].strip("/")
    for path in sorted(hit.files.paths):
        folder, _, file = path.rpartition("/")
        if file.rpartition(".")[0] in ("page", "route") and folder.endswith(f"app/{route}".rstrip("/")):
            return hit.files.place(path, 1)
        if folder and f"{folder}/{file.rpartition('.')[0]}".endswith(f"pages/{route}"):
            return hit.files.place(path, 1)
    return failing_instruction(hit)


def _folder_of(word: str) -> Find:
    """The first file of the folder that is named by this part of a route: [slug]."""

    def find(hit: Hit) -> Place | None:
        inside = next((path for path in sorted(hit.files.paths) if f"[{hit[word]}]/" in path), "")
        return hit.files.place(inside, 1) if inside else None

    return find


SITES = Family(
    (
        # https://github.com/vercel/next.js/issues/88844
        Known(r"Failed to load external module (?P<name>\S+?)-[0-9a-f]{16}\b", "Turbopack's output lacks {name}, which it leaves outside of the bundle", "Build with next build --webpack, or with node-linker=hoisted in .npmrc where pnpm installs, and raise next: in Next 16 Turbopack forgets packages of serverExternalPackages in the standalone output.", first(matching(r"serverExternalPackages", *_NEXT), _CONFIG)),
        Known(r"Failed to execute turbo.*Exec format error", "The turbo in the image is for another processor", "Keep node_modules in .dockerignore and install turbo in the image (RUN npm install -g turbo@VERSION), not what your machine or an older layer brought; build with docker build --no-cache once.", failing_instruction),
        Known(r"Configuring Next\.js via 'next\.config\.ts' is not supported", "This Next does not read next.config.ts (Next 15 and later do)", "Raise next to 15 or later, or rename the file to next.config.mjs.", first(whole_file("next.config.ts"), _asked("next"))),
        Known(r"The Edge Function \"(?P<name>[^\"]+)\" is referencing unsupported modules|A Node\.js (?:API|module) is (?:used|loaded) \(.*not supported in the Edge Runtime|Dynamic Code Evaluation .*not allowed in Edge Runtime", "Code for the Edge runtime uses what only Node has", "Move that import out of the middleware or edge route, or write export const runtime = 'nodejs' (Next 15.2 and later for middleware).", first(whole_file("middleware.ts", "middleware.js", "proxy.ts"), anywhere(r"runtime\s*=\s*['\"]edge", ".ts", ".tsx", ".js"), failing_instruction)),
        Known(r"Page \"(?P<name>[^\"]+)\" is missing \"generateStaticParams\(\)\" so it cannot be used with \"output: export\"", "{name} has no generateStaticParams(), which output: 'export' needs", "Write export function generateStaticParams() in that page, or take output: 'export' out of next.config (with 'standalone' a server renders it).", _route),
        Known(r"\"next export\" has been removed|`next export` has been removed|The \"next export\" command has been removed", "next export is gone: next build does it", "Write output: 'export' in next.config, and take next export out of the script; or serve with next start.", first(lambda hit: script_place(hit, calls="next export"), failing_instruction)),
        Known(r"Image Optimization using the (?:Next\.js )?default (?:image )?loader is not compatible with", "A static export has no server that optimises images", "Write images: {{ unoptimized: true }} in next.config, or take output: 'export' out.", first(matching(r"output", *_NEXT), _CONFIG)),
        Known(r"(?:Static page generation|Collecting page data) for (?P<name>\S+) is still timing out after", "{name} takes too long to render while the image is built", "Render it at run time (export const dynamic = 'force-dynamic'), make what it fetches faster, or raise staticPageGenerationTimeout in next.config.", _route),
        Known(r"Route \"(?P<name>[^\"]+)\": (?:Uncached data was accessed|A component accessed data|Uncached data or `?connection).*outside of <Suspense>", "{name} waits for data outside of a <Suspense> (cacheComponents)", "Put the component that awaits under <Suspense>, or cache what it reads with 'use cache'; or take cacheComponents out of next.config.", _route),
        Known(r"<Html> should not be imported outside of pages/_document", "<Html> is used outside of pages/_document, or NODE_ENV is not production", "Take ENV NODE_ENV=development (and NODE_ENV out of .env files) away from the build; else move <Html> into pages/_document, and give the app one not-found page.", first(matching(r"NODE_ENV[= ]\"?dev", "Dockerfile"), anywhere(r"from ['\"]next/document", ".tsx", ".jsx", ".js"), failing_instruction)),
        Known(r"Both middleware file \"(?P<path>[^\"]+)\" and proxy file", "The project has a middleware file and a proxy file", "Remove {path}: from Next 16 on it is called proxy.", first(at("path"), failing_instruction)),
        Known(r"You cannot use different slug names for the same dynamic path \('(?P<name>\w+)' !== '(?P<want>\w+)'\)", "One folder has [{name}] and [{want}] side by side", "Give both the same name in square brackets.", first(_folder_of("want"), failing_instruction)),
        Known(r"TypeError: Cannot read properties of null \(reading 'use(?:Context|State|Effect|Ref|Memo)'\)", "Two Reacts are in the build, or NODE_ENV is not production", "Run npm ls react (one version only, next to next's own), and take NODE_ENV=development away from the build.", first(matching(r"NODE_ENV[= ]\"?dev", "Dockerfile"), _asked("react"))),
        Known(r"Error: Exiting due to prerender errors", "Nuxt could not prerender a page: the route it names above does not answer", "Correct that link or page, leave it out (nitro: {{ prerender: {{ ignore: ['/path'] }} }}), or write failOnError: false there.", first(matching(r"prerender|nitro", "nuxt.config.ts", "nuxt.config.js"), whole_file("nuxt.config.ts"), failing_instruction)),
        Known(r"Could not load `?(?P<name>@?[\w./-]+)`?\. Is it installed\?", "Nuxt's module {name} is not installed", "Run npm install {name} and commit package.json with its lock file (as a dependency, where the build installs without dev ones).", first(matching(r"{name}", "nuxt.config.ts", "nuxt.config.js"), list_place)),
        Known(r"Configure \"?workbox\.maximumFileSizeToCacheInBytes|maximumFileSizeToCacheInBytes", "A file is larger than the service worker may cache (2 MiB)", "Write workbox: {{ maximumFileSizeToCacheInBytes: 5_000_000 }} in VitePWA(…), or split the file.", first(matching(r"VitePWA|vite-plugin-pwa", *_VITE), failing_instruction)),
        Known(r"Top-level await is not available in the configured target environment", "The code awaits at top level, which the build's target does not know", "Write build: {{ target: 'es2022' }} (and optimizeDeps.esbuildOptions.target) in vite.config.", first(matching(r"build|target", *_VITE), whole_file(*_VITE), failing_instruction)),
        Known(r"Could not detect a supported production environment\. See https://(?:svelte\.dev|kit\.svelte\.dev)", "adapter-auto knows no Cloud Run: nothing was made to start", "Run npm install -D @sveltejs/adapter-node, write it in svelte.config.js instead of adapter-auto, and start node build.", first(matching(r"adapter-auto", "svelte.config.js", "svelte.config.ts"), failing_instruction)),
        Known(r"Cannot find base config file \"\./\.svelte-kit/tsconfig\.json\"", ".svelte-kit/tsconfig.json is not made yet", "Write svelte-kit sync before it (\"prepare\": \"svelte-kit sync\"), after the COPY of the sources.", first(matching(r"\.svelte-kit", "tsconfig.json"), failing_instruction)),
        Known(r"Could not find a root route module in the app directory as \"(?P<name>[^\"]+)\"", "{name} is not in the image", "COPY app/ before the build (see .dockerignore), or name the folder with appDirectory in react-router.config.", first(whole_file("react-router.config.ts"), failing_instruction)),
        Known(r"The target entry-point \"(?P<name>[^\"]+)\" has missing dependencies", "{name} needs packages that are not installed", "Install what is listed below it (npm install), in versions that fit your Angular.", _asked()),
        Known(r"Cannot determine a GraphQL (?:output|input) type for the \"(?P<name>[^\"]+)\"", "Nest's GraphQL cannot tell the type of {name}", "Write it in the decorator (@Field(() => Type)), give the class @ObjectType, and look for a circular import.", first(anywhere(r"\b{name}\b", ".ts"), failing_instruction)),
        Known(r"\[PackageLoader\] .*ensure to install the \"(?P<name>[^\"]+)\" package", "Nest needs the package {name}", "Run npm install {name} and commit package.json with its lock file.", list_place),
        Known(r"Embedded Dart Sass couldn't find the embedded compiler executable", "sass-embedded has no compiler for this system in node_modules", "Remove the lock file and node_modules, npm install and commit the new lock file; install without --omit=optional; or take the package sass instead of sass-embedded.", _asked("sass-embedded")),
        Known(r"Missing binding \S*node-sass/vendor|Node Sass (?:could not find a binding for your current environment|does not yet support your current environment)", "node-sass has no binary for this Node", "Run npm uninstall node-sass && npm install --save-dev sass: node-sass is at its end; or take the old Node in FROM that it was made for.", _asked("node-sass")),
        Known(r"\[webpack-cli\] Error: Unknown option '(?P<name>[^']+)'", "webpack-cli does not know the option {name}", "Take {name} out of the script: webpack-cli 4 and later have fewer flags (npx webpack --help lists them), the rest stands in webpack.config.js.", lambda hit: script_place(hit, calls=hit["name"]) or failing_instruction(hit)),
        Known(r"CLI for webpack must be installed", "webpack-cli is not installed", "Run npm install --save-dev webpack-cli and commit the lock file; install dev dependencies for the build.", list_place),
        Known(r"BrowserslistError: .*Unknown browser query `(?P<name>[^`]+)`", "Browserslist is too old for the query {name}", "Run npx update-browserslist-db@latest (or npm update browserslist) and commit the lock file, or write another query.", first(matching(r"browserslist", "package.json"), whole_file(".browserslistrc"), failing_instruction)),
        Known(r"An asset cannot be written to a location outside of the output path", "An asset of angular.json would be written outside of outputPath", "Correct output of that entry under assets: it is a path below outputPath, without .. and without a leading folder of the machine.", first(matching(r'"output"\s*:', "angular.json"), matching(r'"assets"\s*:', "angular.json"), failing_instruction)),
        Known(r"An unhandled exception occurred: ENOENT: no such file or directory, (?P<want>\w+) '(?P<path>[^']+)'", "ng finds no {path}", "COPY it before ng build where it is a source or an asset of angular.json; where it is what ng itself makes (dist), update @angular/cli to its last patch, or RUN mkdir -p it before.", failing_instruction),
        Known(r"lerna ERR! ENOLERNA", "lerna.json is not in the image", "COPY lerna.json before this line.", failing_instruction),
        Known(r"NX\s+Could not find Nx modules at", "Nx is not installed where it runs", "Install before nx runs (npm ci in this stage, dev dependencies included), with nx in devDependencies.", failing_instruction),
    )
)  # fmt: skip

# They speak where nothing better does: Next logs the last one in builds that succeed, too.
LESSER = Family(
    (
        Known(r"^\s*⨯ Failed to load SWC binary for (?P<name>[\w/-]+), see more info here: https://nextjs", "Next has no compiler (SWC) for {name} in node_modules", "Remove package-lock.json and node_modules, run npm install and commit the new lock file; install without --omit=optional, and write node_modules into .dockerignore.", first(whole_file(*LOCKS), _asked("next"))),
        Known(r"Failed to parse source for import analysis because the content contains invalid JS syntax", "Vite meets a file that is no JavaScript", "Name a file with JSX .jsx or .tsx, and install the plugin of what it is (Vue, Svelte, …) in vite.config.", first(whole_file(*_VITE), failing_instruction)),
        Known(r"Dynamic server usage: (?:Route |Page )?(?P<name>/\S*) couldn't be rendered statically because it (?:used|accessed) (?P<told>.+?)\.", "{name} needs the request ({told}) and cannot be rendered while it is built", "Write export const dynamic = 'force-dynamic' in that file, and do not catch this error around the call (rethrow it).", _route),
    )
)  # fmt: skip
