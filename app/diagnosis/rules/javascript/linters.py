"""JavaScript's linters and formatters."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.javascript.packages import dependency_place, unnumbered
from app.diagnosis.javascript.stacks import after
from app.diagnosis.places import matching
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_flat_config import flat_config
from app.diagnosis.rules.javascript.reading_linters import (
    CODE_FILE,
    CONFIGS,
    compact,
    eslint_config,
    eslint_config_place,
    listed_under,
    place_place,
    stylelint,
    unformatted,
    warnings,
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="stylelint-error",
        pattern=r"^\s+(?P<line>\d+):\d+\s+[✖×x]\s+(?P<said>\S.*?)\s{2,}(?P<rule>[\w@/-]+)$",
        read=stylelint,
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{said}{named}",
        message="Stylelint: {file} line {line}: {said}{named}{source}",
        fix="Correct line {line} of {file} (stylelint --fix corrects what it can).",
    ),
    Rule(
        code="eslint-error",
        pattern=r"^\s+(?P<line>\d+):\d+\s+(?:error|✖)\s+(?P<said>\S.*?)(?:\s{2,}(?P<rule>@?[\w/-]+))?$",
        read=listed_under,
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{said}{named}",
        message="ESLint: {file} line {line}: error: {said}{named}{source}",
        fix="Correct line {line} of {file} (eslint --fix corrects what it can).",
    ),
    Rule(
        code="eslint-error",
        pattern=r"^(?P<path>[\w@./ \[\]-]+\.(?:[cm]?[jt]sx?|vue|svelte)): line (?P<line>\d+), col \d+, Error - (?P<said>.+?)(?: \((?P<rule>[\w@/-]+)\))?$|"
        r"^(?P<path2>[\w@./ \[\]-]+\.(?:[cm]?[jt]sx?|vue|svelte)):(?P<line2>\d+):\d+: (?P<said2>.+?) \[Error/?(?P<rule2>[\w@/-]*)\]$",
        read=unnumbered(compact),
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{said}{named}",
        message="ESLint: {file} line {line}: error: {said}{named}{source}",
        fix="Correct line {line} of {file} (eslint --fix corrects what it can).",
    ),
    Rule(
        code="eslint-error",
        pattern=r"^(?P<line>\d+):\d+\s+Error: (?P<said>.+?)(?:\s{2,}(?P<rule>@?[\w/-]+))?$",
        read=listed_under,
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{said}{named}",
        message="ESLint (next build): {file} line {line}: Error: {said}{named}{source}",
        fix="Correct line {line} of {file} (eslint --fix corrects what it can).",
        link="https://nextjs.org/docs/app/api-reference/config/eslint",
    ),
    Rule(
        code="eslint-error",
        pattern=r"^\s+Line (?P<line>\d+):(?:\d+:)?\s+(?P<said>.+?)(?:\s{2,}(?P<rule>@?[\w/-]+))?$",
        read=listed_under,
        place=place_place,
        many=True,
        title="{said}{named}",
        message="ESLint: {file} line {line}: {said}{named}{source} (warnings are errors when CI = true)",
        fix="Correct line {line} of {file}, or build with CI=false.",
    ),
    Rule(
        code="eslint-warnings",
        pattern=r"ESLint found too many warnings \(maximum: (?P<most>\d+)\)",
        read=warnings,
        place=place_place,
        rank=Rank.ROOT,
        title="ESLint: too many warnings: {said}",
        message="ESLint found too many warnings (maximum: {most}); the last one: {said} ({rule}).",
        fix="Correct line {line} of {path}, or raise --max-warnings.",
    ),
    Rule(
        code="eslint-too-new",
        pattern=r"^\W*(?:Error: )?Invalid Options:|^\[eslint\] Invalid Options:|- Unknown options: (?:extensions|useEslintrc|resolvePluginsRelativeTo)",
        read=lambda hit: (
            {}
            if hit.find(r"Unknown options: .*(?:extensions|useEslintrc|resolvePluginsRelativeTo)")
            else None
        ),
        place=lambda hit: dependency_place(hit, "eslint") or failing_instruction(hit),
        rank=Rank.ROOT,
        title="ESLint 9 is installed, and what calls it knows ESLint 8",
        message="Invalid Options: Unknown options: extensions, resolvePluginsRelativeTo: ESLint 9 took away what a bundler's plugin still gives it.",
        fix="Run npm install --save-dev eslint@8 and commit the lock file (react-scripts 5 knows no newer one), or raise the plugin that calls it (eslint-webpack-plugin 4.2, next 15).",
    ),
    Rule(
        code="eslint-flat-config",
        pattern=r"A config(?:uration)? object is using the \"(?P<key>\w+)\" key|A configuration object specifies rule \"(?P<key2>[\w@/-]+)\", but could not find plugin \"(?P<name>[\w@/-]+)\"",
        read=flat_config,
        place=matching(r"\b{word}\b", *CONFIGS[:4]),
        rank=Rank.ROOT,
        title="{said}",
        message="ESLint's flat configuration: {said}",
        fix="{fix}",
        link="https://eslint.org/docs/latest/use/configure/migration-guide",
    ),
    Rule(
        code="eslint-config",
        pattern=r"ESLint couldn't find (?:an? eslint\.config|a configuration file|the (?:config|plugin) \"(?P<name>[^\"]+)\")|"
        r"Failed to load (?:plugin|parser|config) '(?P<name2>[^']+)' (?:declared|to extend)|Cannot find package '(?P<name3>[^']+)' imported from \S*eslint\.config|"
        r"Error: (?:Failed to load config|Cannot read config file|Key \"\w+\"|ESLint configuration in) .*|Invalid option '--(?:ext|ignore-path)'|"
        r"TypeError: Key \"[^\"]+\": .*|Parsing error: (?:Cannot (?:find|read) .*)|Definition for rule '(?P<rule>[^']+)' not found|"
        r"ConfigError: Config .*?: (?:Unexpected key|Key) \"(?P<key>\w+)\".*",
        read=unnumbered(eslint_config),
        place=eslint_config_place,
        rank=Rank.ROOT,
        title="ESLint's configuration: {said}",
        message="{said}",
        fix="{fix}",
        link="https://eslint.org/docs/latest/use/configure/migration-guide",
    ),
    Rule(
        code="eslint-problems",
        pattern=r"^✖ \d+ problems? \((?P<count>[1-9]\d*) errors?",
        rank=Rank.SYMPTOM,
        title="ESLint found {count} errors",
        message="ESLint ended with {count} errors.",
        fix="Correct the errors that are listed above.",
    ),
    Rule(
        code="prettier-unformatted",
        pattern=rf"^\[warn\] (?P<path>{CODE_FILE})$",
        read=unformatted,
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{path} is not formatted as Prettier would",
        message="Prettier --check: code style issues found in {path}.",
        fix="Run npx prettier --write {path} and commit it.",
    ),
    Rule(
        code="prettier-syntax",
        pattern=rf"^\[error\] (?P<path>{CODE_FILE}): (?P<said>\w*Error: .+?) ?\((?P<line>\d+):\d+\)",
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{path} line {line}: {said}",
        message="Prettier cannot parse {path}: {said} (line {line}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="biome-error",
        pattern=rf"^(?P<path>{CODE_FILE})(?::(?P<line>\d+):\d+)? (?P<rule>(?:lint|assist|parse|format|organizeImports|suppressions|internalError)(?:/\w+)*)(?:\s+FIXABLE)?\s+[━─]+",
        read=lambda hit: {
            "said": next((line.strip(" ×✖!") for line in after(hit, 4) if line.strip()), ""),
            "line": hit["line"] or "1",
        },
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{said} ({rule})",
        message="Biome: {path} line {line}: {said} ({rule}).",
        fix="Correct line {line} of {path} (npx biome check --write corrects what it can).",
    ),
)
