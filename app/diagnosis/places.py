"""Places that rules name: small functions that find a file and a line, and never one that is not in the commit."""

from __future__ import annotations

import re

from app.diagnosis.paths import nearest_first, repository_path
from app.diagnosis.rule import Find, Hit
from app.model import Place


def at(path: str = "path", line: str = "line", end: str = "") -> Find:
    """Where the log itself says: the words `path` and `line` of the hit."""

    def find(hit: Hit) -> Place | None:
        found = repository_path(hit.files, hit[path], hit)
        number = int(hit[line]) if hit[line].isdecimal() and len(hit[line]) < 8 else 1
        last = int(hit[end]) if end and hit[end].isdecimal() and len(hit[end]) < 8 else None
        return hit.files.place(found, number, last) if found else None

    return find


def first(*finds: Find) -> Find:
    """The first of several ways that finds a place."""

    def find(hit: Hit) -> Place | None:
        return next((place for each in finds if (place := each(hit)) is not None), None)

    return find


def matching(pattern: str, *names: str) -> Find:
    """The first line that matches `pattern`, the hit's words filled in and escaped, in a file of one of these names."""

    def find(hit: Hit) -> Place | None:
        filled = _filled(pattern, hit)
        if filled is None:
            return None
        for path in nearest_first(hit, hit.files.named(*names)):
            if line := hit.files.search(path, filled):
                return hit.files.place(path, line)
        return None

    return find


def anywhere(pattern: str, *endings: str) -> Find:
    """The first line that matches in any file with one of these endings (".py")."""

    def find(hit: Hit) -> Place | None:
        filled = _filled(pattern, hit)
        if filled is None:
            return None
        candidates = tuple(
            sorted((p for p in hit.files.paths if p.endswith(endings)), key=lambda p: (p.count("/"), p))
        )
        for path in nearest_first(hit, candidates[:3000]):
            if line := hit.files.search(path, filled):
                return hit.files.place(path, line)
        return None

    return find


def _filled(pattern: str, hit: Hit) -> str | None:
    """`pattern` with {word} replaced by the escaped word; None when a word is empty."""
    missing = False

    def word(match: re.Match[str]) -> str:
        nonlocal missing
        missing = missing or not hit[match[1]]
        return re.escape(hit[match[1]])

    filled = re.sub(r"\{([a-z_]+)\}", word, pattern)
    return None if missing else filled


def whole_file(*names: str) -> Find:
    """The first line of a file of one of these names."""

    def find(hit: Hit) -> Place | None:
        for path in nearest_first(hit, hit.files.named(*names)):
            if place := hit.files.place(path, 1):
                return place
        return None

    return find


_READS = (
    r"environ(?:\.get)?[\[(]\s*[\"']{name}[\"']",
    r"getenv\(\s*[\"']{name}[\"']",
    r"process\.env\.{name}\b",
    r"process\.env\[[\"']{name}[\"']\]",
    r"import\.meta\.env\.{name}\b",
    r"ENV(?:\.fetch)?[\[(]\s*[\"']{name}[\"']",
    r"(?:Getenv|LookupEnv|env::var|env!|getenv|GetEnvironmentVariable|System\.getenv|fromEnvironment|get_env|fetch_env!?|env|config)\(?\s*\(?[\"']{name}[\"']",
    r"\$\{?{name}\b",
)


def variable(word: str = "name") -> Find:
    """Where an environment variable is read."""

    def find(hit: Hit) -> Place | None:
        name = hit[word]
        if not name:
            return None
        code = tuple(
            p
            for p in sorted(hit.files.paths, key=lambda p: (p.count("/"), p))
            if p.endswith(CODE) or "." not in p.rpartition("/")[2]
        )
        for pattern in _READS:
            filled = pattern.replace("{name}", re.escape(name))
            for path in nearest_first(hit, code[:3000]):
                if line := hit.files.search(path, filled):
                    return hit.files.place(path, line)
        return None

    return find


CODE = (
    ".py", ".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".vue", ".svelte", ".go", ".rs", ".rb", ".php", ".java", ".kt",
    ".cs", ".sh", ".ex", ".exs", ".dart", ".scala", ".yml", ".yaml", ".properties", ".toml", ".env", ".ini",
)  # fmt: skip
