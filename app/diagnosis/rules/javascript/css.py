"""Stylesheets: Sass, PostCSS and Tailwind."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.javascript.packages import unnumbered
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_css import postcss_place, sass, utility
from app.diagnosis.rules.javascript.reading_monorepo import placed
from app.diagnosis.rules.javascript.reading_spots import ANY, located, place_place

RULES: tuple[Rule, ...] = (
    Rule(
        code="sass-error",
        pattern=r"(?:^|[\s\]])(?:Sass)?(?:Error|\[sass\]|\[vite:css\]|SassError):? (?:\[sass\] )?(?P<said>(?:Undefined|Can't find|expected|Expected|Invalid|unmatched|This file|Function|Incompatible|Error|The target|There is|no mixin|Top-level|Media|Missing|Duplicate|Unterminated|Namespace|This module|\$).*)",
        read=sass,
        place=place_place,
        rank=Rank.ROOT,
        title="{path} line {line}: {said}",
        message="Sass: {said} ({path} line {line}){source}",
        fix="{fix}",
    ),
    Rule(
        code="css-syntax",
        pattern=r"(?:CssSyntaxError|\[postcss\]|\[vite:css\]|\[lightningcss\S*\]|SyntaxError|LessError|Error).*?(?P<path>/?[\w@./-]+\.(?:css|scss|less|pcss|vue|svelte)):(?P<line>\d+):\d+:? ?(?P<said>.+)",
        only=ANY,
        read=lambda hit: None if "unknown utility" in hit.line else placed(hit),
        place=place_place,
        rank=Rank.ROOT,
        title="{path} line {line}: {said}",
        message="CSS: {said} ({path} line {line}){source}",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="css-syntax",
        pattern=r"^(?P<said>(?:Unclosed|Unknown word|CssSyntaxError|ParseError|Unrecognised input|Variable @[\w-]+ is undefined|variable @[\w-]+ is undefined).*)|LessError|\[lightningcss(?: minify)?\] (?P<said2>.+)",
        read=unnumbered(lambda hit: located(hit)),
        place=place_place,
        title="{path} line {line}: {said}",
        message="CSS: {said} ({path} line {line}){source}",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="tailwind-plugin",
        pattern=r"trying to use `?tailwindcss`? directly as a PostCSS plugin|Error: Cannot find module '@tailwindcss/postcss'|Failed to find '(?P<name>tailwindcss[\w/-]*)'",
        place=postcss_place,
        rank=Rank.ROOT,
        title="Tailwind 4 is not a PostCSS plugin any more",
        message="It looks like you're trying to use `tailwindcss` directly as a PostCSS plugin: it has moved to @tailwindcss/postcss.",
        fix="Run npm install --save-dev @tailwindcss/postcss and name it in postcss.config.js instead of tailwindcss, or stay with tailwindcss 3.",
        link="https://tailwindcss.com/docs/upgrade-guide",
    ),
    Rule(
        code="tailwind-input",
        pattern=r"^(?:\W*error|Error): File not found: \"(?P<path>[^\"]+\.css)\"|^Specified input file (?P<path2>\S+\.css) does not exist",
        read=unnumbered(lambda hit: {}),
        place=failing_instruction,
        rank=Rank.ROOT,
        title="Tailwind's input {path} is not there",
        message="File not found: {path}, which Tailwind is told to read.",
        fix="Commit {path} (a build sees only what is committed, and .dockerignore may leave it out), or correct the path after -i. With Rails bin/rails tailwindcss:install makes it, with Tailwind 4 under app/assets/tailwind.",
    ),
    Rule(
        code="tailwind-utility",
        pattern=r"The `(?P<name>[^`]+)` (?:class|utility) does not exist|Cannot apply unknown utility class:? `?(?P<name2>[\w:/.\[\]%#-]+)`?",
        only=ANY,
        read=unnumbered(utility),
        place=place_place,
        rank=Rank.ROOT,
        title="Tailwind has no class {name}",
        message="The `{name}` class does not exist: Cannot apply unknown utility class {name} ({path} line {line}).",
        fix="Correct {name} on line {line} of {path}, define it (@utility, @layer, the theme), or @reference the style sheet that does.",
    ),
)
