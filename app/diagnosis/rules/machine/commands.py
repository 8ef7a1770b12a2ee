"""Checks of any language, and what several print alike: pytest, mypy, Angular, databases, files of data."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.places import at, first, matching, variable
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.machine.reading_commands import (
    angular,
    database,
    json_file,
    local_default,
    pytest_option,
    pytest_said,
    test_place,
    yaml,
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="pytest-failed",
        pattern=r"^(?:FAILED|ERROR) (?P<path>[\w./-]+\.py)(?:::(?P<test>[^\s]+))?(?: - (?P<said>.+))?$",
        read=pytest_said,
        place=test_place,
        many=True,
        title="{test} failed: {said}",
        message="{path}::{test}: {said}",
        fix="Correct what the test asks for, or the test.",
    ),
    Rule(
        code="pytest-option",
        pattern=r"pytest: error: unrecognized arguments: (?P<name>--?[\w-]+)(?P<rest>.*)",
        read=pytest_option,
        place=first(
            matching(r"{name}\b", "pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini"),
            failing_instruction,
        ),
        title="pytest does not know {name}",
        message="pytest: error: unrecognized arguments: {name}{rest}",
        fix="{advice}.",
    ),
    Rule(
        code="mypy-error",
        pattern=r"^(?P<path>[\w./-]+\.pyi?):(?P<line>\d+)(?::\d+)?: error: (?P<said>.+?)(?:\s+\[(?P<code>[\w-]+)\])?$",
        place=at(),
        many=True,
        rank=Rank.ROOT,
        title="{said}",
        message="mypy: {said} [{code}]",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="lint-python",
        pattern=r"^(?P<path>[\w./-]+\.py):(?P<line>\d+):\d+:? (?P<code>[A-Z]{1,4}\d{2,4}):? (?P<said>.+)",
        place=at(),
        many=True,
        title="{code}: {said}",
        message="{code}: {said}",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="database-refused",
        pattern=r"(?:could not connect to server|connection to server at \"(?P<host>[^\"]+)\".*failed|Can't connect to (?:local )?(?:MySQL )?server|ECONNREFUSED (?P<host2>[\w.:]+)|MongoServerSelectionError|server selection error: .*?Addr: (?P<host3>[\w.:-]+)|Connection to (?P<host5>[\w.:-]+:\d+) refused\. Check that|dial tcp (?P<host4>(?:127\.0\.0\.1|\[::1\]|localhost):\d+): connect: connection refused|SequelizeConnectionRefusedError)",
        read=database,
        place=first(variable("name"), local_default),
        rank=Rank.CAUSE,
        title="The database at {host} does not answer",
        message="The connection to {host} was refused {when}.",
        fix="{advice}",
        link="https://cloud.google.com/sql/docs/postgres/connect-run",
    ),
    Rule(
        code="angular-error",
        pattern=r"^(?:✘ \[ERROR\] |Error: )(?:(?P<path>[\w./-]+\.(?:ts|html)):(?P<line>\d+):\d+ - error )?(?P<code>(?:NG|TS)-?\d+): (?P<said>.+?)(?: \[plugin .+\])?$",
        read=lambda hit: angular(hit),
        place=at(),
        many=True,
        rank=Rank.ROOT,
        title="{code}: {said}",
        message="{code}: {said}",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="data-yaml",
        pattern=r"(?:yaml\.(?:scanner|parser)\.\w+Error|YAMLException|mapping values are not allowed|error converting YAML to JSON: yaml|yaml: line (?P<line>\d+): (?P<said>.+))",
        read=lambda hit: yaml(hit),
        place=at(),
        rank=Rank.CAUSE,
        title="A YAML file does not parse: {said}",
        message="YAML: {said} ({path}:{line}).",
        fix="Correct line {line} of {path}: indentation, a colon or a quote.",
    ),
    Rule(
        code="data-json",
        pattern=r"(?:SyntaxError: (?P<path>[\w./-]+\.json): |in JSON at position|json\.decoder\.JSONDecodeError: |Unexpected token .* in JSON|is not valid JSON)(?P<said>.*)",
        read=lambda hit: json_file(hit),
        place=at(),
        rank=Rank.CAUSE,
        title="{path} is not valid JSON",
        message="{told}",
        fix="Correct {path} near line {line}: a comma too many or too few, or a quote.",
    ),
)
