"""Tests: which of them failed, what it said, and the line of it that is ours."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.javascript.imports import import_line, meant
from app.diagnosis.javascript.packages import package_name
from app.diagnosis.javascript.paths import own_path, spot
from app.diagnosis.javascript.stacks import after, bare, before, code_at, frames
from app.diagnosis.places import anywhere
from app.diagnosis.rule import Hit
from app.diagnosis.rules.javascript.reading_linters import CODE_FILE
from app.model import Place

LONGEST = 400  # letters of a line: a path may begin at any of them, and end at any other
_SUITE = re.compile(rf"^\s*FAIL\s+(?=\S)(?:\|?[\w@ /-]+\|? )?({CODE_FILE})")


def failed_test(hit: Hit) -> Mapping[str, str] | None:
    """A test that failed, with what it said and the deepest frame of ours."""
    lines = list(after(hit, 80))
    said = next(
        (
            line.strip()
            for line in lines
            if re.search(r"Error\b|expect\(|Expected|expected|Timeout|thrown|Cannot find|✕|assert", line)
        ),
        "",
    )
    expected = _labelled("Expected", lines) or next(
        (line.strip() for line in lines if re.match(r"^\s*[-+] \S", line)), ""
    )
    received = _labelled("Received", lines)
    place = _test_frame(hit, lines)
    told = "; ".join(each for each in (said, expected, received) if each)
    return {
        "test": hit["test"].strip(" ─━—-"),
        "told": told[:300] or "it failed",
        "short": said[:100],
        "path": place.path if place else hit["path"],
        "line": str(place.line) if place else hit["line"],
        "source": f": {code}" if (code := code_at(hit, place)) else "",
    }


def _labelled(word: str, lines: list[str]) -> str:
    return next((line.strip() for line in lines if re.match(rf"\s*{word}\b.*:\s*\S", line)), "")


def _test_frame(hit: Hit, lines: list[str]) -> Place | None:
    """The frame in the test itself, else the deepest frame of ours."""
    found = [
        place
        for path, line in frames(_until_next(lines))
        if "node_modules/" not in path and (place := spot(hit, path, line))
    ]
    tests = [each for each in found if re.search(r"test|spec|__tests__|cypress|e2e", each.path)]
    if found and not re.search(
        r"AssertionError|expect\(|assert|Expected|expected|Timed out|Timeout", "\n".join(lines[:14])
    ):
        return found[0]
    return next(iter(tests or found), None)


def _until_next(lines: list[str]) -> list[str]:
    """The lines of this test only."""
    for number, line in enumerate(lines):
        if re.match(r"^\s*(?:● |FAIL |PASS |\d+\) |✖ |Test Suites:|Tests:|⎯⎯+\[\d)", line) and number:
            return lines[:number]
    return lines


def test_place(hit: Hit) -> Place | None:
    return spot(hit, hit["path"], hit["line"]) or _title_place(hit) or suite_place(hit)


def _title_place(hit: Hit) -> Place | None:
    title = re.split(r" [›>] ", hit["test"])[-1].strip()
    return (
        anywhere(rf"['\"`]{re.escape(title)}['\"`]", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts")(
            hit
        )
        if len(title) > 2
        else None
    )


def suite_place(hit: Hit) -> Place | None:
    for line in before(hit, 60):
        if found := _SUITE.match(line[:LONGEST]):
            return spot(hit, found[1], 1)
    return None


def mocha(hit: Hit) -> Mapping[str, str] | None:
    """Mocha's list at the end: `1) suite`, the test's name, the error, the stack."""
    lines = list(hit.after(40))
    if not any(re.search(r"\d+ failing", line) for line in hit.before(200)):
        return None
    name = next((line.strip().rstrip(":") for line in lines if line.strip().endswith(":")), "")
    found = failed_test(hit)
    return found and {**found, "test": name or hit["test"]}


def suite(hit: Hit) -> Mapping[str, str] | None:
    """A test file that could not even be loaded."""
    lines = list(after(hit, 30))
    said = next((line.strip() for line in lines if line.strip()), "")
    if missing := next((found for line in lines[:6] if (found := _NOT_FOUND.search(line))), None):
        return {"said": said, **_missing(hit, missing[1] or missing[3], missing[2] or missing[4])}
    if any("ypeScript diagnostics" in text or re.search(r"error TS\d+", text) for text in lines[:8]):
        return None
    place = _test_frame(hit, lines) or _spotted(hit, lines, _SPOT) or _spotted(hit, lines, _SYNTAX_SPOT)
    fix = f"Correct line {place.line} of {place.path}." if place else "Correct what the message names."
    if any("unexpected token" in text for text in lines[:4]):
        said = next((text.strip() for text in lines if "SyntaxError: " in text), said)
        fix = "Let Jest transform this file (babel-jest or ts-jest in the jest configuration, transformIgnorePatterns for an ES module of node_modules)."
    return {
        "said": said[:250],
        "path": place.path if place else "",
        "line": str(place.line) if place else "",
        "at": f" ({place.path} line {place.line})" if place else "",
        "fix": fix,
    }


_NOT_FOUND = re.compile(
    r"Cannot find (?:module|package) '([^']+)' (?:imported )?from '([^']+)'|Failed to resolve import \"([^\"]+)\" from \"([^\"]+)\""
)
_ALIAS = re.compile(r"(?:@|~|#|src)/")
_ALIAS_FIX = "{name} goes by an alias that the tests do not know: declare {alias} for them too (Vitest: resolve.alias in vitest.config or vite-tsconfig-paths; Jest: moduleNameMapper): neither reads paths of tsconfig.json."
_SPOT = re.compile(rf"({CODE_FILE})[:(](\d+)[:,]\d+")
_SYNTAX_SPOT = re.compile(rf"SyntaxError: (/{CODE_FILE}): .*\((\d+):\d+\)")


def _missing(hit: Hit, name: str, path: str) -> Mapping[str, str]:
    """The import of the test file that leads nowhere, and what it should be."""
    own = own_path(hit, path)
    line = import_line(hit.files, own, name) if own else 0
    like = meant(hit, own, name) if own and name.startswith(".") else ""
    if like and like != name:
        fix = f"Write '{like}' instead of '{name}'."
    elif name.startswith("."):
        fix = f"Add the file {name}, or correct the import."
    elif _ALIAS.match(name):
        fix = _ALIAS_FIX.format(name=name, alias=name.split("/")[0])
    else:
        fix = f"Run npm install --save-dev {package_name(name)} and commit the lock file."
    return {"path": own or path, "line": str(line or 1), "fix": fix}


def _spotted(hit: Hit, lines: list[str], written: re.Pattern[str]) -> Place | None:
    """The first place of ours that is written so."""
    for line in lines[:20]:
        if (found := written.search(line)) and (place := spot(hit, found[1], found[2])):
            return place
    return None


def coverage(hit: Hit) -> Mapping[str, str] | None:
    found = re.search(
        r"(?P<what>statements|branches|functions|lines)\D*(?P<have>\d[\d.]*)%.*?(?P<want>\d[\d.]*)%",
        hit.line[:LONGEST],
    )
    return {"said": bare(hit.line).strip(), "what": found["what"] if found else "coverage"}


def node_test(hit: Hit) -> Mapping[str, str] | None:
    """node --test: in TAP or as its spec reporter shows it."""
    lines = list(after(hit, 40))
    if any("subtest" in line and "failed" in line for line in lines[:12]):
        return None
    located = next(
        (
            found
            for line in lines[:30]
            if (found := re.search(r"(?:location: '|test at )(\S+?):(\d+):\d+", line))
        ),
        None,
    )
    told = failed_test(hit)
    if located and told and not told["line"]:
        return {**told, "path": located[1], "line": located[2]}
    return told if located or (told and told["line"]) else None
