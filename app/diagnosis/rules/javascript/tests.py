"""JavaScript's test runners."""

from __future__ import annotations

from app.diagnosis.javascript.packages import list_place, script_place, unnumbered
from app.diagnosis.javascript.stacks import after
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_linters import CODE_FILE, place_place
from app.diagnosis.rules.javascript.reading_runners import jest_test
from app.diagnosis.rules.javascript.reading_tests import (
    coverage,
    failed_test,
    mocha,
    node_test,
    suite,
    suite_place,
    test_place,
)

TESTS = (
    "jest.config.js",
    "jest.config.ts",
    "jest.config.mjs",
    "jest.config.cjs",
    "jest.config.json",
    "vitest.config.ts",
    "vitest.config.js",
    "vite.config.ts",
    "vite.config.js",
    ".nycrc",
    ".nycrc.json",
    "package.json",
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="jest-failed",
        pattern=r"^\s*● (?P<test>.+(?: › |›).+|.+)$",
        read=jest_test,
        place=test_place,
        many=True,
        rank=Rank.ROOT,
        title="Test failed: {test}",
        message="The test {test} failed ({path} line {line}): {told}{source}",
        fix="Correct the code under test, or the expectation on line {line} of {path}.",
    ),
    Rule(
        code="jest-suite",
        pattern=r"^\s*● Test suite failed to run",
        read=suite,
        place=lambda hit: place_place(hit) if hit["path"] else suite_place(hit),
        many=True,
        rank=Rank.ROOT,
        title="A test file cannot be loaded: {said}",
        message="Test suite failed to run: {said}{at}",
        fix="{fix}",
    ),
    Rule(
        code="jest-coverage",
        pattern=r"(?:Jest: |ERROR: )(?:\"?[\w./-]+\"? )?[Cc]overage (?:threshold )?for (?:statements|branches|functions|lines) \(.*\) (?:not met|does not meet)",
        read=coverage,
        place=matching(r"(?i)threshold", *TESTS),
        rank=Rank.ROOT,
        title="Coverage is below its threshold",
        message="{said}.",
        fix="Write tests for what is not covered, or lower the coverage threshold for {what}.",
    ),
    Rule(
        code="jest-no-tests",
        pattern=r"^No tests? (?:files? )?found, exiting with code 1|^Error: No test files found",
        place=first(lambda hit: script_place(hit, "test"), list_place),
        rank=Rank.ROOT,
        title="No tests were found",
        message="No tests found, exiting with code 1: {{testMatch}} names no file of the image.",
        fix="COPY the tests into the image (look into .dockerignore), correct the pattern, or pass --passWithNoTests.",
    ),
    Rule(
        code="jest-config",
        pattern=r"● Validation Error:|(?:Preset|Module|Test environment) (?P<name>\S+) (?:in the \S+ option was not found|cannot be found)|(?:^|\s)(?:Preset|Test environment) (?P<name5>\S+) not found|Cannot find module 'jest-environment-(?P<name2>\w+)'|"
        r"Test environment (?P<name3>jest-environment-\w+) cannot be found|ReferenceError: (?P<name4>document|window) is not defined.*jsdom",
        read=unnumbered(
            lambda hit: {
                "said": next(
                    (line.strip() for line in (hit.line, *after(hit, 4)) if len(line.strip()) > 24),
                    hit.line.strip(),
                )
            }
        ),
        place=first(matching(r"testEnvironment|preset|setupFiles|transform", *TESTS), list_place),
        rank=Rank.ROOT,
        title="Jest's configuration: {said}",
        message="Validation Error: {said}",
        fix="Install what the configuration names (npm install --save-dev jest-environment-jsdom, ts-jest …), or correct it.",
    ),
    Rule(
        code="vitest-failed",
        pattern=rf"^\s*(?:FAIL|×|❌)\s+(?:\|[\w@ /-]+\| )?(?P<path>{CODE_FILE}) > (?P<test>.+?)(?: \d+ms)?$",
        read=failed_test,
        place=test_place,
        many=True,
        rank=Rank.ROOT,
        title="Test failed: {test}",
        message="The test {test} failed ({path} line {line}): {told}{source}",
        fix="Correct the code under test, or the expectation on line {line} of {path}.",
    ),
    Rule(
        code="vitest-suite",
        pattern=rf"^\s*FAIL\s+(?:\|[\w@ /-]+\| )?(?P<path>{CODE_FILE}) \[ \S+ \]$",
        read=lambda hit: None if hit.find_after(r"Failed to load url ", 3) else suite(hit),
        place=lambda hit: place_place(hit) if hit["path"] else suite_place(hit),
        many=True,
        rank=Rank.ROOT,
        title="A test file cannot be loaded: {said}",
        message="Test suite failed to run: {said} ({path} line {line})",
        fix="{fix}",
    ),
    Rule(
        code="mocha-failed",
        pattern=r"^\s+(?P<number>\d+)\) (?P<test>.+?)$",
        read=mocha,
        place=test_place,
        many=True,
        rank=Rank.ROOT,
        title="Test failed: {test}",
        message="The test {test} failed ({path} line {line}): {told}{source}",
        fix="Correct the code under test, or the expectation on line {line} of {path}.",
    ),
    Rule(
        code="nodetest-failed",
        pattern=r"^\s*(?:✖ (?P<test>.+?) \([\d.]+ms\)|not ok \d+ - (?P<test2>.+?))$",
        read=unnumbered(node_test),
        place=test_place,
        many=True,
        rank=Rank.ROOT,
        title="Test failed: {test}",
        message="The test {test} failed ({path} line {line}): {told}{source}",
        fix="Correct the code under test, or the expectation on line {line} of {path}.",
    ),
    Rule(
        code="playwright-failed",
        pattern=rf"^\s+\d+\) (?:\[[\w -]+\] › )?(?P<path>{CODE_FILE}):(?P<line>\d+):\d+ › (?P<test>.+)",
        read=failed_test,
        place=test_place,
        many=True,
        rank=Rank.ROOT,
        title="Test failed: {test}",
        message="The test {test} failed ({path} line {line}): {told}{source}",
        fix="Correct the page, or the expectation on line {line} of {path}.",
    ),
)
