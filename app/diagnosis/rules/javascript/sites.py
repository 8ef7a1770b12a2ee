"""Next, Angular, Gatsby and Astro: pages that cannot be built."""

from __future__ import annotations

import re
from dataclasses import replace

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.javascript.image import install_without_dev
from app.diagnosis.javascript.imports import import_line
from app.diagnosis.javascript.packages import list_place, unnumbered
from app.diagnosis.javascript.stacks import bare
from app.diagnosis.places import anywhere, first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_angular import of_template
from app.diagnosis.rules.javascript.reading_monorepo import angular_place, project, schema
from app.diagnosis.rules.javascript.reading_nitro import nitro_page
from app.diagnosis.rules.javascript.reading_pages import (
    fetched_in_build,
    fetched_place,
    page_types,
    page_types_place,
    route_export,
)
from app.diagnosis.rules.javascript.reading_sites import (
    astro_error,
    astro_variables,
    budget,
    client,
    content,
    dynamic_routes,
    gatsby,
    page_place,
    prerender,
    rendered,
    rendered_place,
    server_only,
)
from app.diagnosis.rules.javascript.reading_spots import located, place_place
from app.diagnosis.transcript import Kind
from app.model import Blame

_ASTRO = ("astro.config.mjs", "astro.config.ts", "astro.config.js")

RULES: tuple[Rule, ...] = (
    Rule(
        code="next-prerender",
        pattern=r"Error occurred prerendering page \"(?P<page>[^\"]+)\"|(?:Failed to collect page data for|Failed to collect configuration for) (?P<page2>\S+)|"
        r"(?P<hook>useSearchParams\(\)|usePathname\(\)) should be wrapped in a suspense boundary at page \"(?P<page3>[^\"]+)\"|"
        r"Page \"(?P<page4>[^\"]+)\" is missing (?:param \"[^\"]+\" in )?\"generateStaticParams\(\)\"|The default export is not a React Component in page: \"(?P<page5>[^\"]+)\"|"
        r"getStaticPaths is required for dynamic SSG pages and is missing for '(?P<page6>[^']+)'",
        read=unnumbered(lambda hit: {**(prerender(hit) or {}), "line_said": bare(hit.line).strip()}),
        place=page_place,
        title="The page {page} cannot be prerendered: {said}",
        message="{line_said} {said}",
        fix="{fix}",
        link="https://nextjs.org/docs/messages/prerender-error",
    ),
    Rule(
        code="next-fetch",
        pattern=r"(?P<said>\b(?:TypeError: fetch failed|Error: .*\bfetch failed\b|(?:AxiosError|FetchError|Error): .*\b(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT)\b.*|(?:connect ECONNREFUSED|getaddrinfo (?:ENOTFOUND|EAI_AGAIN)) \S+))",
        only=frozenset({Kind.STEP, Kind.INSTRUCTION}),
        read=fetched_in_build,
        place=fetched_place,
        rank=Rank.ROOT,
        title="A page fetches data while next build runs, and the fetch failed: {host}",
        message="{said}: {page} asks {host} while it is built; in the build no other service of yours runs.",
        fix="Render it at run time (export const dynamic = 'force-dynamic', or no generateStaticParams), catch the failure and return an empty list, or give the build an address that it reaches (ARG, build environment).",
        link="https://nextjs.org/docs/messages/prerender-error",
    ),
    Rule(
        code="next-turbopack",
        pattern=r"ERROR: This build is using Turbopack, with a `(?P<key>webpack)` config|(?P<key2>webpack) config .* Turbopack is enabled by default",
        place=first(
            matching(r"\bwebpack\b", "next.config.ts", "next.config.mjs", "next.config.js"),
            failing_instruction,
        ),
        rank=Rank.ROOT,
        title="Next 16 builds with Turbopack, and next.config has a webpack config",
        message="This build is using Turbopack, with a webpack config and no turbopack config: Turbopack is the default since Next.js 16.",
        fix='Write "build": "next build --webpack" in package.json, or move the settings to turbopack: {{}} in next.config (an empty one says that webpack\'s may be left out).',
        link="https://nextjs.org/docs/app/guides/upgrading/version-16",
    ),
    Rule(
        code="next-route-export",
        pattern=r"^\s*\"(?P<name>\w+)\" is not a valid (?P<kind>Route|Page|Layout) export field",
        read=route_export,
        place=first(place_place, failing_instruction),
        rank=Rank.ROOT,
        title="{path} exports {name}, which a {kind} may not",
        message='"{name}" is not a valid {kind} export field ({path} line {line}): Next takes only what it knows there (GET, POST …, metadata, dynamic, revalidate).',
        fix="Name it for what it answers (export async function GET(request)), or move {name} into a file of its own and import it.",
        link="https://nextjs.org/docs/app/api-reference/file-conventions/route",
    ),
    Rule(
        code="next-page-types",
        pattern=r"^Type error: (?P<said>Type '.*' does not satisfy the constraint '(?P<kind>PageProps|LayoutProps|RouteHandlerConfig.*)'|(?:Page|Layout|Route) \"(?P<named>\S+)\" (?:has an invalid|does not match the required types).*)",
        read=page_types,
        place=page_types_place,
        rank=Rank.ROOT,
        title="{path}: params and searchParams are a Promise since Next 15",
        message="Type error: {said}. In {path}, params and searchParams have the type that they had before Next 15; or something is exported that a page may not export.",
        fix="Write params: Promise<{{ … }}> and await it (const {{ slug }} = await params); npx @next/codemod@latest next-async-request-api . does it everywhere.",
        link="https://nextjs.org/docs/messages/sync-dynamic-apis",
    ),
    Rule(
        code="vite-hosts",
        pattern=r"Blocked request\. This host \(\"?(?P<host>[^\")]+)\"?\) is not allowed",
        place=first(
            matching(r"\b(?:preview|server)\s*:", "vite.config.ts", "vite.config.js", "vite.config.mjs"),
            whole_file("vite.config.ts", "vite.config.js", "vite.config.mjs"),
            failing_instruction,
        ),
        rank=Rank.ROOT,
        title="Vite's server does not answer for {host}: it is not in allowedHosts",
        message="Blocked request. This host ({host}) is not allowed: vite dev and vite preview answer only for the names in allowedHosts.",
        fix="Write preview: {{ allowedHosts: ['.run.app'] }} (dev: server: {{ … }}) in vite.config; better, serve the built dist folder with nginx or serve: neither is made for production.",
        link="https://vite.dev/config/preview-options",
    ),
    Rule(
        code="next-client-metadata",
        pattern=r"You are attempting to export \"(?P<name>\w+)\" from a component marked with \"use client\"",
        read=lambda hit: located(replace(hit, words={**hit.words, "said": hit.line})),
        place=place_place,
        rank=Rank.ROOT,
        title='{path} exports {name}, and is marked with "use client"',
        message="{name} is read on the server, and {path} is a client component: Next does not allow both in one file.",
        fix='Take "use client" out of {path}, and move what needs the browser into a component of its own that has it; or move {name} into the layout.',
        link="https://nextjs.org/docs/app/api-reference/functions/generate-metadata",
    ),
    Rule(
        code="next-client",
        pattern=r"You're importing a (?:component|module|class) that (?:needs|depends on|imports) [`\"']?(?P<hook>[\w-]+)[`\"']?.*|"
        r"Event handlers cannot be passed to Client Component props",
        read=unnumbered(client),
        place=place_place,
        rank=Rank.ROOT,
        title='{path} uses {hook} without "use client"',
        message='You\'re importing a component that needs {hook}: it works in a client component only, but neither {path} nor its parents are marked with "use client".',
        fix='Write "use client" as the first line of {path}, or move what uses {hook} into a component of its own that has it.',
        link="https://nextjs.org/docs/app/api-reference/directives/use-client",
    ),
    Rule(
        code="next-project",
        pattern=r"(?P<said>Couldn't find any `?pages`? or `?app`? directory.*|It looks like you're trying to use TypeScript but do not have the required package\(s\) installed|Conflicting (?:app and page|public).*|"
        r"> No build cache found\. $|`?next export`? (?:has been removed|does not work).*|Specified \"\w+\" (?:cannot be used|require).*|Invalid next\.config\.\w+ options detected:? ?$|"
        r"Your project has `?@next/font`? installed.*|You cannot have two parallel pages that resolve to the same path.*|You cannot use different slug names for the same dynamic path.*)",
        read=lambda hit: project(hit),
        place=lambda hit: first(
            lambda each: install_without_dev(each) if "TypeScript" in each["said"] else None,
            matching(r"output", "next.config.js", "next.config.mjs", "next.config.ts")
            if "export" in hit["said"]
            else lambda _: None,
            failing_instruction,
        )(hit),
        title="Next: {said}",
        message="{said}",
        fix="{fix}",
    ),
    Rule(
        code="next-font",
        pattern=r"Failed to (?:fetch|download) `(?P<name>[^`]+)` from Google Fonts|Failed to fetch font `(?P<name2>[^`]+)`",
        read=unnumbered(),
        nowhere=True,
        blame=Blame.UNKNOWN,
        title="Google Fonts did not answer for {name}",
        message="Failed to fetch `{name}` from Google Fonts: the build has no way there. It is not in your change.",
        fix="Run it again, or put the font into the repository with next/font/local.",
    ),
    Rule(
        code="angular-template",
        pattern=r"^(?:Error: )?(?P<path>[\w@./-]+\.(?:html|ts)):(?P<line>\d+):\d+ - error (?P<code>NG-?\d+): (?P<said>.+)",
        read=of_template,
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{code}: {said}",
        message="{path} line {line}: error {code}: {said}{source}",
        fix="{fix}",
    ),
    Rule(
        code="angular-budget",
        pattern=r"(?:Error: |\[ERROR\] )?(?P<said>(?P<name>[\w./-]+) exceeded maximum budget\. .*|bundle (?P<name2>\w+) exceeded maximum budget.*|budgets, maximum exceeded for .*)",
        read=unnumbered(lambda hit: None if re.search(r"(?i)warning|▲", hit.line) else {}),
        place=budget,
        rank=Rank.ROOT,
        title="{said}",
        message="{said}",
        fix="Raise maximumError of this budget in angular.json, or make the bundle smaller.",
    ),
    Rule(
        code="angular-workspace",
        pattern=r"^(?:Error: |An unhandled exception occurred: )?(?P<said>Configuration '(?P<name>[^']+)' (?:is not set|for target).*|Project '(?P<name2>[^']+)' (?:does not exist|could not be found).*|Unknown arguments?: (?P<name3>\S+).*|"
        r"Schema validation failed with the following errors:.*|The Angular Compiler requires TypeScript (?P<name6>\S+) .*|NX\s+Cannot find (?:project|configuration) .*)",
        read=unnumbered(lambda hit: {"said": schema(hit)}),
        place=lambda hit: angular_place(hit),
        rank=Rank.ROOT,
        title="Angular: {said}",
        message="{said}",
        fix="Correct {name} in the command, in angular.json or in package.json.",
    ),
    Rule(
        code="gatsby-error",
        pattern=r"^\s*ERROR\s+(?:#(?P<number>\d+)\s+)?(?P<kind>WEBPACK\S*|GRAPHQL\S*|API\.CONFIG\S*|CONFIG|HTML\.COMPILATION|PLUGIN|API\.\S+|[A-Z]+\.[A-Z.]+)",
        read=gatsby,
        place=place_place,
        title="Gatsby {kind}: {said}",
        message="ERROR #{number} {kind}: {said} ({path} line {line})",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="astro-render",
        pattern=r"^(?:\d\d:\d\d:\d\d )?\s*└─ (?P<page>/\S*?(?:\.html|/))(?P<said>[\w$'\"`\[(].*)",
        read=rendered,
        place=rendered_place,
        title="{path} cannot be rendered: {said}",
        message="Astro renders {page} from {path}: {said}",
        fix="Correct what {path} uses: its frontmatter has to define it, or to import it.",
    ),
    Rule(
        code="astro-error",
        pattern=r"^\s{1,8}Location:$",
        read=astro_error,
        place=place_place,
        title="{path}: {said}",
        message="Astro: {said} ({path})",
        fix="Correct {path}; the number that Astro gives is the line of what it made of the file, unless it is inside it.",
    ),
    Rule(
        code="astro-content",
        pattern=r"\[(?P<kind>InvalidContentEntry\w*Error|UnknownContentCollectionError|InvalidContentEntryFrontmatterError|ContentSchema\w*|NoMatchingImport|ImageNotFound|MissingMediaQueryDirective|FailedToLoadModuleSSR|MDX\w*|CompilerError|UnknownCompilerError|ExpectedImage|MarkdownFrontmatterParseError)\]",
        read=content,
        place=place_place,
        rank=Rank.ROOT,
        title="{kind}: {said}",
        message="[{kind}] {said} ({path} line {line})",
        fix="Correct {path} (line {line}), or the schema in {schema}.",
    ),
    Rule(
        code="sveltekit-server-only",
        pattern=r"Cannot import (?P<name>\$\S+|\S+) into (?:client-side|public-facing) code",
        read=server_only,
        place=place_place,
        rank=Rank.ROOT,
        title="{path} brings {name} into the browser, and it is for the server only",
        message="Cannot import {name} into client-side code ({path} line {line}): what lies in $lib/server, $env/…/private or a .server file stays on the server.",
        fix="Read it in a load function of +page.server.js (or +layout.server.js) beside {path} and give the page what it returns; where only a type is wanted, write import type.",
        link="https://svelte.dev/docs/kit/server-only-modules",
    ),
    Rule(
        code="sveltekit-dynamic",
        pattern=r"adapter-static: all routes must be fully prerenderable",
        read=dynamic_routes,
        place=first(
            matching(r"\badapter\s*:|adapter-static", "svelte.config.js", "svelte.config.ts"),
            failing_instruction,
        ),
        rank=Rank.ROOT,
        title="adapter-static makes files only, and {routes} is not prerendered",
        message="@sveltejs/adapter-static: all routes must be fully prerenderable, and these are dynamic: {routes}.",
        fix="For pages that can be built ahead write export const prerender = true in src/routes/+layout.js (with entries for routes with parameters), or adapter({{ fallback: '200.html' }}) for a single-page app; where a server renders them, take @sveltejs/adapter-node and start node build.",
        link="https://svelte.dev/docs/kit/adapter-static",
    ),
    Rule(
        code="astro-no-adapter",
        pattern=r"\[NoAdapterInstalled\]|Cannot use `?(?:output: 'server'|server-rendered pages|output: 'hybrid')`? without an adapter",
        place=first(
            matching(r"output\s*:", *_ASTRO),
            anywhere(r"export const prerender\s*=\s*false", ".astro", ".ts"),
            whole_file(*_ASTRO),
        ),
        rank=Rank.ROOT,
        title="Astro renders on a server, and has no adapter for one",
        message="[NoAdapterInstalled] Cannot use server-rendered pages without an adapter.",
        fix="Run npx astro add node, commit astro.config and the lock file, and start it with HOST=0.0.0.0 node ./dist/server/entry.mjs; or leave output: 'server' out.",
        link="https://docs.astro.build/en/guides/integrations-guide/node/",
    ),
    Rule(
        code="next-sharp",
        only=frozenset(Kind),
        pattern=r"'sharp' is required to be installed in standalone mode",
        place=list_place,
        rank=Rank.ROOT,
        title="Next's standalone server has no sharp for its images",
        message="'sharp' is required to be installed in standalone mode: next/image needs it to make sizes, and package.json does not ask for it.",
        fix="npm install sharp (as a dependency) and build again, raise next to 15, which brings it, or write images: {{ unoptimized: true }} in next.config.",
        link="https://nextjs.org/docs/messages/sharp-missing-in-production",
    ),
    Rule(
        code="bundler-plugin",
        pattern=r"\[plugin:? (?:vite:(?:vue|svelte)[\w:-]*|vite-plugin-svelte[\w:-]*|vue|svelte|@?mdx[\w/-]*)\] (?P<path>[\w@./ \[\]()-]+\.\w+) \((?P<line>\d+):\d+\): (?P<said>.+)",
        place=place_place,
        rank=Rank.ROOT,
        title="{path} line {line}: {said}",
        message="{said} ({path} line {line})",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="router-server-module",
        pattern=r"'(?P<module>[^']+)' imported by route '(?P<path>[^']+)'",
        read=lambda hit: {} if hit.find_before(r"Server-only module referenced by client", 6) else None,
        place=first(
            lambda hit: hit.files.place(hit["path"], import_line(hit.files, hit["path"], hit["module"]) or 1),
            place_place,
        ),
        rank=Rank.ROOT,
        title="{path} takes {module} of the server along to the browser",
        message="Server-only module referenced by client: {path} imports {module}, and an export other than loader, action or headers uses it.",
        fix="Use {module} only inside loader and action of {path}, or move what both need into a file without .server in its name.",
        link="https://reactrouter.com/explanation/code-splitting",
    ),
    Rule(
        code="svelte-prerender",
        pattern=r"Error: (?P<status>[45]\d\d) (?P<link>/\S*) \((?:linked|fetched) from (?P<page>/\S*)\)",
        place=first(
            anywhere(r"(?:href|src|action)=[\"'{`]+{link}[\"'`#?]", ".svelte", ".md", ".svx", ".html"),
            failing_instruction,
        ),
        rank=Rank.ROOT,
        title="Prerendering {page} follows a link to {link}, which answers {status}",
        message="SvelteKit prerenders what a page links to: {link} (linked from {page}) answered {status}.",
        fix="Correct the link, add the page, or say what is to happen: kit.prerender.handleHttpError in svelte.config.js.",
        link="https://svelte.dev/docs/kit/configuration#prerender",
    ),
    Rule(
        code="nitro-prerender",
        pattern=r"^[\s│├└─]*Error: \[(?P<status>\d{3})\] ?(?P<said>.*)",
        read=nitro_page,
        place=first(
            matching(r"prerender|routeRules", "nuxt.config.ts", "nuxt.config.js", "nitro.config.ts"),
            failing_instruction,
        ),
        title="Nuxt cannot prerender {page}: {status} {said}",
        message="Nitro prerenders {page}{linked}, and it answered {status} {said}.",
        fix="{advice}.",
        link="https://nuxt.com/docs/getting-started/prerendering",
    ),
    Rule(
        code="astro-variables",
        only=frozenset(Kind),
        pattern=r"\[EnvInvalidVariables\]",
        read=astro_variables,
        place=first(
            lambda hit: matching(r"\b{name}\s*:", *_ASTRO)(hit) if hit["name"] else None, whole_file(*_ASTRO)
        ),
        rank=Rank.ROOT,
        title="Astro: {said}",
        message="[EnvInvalidVariables] {said}: env.schema of astro.config asks for it.",
        fix="Give the build {name} (a build argument or the build's environment), set it for the service where it is access: secret, or mark it optional: true.",
        link="https://docs.astro.build/en/guides/environment-variables/#type-safe-environment-variables",
    ),
)
