"""Syntax: what no parser can read in a service's files, before a build or a container finds out. Pure.

Python is judged with the grammar of the Python that ServerGem runs on, and only where the repository's version is not
newer, or where the fault is one in every version.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import re2

from app.model import Finding, Place, Weight
from app.source.formats import Fault, toml_fault, yaml_fault
from app.source.text import LONGEST_PARSED, MOST_PARSED
from app.start_command.python_source import parsed
from app.text.titles import fitting

if TYPE_CHECKING:
    from app.diagnosis.files import Files

MOST_FILES = 300
MOST_FINDINGS = 10
LATEST = (3, 14)  # what a build takes when the repository names no version
# Read by app.inspection, as files that the build reads first.
READ_ELSEWHERE = {
    "pyproject.toml",
    "Pipfile",
    "poetry.lock",
    "uv.lock",
    "Cargo.toml",
    "servergem.yml",
    "servergem.yaml",
}
# Folders of tests, samples and texts that become files elsewhere: what is broken there is often meant to be.
_ASIDE = (
    r"tests?|testing|test[-_]?(?:data|cases|files|resources)|fixtures?|specs?|e2e|mocks?|stubs?|fakes?|golden|corpus|"
    r"fuzz(?:ing)?|bench(?:marks?)?|examples?|samples?|demos?|templates?|tmpl|tpls?|skel(?:etons?)?|scaffold(?:s|ing)?|"
    r"boilerplates?|blueprints?|generators?|charts?|helm|vendor|third_party|node_modules|site-packages|cookiecutter|"
    r"docs?|documentation|snippets|invalid|broken|malformed|bad|corrupt(?:ed)?"
)
NOT_THE_SERVICE = re.compile(
    rf"(?i)(?:^|/)(?:\.[^/]+|[^/]*[{{}}%$][^/]*|(?:[^/]*[-_.])?(?:{_ASIDE})(?:[-_.][^/]*)?)/"
)
# The same of a file of settings that says so in its own name.
SAMPLE = re.compile(
    r"(?i)(?:^|[-_.])(?:tests?|fixtures?|examples?|samples?|templates?|tmpl|tpl|j2|jinja2?|invalid|broken|malformed|bad|"
    r"corrupt(?:ed)?)[-_.]|[{}%$]"
)
# Placeholders of Jinja, Go, ERB, Handlebars, Octopus, Maven, autoconf, Symfony and Azure.
TEMPLATE = re.compile(r"\{\{|\{[%#]|<[%?]|\$\{\{|\$\[\[|[#@%]\{|(?<![\w.])@\w+@|%[\w.]+%")
# What libyaml refuses and YAML 1.2 does not: signs in the name of an anchor, a comma in a tag.
YAML_1_2 = re.compile(r"alphabetic or numeric character|expected whitespace or line break|simple key")
LONGEST_KEY = 1024  # letters; libyaml takes nothing longer for a key
PYTHON_2 = re.compile(r"Missing parentheses in call|leading zeros in decimal|inconsistent use of tabs")
ALWAYS = re.compile(
    r"expected ':'$|expected an indented block|unexpected indent|unindent does not match|was never closed$"
)
# Words that no version of the grammar puts side by side, where the parser stopped (\0): `(:`, `x = )`, `def (`, `if :`.
NEVER = re.compile(
    r"[({]\s*\0[:,=]|\[\s*\0,|[=+\-%<>|&^~@]\s*\0(?:[:)\]},=]|$)|\b(?:def|class)\s*\0(?:\W|$)|"
    r"\b(?:if|elif|while|for|with|in|not|and|or|is|import)\s*\0(?::|$)"
)
# On RE2: a line is as long as its author likes.
STARTED = re2.compile(r"\bpython3?\s+(?:-u\s+)?(\w[\w/.]*\.py)\b|\b(?:gunicorn|uvicorn)\b.*?\s([\w.]+):\w+")
NEWER = re.compile(r"\b[fFtT][rR]?[\"']|\b[rR][fFtT][\"']|^[^\S\n]*(?:class|def|type)\s+\w+\s*\[", re.M)


def syntax(files: Files, inside: str, *, starts: str = "") -> Iterator[Finding]:
    """Every file under `inside` that does not parse. `starts` is the file that surely runs: a stop."""
    version = _version(files, inside)
    found = letters = 0
    for path in _readable(files, inside, starts):
        letters += len(files.text(path))
        if letters > MOST_PARSED:
            return
        fault = _fault(path, files.text(path), version)
        if fault is None:
            continue
        yield _finding(path, fault, stops=path == starts)
        found += 1
        if found == MOST_FINDINGS:
            return


def starts(files: Files, inside: str) -> str:
    """The file of Python that buildpacks start: by the Procfile's command, else main.py or app.py; empty if unsure."""
    procfile = inside + "Procfile"
    if procfile in files.paths:
        line = next((line for line in files.lines(procfile) if line.startswith("web:")), "")
        named = STARTED.search(line)
        if named is None or re.search(r"\bcd\b|--chdir|--app-dir", line):
            return ""
        path = inside + (named[1] or named[2].replace(".", "/") + ".py")
        return path if path in files.paths else ""
    if inside + "package.json" in files.paths or inside + "project.toml" in files.paths:
        return ""
    return next((inside + name for name in ("main.py", "app.py") if inside + name in files.paths), "")


def _readable(files: Files, inside: str, first: str) -> list[str]:
    """The service's own files in a language that is parsed here, the nearest to its root first."""
    kinds = (".py", ".toml", ".yml", ".yaml")
    mine = [p for p in files.paths if p.startswith(inside) and p.endswith(kinds)]
    mine = [p for p in mine if p == first or not _is_aside(p[len(inside) :])]
    mine = [p for p in mine if p.rpartition("/")[2] not in READ_ELSEWHERE]
    return sorted(mine, key=lambda p: (p.count("/"), p))[:MOST_FILES]


def _is_aside(path: str) -> bool:
    """Whether a file is one of those that nothing at work loads."""
    # Its folders alone: within a last part without a slash, each beginning would be looked at to the end.
    if NOT_THE_SERVICE.search(path[: path.rfind("/") + 1]):
        return True
    return not path.endswith(".py") and SAMPLE.search(path.rpartition("/")[2]) is not None


def _version(files: Files, inside: str) -> tuple[int, int]:
    """The Python that the repository asks for, the latest when it asks for none."""
    texts = [files.text(inside + name) for name in (".python-version", "runtime.txt")]
    texts += re.findall(r"(?mi)^FROM\s.*?python:?(\d\S*)", files.text(inside + "Dockerfile"))
    versions = [re.match(r"\D*3\.(\d{1,3})", text.strip()) for text in texts]
    asked = [int(version[1]) for version in versions if version]
    return (3, max(asked)) if asked else LATEST


def _fault(path: str, text: str, version: tuple[int, int]) -> Fault | None:
    """The first fault; None where all is well or nothing can be said."""
    if not text.strip() or len(text) > LONGEST_PARSED or "\ufffd" in text:
        return None
    if path.endswith(".py"):
        return _python(text, version)
    if TEMPLATE.search(text):
        return None
    return toml_fault(text) if path.endswith(".toml") else _yaml(text)


def _yaml(text: str) -> Fault | None:
    """A fault to every parser; tabs that separate, and do not indent, are read by most."""
    fault = yaml_fault(text)
    if fault is None or YAML_1_2.search(fault.said):
        return None
    line = _line(text, fault.line)
    if len(line) > LONGEST_KEY or re.search(r"[-:?]\t|^\s*\t\s*$", line):
        return None
    return fault


def _python(text: str, version: tuple[int, int]) -> Fault | None:
    error = parsed(text)
    if not isinstance(error, SyntaxError):
        return None
    said, line = error.msg, error.lineno or 1
    faulty = _line(text, line)
    if PYTHON_2.search(said) or TEMPLATE.search(faulty):
        return None
    # A bracket that an older Python calls unclosed may stand in what a newer one reads, anywhere below.
    doubtful = text if said.endswith("was never closed") else faulty
    always = ALWAYS.search(said) or NEVER.search(_stopped(faulty, error.offset))
    known = version <= sys.version_info[:2] or (always and not NEWER.search(doubtful))
    return Fault(line, said, "Python") if known else None


def _stopped(line: str, offset: int | None) -> str:
    """The line with a mark before the word that the parser did not take; offsets begin at 1."""
    at = max(0, (offset or 1) - 1)
    return f"{line[:at]}\0{line[at:].rstrip()}"


def _line(text: str, number: int) -> str:
    lines = text.split("\n")
    return lines[number - 1] if number <= len(lines) else ""


def _finding(path: str, fault: Fault, *, stops: bool) -> Finding:
    line, said = fault.line, fault.said
    return Finding(
        code="syntax-error",
        weight=Weight.STOP if stops else Weight.WARN,
        title=fitting(f"{path} is not valid {fault.language}: {said}"),
        message=f"The service starts with {path}, and Python cannot read its line {line}: {said}."
        if stops
        else f"Line {line} of {path} cannot be read: {said}. Whatever loads this file fails.",
        fix=f"Correct line {line} of {path}.",
        place=Place(path, line),
    )
