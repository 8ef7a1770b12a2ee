"""All rules, table by table: a new diagnosis is a row of one of these tables and a sample in tests/logs."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from app.diagnosis.rule import Rule

# The order counts only between rows of the same rank on one line: the first one speaks. Whoever knows a line best stands
# first: a tool before the package manager that runs it, one language before what several print (machine, start), and
# tsc at the very end, because the tools that run it repeat its errors in a layout of their own. mix stands before pip
# and Python's locks: both solve versions in the words of the same algorithm, and only mix has a headline.
TABLES = (
    "docker.dockerfile", "docker.installing", "docker.fetching", "docker.run", "docker.pushing", "docker.apt", "docker.frontend",
    "google.cloud_sql", "google.actions", "google.cloud", "google.api", "google.build", "google.run", "google.functions", "google.buildpacks",
    "other.migrations", "other.protobuf",
    "elixir.compiler", "elixir.rebar", "elixir.mix", "elixir.running",
    "python.projects", "python.pip", "python.building", "python.locks", "python.conda", "python.imports", "python.misuse", "python.gone", "python.django", "python.database", "python.errors", "python.servers", "python.saying",
    "javascript.broken_off", "javascript.left_out", "javascript.imports", "javascript.angular", "javascript.suspense", "javascript.sites", "javascript.css", "javascript.monorepo", "javascript.bundling",
    "javascript.linters", "javascript.tests", "javascript.browsers", "javascript.deno", "javascript.generators",
    "javascript.unbuilt", "javascript.modules", "javascript.toolchain", "javascript.syntax", "javascript.variables", "javascript.services", "javascript.frameworks", "javascript.node_codes", "javascript.uncaught",
    "javascript.pnpm",
    "javascript.locks", "javascript.dependencies", "javascript.registry", "javascript.engines", "javascript.package_json", "javascript.scripts", "javascript.install", "javascript.codes",
    "go.compiler", "go.modules", "go.building", "go.tests", "go.programs",
    "jvm.compiler", "jvm.maven", "jvm.tests", "jvm.versions", "jvm.gradle", "jvm.spring", "jvm.saying", "jvm.running",
    "dotnet.build", "dotnet.start",
    "ruby.syntax", "ruby.required", "ruby.rails", "ruby.bundler", "ruby.tests", "ruby.saying", "ruby.exceptions",
    "php.errors", "php.frameworks", "php.composer", "php.servers", "php.tests", "php.uncaught", "php.saying",
    "rust.compiler", "rust.cargo", "rust.building", "rust.programs",
    "dart.errors",
    "other.servers", "other.scripts", "other.haskell", "other.compiled", "other.infrastructure", "other.sites",
    "machine.hosts", "machine.databases", "machine.machine", "machine.versions", "machine.native", "machine.building", "machine.reaching", "machine.libraries",
    "start.memory", "start.listening", "start.executing", "start.writing", "start.lacking", "start.ended",
    "machine.commands", "machine.refusals", "javascript.typescript",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A Rule with where it stands: its table, and its number there from 0."""

    table: str
    number: int
    rule: Rule


def rows() -> tuple[Row, ...]:
    """Every row of every table, in the order of TABLES."""
    found: list[Row] = []
    for name in TABLES:
        table = importlib.import_module(f"{__name__}.{name}").RULES
        found += (Row(name, number, rule) for number, rule in enumerate(table))
    return tuple(found)


def all_rules() -> tuple[Rule, ...]:
    """The Rules of all rows, in that order."""
    return tuple(row.rule for row in rows())
