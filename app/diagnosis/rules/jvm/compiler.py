"""Java, Kotlin, Scala and Groovy: what their compilers say."""

from __future__ import annotations

from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.jvm.reading_code import at, own
from app.diagnosis.rules.jvm.reading_running import compile_at, formatted, scala_more

RULES: tuple[Rule, ...] = (
    Rule(
        code="java-error",
        pattern=(
            r"^(?:\[(?:ERROR|error|ant:checkstyle)\] (?:\[ERROR\] )?)?(?::\w+)?(?P<path>(?:file://)?/?[\w./ -]*[\w-]+\.(?:java|kt|kts|scala|groovy|sbt)):"
            r"(?: ?[\[(](?P<line>\d+)[,:] ?\d+[\])]:?|(?P<line2>\d+)(?::\d+)?:?) (?:error: )?(?P<said>\S.+)"
        ),
        read=lambda hit: compile_at(hit),
        place=at,
        many=True,
        rank=Rank.ROOT,
        title="{head}",
        message="{path}:{line}: {said} {more}",
        fix="{fix}",
    ),
    Rule(
        code="java-error",
        pattern=r"^e: (?P<path>(?:file://)?/?[\w./-]+\.kts?):(?: ?\((?P<line>\d+), ?\d+\):?|(?P<line2>\d+):\d+:?) (?P<said>.+)",
        read=lambda hit: compile_at(hit),
        place=at,
        many=True,
        rank=Rank.ROOT,
        title="{head}",
        message="{path}:{line}: {said} {more}",
        fix="{fix}",
    ),
    Rule(
        code="java-error",
        pattern=r"^\[error\] -- (?:\[E\d+\] )?(?P<said>[\w ]+(?:Error|Warning)): (?P<path>/?[\w./-]+\.scala):(?P<line>\d+):\d+ -*$",
        read=lambda hit: {
            "head": f"{hit['said']}: {scala_more(hit)}",
            "more": scala_more(hit),
            "fix": f"Correct line {hit['line']} of {hit['path'].rpartition('/')[2]}: {scala_more(hit)}.",
        },
        place=at,
        many=True,
        rank=Rank.ROOT,
        title="{head}",
        message="{path}:{line}: {said}: {more}",
        fix="{fix}",
    ),
    Rule(
        code="java-format",
        pattern=r"The following files had format violations|(?P<path>\S+\.(?:java|kt)): is not formatted|Found \d+ non-complying files",
        read=lambda hit: {"path": formatted(hit)} if formatted(hit) else None,
        place=lambda hit: own(hit, hit["path"], "1"),
        rank=Rank.ROOT,
        title="{path} is not formatted as spotless wants",
        message="The following files had format violations: {path}.",
        fix="Run mvn spotless:apply (gradlew spotlessApply) and commit.",
    ),
)
