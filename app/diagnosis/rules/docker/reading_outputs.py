"""Where a project's build writes, as far as its files tell: what a COPY from its stage may name."""

from __future__ import annotations

import re

from app.diagnosis.rule import Hit
from app.model import Place

# Where a tool writes what it built, by a file of its project: each tool's own documentation of its output folder.
OUTPUTS = (
    ("vite.config.", "dist"), ("astro.config.", "dist"), ("vue.config.", "dist"), ("angular.json", "dist/PROJECT/browser"),
    ("gatsby-config.", "public"), ("svelte.config.", "build"), ("nuxt.config.", ".output"), ("docusaurus.config.", "build"),
    ("next.config.", ".next (standalone: output: 'standalone' in next.config)"), ("pom.xml", "target"), ("build.gradle", "build/libs"),
    ("Cargo.toml", "target/release"),
)  # fmt: skip


def written(hit: Hit) -> str:
    """Where the build of this project writes, as far as its files tell."""
    for config in hit.files.named("svelte.config.js", "svelte.config.ts"):
        for name in ("auto", "vercel", "netlify", "cloudflare", "static"):
            if hit.files.search(config, f"@sveltejs/adapter-{name}"):
                return f": {config} has adapter-{name}, which makes no server; npm i -D @sveltejs/adapter-node and name it there, then build is made"
    names = [path.rpartition("/")[2] for path in sorted(hit.files.paths, key=lambda p: p.count("/"))]
    found = next(((mark, out) for mark, out in OUTPUTS for each in names if each.startswith(mark)), None)
    if found is None:
        return ""
    crate = hit.files.search("Cargo.toml", r"^name\s*=")
    if found[0] == "Cargo.toml" and crate:
        name = hit.files.lines("Cargo.toml")[crate - 1].partition("=")[2].strip(" \"'")
        return f": cargo build --release writes target/release/{name}"
    if found[0] == "angular.json":
        return _of_angular(hit)
    return f": a build with {found[0].rstrip('.')} writes to {found[1]} unless it is told otherwise"


def _of_angular(hit: Hit) -> str:
    """The projects by name: since Angular 17 the application builder writes dist/NAME/browser."""
    path = hit.files.named("angular.json")[0]
    held = hit.files.json(path)
    projects = held.get("projects") if isinstance(held, dict) else None
    names = [f"dist/{name}/browser" for name in projects] if isinstance(projects, dict) else []
    named = re.search(r'"outputPath"\s*:\s*"([^"]+)"', hit.files.text(path))
    told = named[1] if named else " or ".join(names[:3]) or "dist/PROJECT/browser"
    return f": ng build writes {told} (without /browser for the builders browser and browser-esbuild)"


def not_standalone(hit: Hit) -> Place | None:
    """Next's configuration, where it does not ask for the folder that is to be copied."""
    for path in hit.files.named("next.config.js", "next.config.mjs", "next.config.ts"):
        if not hit.files.search(path, r"standalone"):
            line = hit.files.search(path, r"(?:nextConfig\b.*=|module\.exports\s*=|export default)\s*\{")
            return hit.files.place(path, line or 1)
    return None
