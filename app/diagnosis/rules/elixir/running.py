"""Elixir and Erlang: tests that failed, and what a started application says."""

from __future__ import annotations

from app.diagnosis.instructions import instruction
from app.diagnosis.places import anywhere, at, first, matching, variable, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.elixir.reading import TRACE, exunit, exunit_place, only_boot, raised
from app.diagnosis.transcript import Kind

RULES: tuple[Rule, ...] = (
    Rule(
        code="exunit-failure",
        pattern=r"^\s{2,}\d+\) (?P<name>(?:test|doctest|property) .+)$",
        read=exunit,
        place=exunit_place,
        many=True,
        rank=Rank.ROOT,
        title="{name} fails",
        message="ExUnit: {name}: {error}",
        fix="Correct the code until the test passes, or the assertion where it is wrong.",
    ),
    Rule(
        code="elixir-application-start",
        pattern=r"\*\* \(Mix\) Could not start application (?P<name>\w+): (?P<error>.*)",
        place=first(TRACE.deepest, matching(r"mod:\s*\{", "mix.exs"), anywhere(r"children\s*=", ".ex")),
        title="The application {name} does not start: {error}",
        message="** (Mix) Could not start application {name}: {error}",
        fix="Correct what its supervisor starts: {error}",
    ),
    Rule(
        code="elixir-child-missing",
        pattern=r"The module (?P<name>[\w.]+) was given as a child to a supervisor\s+but it does not exist",
        place=anywhere(r"\b{name}\b", ".ex"),
        rank=Rank.ROOT,
        title="{name} is started, but there is no such module",
        message="The module {name} was given as a child to a supervisor but it does not exist.",
        fix="Define {name} or correct its name in the supervisor's children.",
    ),
    Rule(
        code="elixir-static-manifest",
        pattern=r"Could not find static manifest at \"?(?P<path>[^\"\s]+)\"?",
        place=first(
            anywhere(r"mix (?:phx\.digest|assets\.deploy)", "Dockerfile"),
            matching(r"cache_static_manifest", "prod.exs"),
            instruction("RUN"),
        ),
        title="The assets were not digested into the image",
        message='Could not find static manifest at {path}. Run "mix phx.digest" after building your static files.',
        fix="Write RUN mix assets.deploy in the Dockerfile before mix release.",
    ),
    Rule(
        code="elixir-database",
        pattern=r"(?:Postgrex|MyXQL|Tds)\.Protocol.*failed to connect: \*\* \((?P<klass>[\w.]+)\) (?P<error>.*)$",
        place=first(matching(r"url:|hostname:|socket", "runtime.exs", "prod.exs"), variable("name")),
        title="The database could not be reached: {error}",
        message="Postgrex failed to connect: ** ({klass}) {error}",
        fix="Point DATABASE_URL at the real database (config/runtime.exs): on Cloud Run the socket "
        "/cloudsql/PROJECT:REGION:INSTANCE.",
    ),
    Rule(
        code="elixir-exception",
        pattern=r"\*\* \((?P<klass>[A-Z]\w*(?:\.\w+)*|exit)\) (?P<error>.+)$",
        read=raised,
        place=TRACE.deepest,
        title="{where}: {error}",
        message="** ({klass}) {error} ({where}).",
        fix="{advice}.",
    ),
    Rule(
        code="erlang-compile",
        pattern=r"^(?P<path>[\w./-]+\.[eh]rl):(?P<line>\d+)(?::\d+)?: (?P<error>(?:syntax error|function "
        r"|undefined|variable|head mismatch|unterminated|can't find|record |illegal|unbound|type ).*)$",
        place=at(),
        rank=Rank.ROOT,
        many=True,
        title="{path} line {line}: {error}",
        message="Erlang: {error} ({path}:{line}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="elixir-boot",
        pattern=r"Runtime terminating during boot|Kernel pid terminated|init terminating in do_boot|Crash "
        r"dump is being written to|ERROR! Config provider",
        read=only_boot,
        place=first(TRACE.deepest, whole_file("runtime.exs")),
        rank=Rank.SYMPTOM,
        title="The release ended while booting: {told}",
        message="The Erlang machine ended while booting (Crash dump is being written): {told}",
        fix="Correct what the lines above name; mostly config/runtime.exs or a child of the supervisor.",
        only=frozenset({Kind.STEP, Kind.CONTAINER, Kind.INSTRUCTION}),
    ),
)
