"""Where the code or the command binds a port, and to which address."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.diagnosis.instructions import instruction
from app.diagnosis.paths import nearest_first
from app.diagnosis.places import CODE, matching
from app.diagnosis.rule import Hit
from app.model import Place

_CALL = re.compile(
    r"\.listen\(|\.run\(|run_server\(|\.serve\(|uvicorn\.run|\bListenAndServe|net\.Listen\(|\.Run\(\"?|"
    r"\.Start\(\"?:|\.Listen\(|"
    r"\.bind\(|TcpListener|"
    r"HTTPServer\(|\bserve\(|run_simple|run_app\(|Deno\.serve|Bun\.serve|createServer|\.launch\(|HttpServer\.create|"
    r"InetSocketAddress|\.start\(\d|set :(?:port|bind)|UseUrls|ListenAnyIP|bindAndHandle|newServerAt|embeddedServer|"
    r"^port\b|^bind\b|server_port|server_name|Plug\.Cowboy|Bandit|http: \[|Listener\("
)

_ASSIGN = re.compile(
    r"(?i)\w*port\w*[\"']?\s*(?::=|[:=])|_port\b|\bport\b|(?i:\bhost(?:name)?\b|\baddr(?:ess)?\b|\burls?\b|"
    r"\bbind\b)\s*[:=]"
)

_COMMAND = re.compile(
    r"gunicorn|uvicorn|hypercorn|daphne|waitress|runserver|flask run|streamlit|fastapi|rackup|puma|rails "
    r"s|php -S|\"-S\"|"
    r"artisan serve|http\.server|next (?:start|dev)|vite|ng serve|serve "
    r"|http-server|nuxt|astro|dotnet|java|--port|-p |--host|"
    r"--bind|--address|bokeh|panel serve|mlflow|jupyter|thin start|unicorn"
)

_NOT_PROGRAM = re.compile(
    r"(?:^|/)(?:tests?|spec|__tests__|docs?|examples?|node_modules|vendor|\.github|migrations|locales?|fixtures)/|"
    r"(?:\.min\.js|\.lock|lock\.json|\.md|\.css|\.svg|\.map|\.d\.ts|_test\.go|\.test\.[jt]sx?|\.spec\.[jt]sx?|"
    r"test_\w+\.py)$|"
    r"compose[\w.-]*\.ya?ml$|cloudbuild|skaffold"
)

# A remark, or a client that waits for another machine's port.
_NO_SERVER = re.compile(
    r"^\s*(?://|#(?!!)|\*|<!--)|\bpg_isready\b|\bpsql\b|\bnc -|\bwait-for|\bredis-cli\b|\bmysql(?:admin)?\b|\bdockerize\b|/dev/tcp/"
)

_ALSO = (
    ".conf", ".template", ".json", ".xml", "Procfile", "Caddyfile", "Dockerfile", ".cfg", ".kts", ".gradle", ".fs",
    ".ru", ".cr", ".swift", ".pl", ".lua",
)  # fmt: skip


def code(hit: Hit) -> Iterator[tuple[Place, str]]:
    """Every line of the service's own code and configuration, the nearest files first."""
    paths = sorted(
        (p for p in hit.files.paths if p.endswith(CODE + _ALSO) and not _NOT_PROGRAM.search(p)),
        key=lambda p: (p.count("/"), p),
    )
    for path in nearest_first(hit, tuple(paths))[:1500]:
        for number, line in enumerate(hit.files.lines(path)[:4000], 1):
            if line.strip() and len(line) < 500 and not _NO_SERVER.search(line):
                yield Place(path, number), line


def binding(hit: Hit, port: str = "", only_local: bool = False) -> Place | None:
    """The line that decides the port, or the address where only that is wrong, by how telling it is."""
    answers = hit.transcript.answers
    asked = (binding, port, only_local)
    if asked not in answers:
        answers[asked] = _most_telling(hit, port, only_local)
    place: Place | None = answers[asked]
    return place


def _most_telling(hit: Hit, port: str, only_local: bool) -> Place | None:
    best: tuple[int, Place] | None = None
    number = re.compile(rf"(?<![\d.]){re.escape(port)}(?![\d.]\d|\d)") if port else None
    script = _npm_script(hit)
    bonus = (2, 6) if only_local else (5, 3)
    for place, line in code(hit):
        score = _score(place.path, line, bool(number and number.search(line)), script, bonus)
        if score and (best is None or score > best[0]):
            best = (score, place)
    if best is not None and best[0] >= 4:
        return best[1]
    return command_place(hit) or (best[1] if best else None)


def _score(path: str, line: str, has_port: bool, script: str, bonus: tuple[int, int]) -> int:
    name = path.rpartition("/")[2]
    local = bool(re.search(r"localhost|127\.0\.0\.1|\[::1\]|\{127, ?0", line))
    binds = bool(_CALL.search(line) or _ASSIGN.search(line) or _COMMAND.search(line))
    literal = bonus[0] * has_port + bonus[1] * (local and binds and not _PRINTS.search(line))
    if "dockerfile" in name.lower():
        return _dockerfile_score(line, literal, has_port)
    if name == "Procfile":
        return 7 + literal if _COMMAND.search(line) or literal else 0
    if name == "package.json":
        starts = bool(script) and re.search(rf"\"{re.escape(script)}\"\s*:", line) is not None
        return (7 if starts else 4 if literal else 0) + literal if _COMMAND.search(line) else 0
    if name.endswith(".json"):
        return 6 + literal if literal and _ASSIGN.search(line) else 0
    if name.endswith(".sh") or "." not in name:
        if not _COMMAND.search(line):
            return 0
        return 6 + literal if literal or "exec" in line else 4
    if name.endswith((".conf", ".template", ".conf.erb")):
        return 6 + literal if re.match(r"\s*(?:listen|Listen)\s", line) and (has_port or local) else 0
    if _CALL.search(line) and not re.search(r"^\s*(?:import|from|require|use)\b", line):
        return 6 + literal
    return 4 + literal if literal and _ASSIGN.search(line) else 0


_PRINTS = re.compile(r"console\.\w+\(|\bprintf?\(|Print(?:ln|f)\(|println!")


def _dockerfile_score(line: str, literal: int, has_port: bool) -> int:
    if re.match(r"\s*(?:CMD|ENTRYPOINT)\b", line):
        if not _COMMAND.search(line) and not literal:
            return 0
        return 8 + literal if literal else 5
    if re.match(r"\s*ENV\b", line) and re.search(r"URLS|HOST|ADDRESS|_PORT\b", line):
        return 6 + literal if literal else 0
    return 2 if re.match(r"\s*(?:EXPOSE|ENV\s+PORT)\b", line) and has_port else 0


def _npm_script(hit: Hit) -> str:
    """The script of package.json that the container's command runs."""
    match = re.search(r"(?:npm|yarn|pnpm|bun)[\", ]+(?:run[\", ]+)?([\w:-]+)", command_text(hit))
    return match[1] if match else ""


def at_binding(hit: Hit) -> Place | None:
    return binding(hit, hit["port"], bool(hit["local"]))


def command_place(hit: Hit) -> Place | None:
    return instruction("CMD")(hit) or instruction("ENTRYPOINT")(hit) or matching(r"^web\s*:", "Procfile")(hit)


def command_text(hit: Hit) -> str:
    place = command_place(hit)
    return (
        " ".join(" ".join(hit.files.lines(place.path)[place.line - 1 : place.last_line]).split())
        if place
        else ""
    )
