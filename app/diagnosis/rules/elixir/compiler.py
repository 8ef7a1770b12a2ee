"""Elixir: what its compiler says."""

from __future__ import annotations

from app.diagnosis.places import at, first, variable
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.elixir.reading import TRACE, diagnostic, missing_variable, warnings
from app.diagnosis.rules.elixir.reading_syntax import syntax

RULES: tuple[Rule, ...] = (
    Rule(
        code="elixir-syntax",
        pattern=r"\*\* \((?:SyntaxError|TokenMissingError|MismatchedDelimiterError)\) (?:(?:invalid syntax "
        r"found|token missing|mismatched delimiter found) on )?"
        r"(?P<path>[\w./-]+\.(?:exs?|heex|eex)):(?P<line>\d+)(?::\d+)?:\s*(?P<error>.*)$",
        read=syntax,
        place=at("path", "change"),
        rank=Rank.ROOT,
        title="{file} line {change}: {error}",
        message="{file} does not parse: {error}. {noticed}",
        fix="{advice}.",
    ),
    Rule(
        code="elixir-compile",
        pattern=r"\*\* \((?:CompileError|ArgumentError|UndefinedFunctionError)\) "
        r"(?P<path>[\w./-]+\.exs?):(?P<line>\d+)(?::\d+)?: (?P<error>.*)$",
        place=at(),
        rank=Rank.ROOT,
        title="{path} line {line}: {error}",
        message="Compilation error in file {path}: {error}.",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="elixir-compile-error",
        pattern=r"^\s*error: (?P<error>.+)$",
        read=diagnostic,
        place=at(),
        rank=Rank.ROOT,
        many=True,
        title="{path} line {line}: {error}",
        message="Elixir: error: {told} ({path}:{line}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="elixir-warnings-as-errors",
        pattern=r"Compilation failed due to warnings while using the --warnings-as-errors option",
        read=warnings,
        place=at(),
        title="{path} line {line}: {error}",
        message="Compilation failed due to warnings while using the --warnings-as-errors option: {error}.",
        fix="Remove the cause of the warning on line {line} of {path}.",
    ),
    Rule(
        code="elixir-variable-missing",
        pattern=r"environment variable (?P<name>[A-Z][A-Z0-9_]+) is missing|could not fetch environment "
        r"variable \"(?P<name2>\w+)\" because it is not set|"
        r"System\.EnvError.*\"(?P<name3>[A-Z]\w+)\"",
        read=missing_variable,
        place=first(variable("name"), TRACE.deepest),
        rank=Rank.ROOT,
        title="The environment variable {name} is not set",
        message="environment variable {name} is missing: the configuration raises without it.",
        fix="Set {name} for the service (env in servergem.yml, a secret for SECRET_KEY_BASE: mix "
        "phx.gen.secret); what only the run needs is read "
        "in config/runtime.exs, not while compiling.",
    ),
)
