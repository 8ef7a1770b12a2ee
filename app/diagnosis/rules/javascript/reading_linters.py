"""Linters: the findings of ESLint and its like, one for each line."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.javascript.packages import dependency_place, list_place, script_place
from app.diagnosis.javascript.paths import own_path, spot
from app.diagnosis.javascript.stacks import after, bare, before, code_at
from app.diagnosis.places import matching
from app.diagnosis.rule import Hit
from app.model import Place

CODE_FILE = r"[\w@./ \[\]()$+-]*?[\w\])]\.(?:[cm]?[jt]sx?|vue|svelte|astro|json|css|scss|less|html|mdx?|ya?ml|graphql)"

# A line of ESLint's, read in one way alone: blanks that may belong to two parts of it take the cube of their number.
_WARNING = re.compile(r"^\s+(\d+):\d+\s+warning\s+(\S.*  [\w@/-]+)$")

CONFIGS = (
    "eslint.config.js", "eslint.config.mjs", "eslint.config.cjs", "eslint.config.ts", ".eslintrc.json", ".eslintrc.js", ".eslintrc.cjs",
    ".eslintrc.yml", ".eslintrc.yaml", ".eslintrc", "package.json",
)  # fmt: skip


def place_place(hit: Hit) -> Place | None:
    return spot(hit, hit["path"], hit["line"])


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
        if found := _WARNING.match(line):
            path = next(
                (
                    each.strip()
                    for each in hit.before(400)[back:]
                    if re.match(rf"^(?:/|\./)?{CODE_FILE}$", each.strip()) and not each.startswith(" ")
                ),
                "",
            )
            said, _, rule = found[2].rpartition("  ")
            return {"path": path, "line": found[1], "said": said.strip(), "rule": rule}
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
