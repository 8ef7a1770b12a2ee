"""Which languages Google's buildpacks would see in a folder, each by the files that its own detection looks for; pure.

https://github.com/GoogleCloudPlatform/buildpacks/tree/main/cmd, the `DetectFn` of each language
"""

from __future__ import annotations

import re

from app.diagnosis.files import Files

# Looked for in the service's own folder only.
_HERE = {
    "python": r"requirements\.txt|pyproject\.toml|Pipfile|poetry\.lock|uv\.lock|environment\.yml",
    "node": r"package\.json|[^/]+\.(?:js|mjs|cjs)",
    "go": r"go\.mod",
    "java": r"pom\.xml|build\.gradle(?:\.kts)?|settings\.gradle(?:\.kts)?|\.mvn/extensions\.xml|META-INF/MANIFEST\.MF|"
    r"[^/]+\.(?:java|jar)",
    "ruby": r"Gemfile|gems\.rb",
    "php": r"composer\.json",
    "dart": r"pubspec\.yaml|[^/]+\.dart",
    "any": r"project\.toml|Procfile",
}
# Looked for in every folder below it as well, but for node_modules.
_BELOW = {
    "python": r"py",
    "go": r"go",
    "php": r"php",
    "ruby": r"rb",
    "dotnet": r"(?:cs|fs|vb)proj",
    "cpp": r"cc|cpp|cxx",
}
_HERE_PATTERNS = {language: re.compile(pattern) for language, pattern in _HERE.items()}
_BELOW_PATTERN = re.compile(
    r"[^/.][^/]*\.(?:" + "|".join(f"(?P<{language}>{ending})" for language, ending in _BELOW.items()) + ")"
)
# What no buildpack of Google's looks for, by what stands at the root of such an application.
UNKNOWN = {
    "mix.exs": "Elixir",
    "Cargo.toml": "Rust",
    "deno.json": "Deno",
    "deno.jsonc": "Deno",
    "build.sbt": "Scala",
    "project.clj": "Clojure",
    "deps.edn": "Clojure",
    "Package.swift": "Swift",
    "shard.yml": "Crystal",
    "gleam.toml": "Gleam",
    "stack.yaml": "Haskell",
    "build.zig": "Zig",
}
_DENO = ("deno.json", "deno.jsonc")
# Where a program of Deno begins that has neither of them, and what only Deno knows: its own names and addresses.
DENO_FILES = frozenset(
    f"{name}.{ending}" for name in ("main", "mod", "server", "app", "index") for ending in ("ts", "js")
)
_OF_DENO = r"""\bDeno\.\w|\bfrom\s*["'](?:https://(?:deno\.land|esm\.sh)/|jsr:|npm:)"""


def languages(files: Files, inside: str) -> frozenset[str]:
    """What may be recognised below `inside` (empty, or with a slash at its end); `any` is the owner's own word."""
    found: set[str] = set()
    for path in files.paths:
        if not path.startswith(inside):
            continue
        own = path[len(inside) :]
        found.update(language for language, pattern in _HERE_PATTERNS.items() if pattern.fullmatch(own))
        if "node_modules/" in own:
            continue
        below = _BELOW_PATTERN.fullmatch(own.rpartition("/")[2])
        if below is not None and below.lastgroup is not None:
            found.add(below.lastgroup)
    if _has_typescript(files, inside):
        found.add("node")
    return frozenset(found)


def is_node_without_package(files: Files, inside: str, known: frozenset[str]) -> bool:
    """Scripts alone: Node's buildpack takes them with a Procfile or another word of the owner's, and no other way.

    https://github.com/GoogleCloudPlatform/buildpacks/blob/main/builders/gcp/base/builder.toml, "without a package.json"
    """
    return known == {"node"} and f"{inside}package.json" not in files.paths


def unknown_language(files: Files, inside: str) -> str:
    """The language of an application that no buildpack builds; empty where nothing shows one."""
    found = next((language for name, language in UNKNOWN.items() if inside + name in files.paths), "")
    return found or ("Deno" if _says_deno(files, inside) else "")


def _says_deno(files: Files, inside: str) -> bool:
    return any(files.search(inside + name, _OF_DENO) for name in DENO_FILES if inside + name in files.paths)


def _has_typescript(files: Files, inside: str) -> bool:
    """TypeScript at the root is Node's, unless it is Deno's, whom buildpacks do not know."""
    if any(inside + name in files.paths for name in _DENO):
        return False
    return any(re.fullmatch(re.escape(inside) + r"[^/]+\.ts", path) for path in files.paths)
