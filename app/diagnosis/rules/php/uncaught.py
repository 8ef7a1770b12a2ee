"""PHP: what ended a request or a command and no other row knows."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.php.reading_composer import asked_at_build, console, named_file
from app.diagnosis.rules.php.reading_errors import uncaught
from app.diagnosis.rules.php.reading_syntax import TRACE, fatal
from app.diagnosis.rules.php.reading_tests import PREFIX
from app.diagnosis.transcript import Kind

RULES: tuple[Rule, ...] = (
    Rule(
        code="php-uncaught",
        pattern=PREFIX
        + r"(?:Fatal|Recoverable fatal) error:\s+Uncaught (?:exception ')?(?P<klass>[A-Z\\][\w\\]*)(?:' with "
        r"message '|: )(?P<error>.*)$",
        read=uncaught,
        place=TRACE.deepest,
        title="{where}: {error}",
        message="PHP Fatal error: Uncaught {klass}: {whole} ({where}).",
        fix="{advice}.",
    ),
    Rule(
        code="php-fatal",
        pattern=PREFIX
        + r"(?:Fatal|Compile) error:\s+(?P<error>[^U\s].*?|U[^n].*?|Un[^c].*?) in (?P<path>\S+) on line "
        r"(?P<line>\d+)",
        read=fatal,
        place=TRACE.deepest,
        title="{file} line {line}: {error}",
        message="PHP Fatal error: {error} in {file} on line {line}.",
        fix="{advice}.",
    ),
    Rule(
        code="laravel-database-at-build",
        only=frozenset({Kind.INSTRUCTION}),
        pattern=r"SQLSTATE\[(?:HY000|08006)\] \[(?:7|14|1045|1049|2002|2054)\] (?P<said>.+)",
        read=asked_at_build,
        place=first(
            failing_instruction,
            matching(r"artisan {command}", "Dockerfile"),
            matching(r"composer (?:install|update)", "Dockerfile"),
            matching(r"{command}", "composer.json"),
        ),
        rank=Rank.ROOT,
        title="No database while the image is built, and artisan {command} asks one",
        message="`php artisan {command}` (composer runs package:discover by itself) opened a connection to the database: {said}",
        fix="Write composer install --no-scripts in the Dockerfile and run artisan {command} at the start or as the release command; do not query the database in a service provider's boot().",
        link="https://getcomposer.org/doc/articles/scripts.md",
    ),
    Rule(
        code="php-exception",
        pattern=r"^\s*In (?P<file>[\w.-]+\.php) line (?P<line>\d+):$",
        read=console,
        place=named_file,
        title="{error}",
        message="{error} (thrown in {where}).",
        fix="{advice}.",
    ),
)
