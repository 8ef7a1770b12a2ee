"""Which tools are at work in a log: a rule that is one tool's own is silent where nothing names that tool.

Tools borrow each other's words (uv, esbuild and Tailwind all say `File not found`; poetry, pub and Hex solve versions
in one algorithm's sentences). What a tool's row advises is wrong for every other, so its name, its files or its
commands have to stand somewhere: in the log, in the Dockerfile, or among the repository's paths.
"""

from __future__ import annotations

from functools import cache

import re2

from app.diagnosis.rule import Hit, once_per_log

# The first word of a row's code, and what shows that the tool is there. A tool that no row could be mistaken about
# (its words are its own), or that shows itself in no certain way, is left out: its rows speak everywhere.
SIGNS = {
    # Python
    "uv": r"\buvx?\b|\buv\.lock|pyproject\.toml",
    "poetry": r"(?i)poetry|pyproject\.toml",
    "pipenv": r"(?i)pipenv|pipfile",
    "pdm": r"\b[Pp][Dd][Mm]\b|pdm\.lock",
    "conda": r"(?i)conda|mamba",
    "celery": r"(?i)celery",
    "alembic": r"(?i)alembic",
    "sqlalchemy": r"(?i)sqlalchemy",
    # JavaScript
    "angular": r"\bng\b|(?i:angular)|\bNG\d",
    "astro": r"(?i)astro",
    "gatsby": r"(?i)gatsby",
    "svelte": r"(?i)svelte",
    "nitro": r"(?i)nitro|nuxt",
    "turbo": r"(?i)turbo|\bnx\b|nx\.json|lerna",
    "pnpm": r"(?i)pnpm",
    "deno": r"(?i)deno|NotCapable: |\bnpm:|\bjsr:",
    "drizzle": r"(?i)drizzle",
    "graphql": r"(?i)graphql",
    "eslint": r"(?i)eslint|\blint\b",
    "prettier": r"(?i)prettier",
    "biome": r"(?i)biome",
    "stylelint": r"(?i)stylelint",
    "sass": r"(?i)sass|scss",
    "tailwind": r"(?i)tailwind",
    # Compiled languages
    "go": r"\bgo (?:build|mod|run|install|test|vet|generate|get|work|list|tool)\b|golang|\bgo\.(?:mod|sum|work)\b|"
    r"goroutine|\bgo: |/go/|\bgo1\.|go-sqlite3|[\w/]\.go(?:\n|$)",
    "rust": r"(?i)cargo|rust|\.rs\b",
    "dart": r"(?i)dart|flutter|pubspec",
    "mix": r"\bmix\b|mix\.exs|(?i:\bhex\b)|\*\* \(",
    "rebar": r"(?i)rebar|erlang",
    "gradle": r"(?i)gradle|\bTask :|FAILURE: Build failed",
    "stack": r"\bstack\b|stack\.yaml",
    # PHP and Ruby
    "composer": r"(?i)composer",
    "laravel": r"(?i)laravel|illuminate|artisan|\.blade\.php",
    "symfony": r"(?i)symfony|bin/console",
    "rails": r"(?i)rails|ruby|gemfile",
    # Servers, migrations, sites, infrastructure
    "nginx": r"(?i)nginx",
    "caddy": r"(?i)caddy",
    "flyway": r"(?i)flyway",
    "liquibase": r"(?i)liquibase",
    "goose": r"(?i)goose",
    "hugo": r"(?i)hugo",
    "mkdocs": r"(?i)mkdocs",
    "terraform": r"(?i)terraform|tofu|\.tf\b|registry\.",
    "helm": r"(?i)helm|chart\.yaml",
}  # fmt: skip


# A tool whose loose sign is another's too: where that one is at work, only the strict sign counts.
STRICT = {"eslint": ("stylelint", r"(?i)eslint")}


@cache
def _sign(tool: str) -> re2._Regexp[bytes]:
    return re2.compile(SIGNS[tool].encode())


def is_at_work(code: str, hit: Hit) -> bool:
    """Whether the tool that a row's code begins with is one that this log, or its repository, has."""
    return tool_is_at_work(code.partition("-")[0], hit)


def tool_is_at_work(tool: str, hit: Hit) -> bool:
    """The same of one that is named; true of a tool that shows itself in no certain way."""
    if tool not in SIGNS:
        return True
    key = f"{tool} is at work"
    if key not in hit.transcript.answers:
        rival, strict = STRICT.get(tool, ("", ""))
        sign = re2.compile(strict.encode()) if rival and tool_is_at_work(rival, hit) else _sign(tool)
        hit.transcript.answers[key] = sign.search(_seen(hit)) is not None
    answer: bool = hit.transcript.answers[key]
    return answer


@once_per_log
def _seen(hit: Hit) -> bytes:
    """Everything that may name a tool: the repository's paths and Dockerfiles, the instructions and every line.

    Bytes, because RE2 would make them of a text anew for each tool that is asked for.
    """
    files, sections = hit.files, hit.transcript.sections
    return "\n".join(
        (
            *sorted(files.paths),
            *(files.text(path) for path in files.dockerfiles),
            *(f"{each.step} {each.instruction}" for each in sections),
            *hit.elsewhere(),
        )
    ).encode(errors="replace")
