"""JVM: tests that failed."""

from __future__ import annotations

from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.jvm.reading_gradle import gradle_test
from app.diagnosis.rules.jvm.reading_maven import mvn_test, test_place

RULES: tuple[Rule, ...] = (
    Rule(
        code="java-test",
        pattern=(
            r"^(?:\[ERROR\]\s+(?P<class>[A-Z]\w*(?:\$\w+)*|(?:[a-z]\w*\.)+[A-Z]\w*)|\s+(?P<class2>(?:[a-z]\w*\.)*[A-Z]\w*Tests?))"
            r"\.(?P<method>[\w ()\[\]$-]+?):(?P<line>\d+)(?:->\S+)*:? (?P<said>.+)"
        ),
        read=mvn_test,
        place=test_place,
        many=True,
        rank=Rank.ROOT,
        title="{class}.{method}: {said}",
        message="{class}.{method}:{line} {said}",
        fix="{fix}",
    ),
    Rule(
        code="java-test",
        pattern=r"^(?P<class>[\w.$]+)(?: > [^>]+)*? > (?P<method>.+?)(?:\(\))? FAILED$",
        read=gradle_test,
        place=lambda hit: hit.files.place(hit["path"], int(hit["line"])),
        many=True,
        rank=Rank.ROOT,
        title="{method}: {said}",
        message="{class} > {method} FAILED: {said}",
        fix="{fix}",
    ),
    Rule(
        code="java-test",
        pattern=r"^\[info\]\s+(?P<said>.+) \((?P<class>\w+)\.scala:(?P<line>\d+)\)$",
        read=lambda hit: (
            {"method": m[1], "fix": f"Correct the code so that “{m[1]}” holds, or the test."}
            if (m := hit.find_before(r"^\[info\]\s+- (.+) \*\*\* FAILED", 3))
            else None
        ),
        place=test_place,
        many=True,
        rank=Rank.ROOT,
        title="{method}: {said}",
        message="{class}.scala:{line}: {method}: {said}",
        fix="{fix}",
    ),
)
