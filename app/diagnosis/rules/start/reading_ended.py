"""A container that ended, or stayed silent: what it said last."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import failing_dockerfile
from app.diagnosis.paths import repository_path
from app.diagnosis.places import CODE, anywhere
from app.diagnosis.rule import Hit
from app.diagnosis.rules.machine.reading_thrown import asked_by
from app.diagnosis.rules.start.reading_binding import binding, command_text
from app.diagnosis.rules.start.reading_listening import LOOPBACK, said_fix, spoken_found
from app.diagnosis.rules.start.reading_start import ALIVE_UNTIL_STOPPED, ended_said, wanted_port
from app.diagnosis.telling import most_telling, score
from app.dockerfile.interpreters import interpreter
from app.model import Place
from app.start_command import start_command

_EXITS = {
    "0": "it ended, and a service has to keep listening",
    "1": "the program ended with an error",
    "2": "the command was used wrongly or the program panicked",
    "126": "the command may not be executed",
    "127": "the command was not found",
    "132": "an instruction that this processor does not have",
    "134": "the program aborted (SIGABRT)",
    "137": "it was killed, mostly for want of memory",
    "139": "a segmentation fault",
    "143": "it was told to stop (SIGTERM)",
    "255": "the program ended with an error",
}

_TELLING = re.compile(
    r"(?i)error|fatal|exception|panic|denied|not found|missing|invalid|cannot|could not|unable|failed|no such"
)

# What a shell says of a command that it cannot begin; a program may end with the same codes.
_OF_THE_SHELL = re.compile(r"(?i)not found|no such file|denied|cannot execute|not executable|exec")

_CLOUD_RUN = re.compile(r"probe failed|Container called exit|Starting new instance|The container exited")


def exited(hit: Hit) -> Mapping[str, str] | None:
    spoken = [line.strip() for line in hit.before(40)[::-1] if line.strip() and not _CLOUD_RUN.search(line)]
    at = most_telling(spoken)
    told = bool(spoken) and score(spoken[at]) > 0
    last = (
        spoken[at]
        if told
        else next((line for line in spoken if _TELLING.search(line)), spoken[-1] if spoken else "nothing")
    )
    bare = _without_command(hit)
    if hit["code"] == "0" and bare:
        advice = _BARE["advice"]
    elif hit["code"] == "0":
        advice = (
            "Start a server that keeps listening on 0.0.0.0 and $PORT; work that ends belongs into a "
            "Cloud Run job"
        )
        if start := start_command(hit.files):
            advice += (
                f". {start.origin[:1].upper()}{start.origin[1:]} shows one: write Procfile with the line "
            )
            advice += f"`{start.procfile}`"
    elif not (advice := asked_by(hit, last, mentioned(hit)) if told else ""):
        advice = (
            "Run the image on your machine (docker run -e PORT=8080 -p 8080:8080 IMAGE), where it ends the "
            "same way; "
            f"it starts with `{command_text(hit) or 'its command'}`"
        )
    why = _EXITS.get(hit["code"], "the program ended with an error")
    if hit["code"] in ("126", "127") and told and not _OF_THE_SHELL.search(last):
        why = "the program, or what starts it, ended with that code"
    head = f"It ended with exit({hit['code']}): {last}" if told and hit["code"] != "0" else ""
    return {
        "why": why,
        "last": last[:240],
        "advice": advice,
        **({"bare": str(bare.line), "in": bare.path} if bare else {}),
        "head": head or f"The container ended with exit({hit['code']}): {why}",
    }


def mentioned(hit: Hit) -> Place | None:
    """The first file:line of the repository that the program's last words name."""
    for line in hit.before(40)[::-1]:
        for path, number in re.findall(
            r"((?:[\w.@-]*/)*[\w.-]+\.[a-zA-Z]\w{0,5})(?::(?: line)? ?|\(| line |, line )(\d{1,6})\b",
            line[:500],
        ):
            found = repository_path(hit.files, path, hit)
            if found and (place := hit.files.place(found, int(number))):
                return place
    return _quoted(hit)


def _quoted(hit: Hit) -> Place | None:
    """The line of the code that has the very path or address which the last words quote."""
    for line in hit.before(40)[::-1]:
        if not _TELLING.search(line):
            continue
        for said in re.findall(r"['\"`]([\w./:@-]*/[\w./:@-]{4,})['\"`]", line[:500]):
            if place := anywhere(rf"['\"`]{re.escape(said)}", *CODE)(hit):
                return place
    return None


_BARE = {
    "told": "The image says no command: neither CMD nor ENTRYPOINT",
    "where": "the image",
    "advice": "Write CMD as the last line of the Dockerfile, with what starts the server "
    '(CMD ["node", "server.js"], CMD ["gunicorn", "-b", "0.0.0.0:8080", "main:app"]), or command: in servergem.yml',
}


def _without_command(hit: Hit) -> Place | None:
    """The last line of a Dockerfile whose image starts nothing of ours."""
    found = failing_dockerfile(hit)
    if found is None or not found[1].stages:
        return None
    path, parsed = found
    given = any(
        hit.files.search(each, r"^\s*-?\s*(?:command|args)\s*:") for each in hit.files.named(*_DESCRIBED)
    )
    said = any(each.keyword in ("CMD", "ENTRYPOINT") for each in parsed.instructions)
    if given or said or not interpreter(parsed.stages[-1].image):
        return None
    return hit.files.place(path, parsed.instructions[-1].line)


_DESCRIBED = ("servergem.yml", "service.yaml", "cloudbuild.yaml")


def bare_place(hit: Hit) -> Place | None:
    """Where CMD is to be written."""
    return hit.files.place(hit["in"], int(hit["bare"])) if hit["bare"] else None


def silent(hit: Hit) -> Mapping[str, str] | None:
    """The probe failed and nothing in the log says why; perhaps the code does."""
    wanted = wanted_port(hit)
    if any(p == wanted and not LOOPBACK.match(h) for h, p, _ in spoken_found(hit)):
        return None
    if (bare := _without_command(hit)) is not None:
        return {"wanted": wanted, "port": "", "bare": str(bare.line), "in": bare.path, **_BARE}
    place = binding(hit)
    line = hit.files.lines(place.path)[place.line - 1] if place else ""
    bound = re.search(r"(?<![\d.])(\d{4,5})(?![\d.])", line)
    told = f"The container does not listen on port {wanted}"
    if place and bound and bound[1] != wanted and "PORT" not in line and "env" not in line:
        told = f"{place.path} line {place.line} binds port {bound[1]}, Cloud Run asks port {wanted}"
    return {"wanted": wanted, "port": "", "told": told, **said_fix(hit, "")}


_BEGINNING = re.compile(
    r"initialized with port|Waiting for application startup|Starting "
    r"(?:Django|Spring|Quarkus|Nest)|Loading|Downloading|Migrat"
)
# What a server says once it has begun, wherever it listens.
_BEGUN = re.compile(
    r"(?i)successfully started|startup complete|\bstarted \S+ in [\d.]+ ?s|\bready in [\d.]+ ?m?s"
)


def slow(hit: Hit) -> Mapping[str, str] | None:
    """It listens where it has to, or is on the way there, but after the probe's last try."""
    if ended_said(hit) not in ("", *ALIVE_UNTIL_STOPPED):
        return None
    wanted = wanted_port(hit)
    heard = next((line for h, p, line in spoken_found(hit) if p == wanted and not LOOPBACK.match(h)), "")
    begun = any(_BEGUN.search(line) for line in hit.section.lines)
    if not heard and not begun and not spoken_found(hit):
        heard = next((line for line in hit.section.lines if _BEGINNING.search(line)), "")
    return {"wanted": wanted, "heard": heard.strip()[:160]} if heard else None
