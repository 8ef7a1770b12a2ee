"""Bundlers: imports that lead nowhere."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.javascript.packages import unnumbered
from app.diagnosis.javascript.stacks import after
from app.diagnosis.places import anywhere, first, matching
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_imports import (
    export_import,
    no_export,
    static_variable,
    unresolved,
    unresolved_place,
)
from app.diagnosis.rules.javascript.reading_spots import ANY, near_spot

# Rollup's second sentence on it, and what Phoenix' own compiler has to make first.
OF_OTHERS = ("as an external dependency", "phoenix-colocated/")

RULES: tuple[Rule, ...] = (
    Rule(
        code="bundler-entry",
        pattern=r"Could not resolve entry module ['\"]?(?P<name>[\w@./-]+)|Entry module not found: Error: Can't resolve '(?P<name2>[^']+)'|Could not find a required file\.|"
        r"Cannot find entry (?:point|file|module):? ?['\"]?(?P<name3>[\w@./-]+)|\[commonjs--resolver\] Failed to resolve entry",
        only=ANY,
        read=unnumbered(
            lambda hit: {
                "name": hit["name"]
                or next(
                    (line.split("Name:")[1].strip() for line in after(hit, 3) if "Name:" in line), "the entry"
                )
            }
        ),
        place=lambda hit: first(
            matching(
                r"(?:input|entry)\b.*{name}",
                "vite.config.ts",
                "vite.config.js",
                "rollup.config.js",
                "rollup.config.mjs",
                "webpack.config.js",
            ),
            matching(
                r"\b(?:entry|input)\b",
                "webpack.config.js",
                "rollup.config.js",
                "rollup.config.mjs",
                "vite.config.ts",
                "vite.config.js",
            ),
            failing_instruction,
        )(hit),
        rank=Rank.ROOT,
        title="The entry {name} is not there",
        message="Could not resolve the entry module {name}: the bundler starts at a file that is not in the image.",
        fix="COPY {name} into the image before the build (look into .dockerignore), or correct the entry in the bundler's configuration.",
    ),
    Rule(
        code="bundler-entry",
        pattern=r"^(?:✘|X|▲)? ?\[ERROR\] Could not resolve \"(?P<name>[\w@./-]+)\"$",
        only=ANY,
        read=lambda hit: None if hit.after(3) and near_spot(hit, 4, 0) else {},
        place=first(matching(r"[\s\"']{name}\b", "package.json", "Dockerfile"), failing_instruction),
        rank=Rank.ROOT,
        title="The entry {name} is not there",
        message='esbuild: Could not resolve "{name}": no file names it, so it is an entry point of the command.',
        fix="Correct the path in the command, or COPY the folder of {name} before it.",
    ),
    Rule(
        code="bundler-unresolved",
        pattern=r"Rollup failed to resolve import \"(?P<name>[^\"]+)\" from \"(?P<path>[^\"]+)\"|Failed to resolve import \"(?P<name2>[^\"]+)\" from \"(?P<path2>[^\"]+)\"|"
        r"Could not resolve ['\"](?P<name3>[^'\"]+)['\"](?: (?:from|in) ['\"]?(?P<path3>[^'\"\s]+)['\"]?)?|"
        r"Can't resolve '(?P<name4>[^']+)'(?: in '[^']*')?|Failed to resolve '(?P<name5>[^']+)' from '(?P<path5>[^']+)'|"
        r"Failed to resolve entry for package \"(?P<name6>[^\"]+)\"|Could not load (?P<name7>/\S+?)(?: \(imported by (?P<path7>[^)]+)\))?: (?:ENOENT|Could not)|"
        r"This relative module was not found|\* (?P<name8>\.{1,2}/\S+) in (?P<path8>\./\S+)|\[UNRESOLVED_IMPORT\].*?['\"](?P<name9>[^'\"]+)['\"]",
        only=ANY,
        read=unnumbered(
            lambda hit: (
                None if not hit["name"] or any(word in hit.line for word in OF_OTHERS) else unresolved(hit)
            )
        ),
        place=unresolved_place,
        rank=Rank.ROOT,
        title="{name} cannot be resolved{from}",
        message="Module not found: could not resolve '{name}'{from}{source}",
        fix="{fix}",
    ),
    Rule(
        code="bundler-export",
        pattern=r"\"(?P<name>[^\"]+)\" is not exported by \"(?P<module>[^\"]+)\"(?:, imported by \"(?P<path>[^\"]+)\")?|"
        r"Attempted import error: '(?P<name2>[^']+)' is not exported from '(?P<module2>[^']+)'|"
        r"export '(?P<name3>[^']+)' \((?:imported|reexported) as '[^']+'\) was not found in '(?P<module3>[^']+)'|"
        r"No matching export in \"(?P<module4>[^\"]+)\" for import \"(?P<name4>[^\"]+)\"|Export (?P<name5>\w+) doesn't exist in target module|"
        r"The export (?P<name6>\w+) was not found in module \[project\]/(?P<module6>\S+)|Attempted import error: '(?P<module7>[^']+)' does not contain a default export",
        read=unnumbered(no_export),
        place=export_import,
        rank=Rank.ROOT,
        title="{module} does not export {name}",
        message='"{name}" is not exported by "{module}", imported by {path} (line {line}).',
        fix="{fix}",
    ),
    Rule(
        code="bundler-static-variable",
        pattern=r"\"(?P<name>[A-Z][A-Z0-9_]+)\" is not exported by \"(?:\\0)?(?:virtual:)?\$?env/(?P<kind>static/(?:private|public))\"|'(?P<name2>[A-Z][A-Z0-9_]+)' is not exported by \$env",
        read=unnumbered(static_variable),
        place=lambda hit: anywhere(r"\b{name}\b", ".ts", ".js", ".svelte")(hit),
        rank=Rank.ROOT,
        title="The build has no variable {name}",
        message='"{name}" is not exported by $env/{kind}: SvelteKit reads it from the environment at build time.',
        fix="{fix}",
    ),
)
