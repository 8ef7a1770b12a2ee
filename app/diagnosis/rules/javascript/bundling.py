"""Bundlers: syntax, configuration and loaders."""

from __future__ import annotations

import re

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.javascript.packages import dependency_place, list_place, unnumbered
from app.diagnosis.places import at, first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_bundling import (
    OF_THE_TOOLS,
    configuration,
    configuration_place,
    failed_place,
    failed_words,
    is_of_the_program,
    loader_words,
    loading,
    loading_place,
    parsed,
)
from app.diagnosis.rules.javascript.reading_monorepo import placed, turbopack
from app.diagnosis.rules.javascript.reading_sites import swc
from app.diagnosis.rules.javascript.reading_spots import ANY, FILE, located, near_spot, place_place

SHOWN = "{said} ({path} line {line}){source}"

RULES: tuple[Rule, ...] = (
    Rule(
        code="bundler-syntax",
        pattern=rf"^(?:\s*>? ?|✘ \[ERROR\] |\[vite:\w+\] |npm (?:ERR!|error) )(?P<path>/?{FILE}):(?P<line>\d+):\d+: (?:ERROR|error): (?P<said>.+)",
        read=lambda hit: (
            placed(hit)
            if "Could not resolve" not in hit.line and "No matching export" not in hit.line
            else None
        ),
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{path} line {line}: {said}",
        message=SHOWN,
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="bundler-flag",
        pattern=r"^(?:✘|X|▲)? ?\[ERROR\] (?P<said>Invalid (?:build|transform) flag: \"(?P<name>--?[\w:-]+).*)",
        place=first(matching(r"{name}\b", "package.json", "Dockerfile"), failing_instruction),
        rank=Rank.ROOT,
        title="esbuild does not know {name}",
        message="{said}",
        fix="Correct the option: esbuild --help names all of them.",
    ),
    Rule(
        code="bundler-entry",
        pattern=r"^\[vite:build-html\] Failed to resolve (?P<name>\S+) from (?P<path>\S+\.html)",
        place=first(matching(r"{name}", "index.html"), at()),
        rank=Rank.ROOT,
        title="{name}, which the page names, is not there",
        message="vite: Failed to resolve {name} from {path}.",
        fix="Correct the src in the page, or COPY the folder of {name} before the build.",
    ),
    Rule(
        code="bundler-config",
        pattern=r"Failed to load PostCSS config.*\[ReferenceError\] (?P<said>(?P<name>module|require) is not defined in ES module scope)",
        place=first(matching(r"\b{name}\b", "postcss.config.js"), whole_file("postcss.config.js")),
        rank=Rank.ROOT,
        title="postcss.config.js cannot be loaded: {said}",
        message="{said}: package.json says type: module, and postcss.config.js is written as CommonJS.",
        fix="Rename it to postcss.config.cjs, or write export default instead of module.exports.",
    ),
    Rule(
        code="bundler-syntax",
        pattern=r"^(?:✘|X|▲)? ?\[ERROR\] (?P<said>.+)",
        read=lambda hit: (
            None
            if re.search(
                r"Could not resolve|No matching export|Invalid (?:build|transform) flag|(?:TS|NG)-?\d+:|exceeded maximum budget",
                hit.line,
            )
            else located(hit)
        ),
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{path} line {line}: {said}",
        message=SHOWN,
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="bundler-syntax",
        pattern=rf"^(?:\[!\] )?(?:\([\w@: -]+\) )?(?:RollupError|RolldownError|ParseError|CompileError|Error|SyntaxError): (?P<said>(?:{FILE} \(\d+:\d+\)|Expr|Expect|Unexpected|Unterminated|Parse|Identifier|Missing|Invalid).*)",
        read=lambda hit: None if "is not exported" in hit.line or is_of_the_program(hit) else located(hit),
        place=place_place,
        rank=Rank.ROOT,
        title="{path} line {line}: {said}",
        message=SHOWN,
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="bundler-syntax",
        pattern=r"Module parse failed: (?P<said>.+?)(?: \((?P<at>\d+):\d+\))?$",
        read=parsed,
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{path} line {line}: {said}",
        message="Module parse failed: {said} ({path} line {line}){source}. You may need an appropriate loader to handle this file type.",
        fix="Correct line {line} of {path}, or add a loader for this kind of file to the bundler's configuration.",
    ),
    Rule(
        code="bundler-babel",
        only=ANY,
        pattern=rf"^(?:npm (?:ERR!|error) )?(?:\[?ERROR\]? )?(?:SyntaxError|Error|TypeError|ReferenceError|SassError|CssSyntaxError)?(?:: )?\[?(?:BABEL\] )?(?P<path>/{FILE}): (?P<said>.+?)(?: ?\((?P<line>\d+):\d+\))$",
        read=lambda hit: placed(hit),
        place=place_place,
        rank=Rank.ROOT,
        title="{path} line {line}: {said}",
        message="SyntaxError: {said} ({path} line {line}){source}",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="bundler-swc",
        pattern=r"^\s*(?:Error:\s+)?(?:x|×|⨯) (?P<said>(?:Expected|Expression|Unexpected|Unterminated|the name|Return|Invalid|Import|'\w+'|JSX|await|Expecting|cannot|You're|Parsing|Not a|Legacy|An? ).+)",
        read=swc,
        place=place_place,
        rank=Rank.ROOT,
        title="{path} line {line}: {said}",
        message=SHOWN,
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="bundler-rolldown",
        pattern=r"^(?:\[\w+\] )?(?:Error: )?\[?(?P<kind>PARSE_ERROR|MISSING_EXPORT|UNRESOLVED_IMPORT|ILLEGAL_REASSIGNMENT)\]? (?:Error: )?(?P<said>.+)",
        read=located,
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{path} line {line}: {said}",
        message="{kind}: " + SHOWN,
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="bundler-turbopack",
        pattern=rf"^(?:\./)?(?P<path>{FILE}):(?P<line>\d+):\d+$",
        read=lambda hit: turbopack(hit),
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{path} line {line}: {said}",
        message=SHOWN,
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="bundler-config",
        pattern=r"failed to load config from (?P<path>\S+)|\[webpack-cli\] Failed to load '(?P<path2>[^']+)' config|Failed to load (?P<path3>next\.config\.(?:js|mjs|ts))|"
        r"\[!\] Error: Cannot find module '(?P<name4>[^']+)'.*(?P<path4>rollup\.config\S*)?|Cannot read (?P<path5>(?:nuxt|astro|svelte)\.config)|Unable to load your (?P<path6>Astro config)",
        read=unnumbered(loading),
        place=loading_place,
        title="{path} cannot be loaded: {said}",
        message="failed to load config from {path}: {said}",
        fix="{fix}",
    ),
    Rule(
        code="bundler-config",
        pattern=r"Invalid configuration object\. Webpack has been initialized using a configuration object|ValidationError: Invalid options object\. (?P<plugin>[\w -]+?) has been",
        read=configuration,
        place=configuration_place,
        rank=Rank.ROOT,
        title="webpack's configuration: {said}",
        message="Invalid configuration object (does not match the API schema): {said}",
        fix="Correct {name} in webpack.config.js for the webpack version that package.json asks for.",
    ),
    Rule(
        code="bundler-loader",
        pattern=r"Cannot find (?:module|preset|plugin) '?(?:babel-(?:preset|plugin)-|@babel/)(?P<name>[\w-]+)'?.*babel|TypeError: this\.getOptions is not a function|(?P<said>Node Sass version \S+ is incompatible with \S+)|"
        r"Cannot find module '(?P<name2>sass|node-sass|less|stylus|sass-embedded)'|Preprocessor dependency \"(?P<name3>[\w-]+)\" not found",
        read=unnumbered(loader_words),
        place=lambda hit: (
            dependency_place(hit, hit["loader"]) or dependency_place(hit, "node-sass") or list_place(hit)
        ),
        rank=Rank.ROOT,
        title="{said}",
        message="{said} ({loader})",
        fix="Run npm install --save-dev {name} and commit the lock file: a loader and what it calls must fit each other and the webpack version.",
    ),
    Rule(
        code="bundler-syntax",
        pattern=r"^(?:npm (?:ERR!|error) )?(?:\[!\] )?(?:\(?\[?plugin:? ?[\w@:/ -]+\)?\]? ?)?(?:(?:Error|RollupError|ParseError|PARSE_ERROR|CompileError): )?(?P<said>(?:\[[\w@:/-]+\] ?)+ ?\S.+)",
        read=lambda hit: (
            located(hit)
            if re.match(
                r"\[(?:vite|rollup|plugin|vue|postcss|sass|commonjs|unocss|@\w+)[\w@:/-]*\]", hit["said"]
            )
            and not OF_THE_TOOLS.search(hit["said"])
            else None
        ),
        place=place_place,
        rank=Rank.ROOT,
        title="{path} line {line}: {said}",
        message=SHOWN,
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="bundler-failed",
        pattern=r"^(?:Failed to compile\.?|error during build:|✗ Build failed in|> Build failed because of webpack errors|webpack \d[\d.]* compiled with (?P<count>[1-9]\d*) errors?|🚨 Build failed\.?|Build failed with \d+ errors?|\[ERROR\] Build failed|Failed to compile with \d+ errors?)",
        read=failed_words,
        place=lambda hit: failed_place(hit) or near_spot(hit, 14, 0) or failing_instruction(hit),
        rank=Rank.SYMPTOM,
        title="The build failed: {said}",
        message="The bundler ended with an error: {said}",
        fix="{fix}",
    ),
)
