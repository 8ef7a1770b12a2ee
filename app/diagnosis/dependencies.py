"""Where a dependency is asked for, in the manifest of its language."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator

from app.diagnosis.paths import nearest_first
from app.diagnosis.rule import Find, Hit
from app.model import Place


def _requirement(name: str) -> str:
    # https://packaging.python.org/en/latest/specifications/name-normalization/
    loose = "[-_.]+".join(map(re.escape, re.split(r"[-_.]+", name)))
    return rf"(?i)^\s*[\"']?{loose}(?![\w-])"


def _in_json(name: str) -> str:
    return rf"^\s*\"{re.escape(name)}\"\s*:"


MANIFESTS: dict[str, tuple[Callable[[str], str], tuple[str, ...]]] = {
    "python": (
        _requirement,
        ("requirements.txt", "pyproject.toml", "Pipfile", "constraints.txt", "setup.cfg", "setup.py",
         "requirements-dev.txt", "requirements.in", "environment.yml"),
    ),
    "node": (_in_json, ("package.json",)),
    "go": (lambda name: rf"^\s*(?:require\s+)?{re.escape(name)}\s", ("go.mod",)),
    "rust": (lambda name: rf"^\s*(?:\[.*dependencies\.)?[\"']?{re.escape(name)}[\"']?\s*(?:=|\]|\.)", ("Cargo.toml",)),
    "ruby": (lambda name: rf"^\s*gem\s*\(?[\"']{re.escape(name)}[\"']", ("Gemfile",)),
    "php": (_in_json, ("composer.json",)),
    "maven": (lambda name: rf"<artifactId>\s*{re.escape(name)}\s*</artifactId>", ("pom.xml",)),
    "gradle": (
        lambda name: rf"[\"':]{re.escape(name)}(?:[\"':]|\b)",
        ("build.gradle", "build.gradle.kts", "libs.versions.toml"),
    ),
    "dotnet": (lambda name: rf"Include=\"{re.escape(name)}\"", ()),
    "dart": (lambda name: rf"^\s+{re.escape(name)}\s*:", ("pubspec.yaml",)),
    "elixir": (lambda name: rf"\{{\s*:{re.escape(name)}\s*,", ("mix.exs",)),
}  # fmt: skip


def dependency_line(hit: Hit, language: str, name: str) -> Place | None:
    """The manifest's line that asks for this dependency."""
    pattern_of, manifests = MANIFESTS[language]
    if not name:
        return None
    pattern = pattern_of(name)
    paths = [path for manifest in manifests for path in nearest_first(hit, hit.files.named(manifest))]
    if language == "python":
        included = list(_included(hit))
        rest = [p for p in sorted(hit.files.paths) if re.search(r"require[^/]*\.(?:txt|in)$", p)]
        paths = list(dict.fromkeys([*included, *paths, *rest]))
    if language == "dotnet":
        paths += [
            p for p in sorted(hit.files.paths) if p.endswith((".csproj", ".fsproj", ".vbproj", ".props"))
        ]
    for path in paths:
        if line := hit.files.search(path, pattern):
            return hit.files.place(path, line)
    return None


def _included(hit: Hit) -> Iterator[str]:
    """requirements.txt and the files that it names with -r: where there is one, pip reads these and no other."""
    for path in nearest_first(hit, hit.files.named("requirements.txt")):
        yield path
        folder = path.rpartition("/")[0]
        for line in hit.files.lines(path):
            if found := re.match(r"\s*(?:-r|--requirement)[ =]?\s*([\w./-]+)", line):
                named = posixpath.normpath(posixpath.join(folder, found[1]))
                if named in hit.files.paths:
                    yield named


def dependency(language: str, word: str = "name") -> Find:
    """Where the manifest asks for the dependency that the hit names."""
    return lambda hit: dependency_line(hit, language, hit[word])


def manifest(language: str) -> Find:
    """The manifest itself, where a missing dependency has to be added: the last line of its list, or its first line."""

    def find(hit: Hit) -> Place | None:
        for name in MANIFESTS[language][1]:
            for path in nearest_first(hit, hit.files.named(name)):
                line = (
                    hit.files.search(
                        path,
                        r"(?i)^\s*[\"']?(?:dev-?)?dependencies[\"']?\s*[:=]|^\[.*dependencies|^require\s*\(",
                    )
                    or 1
                )
                if place := hit.files.place(path, line):
                    return place
        return None

    return find
