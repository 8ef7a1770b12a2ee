"""Astro's server that a container is to start, and that Astro did not build."""

from __future__ import annotations

from app.diagnosis.places import first, matching
from app.diagnosis.rule import Hit

_CONFIGS = ("astro.config.mjs", "astro.config.ts", "astro.config.js")

BUILT_NO_SERVER = "astro built no server"

# Where Astro is told what to build.
astro_output = first(
    matching(r"\boutput\s*:", *_CONFIGS), matching(r"\bdefineConfig\(\{|export default", *_CONFIGS)
)


def astro_without_server(hit: Hit, name: str) -> tuple[str, str] | None:
    """Why, and what to do, where the missing file is Astro's server and no adapter makes one."""
    if not name.endswith("dist/server/entry.mjs"):
        return None
    if any(hit.files.search(config, r"adapter") for config in hit.files.named(*_CONFIGS)):
        return None
    return BUILT_NO_SERVER, (
        "npx astro add node, with output: 'server' and adapter: node({ mode: 'standalone' }) in astro.config; a static site has dist alone, which nginx or npx serve can serve."
    )
