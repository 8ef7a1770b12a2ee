"""Node's own error codes (ERR_… and the system's E…) that no other row knows, with what each means for a service.

The codes are those of https://nodejs.org/api/errors.html."""

from __future__ import annotations

import re

from app.diagnosis.families import BUILT, STARTED, Family, Known
from app.diagnosis.instructions import base_image
from app.diagnosis.javascript.image import ran_place
from app.diagnosis.javascript.packages import dependency_place, package_name
from app.diagnosis.javascript.stacks import thrown_at
from app.diagnosis.places import anywhere, first, matching, whole_file
from app.diagnosis.rule import Hit
from app.model import Place

_THROWN = first(thrown_at, ran_place)


def _imported(hit: Hit) -> Place | None:
    """The import of the file that is named."""
    base = re.escape(hit["name"].rpartition("/")[2])
    pattern = rf"(?:\bfrom|\bimport)\s*\(?['\"][^'\"]*{base}['\"]\)?(?!.*\bwith\b)"
    return anywhere(pattern, ".js", ".ts", ".mjs", ".mts")(hit)


def _package(hit: Hit) -> Place | None:
    """The line of package.json that asks for the package which the error is in."""
    return dependency_place(hit, package_name(hit["name"])) or ran_place(hit)


NODE = Family(
    (
        Known(r"\[ERR_PACKAGE_IMPORT_NOT_DEFINED\]: Package import specifier \"(?P<name>#[^\"]+)\" is not defined", "package.json has no {name} under imports", 'Write it there ("imports": {{"#lib/*": "./dist/lib/*.js"}}), COPY that package.json beside the built files, or correct the import.', first(matching(r'"imports"', "package.json"), whole_file("package.json"))),
        Known(r"Error(?: \[ERR_INVALID_PACKAGE_CONFIG\])?: Invalid package config (?P<path>\S+?)\.?$", "{path} is not valid JSON", "Correct {path}: a comma, a quote or a merge conflict; an empty file that COPY or a build wrote counts too.", first(whole_file("package.json"), ran_place)),
        Known(r"\[ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX\]: (?P<told>.+)", "Node runs TypeScript only without its types: {told}", "Build it and run the JavaScript (node dist/…), start it with tsx, or write what Node can strip: no enum, namespace or parameter property (erasableSyntaxOnly in tsconfig.json).", _THROWN),
        Known(r"\[ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING\]: .*node_modules/(?P<name>(?:@[\w.-]+/)?[\w.-]+)/", "{name} brings TypeScript, which Node does not run inside node_modules", "Build {name} and let its exports name the JavaScript, bundle it into the server, or start with tsx.", _package),
        Known(r"\[ERR_REQUIRE_ASYNC_MODULE\]", "require() meets an ES module with top-level await", "Load it with await import(…), or make the program an ES module (\"type\": \"module\"); or pin the package to its last CommonJS version.", _THROWN),
        Known(r"\[ERR_REQUIRE_CYCLE_MODULE\]: Cannot require\(\) ES Module (?P<path>\S+)", "A CommonJS and an ES module load each other: {path}", "Take one of the two imports out, or load it with await import(…) where it is used; a newer Node 22 or 24 has fewer of these.", _THROWN),
        Known(r"\[ERR_SOCKET_BAD_PORT\]: .*Received (?P<told>.+?)\.?$", "The port to listen on is none: {told}", "Read it as Number(process.env.PORT) || 8080, and look at which variable the program takes it from.", _THROWN),
        Known(r"\[ERR_SERVER_ALREADY_LISTEN\]", "listen() is called twice on one server", "Call it in one place only: a framework's start and a listen of your own are two.", _THROWN),
        Known(r"error:1E08010C:DECODER routines::unsupported|ERR_OSSL_UNSUPPORTED|error:0909006C:PEM routines:get_name:no start line|error:0480006C:PEM routines::no start line", "A private key in the environment is not a whole PEM: its line breaks are gone", "Write .replace(/\\\\n/g, '\\n') where the key is read and no quotes around its value, or mount the secret as a file; on Cloud Run leave Google keys out and use the service's own account.", _THROWN),
        Known(r"\[ERR_WORKER_OUT_OF_MEMORY\]", "A worker of the build ran out of memory", "Write ENV NODE_OPTIONS=--max-old-space-size=6144 above this RUN, build on a larger machine (options: machineType: E2_HIGHCPU_8), or with fewer workers.", ran_place),
        Known(r"EMFILE: too many open files", "Too many files are open (EMFILE)", "Do not watch files here: build and start without --watch, nodemon or a dev server; write node_modules into what is ignored.", _THROWN),
        Known(r"ENOSPC: System limit for number of file watchers reached", "The container watches files, which Cloud Run does not allow so many of", "Start the built program instead of a dev server: node server.js, next start, nuxt's .output; no --watch and no nodemon.", ran_place),
        Known(r"EEXIST: file already exists, mkdir '(?P<path>[^']+)'", "{path} cannot be made: something else has that name already", "Remove it before (rm -rf {path}), keep it out of git and out of the image (.dockerignore): a file, a link or a folder of an earlier build or a cache stands there.", _THROWN),
        Known(r"Debug Failure\. False expression: Non-string value passed to `ts\.resolve", "ts-node is too old for this TypeScript", "Run npm install --save-dev ts-node@latest (10.9 or later) and commit the lock file; better, compile with tsc and start node dist/….", lambda hit: dependency_place(hit, "ts-node") or ran_place(hit)),
        Known(r"pthread_create: Resource temporarily unavailable|EAGAIN.*(?:spawn|fork)|spawn \S+ EAGAIN", "The container may start no more processes or threads", "Start one browser and close it again (browser.close() in finally), lower the service's concurrency, give it more memory and cpu, and start Chromium with --disable-dev-shm-usage --no-zygote.", _THROWN),
        Known(r"Inconsistency detected by ld\.so: .*dl-tls", "The browser fell over in its loader (ld.so), a fault of that image's C library", "Take a newer Debian in FROM (bookworm or later) with its own chromium, and Cloud Run's second generation: gcloud run services update SERVICE --execution-environment=gen2.", base_image),
        Known(r"fastify-plugin: (?P<name>\S+) - expected '(?P<want>[^']+)' fastify version, '(?P<have>[^']+)' is installed", "{name} is made for fastify {want}, and {have} is installed", "Raise fastify to {want}, or take the older major version of {name} that its list of versions names for fastify {have}; commit the lock file.", lambda hit: dependency_place(hit, "fastify") or ran_place(hit)),
        Known(r"Cannot find module '[^']*build/(?:Release|Debug)/(?P<name>[\w-]+)\.node'", "The native part of {name} was not built in this image", "Keep node_modules in .dockerignore and install in the image with its scripts (no --ignore-scripts; pnpm: list it in onlyBuiltDependencies), with the libraries and compilers it needs; then npm rebuild {name}.", lambda hit: dependency_place(hit, hit["name"]) or ran_place(hit)),
        Known(r"EXDEV: cross-device link not permitted, (?P<name>\w+) '(?P<path>[^']+)'", "A file cannot be moved to another disk: {path}", "Copy and delete instead of rename (fs.cp and fs.rm, or mv), or keep both paths on one mount: /tmp and a cache mount are others.", _THROWN),
        Known(r"EACCES: permission denied, (?:open|copyfile|unlink|rename) '(?P<path>/?(?:[\w@.-]+/)+)(?P<name>[^/']+)'", "The container may not write {path}{name}", "Write below /tmp (it counts as memory) or into a bucket; or give the folder to the container's user: RUN mkdir -p {path} && chown -R node {path} before USER.", _THROWN, STARTED),
        Known(r"(?:EROFS: read-only file system|EACCES: permission denied), (?P<name>mkdir|open|mkdtemp|copyfile|write|unlink|rename) '(?P<path>[^']*)'", "The container may not write {path}", "Write below /tmp (it counts as memory) or into a bucket; or give the folder to the container's user: RUN mkdir -p {path} && chown node {path} before USER.", _THROWN, STARTED),
        Known(r"listen EADDRNOTAVAIL: address not available (?P<name>\S+)", "The server listens on an address that the container does not have: {name}", "Listen on 0.0.0.0 and the port in $PORT, and take HOST or the address out of the configuration.", first(thrown_at, ran_place), STARTED),
        Known(r"\[ERR_HTTP_HEADERS_SENT\]", "A handler answers twice: its headers were sent before", "Write return before the first answer (return res.send(…)), and answer once on every way through it.", _THROWN),
        Known(r"\[ERR_INVALID_MODULE_SPECIFIER\]: Invalid module \"(?P<name>[^\"]*)\"", "The import {name} is not a name that Node can follow", "Correct the import: an alias of tsconfig.json or a bundler means nothing to Node (tsc-alias, or imports with # in package.json).", _THROWN),
        Known(r"\[ERR_INVALID_PACKAGE_TARGET\]: Invalid \"exports\" target (?P<told>.+?) defined", "A package.json exports {told}, which is no path", 'Write the target with ./ before it ("./dist/index.js").', first(matching(r'"exports"', "package.json"), ran_place)),
        Known(r"\[ERR_NETWORK_IMPORT_DISALLOWED\]|\[ERR_UNSUPPORTED_ESM_URL_SCHEME\]: (?P<told>.+)", "Node does not import from this address: {told}", "Install the package and import it by its name; a Windows path needs pathToFileURL().", _THROWN),
        Known(r"\[ERR_IMPORT_(?:ATTRIBUTE|ASSERTION_TYPE)_MISSING\]: Module \"(?:file://)?(?P<name>[^\"]+)\" needs an import attribute", "{name} is imported without saying that it is JSON", "Write import data from '…' with {{ type: 'json' }}.", first(_imported, _THROWN)),
        Known(r"\[ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING\w*\]", "import() is called where Node cannot load modules (a vm, Jest)", "Run it with NODE_OPTIONS=--experimental-vm-modules, or load it with require().", _THROWN),
        Known(r"\[ERR_USE_AFTER_CLOSE\]: readline was closed", "The program waits for typed input, and there is none", "Give the answer as a flag (--yes) or a variable; a build and a container have no keyboard.", _THROWN),
        Known(r"\[ERR_TLS_CERT_ALTNAME_INVALID\]: (?P<told>.+)", "The other side shows a certificate for another name: {told}", "Connect by the name that its certificate has, or correct the address in the variable.", _THROWN),
        Known(r"\[ERR_INVALID_CHAR\]: Invalid character in header content \[\"(?P<name>[^\"]+)\"\]", "The header {name} has a line break in its value", "Trim the value: a secret was saved with a line break at its end (printf instead of echo when it is made).", _THROWN),
        Known(r"\[ERR_FR_\w+\]|\[ERR_UNESCAPED_CHARACTERS\]: (?P<told>.+)", "A request was made with an address that HTTP does not allow: {told}", "Encode it with encodeURI, and trim the variable that it comes from.", _THROWN),
        Known(r"\[ERR_INSPECTOR_\w+\]: (?P<told>.+)", "Node's inspector: {told}", "Take --inspect out of the start command.", ran_place),
        Known(r"\[ERR_STREAM_PREMATURE_CLOSE\]|\[ERR_STREAM_WRITE_AFTER_END\]|\[ERR_STREAM_DESTROYED\]", "A stream was closed while it was still used", "Await the end of the stream before it is closed, and listen to its error event.", _THROWN),
        Known(r"\[ERR_DLOPEN_DISABLED\]|\[ERR_ACCESS_DENIED\]: (?P<told>.+)", "Node's permission model forbids it: {told}", "Take --permission out of the command, or add the --allow-… that it names.", ran_place),
        Known(r"(?P<told>Maximum call stack size exceeded)", "tsc or the bundler runs in a circle: {told}", "Look for a type or import that refers to itself; write ENV NODE_OPTIONS=--stack-size=4000 for very large projects, and update typescript.", ran_place, BUILT, r"typescript/lib|webpack/lib|rollup|at getType|at check"),
    )
)  # fmt: skip
