"""npm, yarn, pnpm, Node itself, and TypeScript."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping

from app.diagnosis.places import (
    at,
    dependency_line,
    failing_instruction,
    first,
    manifest,
    matching,
    nearest_first,
    repository_path,
    whole_file,
)
from app.diagnosis.rule import Hit, Rank, Rule
from app.model import Blame, Place

BUILTIN = frozenset(
    [
        "fs",
        "path",
        "http",
        "https",
        "url",
        "util",
        "os",
        "crypto",
        "stream",
        "events",
        "child_process",
        "cluster",
        "zlib",
        "net",
        "tls",
        "dns",
    ]
)


def _package_json(hit: Hit) -> tuple[str, dict[str, object]]:
    for path in nearest_first(hit, hit.files.named("package.json")):
        try:
            found = json.loads(hit.files.text(path))
        except ValueError:
            continue
        if isinstance(found, dict):
            return path, found
    return "", {}


def _bare(spec: str) -> tuple[str, str]:
    """name and version of name@version, scoped or not."""
    name, _, version = spec[1:].rpartition("@") if spec.startswith("@") else spec.rpartition("@")
    return (("@" + name) if spec.startswith("@") else name, version) if name else (spec, "")


def _spec(hit: Hit) -> Mapping[str, str] | None:
    name, version = _bare(hit["spec"].strip("'\"."))
    return {"name": name, "version": version}


def _dependency(hit: Hit) -> Place | None:
    return dependency_line(hit, "node", hit["name"])


def _out_of_step(hit: Hit) -> Mapping[str, str] | None:
    missing = [
        m[1]
        for line in hit.after(30)
        if (m := re.search(r"(?:Missing|Invalid): (?:lock file's )?(@?[\w./-]+)@", line))
    ]
    return {
        "name": missing[0] if missing else "",
        "what": ", ".join(dict.fromkeys(missing))[:120] or "the lock file",
    }


def _out_of_step_place(hit: Hit) -> Place | None:
    return dependency_line(hit, "node", hit["name"]) or first(
        manifest("node"), whole_file("package-lock.json", "yarn.lock", "pnpm-lock.yaml")
    )(hit)


def _eresolve(hit: Hit) -> Mapping[str, str] | None:
    lines = [re.sub(r"^npm (?:ERR!|error)\s?", "", line) for line in hit.after(40)]
    text = "\n".join(lines)
    peer = re.search(r'peer (@?[\w./-]+)@"([^"]+)" from (@?[\w./-]+)@(\S+)', text)
    found = re.search(r"Found: (@?[\w./-]+)@(\S+)", text)
    resolving = re.search(r"While resolving: (@?[\w./-]+)@(\S+)", text)
    if peer:
        return {
            "name": peer[3],
            "version": peer[4],
            "peer": peer[1],
            "range": peer[2],
            "found": found[2] if found else "another version",
        }
    if resolving:
        return {
            "name": resolving[1],
            "version": resolving[2],
            "peer": found[1] if found else "",
            "range": "",
            "found": found[2] if found else "",
        }
    return None


def _script(hit: Hit) -> Mapping[str, str] | None:
    _, package = _package_json(hit)
    scripts = package.get("scripts")
    names = list(scripts) if isinstance(scripts, dict) else []
    near = difflib.get_close_matches(hit["name"], names, 1, 0.5)
    return {
        "near": near[0] if near else "",
        "fix": f"Write {near[0]} instead, or add a script named {hit['name']}."
        if near
        else f'Add "{hit["name"]}" to the scripts of package.json.',
    }


def _script_place(hit: Hit) -> Place | None:
    path, _ = _package_json(hit)
    line = hit.files.search(path, r'^\s*"scripts"\s*:') if path else 0
    return hit.files.place(path, line or 1) if path else failing_instruction(hit)


def _gyp(hit: Hit) -> Mapping[str, str] | None:
    for line in (*hit.before(200), *hit.after(200)):
        if match := re.search(r"(?:cwd|path) \S*node_modules/((?:@[\w.-]+/)?[\w.-]+)", line):
            return {"name": match[1]}
    return {"name": ""}


def _module(hit: Hit) -> Mapping[str, str] | None:
    name = hit["name"]
    local = name.startswith((".", "/", "file:"))
    base = name.rpartition("/")[2]
    near = ""
    if local:
        names = {re.sub(r"\.\w+$", "", n).lower(): n for p in hit.files.paths if (n := p.rpartition("/")[2])}
        close = [
            names[c] for c in difflib.get_close_matches(re.sub(r"\.\w+$", "", base).lower(), names, 1, 0.7)
        ]
        near = close[0] if close else ""
    if not local:
        name = "/".join(name.split("/")[: 2 if name.startswith("@") else 1])
    built = bool(re.search(r"/(?:dist|build|out|lib)/", hit["name"]))
    if local and built:
        fix = f"{base} is made by the build: run it in the image (npm run build), or correct the path that starts it."
    elif local:
        fix = (
            f"The file is {near}: write it that way."
            if near and near != base
            else f"Add {base} to the repository, or correct the path."
        )
    else:
        fix = f"npm install {name}, and commit package.json with its lock file."
    return {"name": name if not local else hit["name"], "package": "" if local else name, "fix": fix}


def _importer(hit: Hit) -> Place | None:
    wanted = re.escape(hit["name"].rpartition("/")[2].removesuffix(".js")) if hit["name"] else ""
    for line in hit.after(25):
        match = re.search(
            r"(?:- |at .*?\(?|from |imported from )((?:file://)?/?[\w@./-]+\.[cm]?[jt]sx?)(?::(\d+))?", line
        )
        if match and (path := repository_path(hit.files, match[1], hit)):
            number = int(match[2]) if match[2] else hit.files.search(path, wanted) if wanted else 1
            if place := hit.files.place(path, number or 1):
                return place
    return None


def _module_place(hit: Hit) -> Place | None:
    if hit["package"]:
        return dependency_line(hit, "node", hit["package"]) or manifest("node")(hit) or _importer(hit)
    found = _importer(hit)
    if found:
        return found
    _path, _ = _package_json(hit)
    base = re.escape(hit["name"].rpartition("/")[2])
    return first(
        matching(rf"(?:CMD|ENTRYPOINT).*{base}", "Dockerfile"), matching(base, "package.json", "Procfile")
    )(hit) or failing_instruction(hit)


def _stack_place(hit: Hit) -> Place | None:
    """The deepest frame of ours, or the file that Node prints above a SyntaxError."""
    for line in hit.after(30):
        if match := re.search(r"\(?((?:file://)?/[\w@./ -]+\.[cm]?[jt]sx?):(\d+):\d+\)?$", line):
            path = repository_path(hit.files, match[1], hit)
            if path and (place := hit.files.place(path, int(match[2]))):
                return place
        elif line.startswith("Node.js v"):
            break
    for line in hit.before(12):
        if (match := re.match(r"(?:file://)?(/[\w@./ -]+\.[cm]?[jt]sx?):(\d+)$", line)) and (
            path := repository_path(hit.files, match[1], hit)
        ):
            return hit.files.place(path, int(match[2]))
    return None


def _needs_stack(hit: Hit) -> Mapping[str, str] | None:
    place = _stack_place(hit)
    if place is None:
        return None
    return {"where": f" at {place.path}:{place.line}", "file": place.path, "at": str(place.line)}


def _tsc(hit: Hit) -> Mapping[str, str] | None:
    return {"more": " ".join(line.strip() for line in hit.after(3) if line.startswith("  "))[:200]}


TS = r"error (?P<code>TS\d+): (?P<said>.+)"

RULES = (
    Rule(
        code="npm-lock-out-of-step",
        pattern=r"`?npm ci`? can only install packages when your package\.json and package-lock\.json|npm (?:ERR!|error) (?:code EUSAGE|cipm can only install)|Your lockfile needs to be updated, but yarn was run with|YN0028|ERR_PNPM_OUTDATED_LOCKFILE|Cannot install with \"frozen-lockfile\"|lockfile had changes, but lockfile is frozen",
        read=_out_of_step,
        place=_out_of_step_place,
        rank=Rank.ROOT,
        title="package.json and the lock file do not agree",
        message="The lockfile (package-lock.json, yarn.lock, pnpm-lock.yaml) is not up to date with package.json: {what}.",
        fix="Run npm install (yarn install, pnpm install) and commit package.json together with the package-lock file.",
        link="https://docs.npmjs.com/cli/commands/npm-ci",
    ),
    Rule(
        code="npm-no-lock",
        pattern=r"npm ci`? command can only install with an existing package-lock\.json|ERR_PNPM_NO_LOCKFILE",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="There is no package-lock.json",
        message="npm ci installs only what a package-lock.json lists, and there is none in the image.",
        fix="Run npm install, commit package-lock.json, and COPY it (package*.json) before npm ci.",
    ),
    Rule(
        code="npm-conflict",
        pattern=r"npm (?:ERR!|error) (?:code )?ERESOLVE",
        read=_eresolve,
        place=_dependency,
        rank=Rank.ROOT,
        title="{name} does not go together with {peer} {found}",
        message="ERESOLVE: {name}@{version} wants {peer}@{range}; the project has {peer}@{found}.",
        fix="Take a version of {name} that accepts {peer} {found}, or another {peer}; --legacy-peer-deps only hides it.",
    ),
    Rule(
        code="npm-no-such-version",
        pattern=r"npm (?:ERR!|error) notarget No matching version found for (?P<spec>\S+)|ERR_PNPM_NO_MATCHING_VERSION\S*\s+No matching version found for (?P<spec2>\S+)|Couldn't find any versions for \"(?P<name>[^\"]+)\" that matches \"(?P<version>[^\"]+)\"",
        read=lambda hit: (
            {"name": hit["name"], "version": hit["version"]}
            if hit["name"]
            else dict(
                zip(("name", "version"), _bare((hit["spec"] or hit["spec2"]).strip("'\".")), strict=False)
            )
        ),
        place=_dependency,
        rank=Rank.ROOT,
        title="{name}@{version} does not exist",
        message="No matching version found for {name}@{version} in the registry.",
        fix="Write a version that exists: npm view {name} versions.",
    ),
    Rule(
        code="npm-not-found",
        pattern=r"npm (?:ERR!|error) 404\s+'?(?P<spec>(?:@[\w.-]+/)?[\w.-]+@[^'\s]+)'? is not in (?:the npm|this) registry|npm (?:ERR!|error) 404 Not Found - GET https?://\S+?/(?P<spec2>(?:@[\w.-]+(?:%2f|/))?[\w.-]+) - Not found|error An unexpected error occurred: \"https?://\S+/(?P<spec3>[\w@%.-]+): Not found",
        read=lambda hit: {
            "name": _bare((hit["spec"] or hit["spec2"] or hit["spec3"]).replace("%2f", "/"))[0]
        },
        place=_dependency,
        rank=Rank.ROOT,
        title="There is no package {name}",
        message="404 Not Found: {name} is not in the npm registry (or is private).",
        fix="Correct the name in package.json; for a private package give the build an .npmrc with access.",
    ),
    Rule(
        code="npm-missing-script",
        pattern=r"(?:npm (?:ERR!|error) Missing script: |missing script: |error Command |ERR_PNPM_NO_SCRIPT\S*\s+Missing script: )\"?(?P<name>[\w:.-]+)\"?(?: not found)?\.?$",
        read=_script,
        place=_script_place,
        rank=Rank.ROOT,
        title='package.json has no script "{name}"',
        message='Missing script: "{name}".',
        fix="{fix}",
    ),
    Rule(
        code="npm-engine",
        pattern=r"(?:npm (?:ERR!|error) (?:code EBADENGINE|notsup Not compatible|engine Not compatible)|The engine \"node\" is incompatible with this module\. Expected version \"(?P<want>[^\"]+)\"\. Got \"(?P<have>[^\"]+)\")",
        place=first(matching(r'"engines"\s*:', "package.json"), manifest("node")),
        rank=Rank.ROOT,
        title="This version of Node is not the one that is asked for",
        message="Unsupported engine (EBADENGINE): wanted {want}, got {have}.",
        fix='Use a base image with the Node version of "engines", or change "engines" in package.json.',
    ),
    Rule(
        code="npm-package-json",
        pattern=r"npm (?:ERR!|error) (?:code EJSONPARSE|JSON\.parse Failed to parse|Failed to parse json|JSON\.parse Invalid package\.json)",
        place=whole_file("package.json"),
        rank=Rank.ROOT,
        title="package.json is not valid JSON",
        message="EJSONPARSE: npm cannot parse package.json.",
        fix="Correct package.json: a comma too many or too few is the usual reason.",
    ),
    Rule(
        code="npm-no-package-json",
        pattern=r"npm (?:ERR!|error) (?:enoent )?(?:ENOENT: no such file or directory, open|Could not read package\.json: Error: ENOENT: no such file or directory, open) '(?P<path>[^']*package\.json)'|Couldn't find a package\.json file in \"(?P<path2>[^\"]+)\"",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="There is no package.json where npm looks",
        message="ENOENT: no such file or directory: {path}{path2}.",
        fix="COPY package*.json into the WORKDIR before this instruction.",
    ),
    Rule(
        code="npm-gyp-python",
        pattern=r"gyp ERR! (?:stack Error: Could not find any Python installation|find Python Python is not set)|not found: make|gyp ERR! stack Error: not found: (?:make|g\+\+)",
        read=_gyp,
        place=_dependency,
        rank=Rank.ROOT,
        title="{name} is built from source and needs Python, make and g++",
        message="node-gyp could not build {name}: Could not find any Python installation to use, or no compiler.",
        fix="Install them before npm: RUN apt-get update && apt-get install -y python3 make g++ (alpine: apk add python3 make g++).",
    ),
    Rule(
        code="npm-network",
        pattern=r"npm (?:ERR!|error) (?:code |network )?(?:ETIMEDOUT|ECONNRESET|EAI_AGAIN|ENOTFOUND|E5\d\d|503 Service)",
        nowhere=True,
        blame=Blame.UNKNOWN,
        title="The npm registry could not be reached",
        message="The network between the build and the registry broke; this is not in your change.",
        fix="Run it again.",
    ),
    Rule(
        code="npm-command-not-found",
        pattern=r"(?:^|: )(?:\d+: )?(?P<name>vite|tsc|next|react-scripts|ng|nest|webpack|vue-cli-service|nuxt|astro|eslint|jest|vitest|prisma|tsx|ts-node|nodemon|husky|rimraf|cross-env|concurrently|turbo|svelte-kit|remix|gatsby|parcel|rollup|esbuild): (?:command )?not found",
        place=lambda hit: (
            dependency_line(
                hit,
                "node",
                {"tsc": "typescript", "ng": "@angular/cli", "nest": "@nestjs/cli"}.get(
                    hit["name"], hit["name"]
                ),
            )
            or manifest("node")(hit)
        ),
        rank=Rank.ROOT,
        title="{name} is not installed in the image",
        message="{name}: not found. It is a development dependency that was left out, or is missing in package.json.",
        fix="Install development dependencies for the build (npm ci without --omit=dev and NODE_ENV=production), or add {name} to package.json.",
    ),
    Rule(
        code="npm-script-failed",
        pattern=r"npm (?:ERR!|error) (?:code ELIFECYCLE|Lifecycle script `(?P<name>[^`]+)` failed|command failed)|error Command failed with exit code|ELIFECYCLE\s+Command failed",
        rank=Rank.SYMPTOM,
        title="An npm script failed",
        message="The script {name} ended with an error.",
        fix="Read what it printed above.",
    ),
    Rule(
        code="node-module-not-found",
        pattern=r"Error: Cannot find (?:module|package) '(?P<name>[^']+)'",
        read=_module,
        place=_module_place,
        rank=Rank.ROOT,
        title="Node does not find {name}",
        message="Error: Cannot find module '{name}'.",
        fix="{fix}",
    ),
    Rule(
        code="node-esm",
        pattern=r"(?P<said>SyntaxError: Cannot use import statement outside a module|ReferenceError: require is not defined in ES module scope.*|Error \[ERR_REQUIRE_ESM\]: .*|SyntaxError: Unexpected token 'export'|ReferenceError: (?:module|exports|__dirname) is not defined in ES module scope.*)",
        place=_stack_place,
        rank=Rank.ROOT,
        title="ES modules and require() are mixed",
        message="{said}",
        fix='Write "type": "module" in package.json and use import everywhere, or use require() (a .cjs file) here.',
        link="https://nodejs.org/api/packages.html#determining-module-system",
    ),
    Rule(
        code="node-syntax",
        pattern=r"^(?:Uncaught )?SyntaxError: (?P<said>.+)",
        read=_needs_stack,
        place=_stack_place,
        rank=Rank.ROOT,
        title="{file} line {at}: {said}",
        message="SyntaxError: {said}{where}.",
        fix="Correct line {at} of {file}.",
    ),
    Rule(
        code="node-uncaught",
        pattern=r"^(?:Uncaught |\[?UnhandledPromiseRejection\S* )?(?P<kind>(?:[A-Z]\w*)?Error)(?: \[[A-Z_]+\])?: (?P<said>.+)",
        read=_needs_stack,
        place=_stack_place,
        title="{kind}: {said}",
        message="{kind}: {said}{where}.",
        fix="Look at {file} line {at}: it is the deepest line of yours in the stack.",
    ),
    Rule(
        code="typescript-error",
        pattern=r"^(?P<path>[\w@./ ()\[\]-]+\.(?:[cm]?tsx?|vue|svelte|d\.ts))\((?P<line>\d+),\d+\): " + TS,
        read=_tsc,
        place=at(),
        many=True,
        rank=Rank.ROOT,
        title="{code}: {said}",
        message="{code}: {said} {more}",
        fix="Correct line {line} of {path}.",
        link="https://www.typescriptlang.org/docs/",
    ),
    Rule(
        code="typescript-error",
        pattern=r"^(?P<path>[\w@./ ()\[\]-]+\.(?:[cm]?tsx?|vue|svelte)):(?P<line>\d+):\d+ - " + TS,
        read=_tsc,
        place=at(),
        many=True,
        rank=Rank.ROOT,
        title="{code}: {said}",
        message="{code}: {said} {more}",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="typescript-config",
        pattern=r"^(?:(?P<path>[\w./-]*tsconfig[\w.]*\.json)\((?P<line>\d+),\d+\): )?error (?P<code>TS(?:5\d\d\d|18003|6053|17004)): (?P<said>.+)",
        place=first(at(), whole_file("tsconfig.json")),
        rank=Rank.ROOT,
        title="{code}: {said}",
        message="{code}: {said}",
        fix="Correct tsconfig.json.",
    ),
    Rule(
        code="bundler-unresolved",
        pattern=r"(?:Could not resolve|Failed to resolve import|Rollup failed to resolve import|Module not found: (?:Error: )?Can't resolve|Can't resolve) ['\"](?P<name>[^'\"]+)['\"](?: (?:from|in) ['\"](?P<path>[^'\"]+)['\"])?",
        read=lambda hit: dict(_module(hit) or {}) | {"importer": hit["path"]},
        place=lambda hit: _unresolved(hit),
        rank=Rank.ROOT,
        title="{name} cannot be resolved",
        message='Could not resolve "{name}" from {importer}.',
        fix="{fix}",
    ),
    Rule(
        code="eslint-error",
        pattern=r"^\s+(?P<line>\d+):\d+\s+error\s+(?P<said>.+?)\s{2,}(?P<rule>[\w@/-]+)$",
        read=lambda hit: _eslint(hit),
        place=at(),
        many=True,
        title="{rule}: {said}",
        message="ESLint: {said} ({rule}).",
        fix="Correct line {line} of {path}, or run eslint --fix.",
    ),
)


def _eslint(hit: Hit) -> Mapping[str, str] | None:
    for line in hit.before(200):
        if re.match(r"^(?:/|\w).*\.\w+$", line):
            return {"path": line.strip()}
    return None


def _unresolved(hit: Hit) -> Place | None:
    path = repository_path(hit.files, hit["importer"], hit) if hit["importer"] else ""
    if path and (
        number := hit.files.search(
            path,
            r"(?:import|require|from|export).*"
            + re.escape(hit["name"] if hit["name"].startswith(".") else hit["package"] or hit["name"]),
        )
    ):
        return hit.files.place(path, number)
    spot = re.search(
        r"([\w@./-]+\.[cm]?[jt]sx?|[\w@./-]+\.(?:vue|svelte|css|scss)):(\d+)",
        " ".join((hit.line, *hit.after(6), *hit.before(3))),
    )
    if spot and (found := repository_path(hit.files, spot[1], hit)):
        return hit.files.place(found, int(spot[2]))
    name = re.escape(hit["name"])
    for candidate in sorted(
        p
        for p in hit.files.paths
        if p.endswith((".js", ".ts", ".tsx", ".jsx", ".mjs", ".vue", ".svelte", ".css", ".scss"))
    ):
        if number := hit.files.search(candidate, rf"['\"]{name}['\"]"):
            return hit.files.place(candidate, number)
    return _module_place(hit)
