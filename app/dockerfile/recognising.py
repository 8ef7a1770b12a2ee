"""Which files are Dockerfiles, by their names and, where a name may mean something else, by how they begin; pure."""

from __future__ import annotations

from app.dockerfile.instructions import KEYWORDS, Dockerfile

PLAIN = ("dockerfile", "containerfile")


def may_be_dockerfile(path: str) -> bool:
    """Whether the name is one that people give to Dockerfiles."""
    name = path.rpartition("/")[2].lower()
    return (
        name in PLAIN
        or name.startswith(("dockerfile.", "dockerfile-", "dockerfile_"))
        or name.endswith(".dockerfile")
    )


def is_dockerfile(path: str, parsed: Dockerfile) -> bool:
    """Whether it is one by more than its name: dockerfile.go is Go, and Dockerfile.ejs a template of one."""
    first = next(iter(parsed.instructions), None)
    return path.rpartition("/")[2].lower() in PLAIN or first is None or first.keyword in KEYWORDS
