"""What the rows of errors.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.instructions import instruction
from app.diagnosis.lost_client import lost_client
from app.diagnosis.paths import repository_path
from app.diagnosis.places import anywhere, first, matching, variable
from app.diagnosis.rule import Hit
from app.diagnosis.rules.machine.reading_thrown import GIVEN_ALWAYS, asked_by, given, may_be_unset
from app.model import Place
from app.start_command import guess, start_command
from app.start_command.installed import asked_for, brings

UVICORN = "web: uvicorn main:app --host 0.0.0.0 --port $PORT"

GUNICORN = "web: gunicorn --bind :$PORT main:app"

_FRAME = re.compile(r'^\s*File "([^"]+)", line (\d+)(?:, in (.+))?')


def frames(hit: Hit) -> list[tuple[str, str]]:
    """The traceback's frames above this line, the deepest first: (path as printed, line)."""
    found = []
    for line in hit.before(200):
        if match := _FRAME.match(line):
            found.append((match[1], match[2]))
        elif line.startswith("Traceback (most recent call last)") or (
            line
            and not line.startswith((" ", "\t"))
            and found
            and not re.match(r"^[\w.]+(?:Error|Exception)", line)
        ):
            break
    return found


def own_frame(hit: Hit) -> Place | None:
    """The deepest frame that is in the repository."""
    for path, line in frames(hit):
        if (found := repository_path(hit.files, path, hit)) and (place := hit.files.place(found, int(line))):
            return place
    return None


def where(hit: Hit) -> dict[str, str]:
    """Where it happened, in words."""
    place = own_frame(hit)
    return {
        "where": f" at {place.path}:{place.line}" if place else "",
        "file": place.path if place else "",
        "at": str(place.line) if place else "",
        "hint": _unset(hit, place) if place else "",
    }


def missing_file(hit: Hit) -> dict[str, str]:
    """A file, or the program that subprocess was to start."""
    program = any("/subprocess.py" in path for path, _ in frames(hit)) and "/" not in hit["name"]
    advice = (
        f"Install the package that has the program {hit['name']} in the image (apt-get install, apk add)"
        if program
        else f"Add {hit['name']} to the image (COPY, and not in .dockerignore), or correct the path"
    )
    return {**where(hit), "advice": advice}


_ENVIRONMENT = re.compile(
    r"(?:environ(?:\.get)?[\[(]|getenv\(|\b(?:env|config)(?:\.\w+)?\()\s*[\"'](\w+)[\"']"
)


# An empty value quoted, or one that does not parse: an address or a number that was given half.
_EMPTY = re.compile(r"''|\"\"|(?i:could not parse|malformed|not a valid|\bexpected |expecting value)")


def _unset(hit: Hit, place: Place) -> str:
    """The variables that the line reads, or its names were set from, where the words are of a value that lacks."""
    if not (may_be_unset(hit.line) or _EMPTY.search(hit.line)):
        return ""
    lines = hit.files.lines(place.path)[: place.line]
    code = lines[-1] if lines else ""
    named = _ENVIRONMENT.findall(code)
    for word in re.findall(r"\b[A-Za-z_]\w+\b", re.sub(r"[\"'][^\"']*[\"']", "", code)):
        assigned = re.compile(rf"^\s*{word}\s*(?::[^=]+)?=[^=]")
        named += [name for line in lines[:-1] if assigned.match(line) for name in _ENVIRONMENT.findall(line)]
    names = ", ".join(dict.fromkeys(named))
    return (
        f" It reads {names} from the environment: see that it is set for the service, and whole."
        if names
        else ""
    )


# A read that gives None where the variable is not set: it has no default.
_READ_OR_NONE = re.compile(r"(?:environ\.get|getenv)\(\s*[\"'](\w+)[\"']\s*\)")


def read_unset(hit: Hit) -> Mapping[str, str] | None:
    """The one variable that the line which met None reads without a default: where it reads none, something else was."""
    place = own_frame(hit)
    code = hit.files.lines(place.path)[place.line - 1] if place else ""
    names = set(_READ_OR_NONE.findall(code))
    name = names.pop() if len(names) == 1 else ""
    used = re.search(rf"[\"']\s*\)\s*\.{re.escape(hit['attribute'])}\b", code) if hit["attribute"] else True
    if not name or name in GIVEN_ALWAYS or not used:
        return None
    return where(hit) | {"name": name, "given": given(hit, name)}


# What starts Django: below these frames the names that fail come out of its settings.
_DJANGO = re.compile(r"/django/(?:apps|conf|core/handlers|db|urls|utils/module_loading|template)\b")

_ENTRIES = ("manage.py", "wsgi.py", "asgi.py")


def named_in_settings(hit: Hit, *names: str) -> Place | None:
    """The line of the settings that has one of these names as text: Django imports what stands there."""
    if not any(_DJANGO.search(path) for path, _ in frames(hit)):
        return None
    for name in names:
        pattern = rf"[\"'](?:\w+\.)*{re.escape(name)}\b"
        if place := anywhere(pattern, "settings.py", "base.py", "production.py", "prod.py")(hit):
            return place
    return None


def blamed_frame(hit: Hit) -> Place | None:
    """The deepest frame of ours; where it only starts Django, the setting that the error quotes."""
    frame = own_frame(hit)
    if frame is None or frame.path.rpartition("/")[2] in _ENTRIES:
        return named_in_settings(hit, *re.findall(r"['\"]([\w.]{4,})['\"]", hit.line)) or frame
    return frame


def traced(hit: Hit) -> Mapping[str, str] | None:
    """Only the end of a traceback counts, not a word in somebody's message."""
    found = frames(hit)
    if not found or lost_client(hit.line, (path for path, _ in found)):
        return None
    if not (own_frame(hit) or hit["rest"]):
        return None
    words, place = where(hit), own_frame(hit)
    asked = asked_by(hit, hit["said"] or hit["kind"], place) if place and not words["hint"] else ""
    return {**words, "hint": f" {asked}."} if asked else words


def syntax(hit: Hit) -> Mapping[str, str] | None:
    for line in hit.before(8):
        if match := _FRAME.match(line):
            return {
                "path": repository_path(hit.files, match[1], hit) or match[1],
                "line": match[2],
                "code": next((c.strip() for c in hit.before(3) if c.strip() and "^" not in c), ""),
            }
    return None


def syntax_place(hit: Hit) -> Place | None:
    found = repository_path(hit.files, hit["path"], hit)
    return hit.files.place(found, int(hit["line"])) if found else None


def application(hit: Hit) -> Place | None:
    """Where the server is told what to load."""
    return first(
        matching(
            r"(?:gunicorn|uvicorn|hypercorn|daphne|flask|functions-framework)\b", "Procfile", "Dockerfile"
        ),
        instruction("CMD", "ENTRYPOINT"),
    )(hit)


def served(hit: Hit) -> str:
    """What this repository has to serve, in words; empty where its code does not show it."""
    start = guess(hit.files)
    return f" {start.origin[:1].upper()}{start.origin[1:]} shows one: {start.command}" if start else ""


def env_name(hit: Hit) -> Mapping[str, str] | None:
    """A KeyError that os.environ raised."""
    code = " ".join(hit.before(6))
    if "environ" not in code and not re.fullmatch(r"[A-Z][A-Z0-9_]{2,}", hit["name"]):
        return None
    return where(hit) | {"name": hit["name"]}


def or_frame(hit: Hit) -> Place | None:
    return own_frame(hit) or variable("name")(hit)


ASGI, WSGI = ("uvicorn", "hypercorn", "daphne", "granian"), ("gunicorn", "waitress", "uwsgi")


def interface(hit: Hit) -> Mapping[str, str] | None:
    """An application of one of Python's two interfaces under a server of the other."""
    if hit["name"] == "send":
        return {"speaks": "ASGI", "other": "WSGI", "server": "gunicorn's own worker"} | _served(
            hit, ASGI, UVICORN
        )
    return {"speaks": "WSGI", "other": "ASGI", "server": "uvicorn"} | _served(hit, WSGI, GUNICORN)


def _served(hit: Hit, servers: tuple[str, ...], usual: str) -> dict[str, str]:
    """The line of a Procfile with one of these servers: the one that the repository names, else the usual one."""
    start = start_command(hit.files)
    named = next((server for server in servers if start and server in start.command.split()), "")
    server = named or servers[0]
    advice = f"Write a Procfile with the line {start.procfile if start and named else usual}"
    if not (dependency_line(hit, "python", server) or brings(asked_for(hit.files, "") or "", server)):
        advice += f", and add {server} to what is installed"
    return {"advice": advice}


def served_place(hit: Hit) -> Place | None:
    """Where the server is told what to load, else the application itself: another platform's file was not read."""
    start = guess(hit.files) or start_command(hit.files)
    return application(hit) or (start.place if start else None)
