"""Java's code: its sources by class, the frames of a stack, the causes of an exception."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.lost_client import lost_client
from app.diagnosis.paths import nearest_first, repository_path
from app.diagnosis.rule import Hit, once_per_log
from app.diagnosis.rules.machine.reading_thrown import asked_by
from app.diagnosis.transcript import Kind
from app.model import Place

BUILD = frozenset({Kind.STEP, Kind.INSTRUCTION})

CODE = (".java", ".kt", ".scala", ".groovy")

SCRIPTS = ("build.gradle", "build.gradle.kts", "libs.versions.toml", "settings.gradle", "settings.gradle.kts")

SETTINGS = ("application.properties", "application.yml", "application.yaml", "bootstrap.yml")


# Paths, classes and frames


def own(hit: Hit, path: str, line: str) -> Place | None:
    found = repository_path(hit.files, path, hit)
    return hit.files.place(found, int(line)) if found and line.isdecimal() and len(line) < 8 else None


def at(hit: Hit) -> Place | None:
    return own(hit, hit["path"], hit["line"])


@once_per_log
def sources(hit: Hit) -> tuple[str, ...]:
    return nearest_first(hit, tuple(sorted(p for p in hit.files.paths if p.endswith(CODE))))


def _source_of(hit: Hit, package: str, name: str) -> str:
    """The source file of a class: its folder is the package, or for Kotlin the end of it."""
    folder = package.replace(".", "/")
    named = [p for p in sources(hit) if p.rpartition("/")[2] == name]
    exact = [p for p in named if p.endswith(f"{folder}/{name}" if folder else name)]
    if exact:
        return exact[0]
    loose = [p for p in named if p.endswith((".kt", ".scala", ".groovy"))]
    return loose[0] if len(loose) == 1 and folder else ""


def class_line(hit: Hit, qualified: str) -> Place | None:
    """Where a class of the repository is declared."""
    bare = qualified.split("$")[0]
    package, _, name = bare.rpartition(".")
    for ending in CODE:
        if path := _source_of(hit, package, name + ending):
            line = hit.files.search(path, rf"\b(?:class|interface|object|enum|record)\s+{re.escape(name)}\b")
            return hit.files.place(path, line or 1)
    return None


FRAME = re.compile(
    r"\s*at (?:[\w.@-]+/+)?(?P<class>[\w.$]+?)\.[\w$<>]+\((?P<file>\w+\.(?:java|kt|scala|groovy)):(?P<line>\d{1,7})\)"
)


def frame(hit: Hit, lines: tuple[str, ...]) -> Place | None:
    for line in lines:
        if match := FRAME.match(line):
            package = match["class"].split("$")[0].rpartition(".")[0]
            path = _source_of(hit, package, match["file"])
            if path and (place := hit.files.place(path, int(match["line"]))):
                return place
    return None


_CAUSED = re.compile(r"\s*Caused by: (?P<kind>[\w.$]+)(?:: (?P<said>.*))?$")


def _chain(hit: Hit) -> list[tuple[str, str, list[str]]]:
    """The exception and its causes: (class, message, frames), the root last."""
    links: list[tuple[str, str, list[str]]] = [(hit["kind"], hit["said"], [])]
    quiet = 0
    for line in hit.after(600):
        if match := _CAUSED.match(line):
            links.append((match["kind"], match["said"] or "", []))
            quiet = 0
        elif re.match(r"\s+(?:at |\.\.\. \d+|Suppressed: )", line):
            links[-1][2].append(line)
            quiet = 0
        else:
            quiet += 1
            if quiet > 12:
                break
    return links


def exception(hit: Hit) -> Mapping[str, str] | None:
    if re.match(r"\s*(?:Caused by|Suppressed)", hit.line) and hit.find_before(
        r"^(?:Exception in thread|[\w.]+(?:Exception|Error)\b)", 200
    ):
        return None
    links = _chain(hit)
    gone = any(lost_client(f"{kind} {said}", frames) for kind, said, frames in links)
    if gone or not any(frames for _, _, frames in links):
        return None
    place = next((found for link in reversed(links) if (found := frame(hit, tuple(link[2])))), None)
    kind, said, _ = links[-1]
    short = kind.rpartition(".")[2]
    if place is None and len(links) == 1 and hit.section.kind is not Kind.CONTAINER:
        return None
    return {
        "kind": short,
        "said": said,
        "head": f"{short}: {said}" if said else short,
        "outer": f"{links[0][0].rpartition('.')[2]}: {links[0][1][:160]}" if len(links) > 1 else "",
        "path": place.path if place else "",
        "line": str(place.line) if place else "",
        "fix": _exception_fix(hit, kind, said, place),
    }


def _exception_fix(hit: Hit, kind: str, said: str, place: Place | None) -> str:
    where = f"{place.path} line {place.line}" if place else "the code that asks for it"
    variable_name = re.search(r"\b([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)\b", said)
    if variable_name:
        return f"Set {variable_name[1]} on the service, or give it a default in {where}."
    if "ConnectException" in kind or "Connection refused" in said or ("refused" in said and "onnect" in said):
        return "Give the service the address of a server it can reach: localhost in a container is the container itself."
    if "UnknownHost" in kind:
        return f"Correct the host name {said}, or give the service a network that knows it."
    if "NoSuchFile" in kind or "FileNotFound" in kind:
        return f"COPY {said.partition(' (')[0]} into the image that runs, or read it from the class path."
    if "NullPointer" in kind:
        return f"Check for null in {where}: {said or 'the value is not there'}."
    if "ClassNotFound" in kind or "NoClassDefFound" in kind:
        return f"Add the dependency that has {said} with scope runtime, so that it is in the jar; where the jar has an older version of it without this class, raise that one (mvn dependency:tree, gradle dependencies show who holds it back)."
    asked = asked_by(hit, said, place)
    return f"{asked}." if asked else f"Correct {where}: {said or kind}."


def exception_place(hit: Hit) -> Place | None:
    return hit.files.place(hit["path"], int(hit["line"])) if hit["path"] and hit["line"] else None
