"""A part of an installed package that is not there: its compiled one, or a module inside it."""

from __future__ import annotations

# What servers load by themselves for a class of workers: packages, never a file of the repository.
WORKERS = frozenset({"uvicorn", "gevent", "eventlet", "tornado", "meinheld", "uvloop", "aiohttp"})


def compiled(name: str) -> str:
    """A module whose last name begins with _ is mostly the compiled part of its package."""
    return (
        f"{name.partition('.')[0]} is there without its compiled part: install it in the image, with the Python "
        f"and the system that run it (one base image for both stages)."
    )


# Their first name is of many packages: what is behind it may be a package of its own.
SHARED_NAMES = frozenset(
    {
        "google",
        "azure",
        "opentelemetry",
        "ruamel",
        "zope",
        "backports",
        "sphinxcontrib",
        "jaraco",
        "mpl_toolkits",
    }
)


def inside(name: str, importer: str = "") -> str:
    """Python names a module with all its dots once it has imported what stands before the last."""
    top, _, part = name.partition(".")
    if importer:
        return (
            f"{top} is installed, and this version of it has no {part}: raise {importer}, which asks for it, "
            f"or pin {top} to a version of {importer}'s time."
        )
    return (
        f"{name.rpartition('.')[0]} is installed and has no {name.rpartition('.')[2]}: "
        f"correct the name, or pin a version that has it."
    )
