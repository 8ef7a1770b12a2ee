"""What the rows of imports.py read in other lines and in the repository."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from app.diagnosis.dependencies import dependency_line, manifest
from app.diagnosis.left_out import hidden_by, left_out
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Hit
from app.diagnosis.rules.python.reading_distributions import (
    DISTRIBUTIONS,
    brought,
    distribution,
    importer,
    install,
)
from app.diagnosis.rules.python.reading_environments import (
    another_version,
    asks_for_its_own,
    unused_environment,
)
from app.diagnosis.rules.python.reading_errors import (
    application,
    frames,
    named_in_settings,
    own_frame,
    served,
    where,
)
from app.diagnosis.rules.python.reading_gone import NAMES, SINCE, gone_module
from app.diagnosis.rules.python.reading_parts import SHARED_NAMES, WORKERS, compiled, inside
from app.model import Place

# What pip and uv print before they build a package: its imports are not the application's.
_BUILDING = r"Getting requirements to build|Preparing metadata|get_requires_for_build|prepare_metadata_for|build backend returned"


_WHY = "it is not installed, or not where the program starts"


def module_words(hit: Hit) -> Mapping[str, str] | None:
    name = hit["module"]
    if hit.find_before(_BUILDING, 120) or (gone_module(name) and not _own_modules(hit, name)):
        return None
    words = where(hit) | {"why": _WHY} | dict.fromkeys(("local", "near", "target", "named", "unfit"), "")
    words |= {"package": distribution(name)}
    if _own_modules(hit, name):
        return {**words, "local": "yes", **_not_importable(hit, name)}
    if name.rpartition(".")[2].startswith("_") and "." in name:
        return {**words, "fix": compiled(name)}
    if package := asks_for_its_own(hit, name):
        return {**words, "unfit": package, "fix": another_version(package, name)}
    if ("." in name or distribution(name) == name) and named_in_settings(hit, name):
        return {**words, "named": "yes", "fix": _as_named(hit, name)}
    if frames(hit) and _SETTINGS_LOADER in {path.rpartition("/django/")[2] for path, _ in frames(hit)}:
        return {**words, "loaded": "yes", "fix": _settings_module(hit, name)}
    if near := _misspelt(hit, name):
        return {**words, "near": near, "fix": f"Write {near} instead of {name}."}
    if not own_frame(hit) and name not in WORKERS and (_is_served(hit, name) or _loaded_by_server(hit)):
        return {
            **words,
            "target": "yes",
            "fix": f"Correct the name in the command, or COPY the file of {name} into the WORKDIR.{served(hit)}",
        }
    of = importer(hit, words["package"])
    shared = name in DISTRIBUTIONS or name.partition(".")[0] in SHARED_NAMES
    if "." in name and not shared and (of or dependency_line(hit, "python", words["package"])):
        return {
            **words,
            "of": of,
            "why": "what stands before its last dot is installed",
            "fix": inside(name, of),
        }
    if unused := unused_environment(hit, words["package"]):
        return {**words, "beside": "yes", "fix": unused[1]}
    return {**words, "fix": brought(hit, name, words["package"])}


_SETTINGS_LOADER = "conf/__init__.py"


def _settings_module(hit: Hit, name: str) -> str:
    """Django imports the module that DJANGO_SETTINGS_MODULE names: what this repository has instead."""
    found = sorted((p for p in hit.files.paths if p.endswith("/settings.py")), key=len)
    own = found[0].removesuffix(".py").replace("/", ".") if found else "PROJECT.settings"
    return f"DJANGO_SETTINGS_MODULE names a module of {name}: set it to {own}."


def _as_named(hit: Hit, name: str) -> str:
    package = distribution(name)
    if "." in name and name not in DISTRIBUTIONS:
        return f"The settings name it: {inside(name)}"
    if dependency_line(hit, "python", package):
        return f"The settings name it. {install(hit, package)}"
    return (
        f"The settings name {name}: correct the name, or, if it comes from a package: {install(hit, package)}"
    )


def _own_modules(hit: Hit, name: str) -> list[str]:
    """The repository's files and folders that are the module's first part."""
    top = name.split(".")[0]
    files = (f"{top}.py", f"{top}/__init__.py")
    exact = [p for p in hit.files.paths if p in files or p.endswith(tuple(f"/{each}" for each in files))]
    return exact or [p for p in hit.files.paths if f"/{p}".find(f"/{top}/") >= 0 and p.endswith(".py")]


def _misspelt(hit: Hit, name: str) -> str:
    if distribution(name) != name or dependency_line(hit, "python", name):
        return ""
    files = [p.rpartition("/")[2].removesuffix(".py") for p in hit.files.paths if p.endswith(".py")]
    near = difflib.get_close_matches(name.rpartition(".")[2], [f for f in files if f != "__init__"], 1, 0.75)
    return near[0] if near and near[0] != name and own_frame(hit) else ""


def _not_importable(hit: Hit, name: str) -> dict[str, str]:
    """The module is in the repository and Python does not find it: from which folder would it?"""
    top = name.split(".")[0]
    path = min(_own_modules(hit, name), key=lambda p: (p.count("/"), p))
    if advice := hidden_by(hit, path):
        return {"hidden": path, "fix": f"{path} is in the repository and not in the image. {advice}."}
    above = f"/{path}".partition(f"/{top}/" if f"/{top}/" in f"/{path}" else f"/{top}.py")[0].strip("/")
    if (not own_frame(hit) and _is_served(hit, name)) or above:
        start = above or "the repository's root"
        return {
            "target": "yes" if _is_served(hit, name) else "",
            "fix": f"{name} is in the repository ({path}): start from {start} (WORKDIR, --chdir, --app-dir) or write ENV PYTHONPATH for it, "
            "and see that COPY brings it into the image.",
        }
    return {
        "target": "",
        "fix": f"{name} is in the repository ({path}): copy it into the image and start from the folder above it "
        "(python -m PACKAGE.MODULE, or ENV PYTHONPATH=/app).",
    }


# Programs that are run with `python -m`: where one is missing it is to be installed, never to be copied.
_PROGRAMS = frozenset(
    [
        "alembic",
        "celery",
        "daphne",
        "django",
        "fastapi",
        "flask",
        "granian",
        "gunicorn",
        "hypercorn",
        "jupyter",
        "poetry",
        "pytest",
        "streamlit",
        "uvicorn",
        "waitress",
    ]
)


def _is_served(hit: Hit, name: str) -> bool:
    """Whether the command itself names the module: what a server is told to load."""
    place = application(hit)
    if place is None or name.split(".")[0] in _PROGRAMS:
        return False
    line = " ".join(hit.files.lines(place.path)[place.line - 1 : place.last_line])
    return re.search(rf"[\s\"'=]{re.escape(name.split('.')[0])}(?:\.\w+)*(?::|[\"'\s]|$)", line) is not None


_LOADERS = re.compile(
    r"/(?:gunicorn/util|uvicorn/importer|hypercorn/utils|daphne/utils|flask/cli|celery/utils/imports)\.py$"
)


def _loaded_by_server(hit: Hit) -> bool:
    """Whether a server was importing what it was told to serve, and none of its imports."""
    return any(_LOADERS.search(path) for path, _ in frames(hit))


def module_place(hit: Hit) -> Place | None:
    if hit["hidden"] and (lacking := left_out(hit, hit["hidden"])):
        return lacking.place
    if hit["beside"] and (unused := unused_environment(hit, hit["package"])):
        return unused[0]
    if hit["unfit"] and (
        asked := matching(r"\b{unfit}\s*(?:==|@)\s*v?\d", "Dockerfile", "requirements.txt")(hit)
    ):
        return asked
    if hit["target"]:
        return application(hit) or own_frame(hit)
    if hit["loaded"]:
        return first(
            matching(
                r"DJANGO_SETTINGS_MODULE", "Dockerfile", "cloudbuild.yaml", "manage.py", "wsgi.py", "asgi.py"
            ),
            application,
        )(hit)
    if hit["named"]:
        return named_in_settings(hit, hit["module"])
    if hit["local"] or hit["near"]:
        return own_frame(hit) or application(hit)
    listed = dependency_line(hit, "python", hit["package"]) or dependency_line(hit, "python", hit["of"])
    if listed:
        return listed
    return manifest("python")(hit) or own_frame(hit)


def imported(hit: Hit) -> Mapping[str, str] | None:
    key = (hit["module"], hit["name"])
    if key in NAMES or key in SINCE:
        return None
    own = bool(_own_modules(hit, hit["module"]))
    if "circular" in hit["rest"] or ("partially initialized" in hit.line):
        advice = f"Two of your modules import each other: move the import of {hit['module']} into the function that needs it, or what both need into a third module"
    elif own:
        advice = f"Define {hit['name']} in {hit['module']}, or correct the name in the import"
    else:
        package = distribution(hit["module"])
        advice = f"The installed version of {package} has no {hit['name']}: pin a version that has it, or write what its newer versions offer instead"
    return where(hit) | {"advice": advice}
