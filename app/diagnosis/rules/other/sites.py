"""Generators of static sites: Hugo, Jekyll, MkDocs, Sphinx."""

from __future__ import annotations

import re

from app.diagnosis.places import at, first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.other.reading_sites import in_docs, mkdocs, sphinx, strict

RULES: tuple[Rule, ...] = (
    Rule(
        code="hugo-error",
        pattern=r"^(?:ERROR|Error):? .*?\"(?P<path>/?[^\"]+\.[\w]+):(?P<line>\d+):(?P<column>\d+)\": (?P<error>.*)$",
        place=at(),
        rank=Rank.ROOT,
        title="{path} line {line}: {error}",
        message="Hugo: {error} ({path}:{line}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="hugo-theme",
        pattern=r"module \"(?P<name>[^\"]+)\" not found; either add it as a Hugo Module or store it "
        r"in|(?:Unable to find|find) theme Directory:? (?P<name2>\S+)|"
        r"theme \"?(?P<name3>[\w-]+)\"? not found",
        read=lambda hit: {"name": hit["name"] or hit["name2"] or hit["name3"]},
        place=first(
            matching(
                r"(?i)^\s*theme\b", "hugo.toml", "config.toml", "hugo.yaml", "config.yaml", "config.yml"
            ),
            whole_file(".gitmodules"),
        ),
        rank=Rank.ROOT,
        title="Hugo's theme {name} is not there",
        message='module "{name}" not found; either add it as a Hugo Module or store it in themes/: module '
        "does not exist.",
        fix="The theme is a git submodule that was not fetched: run git submodule update --init in the build, "
        "or commit themes/{name}.",
    ),
    Rule(
        code="jekyll-liquid",
        pattern=r"(?:Liquid Exception|Error|Conversion error): (?P<error>.*?) in "
        r"(?P<path>\S+\.(?:html|md|xml|markdown|scss|sass))$|"
        r"Liquid syntax error \(line (?P<line>\d+)\): (?P<error2>.*?) in (?P<path2>\S+)",
        read=lambda hit: {
            "error": hit["error"] or hit["error2"],
            "path": hit["path"] or hit["path2"],
            "line": hit["line"] or (m[1] if (m := re.search(r"line (\d+)", hit.line)) else "1"),
        },
        place=at(),
        rank=Rank.ROOT,
        title="{path} line {line}: {error}",
        message="Jekyll: Liquid Exception: {error} in {path}.",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="jekyll-config",
        pattern=r"\((?P<path>[\w./-]*_config\.yml)\): (?P<error>.*) at line (?P<line>\d+)|The "
        r"(?P<name>[\w-]+) theme could not be found",
        place=first(at(), matching(r"^theme:", "_config.yml")),
        title="_config.yml: {error}{name}",
        message="Jekyll: {error} {name} theme could not be found ({path} line {line}).",
        fix="Correct _config.yml, or add the theme's gem {name} to the Gemfile and run bundle install.",
    ),
    Rule(
        code="mkdocs-config",
        pattern=r"Config value:? '(?P<key>[\w.]+)'[.:]? (?:Error: )?(?P<error>.*)$",
        read=mkdocs,
        place=first(matching(r"^{key}\s*:", "mkdocs.yml", "mkdocs.yaml"), whole_file("mkdocs.yml")),
        title="mkdocs.yml: {key}: {error}",
        message="MkDocs: Config value '{key}': {error}",
        fix="Correct {key} in mkdocs.yml; a plugin or theme has to be installed with pip first.",
    ),
    Rule(
        code="mkdocs-strict",
        pattern=r"Aborted with (?P<count>\d+) [Ww]arnings? in [Ss]trict mode",
        read=strict,
        place=in_docs,
        title="mkdocs --strict: {told}",
        message="Aborted with {count} warnings in strict mode: {told}",
        fix="Correct the link in {path}, or build without --strict.",
    ),
    Rule(
        code="sphinx-warning",
        pattern=r"^(?P<path>/?[\w./-]+\.(?:rst|md|py|txt))(?::docstring of [\w.]+)?:(?P<line>\d+)?: "
        r"?(?:WARNING|ERROR|CRITICAL|SEVERE): (?P<error>.*)$",
        read=sphinx,
        place=at(),
        many=True,
        title="{path} line {line}: {error}",
        message="Sphinx: {error} ({path}:{line}); warnings are treated as errors.",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="sphinx-extension",
        pattern=r"Could not import extension (?P<name>[\w.]+) \(exception: (?P<error>.*)\)|no theme named "
        r"'(?P<theme>[\w-]+)' found",
        read=lambda hit: {"name": hit["name"] or hit["theme"]},
        place=first(matching(r"{name}", "conf.py"), whole_file("conf.py")),
        title="Sphinx has no {name}",
        message="Extension error: Could not import extension {name} {error}; no theme named '{name}' found.",
        fix="Add the package of {name} to the documentation's requirements.txt.",
    ),
)
