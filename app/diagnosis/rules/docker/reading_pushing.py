"""What the rows of pushing.py read: whose registry denied the push, and what that registry wants."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.rule import Hit

_ADVICE = {
    "ghcr.io": "Give the job permissions: {{packages: write}} and log in with docker/login-action (registry: ghcr.io, username: ${{{{ github.actor }}}}, password: ${{{{ secrets.GITHUB_TOKEN }}}}); an existing package has to let this repository in (Package settings, Manage Actions access)",
    "docker.io": "Log in as who owns the name (docker login; a token with Read & Write), and tag it with that name: docker.io/USER/NAME",
}


def pushed(hit: Hit) -> Mapping[str, str] | None:
    """None for Google's own registries, whose refusals have rows of their own."""
    where = hit["image"] or (f"{hit['host']}/{hit['path']}" if hit["host"] else "")
    first = where.partition("/")[0]
    registry = first if "." in first or ":" in first else "docker.io"
    if re.search(r"(?:pkg\.dev|gcr\.io)$", registry):
        return None
    told = hit["said"] or hit["said2"] or hit["said3"]
    short = next((word for word in ("denied", "403 Forbidden", "401 Unauthorized") if word in told), "denied")
    advice = _ADVICE.get(
        registry,
        "Log in to {registry} before the push (docker login {registry}), with a user who may write there",
    )
    return {
        "where": where or "the registry",
        "registry": "Docker Hub" if registry == "docker.io" else registry,
        "told": told[:200],
        "short": short,
        "advice": advice.format(registry=registry),
    }
