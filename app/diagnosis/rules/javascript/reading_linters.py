"""Linters: the findings of ESLint and its like, one for each line."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.javascript.imports import import_line, meant
from app.diagnosis.javascript.packages import dependency_place, list_place, package_name, script_place
from app.diagnosis.javascript.paths import own_path, spot
from app.diagnosis.javascript.stacks import after, bare, before, code_at, frames
from app.diagnosis.places import anywhere, matching
from app.diagnosis.rule import Hit
from app.model import Place

CODE_FILE = r"[\w@./ \[\]()$+-]*?[\w\])]\.(?:[cm]?[jt]sx?|vue|svelte|astro|json|css|scss|less|html|mdx?|ya?ml|graphql)"

CONFIGS = (
    "eslint.config.js", "eslint.config.mjs", "eslint.config.cjs", "eslint.config.ts", ".eslintrc.json", ".eslintrc.js", ".eslintrc.cjs",
    ".eslintrc.yml", ".eslintrc.yaml", ".eslintrc", "package.json",
)  # fmt: skip


def place_place(hit: Hit) -> Place | None:
    return spot(hit, hit["path"], hit["line"])


# Linters


def listed_under(hit: Hit) -> Mapping[str, str] | None:
    """The file that heads a list of errors: the nearest line above that is not indented."""
    for line in before(hit, 300):
        if re.match(rf"^(?:\./)?{CODE_FILE}$", line.strip()) and not line.startswith("  "):
            return _linted(hit, line.strip())
        if re.match(r"^\S", line) and not re.match(r"^\d+:\d+|^Line ", line):
            return None
    return None


def _linted(hit: Hit, path: str) -> Mapping[str, str] | None:
    place = spot(hit, path, hit["line"])
    rule = hit["rule"].strip("() ")
    said = hit["said"].strip()
    return {
        "path": path,
        "said": said,
        "rule": rule,
        "named": f" ({rule})" if rule else "",
        "file": place.path if place else path,
        "source": f": {code}" if (code := code_at(hit, place)) else "",
    }


def compact(hit: Hit) -> Mapping[str, str] | None:
    return _linted(hit, hit["path"])


def warnings(hit: Hit) -> Mapping[str, str] | None:
    """--max-warnings: the first warning above is the one that failed the run."""
    for back, line in enumerate(hit.before(400)):
        if found := re.match(r"^\s+(\d+):\d+\s+warning\s+(.+?)\s{2,}([\w@/-]+)$", line):
            path = next(
                (
                    each.strip()
                    for each in hit.before(400)[back:]
                    if re.match(rf"^(?:/|\./)?{CODE_FILE}$", each.strip()) and not each.startswith(" ")
                ),
                "",
            )
            return {"path": path, "line": found[1], "said": found[2], "rule": found[3]}
    return {"path": "", "line": "", "said": "warnings", "rule": ""}


def eslint_config(hit: Hit) -> Mapping[str, str] | None:
    said = bare(hit.line).strip()
    name = hit["name"]
    if name:
        fix = f"Run npm install --save-dev {eslint_package(name, hit.line)} and commit the lock file, or take {name} out of the ESLint configuration."
    elif "eslint.config" in hit.line:
        fix = "Add an eslint.config.js (npx @eslint/migrate-config .eslintrc.json makes one), or stay with eslint 8 in package.json; COPY it into the image."
    else:
        fix = "Add an ESLint configuration, and COPY it into the image (names that begin with a dot too)."
    return {"said": said, "fix": fix, "name": name}


def eslint_package(name: str, line: str) -> str:
    if "plugin" in line and not name.startswith(("eslint-plugin", "@")):
        return f"eslint-plugin-{name}"
    if (
        "config" in line
        and "extend" in line
        and not name.startswith(("eslint-config", "@", "plugin:", "eslint:"))
    ):
        return f"eslint-config-{name}"
    return name.removeprefix("plugin:").split("/")[0] if name.startswith("plugin:") else name


def eslint_config_place(hit: Hit) -> Place | None:
    if hit["key"]:
        return matching(r"\b{key}\b", *CONFIGS[:4])(hit)
    short = re.escape(re.sub(r"^(?:eslint-(?:plugin|config)-|plugin:)", "", hit["name"]))
    if hit["name"]:
        return (
            matching(rf"['\"/:]{short}\b", *CONFIGS[:-1])(hit)
            or matching(r'"eslintConfig"', "package.json")(hit)
            or list_place(hit)
        )
    return dependency_place(hit, "eslint") or script_place(hit, calls="eslint") or list_place(hit)


def unformatted(hit: Hit) -> Mapping[str, str] | None:
    """A file that Prettier names; only when its check failed in the end."""
    if not any(
        re.search(r"Code style issues|Run Prettier|Forgot to run Prettier|Error occurred when checking", line)
        for line in after(hit, 400)
    ):
        return None
    return {"path": hit["path"].strip()} if own_path(hit, hit["path"]) else None


def stylelint(hit: Hit) -> Mapping[str, str] | None:
    found = listed_under(hit)
    return (
        found
        if found
        and found["path"].endswith(
            (".css", ".scss", ".sass", ".less", ".vue", ".html", ".svelte", ".jsx", ".tsx")
        )
        else None
    )


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
        if found := re.match(rf"^\s*FAIL\s+(?:\|?[\w@ /-]+\|? )?({CODE_FILE})", line):
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
    missing = next(
        (
            found
            for line in lines[:6]
            if (
                found := re.search(
                    r"Cannot find module '([^']+)' from '([^']+)'|Failed to resolve import \"([^\"]+)\" from \"([^\"]+)\"",
                    line,
                )
            )
        ),
        None,
    )
    if missing:
        name, path = missing[1] or missing[3], missing[2] or missing[4]
        own = own_path(hit, path)
        line = import_line(hit.files, own, name) if own else 0
        like = meant(hit, own, name) if own and name.startswith(".") else ""
        fix = (
            f"Write '{like}' instead of '{name}'."
            if like and like != name
            else (
                f"Add the file {name}, or correct the import."
                if name.startswith(".")
                else f"Run npm install --save-dev {package_name(name)} and commit the lock file."
            )
        )
        return {"said": said, "path": own or path, "line": str(line or 1), "fix": fix}
    place = _test_frame(hit, lines) or next(
        (
            each
            for text in lines[:20]
            if (found := re.search(rf"({CODE_FILE})[:(](\d+)[:,]\d+", text))
            and (each := spot(hit, found[1], found[2]))
        ),
        None,
    )
    place = place or next(
        (
            each
            for text in lines[:20]
            if (found := re.search(rf"SyntaxError: (/{CODE_FILE}): .*\((\d+):\d+\)", text))
            and (each := spot(hit, found[1], found[2]))
        ),
        None,
    )
    if any("ypeScript diagnostics" in text or re.search(r"error TS\d+", text) for text in lines[:8]):
        return None
    fix = f"Correct line {place.line} of {place.path}." if place else "Correct what the message names."
    if any("unexpected token" in text for text in lines[:4]):
        said = next((text.strip() for text in lines if re.search(r"SyntaxError: ", text)), said)
        fix = "Let Jest transform this file (babel-jest or ts-jest in the jest configuration, transformIgnorePatterns for an ES module of node_modules)."
    return {
        "said": said[:250],
        "path": place.path if place else "",
        "line": str(place.line) if place else "",
        "fix": fix,
    }


def coverage(hit: Hit) -> Mapping[str, str] | None:
    found = re.search(
        r"(?P<what>statements|branches|functions|lines)\D*\(?(?P<have>[\d.]+)%\)?.*?(?P<want>[\d.]+)%",
        hit.line,
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
