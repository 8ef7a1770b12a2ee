"""PHP: tests and analysis."""

from __future__ import annotations

from app.diagnosis.places import at
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.php.reading_syntax import TRACE
from app.diagnosis.rules.php.reading_tests import pest, phpcs, phpstan, phpunit, phpunit_place

RULES: tuple[Rule, ...] = (
    Rule(
        code="phpunit-failure",
        pattern=r"^(?P<number>\d+)\) (?P<name>[A-Z][\w\\]*::\w+.*)$",
        read=phpunit,
        place=phpunit_place,
        many=True,
        rank=Rank.ROOT,
        title="{name} fails",
        message="PHPUnit: {name}: {error}",
        fix="Correct the code until {name} passes, or the assertion where it is wrong.",
    ),
    Rule(
        code="phpunit-pest",
        pattern=r"^\s*(?:FAILED|⨯|✕)\s+(?P<name>Tests\\\S+ > .*)$",
        read=pest,
        place=TRACE.deepest,
        many=True,
        rank=Rank.ROOT,
        title="{name} fails",
        message="Pest: {name}: {error}",
        fix="Correct the code until {name} passes, or the expectation where it is wrong.",
    ),
    Rule(
        code="phpstan-error",
        pattern=r"^\s{2,}:?(?P<line>\d+)\s{2,}(?P<error>\S.*)$",
        read=phpstan,
        place=at(),
        many=True,
        title="{path} line {line}: {error}",
        message="PHPStan: {error}",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="phpstan-psalm",
        pattern=r"^ERROR: (?P<kind>[A-Z]\w+) - (?P<path>\S+\.php):(?P<line>\d+):\d+ - (?P<error>.*)$",
        place=at(),
        many=True,
        title="{path} line {line}: {error}",
        message="Psalm: {kind}: {error}",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="phpcs-error",
        pattern=r"^\s+(?P<line>\d+) \| ERROR\s+\| (?:\[[ x]\] )?(?P<error>.*)$",
        read=phpcs,
        place=at(),
        many=True,
        title="{path} line {line}: {error}",
        message="PHP_CodeSniffer: {error}",
        fix="Change line {line} of {path}, or run phpcbf.",
    ),
)
