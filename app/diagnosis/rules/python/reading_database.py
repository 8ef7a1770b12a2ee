"""What the rows of database.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.rule import Hit
from app.model import Place

_REVISION = re.compile(r"^revision\b[^=\n]*=[^\S\n]*[\"']([\w-]+)[\"']", re.MULTILINE)

_BEFORE = re.compile(r"^down_revision\b[^=\n]*=[^\S\n]*(.+)", re.MULTILINE)


def _revisions(hit: Hit) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Alembic's revisions of the repository: id -> (path, the ids that it follows)."""
    found = {}
    for path in sorted(p for p in hit.files.paths if p.endswith(".py") and "/versions/" in f"/{p}"):
        text = hit.files.text(path)
        if own := _REVISION.search(text):
            before = _BEFORE.search(text)
            found[own[1]] = (path, tuple(re.findall(r"[\"']([\w-]+)[\"']", before[1])) if before else ())
    return found


def heads_words(hit: Hit) -> Mapping[str, str] | None:
    revisions = _revisions(hit)
    followed = {each for _, before in revisions.values() for each in before}
    heads = [(path, own) for own, (path, _) in revisions.items() if own not in followed]
    last = heads[-1][0] if len(heads) > 1 else ""
    return {"heads": ", ".join(own for _, own in heads[:4]), "path": last}


def head_place(hit: Hit) -> Place | None:
    """The later file's down_revision: that is the line to change, unless the heads are merged."""
    if not hit["path"]:
        return None
    return hit.files.place(hit["path"], hit.files.search(hit["path"], r"^down_revision\b") or 1)


def lost(hit: Hit) -> Mapping[str, str] | None:
    asked = {each: path for path, before in _revisions(hit).values() for each in before}
    name = hit["revision"] or hit["revision2"]
    path = asked.get(name, "")
    if hit["revision2"] and not path:
        return None
    why = (
        f"{path} follows it, and no file of the repository is it"
        if path
        else "the database stands at it, and no file of the image is it: another branch migrated this database, or the file was left out"
    )
    fix = (
        f"Correct down_revision in {path}, or commit the file of revision {name}"
        if path
        else f"Commit (or COPY) the file of revision {name}, deploy the branch that has it, or set the database to one that is there: alembic stamp --purge REVISION"
    )
    return {"revision": name, "path": path, "why": why, "advice": fix}


def celery_application(hit: Hit) -> Mapping[str, str]:
    """The module that -A names, or one that it imports: celery says of both that it was not found."""
    told = [line.strip() for line in (hit.line, *hit.after(3)) if line.strip() and "Usage" not in line]
    of_platform = ("Container called", "Default STARTUP")
    said = " ".join(line for line in told if not line.startswith(of_platform))[-180:]
    missing = re.search(
        r"The module (?P<name>[\w.]+) was not found|No module named '(?P<name2>[\w.]+)'", said
    )
    name = (missing["name"] or missing["name2"]) if missing else ""
    if name and (place := _imports(hit, name)):
        return {
            "said": said, "imported": name, "title": f"The Celery application imports {name}, which is not there",
            "advice": f"Correct or take out the import of {name} at {place.path}:{place.line}, or COPY its file (install its package): -A itself names a module that is found",
        }  # fmt: skip
    return {
        "said": said, "title": "celery cannot load the application that -A names",
        "advice": "Name the module that holds the Celery application as Python imports it from the WORKDIR (celery -A package.module worker), and see that all it imports is installed",
    }  # fmt: skip


def _imports(hit: Hit, name: str) -> Place | None:
    """The line that imports this module by its full name, in any file of the repository."""
    pattern = rf"^\s*(?:import|from)\s+{re.escape(name)}\b"
    for path in sorted(p for p in hit.files.paths if p.endswith(".py"))[:3000]:
        if line := hit.files.search(path, pattern):
            return hit.files.place(path, line)
    return None


def celery_import(hit: Hit) -> Place | None:
    return _imports(hit, hit["imported"]) if hit["imported"] else None


def dialect(hit: Hit) -> Mapping[str, str] | None:
    name = hit["name"]
    if name == "postgres":
        return None  # a name that SQLAlchemy once took: among what is gone
    if name == "driver":
        return {
            "advice": "Write your database's URL instead of the template's driver:// into alembic.ini, or set it in env.py from the environment"
        }
    return {
        "advice": f"Add the package of the dialect {name} to the requirements, or correct the URL "
        "(postgresql+psycopg://, mysql+pymysql://, sqlite:///)"
    }
