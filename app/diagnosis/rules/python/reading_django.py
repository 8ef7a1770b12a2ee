"""What the rows of django.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from app.diagnosis.dependencies import manifest
from app.diagnosis.instructions import failing_instruction
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Hit
from app.model import Place


def django_settings(hit: Hit) -> Place | None:
    return first(
        matching(r"SECRET_KEY|DATABASES|ALLOWED_HOSTS", "settings.py", "base.py", "production.py"),
        whole_file("settings.py"),
    )(hit)


def app_config(hit: Hit) -> Mapping[str, str]:
    """An AppConfig whose name is of no package: the folder that it stands in is the one that is meant."""
    module, _, name = hit["config"].rpartition(".")
    path = f"{module.replace('.', '/')}.py"
    found = next((p for p in sorted(hit.files.paths, key=len) if p == path or p.endswith(f"/{path}")), "")
    meant = module.removesuffix(".apps")
    return {"class": name, "path": found, "meant": meant if found else "PACKAGE"}


def app_config_place(hit: Hit) -> Place | None:
    path = hit["path"]
    return hit.files.place(path, hit.files.search(path, r"^\s+name\s*=") or 1) if path else None


def setting(name: str) -> str:
    return rf"^\s*{name}\b"


def migration(hit: Hit) -> Mapping[str, str] | None:
    said = hit["said"] or hit["said2"]
    names = re.search(
        r"graph: \((?P<names>[\w, ]+) in (?P<app>\w+)\)|Migration (?P<app2>\w+)\.(?P<name>\w+) dependencies",
        said,
    )
    name = ""
    if names:
        name = names["name"] or names["names"].split(", ")[-1]
    lost = "nonexistent parent" in said
    advice = (
        "Correct dependencies in that migration, or commit the migration that it follows (and see that .gitignore and .dockerignore keep migrations)"
        if lost
        else "Run python manage.py makemigrations --merge and commit what it writes"
    )
    return {"said": said, "name": name, "advice": advice}


def migration_place(hit: Hit) -> Place | None:
    if hit["name"]:
        for path in sorted(p for p in hit.files.paths if p.endswith(f"/migrations/{hit['name']}.py")):
            return hit.files.place(path, hit.files.search(path, r"dependencies\s*=") or 1)
    return failing_instruction(hit)


def static(hit: Hit) -> Mapping[str, str] | None:
    """The stylesheet that names a file that is not there."""
    css = hit.find_before(r"^The (?:CSS|JS|JavaScript) file '([^']+)' references", 12)
    if css is None:
        css = hit.find_after(r"^The (?:CSS|JS|JavaScript) file '([^']+)' references", 6) or hit.find_before(
            r"Post-processing '([^']+)' failed", 80
        )
    return {"css": css[1] if css else "", "base": css[1].rpartition("/")[2] if css else ""}


def check_words(hit: Hit) -> Mapping[str, str]:
    """The first error of the list, and Django's own hint for it."""
    below = hit.after(12)
    number, said = next(
        ((n, line.strip()) for n, line in enumerate(below) if re.search(r"\([\w.]+\.E\d+\)|^\S+: \(", line)),
        (0, ""),
    )
    hint = next(
        (line.split("HINT:")[1].strip() for line in below[number : number + 2] if "HINT:" in line), ""
    )
    package = re.search(r"\b(\w+) is not installed", said)
    name = package[1].lower() if package else ""
    advice = f"Add {name} to the requirements" if name else hint.rstrip(".") or "Correct what the check names"
    return {"said": said, "package": name, "advice": advice}


def lacking(hit: Hit) -> Place | None:
    """Where a package has to be added that the check misses."""
    return manifest("python")(hit) if hit["package"] else None


def checked(hit: Hit) -> Place | None:
    """The field or model that a check names (`catalog.Book.author: (fields.E304)`), or the setting it speaks of."""
    if model := re.match(r"(\w+)\.(\w+)(?:\.(\w+))?: \(", hit["said"]):
        app, name, field = model[1], model[2], model[3]
        for path in (p for p in sorted(hit.files.paths) if re.search(rf"(?:^|/){app}/models\b.*\.py$", p)):
            if begin := hit.files.search(path, rf"^class {name}\b"):
                return hit.files.place(path, _field(hit.files.lines(path), begin, field))
    for word in re.findall(r"\b[A-Z][A-Z_]{5,}\b", hit["said"]):
        if place := matching(setting(word), "settings.py", "base.py", "production.py")(hit):
            return place
    if app_of := re.search(r"\((\w+)\.E\d+\)", hit["said"]):
        return matching(rf"[\"'](?:[\w.]+\.)?{app_of[1]}[\"']", "settings.py", "base.py")(hit)
    return None


def _field(lines: Sequence[str], begin: int, field: str | None) -> int:
    """The line of a field of the class that begins at line `begin`; that line itself where it has none."""
    for number, line in enumerate(lines[begin:], begin + 1):
        if line[:1].strip():
            break
        if field and re.match(rf"\s+{field}\s*[:=]", line):
            return number
    return begin
