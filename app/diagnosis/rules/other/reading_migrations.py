"""Migrations: which file of the repository is meant, and what the database said of it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.paths import repository_path
from app.diagnosis.rule import Hit
from app.model import Place

# https://documentation.red-gate.com/fd/supported-databases-and-versions-277579413.html
_MODULES = {"PostgreSQL": "flyway-database-postgresql", "MySQL": "flyway-mysql", "MariaDB": "flyway-mysql"}


def _script(hit: Hit, version: str) -> str:
    """The migration of this version, V3__name.sql; empty where the repository has none."""
    number = "[._]".join(map(re.escape, version.split(".")))
    wanted = re.compile(rf"(?:^|/)V{number}__[^/]*\.sql$")
    return next((path for path in sorted(hit.files.paths) if wanted.search(path)), "")


def flyway_version(hit: Hit) -> Mapping[str, str]:
    version = (hit["version"] or hit["version2"]).rstrip(".")
    path = _script(hit, version)
    if "not resolved" in hit["what"]:
        advice = f"Bring the file of version {version} back (it has run in this database), or flyway repair marks it as deleted"
    elif "not applied" in hit["what"]:
        advice = f"Give the migration a version after the last one that has run, or set outOfOrder (spring.flyway.out-of-order=true) for {version}"
    else:
        advice = f"Correct what version {version} left half done in the database, then flyway repair"
    said = hit.line.partition("Detected ")[2].partition(". ")[0].strip().rstrip(".")
    return {"version": version, "path": path, "file": path or "its file", "advice": advice, "said": said}


def migration_place(hit: Hit) -> Place | None:
    return hit.files.place(hit["path"], 1) if hit["path"] else None


def driver(hit: Hit) -> Mapping[str, str]:
    return {"module": _MODULES.get(hit["name"], f"flyway-database-{hit['name'].lower()}")}


def driver_place(hit: Hit) -> Place | None:
    return dependency_line(hit, "gradle", "flyway-core") or dependency_line(hit, "maven", "flyway-core")


def changeset(hit: Hit) -> Mapping[str, str] | None:
    return {"path": repository_path(hit.files, hit["path"], hit) or hit["path"]}


def changeset_place(hit: Hit) -> Place | None:
    line = hit.files.search(hit["path"], rf"\bid[\"']?\s*[:=]\s*[\"']?{re.escape(hit['id'])}\b")
    return hit.files.place(hit["path"], line or 1)


def anywhere_version(hit: Hit) -> Place | None:
    """The file whose name begins with the version."""
    start = f"{hit['version']}_"
    named = sorted(path for path in hit.files.paths if path.rpartition("/")[2].startswith(start))
    return hit.files.place(named[0], 1) if named else None


def goose(hit: Hit) -> Mapping[str, str] | None:
    """The file that is meant, and the line of it with the statement that failed."""
    listed = hit.find_after(r"\b(\w+\.(?:sql|go))\b", 3)
    name = (hit["path"] or (listed[1] if listed else "")).rpartition("/")[2]
    if not name:
        return None
    path = next((p for p in sorted(hit.files.paths) if p.rpartition("/")[2] == name), "")
    query = re.search(r"SQL query \"([^\"\n;]{6,})", hit["said"])
    line = hit.files.search(path, re.escape(query[1].strip())) if path and query else 0
    reason = re.split(r"ERROR: |: pq: ", hit["said"])[-1].strip()
    return {"name": name, "path": path, "line": str(line or 1), "reason": reason}
