"""Go's tests: which one failed, what it expected, where it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.rule import Hit
from app.diagnosis.rules.go.reading_packages import at, folder_of, package_below, sources
from app.model import Place


def test(hit: Hit) -> Mapping[str, str] | None:
    name = _failed_test(hit)
    if name is None or not (place := at(hit)):
        return None
    source = hit.files.lines(place.path)[place.line - 1]
    if re.search(r"\.(?:Log|Logf|Skip|Skipf)\(", source):
        return None
    said = hit["said"].strip()
    details = [line.strip() for line in hit.after(30) if line.startswith((" " * 6, "\t"))]
    if not said:
        said = _testify(details)
    elif said.endswith((":", "(")):
        said = f"{said} {' '.join(details[:3])}"
    return {"test": name, "said": said or "the test failed"}


def _testify(details: list[str]) -> str:
    """testify's table of Error, expected, actual and Messages as a sentence."""
    kept: list[str] = []
    for line in details:
        bare = re.sub(r"^(?:Error|Messages):\s*", "", line)
        if re.match(r"(?:Test|Diff):|--- |\+\+\+ |@@", bare):
            if kept:
                break
            continue
        if not bare.startswith("Error Trace:") and not re.match(r"/?\S+\.go:\d+$", bare):
            kept.append(" ".join(bare.split()))
    return " ".join(kept[:6])


def _failed_test(hit: Hit) -> str | None:
    """The failed test that this line belongs to: named above it, or under it with -v; None when it passed."""
    for line in hit.before(200):
        match = re.match(r"\s*(--- FAIL: |=== (?:RUN|CONT|NAME|FAIL:?)\s+)(?:[\w./-]+/\S* )?(\S+)", line)
        if match is None:
            if re.match(r"\s*--- (?:PASS|SKIP): |ok  \t", line):
                return None
            continue
        if match[1].startswith(("--- FAIL", "=== FAIL")):
            return match[2]
        wanted = re.escape(match[2])
        return match[2] if hit.find(rf"^\s*--- FAIL: {wanted}(?: |$)") else None
    return None


def test_function(hit: Hit) -> Place | None:
    folder = folder_of(hit, package_below(hit) or "")
    name = hit["test"].partition("/")[0]
    for path in sources(hit):
        if path.endswith("test.go") and (folder is None or path.rpartition("/")[0] == folder):
            line = hit.files.search(path, rf"^func(?: \([^)]*\))? {re.escape(name)}\(")
            if line:
                return hit.files.place(path, line)
    return None


def test_alone(hit: Hit) -> Mapping[str, str] | None:
    if not test_function(hit):
        return None
    lines = [line.strip() for line in hit.after(8) if line.strip()]
    stop = next((n for n, line in enumerate(lines) if line.startswith(("FAIL", "---", "==="))), len(lines))
    return {"said": " ".join(lines[:stop])[:200] or "FAIL"}
