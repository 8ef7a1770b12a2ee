"""Node: modules that are not found, or not to be had in this way."""

from __future__ import annotations

from app.diagnosis.javascript.imports import importer
from app.diagnosis.javascript.packages import dependency_place, list_place, unnumbered
from app.diagnosis.javascript.stacks import thrown_at
from app.diagnosis.places import first, whole_file
from app.diagnosis.rule import Rank, Rule, unless
from app.diagnosis.rules.javascript.reading_frameworks import extension, is_javascript, optional_native
from app.diagnosis.rules.javascript.reading_modules import ANY, module_place, module_words
from app.diagnosis.rules.javascript.reading_own_modules import local_module
from app.diagnosis.rules.javascript.reading_syntax import esm, esm_package, esm_place, exports, exports_place
from app.diagnosis.rules.javascript.reading_unbuilt import outside_node, svelte_output

RULES: tuple[Rule, ...] = (
    Rule(
        code="node-optional-native",
        only=ANY,
        pattern=r"(?P<said>Cannot find module @rollup/rollup-linux-[\w-]+|Cannot find native binding|Cannot find module '(?:\.\./|@)[\w./-]*(?P<wanted>lightningcss|oxide|rolldown|rspack|unrs-resolver|parcel)[\w./-]*linux-[\w.-]+')",
        read=unless(lambda hit: optional_native(hit) if is_javascript(hit) else None, outside_node, ""),
        place=first(whole_file("package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock"), list_place),
        rank=Rank.ROOT,
        title="{name} for Linux is not installed: the lock file leaves this platform's part out",
        message="{said}: {name} has an optional native dependency for each platform, and the lock file was written on another platform (or without optional dependencies), so that the image gets none for Linux.",
        fix="Remove package-lock.json and node_modules, run npm install once and commit the new lock file; do not install with --omit=optional, and keep node_modules in .dockerignore.",
        link="https://github.com/npm/cli/issues/4828",
    ),
    Rule(
        code="node-module",
        only=ANY,
        pattern=r"(?:Error|Error \[\w+\]|error): Cannot find (?:module|package) ['\"](?P<name>[^'\"]+)['\"]|"
        r"^(?:npm (?:ERR!|error) )?.{0,200}\bcode: 'MODULE_NOT_FOUND'.*module (?P<name2>\S+)",
        read=unless(unnumbered(module_words), svelte_output, r"'/\S*/?build(?:/(?:index|handler)\.js)?'"),
        place=module_place,
        rank=Rank.ROOT,
        title="Cannot find {name}: {why}",
        message="Error: Cannot find module '{name}'{from} (MODULE_NOT_FOUND): {why}.",
        fix="{fix}",
        link="https://nodejs.org/api/modules.html",
    ),
    Rule(
        code="node-directory-import",
        only=ANY,
        pattern=r"\[ERR_UNSUPPORTED_DIR_IMPORT\]: Directory import '(?P<name>[^']+)' is not supported(?: resolving ES modules)?(?: imported from (?P<path>\S+))?",
        read=lambda hit: (
            dict(local_module(hit, hit["name"]))
            | {"fix": "Write the file itself: import './…/index.js' instead of the folder."}
        ),
        place=module_place,
        rank=Rank.ROOT,
        title="{name} is a folder: ES modules import files",
        message="ERR_UNSUPPORTED_DIR_IMPORT: Directory import '{name}' is not supported resolving ES modules.",
        fix="{fix}",
    ),
    Rule(
        code="node-not-exported",
        only=ANY,
        pattern=r"\[ERR_PACKAGE_PATH_NOT_EXPORTED\]: (?P<said>(?:Package subpath '(?P<sub>[^']+)' is not defined by|No \"exports\" main defined in).*?/node_modules/(?P<name>(?:@[\w.-]+/)?[\w.-]+)/package\.json)",
        place=lambda hit: (
            thrown_at(hit)
            or importer(hit, f"{hit['name']}/{hit['sub'].removeprefix('./')}")
            or dependency_place(hit, hit["name"])
            or list_place(hit)
        ),
        rank=Rank.ROOT,
        title="{name} does not export {sub}",
        message="ERR_PACKAGE_PATH_NOT_EXPORTED: {said}.",
        fix="Import what {name} exports, or pin {name} (or the package that needs it) to versions that fit each other; npm ls {name} shows who asks.",
    ),
    Rule(
        code="node-extension",
        only=ANY,
        pattern=r"(?:\[ERR_UNKNOWN_FILE_EXTENSION\]|^TypeError): Unknown file extension \"(?P<ending>\.\w+)\" for (?P<path>\S+)",
        place=extension,
        rank=Rank.ROOT,
        title="Node cannot run {ending} files: {path}",
        message='ERR_UNKNOWN_FILE_EXTENSION: Unknown file extension "{ending}" for {path}.',
        fix="Run the built file (node dist/…js after tsc), or start it with tsx (npx tsx {path}) or node --import tsx.",
    ),
    Rule(
        code="node-esm",
        only=ANY,
        pattern=r"(?:SyntaxError: Cannot use import statement outside a module|ReferenceError: (?:require|module|exports|__dirname|__filename) is not defined(?: in ES module scope)?|"
        r"(?:Error \[ERR_REQUIRE_ESM\]|Error): (?:require\(\) of ES Module|Must use import to load ES Module)|SyntaxError: Unexpected token '?export'?|"
        r"Error \[ERR_REQUIRE_(?:ASYNC_MODULE|CYCLE_MODULE)\]|Error \[ERR_AMBIGUOUS_MODULE_SYNTAX\]|Warning: To load an ES module, set \"type\": \"module\"$)",
        read=lambda hit: esm(hit) if thrown_at(hit) or esm_package(hit) else None,
        place=esm_place,
        rank=Rank.ROOT,
        title="ES modules and require() are mixed: {said}",
        message='{said} ({file}; package.json has "type": "{type}").',
        fix="{fix}",
        link="https://nodejs.org/api/packages.html#determining-module-system",
    ),
    Rule(
        code="node-export-missing",
        only=ANY,
        pattern=r"SyntaxError: The requested module '(?P<module>[^']+)' does not provide an export named '(?P<name>[^']+)'|"
        r"SyntaxError: Named export '(?P<name2>[^']+)' not found\. The requested module '(?P<module2>[^']+)' is a CommonJS module|"
        r"SyntaxError: Export named '(?P<name4>[^']+)' not found in module '(?P<module4>[^']+)'|"
        r"SyntaxError: [Ee]xport '(?P<name3>[^']+)' not found in '(?P<module3>[^']+)'",
        read=unnumbered(exports),
        place=exports_place,
        rank=Rank.ROOT,
        title="{module} does not export {name}",
        message="SyntaxError: The requested module '{module}' does not provide an export named '{name}' ({file} line {at}).",
        fix="{fix}",
    ),
)
