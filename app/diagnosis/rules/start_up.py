"""A container that does not start on Cloud Run: it ended, listens elsewhere or never, is too slow or too large."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from app.diagnosis.envelope import Kind
from app.diagnosis.places import (
    CODE,
    anywhere,
    failing_dockerfile,
    first,
    instruction,
    matching,
    nearest_first,
    repository_path,
    variable,
)
from app.diagnosis.rule import Hit, Rank, Rule, once_per_log
from app.model import Blame, Place

# What the log says about the start


_NOT_STARTED = re.compile(
    r"failed to start and (?:then )?listen on the port|(?i:startup (?:tcp|http|grpc) probe failed)|"
    r"Container failed to (?:start|become healthy)|Startup probes? timed out|HealthCheckContainerError|"
    r"Container Healthcheck failed|failed the configured startup probe|Container called exit\("
)
_EXIT = re.compile(r"Container called exit\((-?\d+)\)")
_ALIVE_UNTIL_STOPPED = frozenset({"0", "137", "143", "-9", "-15"})
_CRASH = re.compile(
    r"^Traceback|^panic:|(?i:\b(?:fatal|unhandled|uncaught)\b)|^\s*(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception)\b|"
    r"Error: |"
    r"Exception in thread|Worker failed to boot|exited with code [1-9]|\(SyntaxError\)|Segmentation fault"
)
_NOT_A_CRASH = re.compile(r"SIGTERM|SIGINT|KeyboardInterrupt|CancelledError|graceful|(?i:shutting down)")


@once_per_log
def _not_started(hit: Hit) -> bool:
    return any(_NOT_STARTED.search(line) for line in hit.elsewhere())


@once_per_log
def _wanted_port(hit: Hit) -> str:
    """The port that Cloud Run asked: the probe names it, gcloud names it, and else it is 8080."""
    port = ""
    for line in hit.elsewhere():
        if match := re.search(r"probe failed .* on port (\d+)|PORT(?: environment variable)?=(\d+)", line):
            port = match[1] or port or match[2]
    return port or "8080"


@once_per_log
def _ended(hit: Hit) -> str:
    """The exit code that Cloud Run logged; empty while the process lived."""
    return next((match[1] for line in hit.elsewhere() if (match := _EXIT.search(line))), "")


def _crashed(hit: Hit) -> bool:
    """Whether the program itself says that it broke after it said that it listens."""
    ended = _ended(hit)
    if ended in _ALIVE_UNTIL_STOPPED and ended:
        return False
    return not _lives(hit) and any(
        _CRASH.search(line) and not _NOT_A_CRASH.search(line) for line in hit.after(400)
    )


# Listening


_HOST = r"(?:localhost|\[[0-9a-f:.]*\]|(?:\d{1,3}\.){3}\d{1,3}|\*|::1?|[\w-]+(?:\.[\w-]+)*)"
_BARE_HOST = r"(?:localhost|\[[0-9a-f:.]*\]|(?:\d{1,3}\.){3}\d{1,3}|\*|::)"
_PORT = r"(?:80|443|\d{3,5})"
_VERBS = (
    r"\b(?:listening|listens|listener|running|started|starting|serving|serve|server|available|accessible|ready|"
    r"launched|"
    r"bound|binding|bind|accepting connections|responding|loopback|local|url|access|stage on|goin' "
    r"fast|network|endpoint|"
    r"preview|dev server|up on|web app|application|interface)\b.{0,90}?"
)
# After a verb: http://host:port, host:port or :port, port 3000 (daphne: port=3000:interface=…), and `on 3000`.
_ADDRESSES = (
    rf"(?:https?|tcp|ws)://(?P<host>{_HOST}):(?P<port>{_PORT})\b",
    rf"(?:^|[\s(@\"'{{=\[])(?P<host2>{_BARE_HOST})?:(?P<port2>{_PORT})\b",
    rf"\bport(?:\(s\))?(?: is|:|=|\s)\s*(?::|#|=)?\s*['\"(\[]?(?P<port3>{_PORT})\b(?::interface=(?P<host3>[\w.]+))?",
    r"\b(?:on|at):? (?P<port4>\d{4,5})(?:[\s!.,)'\"]|$)",
)
# Without a verb: an address alone on its line, PHP's server, WEBrick's `port=`, Python's http.server.
_ALONE = (
    rf"^\W{{0,12}}https?://(?P<host5>localhost|\[?::1?\]?|"
    rf"(?:\d{{1,3}}\.){{3}}\d{{1,3}}):(?P<port5>{_PORT})/?\W{{0,6}}$",
    rf"Development Server \(https?://(?P<host6>[\w.]+):(?P<port6>{_PORT})\) started",
    rf"port=(?P<port7>{_PORT})\b",
    rf"port (?P<port8>{_PORT}) \(https?://",
    r"\bup on (?:port )?(?P<port9>\d{4,5})\b",
)
_LISTENS = rf"(?i)(?:{_VERBS}(?:{'|'.join(_ADDRESSES)})|{'|'.join(_ALONE)})"

_ELSE = re.compile(
    r"(?i)\badmin\b|debugg|inspector|metrics|prometheus|pprof|livereload|\bhmr\b|redis://|postgres(?:ql)?://|"
    r"mysql://|"
    r"mongo(?:db)?(?:\+srv)?://|amqp://|kafka|connect(?:ing|ed)? to|database|telemetry|proxy(?:ing)? to|probe "
    r"failed|"
    r"PORT environment variable|already in use|EADDRINUSE|permission denied|refused|failed|could not|cannot|unable"
)
_LOOPBACK = re.compile(r"^(?:localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$")
# Servers that mean it when they say localhost; others print it for any address.
_BINDS_LOCALHOST = re.compile(
    r"Now listening on:|Development Server \(|VITE|➜|Angular Live|Loopback:|Server Running:|webpack|Project "
    r"is running|"
    r"Puma|\* Listening on|astro|nuxt"
)


def _address(words: Mapping[str, str]) -> tuple[str, str]:
    port = next((words[name] for name in words if name.startswith("port") and words[name]), "")
    host = next((words[name] for name in words if name.startswith("host") and words[name]), "")
    return host.lower(), port


_LISTENS_COMPILED = re.compile(_LISTENS)


@once_per_log
def _addresses(hit: Hit) -> dict[int, tuple[tuple[str, str, str], ...]]:
    """(host, port, line) of all that each section says it listens on, by the section's identity."""
    found: dict[int, tuple[tuple[str, str, str], ...]] = {}
    for section in hit.transcript.sections:
        said = []
        for line in section.lines:
            if len(line) < 400 and not _ELSE.search(line) and (match := _LISTENS_COMPILED.search(line)):
                said.append((*_address({k: v or "" for k, v in match.groupdict().items()}), line))
        found[id(section)] = tuple(dict.fromkeys(said[:200]))
    return found


def _spoken(hit: Hit) -> tuple[tuple[str, str, str], ...]:
    """What the section of this line says it listens on."""
    return _addresses(hit).get(id(hit.section), ())


def _listens(hit: Hit) -> tuple[str, str] | None:
    """Where it listens, when that is why it did not start."""
    if _ELSE.search(hit.line) or hit.section.kind is Kind.INSTRUCTION or not _not_started(hit):
        return None
    host, port = _address(hit.words)
    if _crashed(hit):
        return None
    wanted = _wanted_port(hit)
    reached = [h for h, p, _ in _spoken(hit) if p == wanted and not _LOOPBACK.match(h)]
    return None if reached else (host, port)


def _elsewhere(hit: Hit) -> Mapping[str, str] | None:
    heard = _listens(hit)
    if heard is None:
        return None
    host, port = heard
    wanted = _wanted_port(hit)
    if port == wanted or _only_local(hit, host):
        return None
    return {"port": port, "wanted": wanted, "host": "0.0.0.0", **_said_fix(hit, port)}


def _local(hit: Hit) -> Mapping[str, str] | None:
    heard = _listens(hit)
    if heard is None:
        return None
    host, port = heard
    if not _only_local(hit, host):
        return None
    return {
        "port": port,
        "wanted": _wanted_port(hit),
        "host": host,
        "local": "yes",
        **_said_fix(hit, port, True),
    }


def _only_local(hit: Hit, host: str) -> bool:
    if not _LOOPBACK.match(host):
        return False
    if any(h and not _LOOPBACK.match(h) for h, _, _ in _spoken(hit)) or hit.find(
        r"all addresses \(0\.0\.0\.0\)"
    ):
        return False
    if host == "127.0.0.1" or "::1" in host:
        return True
    around = " ".join((hit.line, *hit.before(4), *hit.after(3)))
    return bool(_BINDS_LOCALHOST.search(around)) or _bound_locally(hit) is not None


@once_per_log
def _bound_locally(hit: Hit) -> Place | None:
    printed = re.compile(r"console\.|print|\becho\b|\blog(?:ger)?\b|puts ", re.IGNORECASE)
    pattern = re.compile(
        r"(?:listen|bind|run|serve|host|addr(?:ess)?|url|server)\w*\s*[(:=].*[\"'/](?:localhost|127\.0\.0\.1)\b|"
        r"ListenAndServe\(\"(?:localhost|127)|--(?:host|bind|address|hostname)[= \",]+(?:localhost|127)",
        re.IGNORECASE,
    )
    return next(
        (place for place, line in _code(hit) if pattern.search(line) and not printed.search(line)), None
    )


def _said_fix(hit: Hit, port: str, only_local: bool = False) -> dict[str, str]:
    place = _binding(hit, port, only_local)
    line = hit.files.lines(place.path)[place.line - 1] if place else ""
    where = f"{place.path} line {place.line}" if place else "the program"
    return {"where": where, "advice": _wording(line, where)}


_WORDINGS = (
    (r"uvicorn\.run", "uvicorn.run(…, host=\"0.0.0.0\", port=int(os.environ[\"PORT\"]))"),
    (r"\.run\(.*|run_simple", "app.run(host=\"0.0.0.0\", port=int(os.environ[\"PORT\"]))"),
    (r"ListenAndServe|net\.Listen|\.Run\(\":|\.Start\(\":|\.Listen\(\":", "\":\" + os.Getenv(\"PORT\") as the "
    "address"),
    (r"fastify.*listen|\.listen\(\{", ".listen({ port: Number(process.env.PORT), host: \"0.0.0.0\" })"),
    (r"\.listen\(", ".listen(process.env.PORT, \"0.0.0.0\")"),
    (r"(?:const|let|var)\s+\w*port\w*\s*=", "process.env.PORT || 8080"),
    (r"gunicorn", "gunicorn --bind 0.0.0.0:$PORT (in the shell form, so that $PORT is read)"),
    (r"uvicorn|hypercorn|fastapi", "--host 0.0.0.0 --port $PORT (in the shell form, so that $PORT is read)"),
    (r"runserver", "python manage.py runserver 0.0.0.0:$PORT (better: gunicorn --bind 0.0.0.0:$PORT)"),
    (r"streamlit", "streamlit run … --server.address=0.0.0.0 --server.port=$PORT"),
    (r"--bind|-b \d", "--bind 0.0.0.0:$PORT"),
    (r"\":\d+\"", "\":\" + os.Getenv(\"PORT\")"),
    (r"--port", "--port $PORT (in the shell form, so that $PORT is read)"),
    (r"flask run", "flask run --host 0.0.0.0 --port $PORT"),
    (r"server\.port|server:", "server.port=${PORT:8080}"),
    (r"TcpListener::bind|\.bind\(", "(\"0.0.0.0\", the port from std::env::var(\"PORT\"))"),
    (r"ASPNETCORE_URLS|UseUrls|app\.Run\(\"|Urls", "http://0.0.0.0:$PORT (in Program.cs: "
    "builder.WebHost.UseUrls from PORT)"),
    (r"php -S|-S", "php -S 0.0.0.0:$PORT (in the shell form)"),
    (r"artisan serve", "php artisan serve --host=0.0.0.0 --port=$PORT (in the shell form)"),
    (r"set :port|set :bind", "set :bind, \"0.0.0.0\" and set :port, ENV[\"PORT\"]"),
    (r"rackup|puma|rails", "bind to 0.0.0.0 and port $PORT (rackup -o 0.0.0.0 -p $PORT)"),
    (r"^\s*listen\s", "listen 8080; (or ${PORT} in /etc/nginx/templates/default.conf.template)"),
    (r"Deno\.serve|Bun\.serve", "port: Number(process.env.PORT), hostname: \"0.0.0.0\""),
)  # fmt: skip


def _wording(line: str, where: str) -> str:
    plain = " ".join(re.sub(r"[\",\[\]]+", " ", line).split())
    wording = next(
        (words for pattern, words in _WORDINGS if re.search(pattern, line) or re.search(pattern, plain)), ""
    )
    base = "Listen on 0.0.0.0 and on the port in the environment variable PORT"
    return f"{base}: in {where} write {wording}" if wording else f"{base}: change {where}"


# Where it is bound


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
_ALSO = (
    ".conf", ".template", ".json", ".xml", "Procfile", "Caddyfile", "Dockerfile", ".cfg", ".kts", ".gradle", ".fs",
    ".ru", ".cr", ".swift", ".pl", ".lua",
)  # fmt: skip


def _code(hit: Hit) -> Iterator[tuple[Place, str]]:
    """Every line of the service's own code and configuration, the nearest files first."""
    paths = sorted(
        (p for p in hit.files.paths if p.endswith(CODE + _ALSO) and not _NOT_PROGRAM.search(p)),
        key=lambda p: (p.count("/"), p),
    )
    for path in nearest_first(hit, tuple(paths))[:1500]:
        for number, line in enumerate(hit.files.lines(path)[:4000], 1):
            if line.strip() and len(line) < 500 and not re.match(r"\s*(?://|#(?!!)|\*|<!--)", line):
                yield Place(path, number), line


def _binding(hit: Hit, port: str = "", only_local: bool = False) -> Place | None:
    """The line that decides the port, or the address where only that is wrong, by how telling it is."""
    answers = hit.transcript.answers
    asked = (_binding, port, only_local)
    if asked not in answers:
        answers[asked] = _most_telling(hit, port, only_local)
    place: Place | None = answers[asked]
    return place


def _most_telling(hit: Hit, port: str, only_local: bool) -> Place | None:
    best: tuple[int, Place] | None = None
    number = re.compile(rf"(?<![\d.]){re.escape(port)}(?![\d.]\d|\d)") if port else None
    script = _npm_script(hit)
    bonus = (2, 6) if only_local else (5, 3)
    for place, line in _code(hit):
        score = _score(place.path, line, bool(number and number.search(line)), script, bonus)
        if score and (best is None or score > best[0]):
            best = (score, place)
    if best is not None and best[0] >= 4:
        return best[1]
    return _command(hit) or (best[1] if best else None)


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
    match = re.search(r"(?:npm|yarn|pnpm|bun)[\", ]+(?:run[\", ]+)?([\w:-]+)", _command_text(hit))
    return match[1] if match else ""


def _at_binding(hit: Hit) -> Place | None:
    return _binding(hit, hit["port"], bool(hit["local"]))


def _command(hit: Hit) -> Place | None:
    return instruction("CMD")(hit) or instruction("ENTRYPOINT")(hit) or matching(r"^web\s*:", "Procfile")(hit)


def _command_text(hit: Hit) -> str:
    place = _command(hit)
    return (
        " ".join(" ".join(hit.files.lines(place.path)[place.line - 1 : place.last_line]).split())
        if place
        else ""
    )


# Servers that say no port


def _nginx(hit: Hit) -> Mapping[str, str] | None:
    if not _not_started(hit) or hit.find(r"\[emerg\]") or _ended(hit) not in ("", *_ALIVE_UNTIL_STOPPED):
        return None
    wanted = _wanted_port(hit)
    listens = [
        m
        for p, line in _code(hit)
        if p.path.endswith((".conf", ".template"))
        and (m := re.match(r"\s*listen\s+(?:[\w.\[\]:]*:)?(\d+)", line))
    ]
    if any(match[1] == wanted for match in listens) or any(p == wanted for _, p, _ in _spoken(hit)):
        return None
    port = listens[0][1] if listens else "80"
    return {"port": port, "wanted": wanted, "server": "nginx"}


_NGINX_PLACE = first(
    anywhere(r"^\s*listen\s", ".conf", ".template"),
    instruction("EXPOSE"),
    instruction("CMD", "ENTRYPOINT"),
    instruction("FROM"),
)


def _apache(hit: Hit) -> Mapping[str, str] | None:
    if not _not_started(hit) or _ended(hit) not in ("", *_ALIVE_UNTIL_STOPPED):
        return None
    wanted = _wanted_port(hit)
    if any(
        re.search(rf"(?i)listen\s+(?:\S*:)?(?:{wanted}|\$)|s/\S*80\S*/\S*(?:{wanted}|PORT)", line)
        for _, line in _code(hit)
    ):
        return None
    return {"port": "80", "wanted": wanted, "server": "Apache"}


def _fpm(hit: Hit) -> Mapping[str, str] | None:
    return {"wanted": _wanted_port(hit)} if _not_started(hit) and not hit.find(r"nginx|apache") else None


# It ended


_EXITS = {
    "0": "it did its work and ended, but a service has to keep listening",
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
_CLOUD_RUN = re.compile(r"probe failed|Container called exit|Starting new instance|The container exited")


def _exited(hit: Hit) -> Mapping[str, str] | None:
    spoken = [line.strip() for line in hit.before(40)[::-1] if line.strip() and not _CLOUD_RUN.search(line)]
    last = next((line for line in spoken if _TELLING.search(line)), spoken[-1] if spoken else "nothing")
    if hit["code"] == "0":
        advice = (
            "Start a server that keeps listening on 0.0.0.0 and $PORT; work that ends belongs into a "
            "Cloud Run job"
        )
    else:
        advice = (
            "Run the image on your machine (docker run -e PORT=8080 -p 8080:8080 IMAGE), where it ends the "
            "same way; "
            f"it starts with `{_command_text(hit) or 'its command'}`"
        )
    why = _EXITS.get(hit["code"], "the program ended with an error")
    return {"why": why, "last": last[:240], "advice": advice}


def _mentioned(hit: Hit) -> Place | None:
    """The first file:line of the repository that the program's last words name."""
    for line in hit.before(40)[::-1]:
        for path, number in re.findall(
            r"((?:[\w.@-]*/)*[\w.-]+\.[a-zA-Z]\w{0,5})(?::|\(| line |, line )(\d{1,6})\b", line[:500]
        ):
            found = repository_path(hit.files, path, hit)
            if found and (place := hit.files.place(found, int(number))):
                return place
    return None


def _silent(hit: Hit) -> Mapping[str, str] | None:
    """The probe failed and nothing in the log says why; perhaps the code does."""
    wanted = _wanted_port(hit)
    if any(p == wanted and not _LOOPBACK.match(h) for h, p, _ in _spoken(hit)):
        return None
    place = _binding(hit)
    line = hit.files.lines(place.path)[place.line - 1] if place else ""
    bound = re.search(r"(?<![\d.])(\d{4,5})(?![\d.])", line)
    told = f"The container does not listen on port {wanted}"
    if place and bound and bound[1] != wanted and "PORT" not in line and "env" not in line:
        told = f"{place.path} line {place.line} binds port {bound[1]}, Cloud Run asks port {wanted}"
    return {"wanted": wanted, "port": "", "told": told, **_said_fix(hit, "")}


_BEGINNING = re.compile(
    r"initialized with port|Waiting for application startup|Starting "
    r"(?:Django|Spring|Quarkus|Nest)|Loading|Downloading|Migrat"
)


def _slow(hit: Hit) -> Mapping[str, str] | None:
    """It listens where it has to, or is on the way there, but after the probe's last try."""
    if _ended(hit) not in ("", *_ALIVE_UNTIL_STOPPED):
        return None
    wanted = _wanted_port(hit)
    heard = next((line for h, p, line in _spoken(hit) if p == wanted and not _LOOPBACK.match(h)), "")
    if not heard and not _spoken(hit):
        heard = next((line for line in hit.section.lines if _BEGINNING.search(line)), "")
    return {"wanted": wanted, "heard": heard.strip()[:160]} if heard else None


# It could not be executed


def _executed(hit: Hit) -> Mapping[str, str] | None:
    path = _script(hit, hit["path"])
    text = hit.files.text(path) if path else ""
    shebang = text.split("\n", 1)[0]
    if path and "\r" in _raw_first(hit, path):
        return {
            "file": path,
            "why": "its lines end as on Windows (CRLF)",
            "advice": f"Convert {path} to LF line endings (git: *.sh text eol=lf)",
        }
    if path and not shebang.startswith("#!"):
        return {
            "file": path,
            "why": "it is a script without a #! line",
            "advice": f"Write #!/bin/sh as the first line of {path}",
        }
    return {
        "file": "", "why": "the image was built for another processor than amd64/linux",
        "advice": "Build for amd64: docker build --platform linux/amd64, GOARCH=amd64, FROM --platform=linux/amd64",
    }  # fmt: skip


def _script(hit: Hit, path: str) -> str:
    found = repository_path(hit.files, path, hit) if path else ""
    return found if not re.search(r"\.(?:py|js|rb|go|rs|java|jar)$", found) else ""


def _raw_first(hit: Hit, path: str) -> str:
    lines = hit.files.lines(path)
    return lines[0] if lines else ""


def _exec_place(hit: Hit) -> Place | None:
    if hit["file"]:
        return hit.files.place(hit["file"], 1)
    return first(
        matching(r"arm64|aarch64", "Dockerfile"), anywhere(r"linux/arm64|GOARCH=arm64|GOARCH: arm64", ".yml",
        ".yaml", "Makefile", ".sh"),
        instruction("FROM"), _command,
    )(hit)  # fmt: skip


# Who brings a command that is no file of the repository.
_BROUGHT_BY = {
    **dict.fromkeys(
        ("gunicorn", "uvicorn", "flask", "streamlit", "hypercorn", "daphne", "celery"), "requirements.txt"
    ),
    **dict.fromkeys(("puma", "rails", "rackup", "sidekiq", "unicorn"), "the Gemfile"),
    **dict.fromkeys(
        ("next", "nest", "serve", "ts-node", "nodemon", "tsx", "vite", "nuxt"), "dependencies in package.json"
    ),
}


def _not_found(hit: Hit) -> Mapping[str, str] | None:
    name = hit["path"] or hit["name"] or hit["name2"] or hit["name3"] or hit["name4"] or _first_word(hit)
    path = _script(hit, name) if "/" in name or "." in name else ""
    if path:
        shebang = _raw_first(hit, path).removeprefix("#!").strip() or "/bin/sh"
        why = (
            f"the image lacks it, or the shell of its #! line ({shebang}), or {path} has Windows line "
            f"endings (CRLF)"
        )
        advice = (
            f"Save {path} with LF line endings (.gitattributes: *.sh text eol=lf), COPY it to {name}, and "
            f"name a shell "
            f"that the image has (#!/bin/sh instead of {shebang} on Alpine)"
        )
    else:
        why = f"no file of the image is {name}"
        advice = _brought(hit, name)
    return {"name": name, "file": path, "why": why, "advice": advice, "last": name.rpartition("/")[2]}


def _brought(hit: Hit, name: str) -> str:
    command = f"correct the command `{_command_text(hit)}`"
    if manifest := _BROUGHT_BY.get(name):
        return f"Add {name} to {manifest} and install it in the Dockerfile, or {command}"
    if " " in name:
        return f"Write the command as separate words: CMD {_as_words(name)}"
    return f"Copy {name} into the final stage, or {command}; a binary linked for glibc needs a glibc image"


def _first_word(hit: Hit) -> str:
    """The program that the Dockerfile's command starts."""
    found = failing_dockerfile(hit)
    commands = list(found[1].of("ENTRYPOINT", "CMD")) if found else []
    words = commands[-1].arguments if commands else ()
    return words[0] if words else "the command"


def _as_words(command: str) -> str:
    return "[" + ", ".join(f'"{word}"' for word in command.split()) + "]"


def _not_found_place(hit: Hit) -> Place | None:
    if hit["file"]:
        return hit.files.place(hit["file"], 1)
    if (found := failing_dockerfile(hit)) is not None:
        path, parsed = found
        for each in parsed.of("CMD", "ENTRYPOINT"):
            if hit["last"] and hit["last"] in each.value:
                return hit.files.place(path, each.line, each.end)
    return first(matching(r"{last}", "Procfile", "service.yaml", "cloudbuild.yaml", "app.yaml"), _command)(
        hit
    )


def _permission(hit: Hit) -> Mapping[str, str] | None:
    name = hit["path"] or hit["name"]
    if hit.section.kind is Kind.INSTRUCTION:
        return None
    own = _script(hit, name)
    return {"name": name, "last": name.rpartition("/")[2], "own": own or name}


def _permission_place(hit: Hit) -> Place | None:
    if (found := failing_dockerfile(hit)) is not None:
        path, parsed = found
        for each in (*parsed.of("CMD", "ENTRYPOINT"), *parsed.of("COPY")):
            if hit["last"] and hit["last"] in each.value:
                return hit.files.place(path, each.line, each.end)
    return _command(hit)


# What it lacks


_MEMORY = first(
    anywhere(r"--memory[= ]|^\s*memory:", ".yaml", ".yml"),
    anywhere(r"--memory[= ]", "Makefile", ".sh", ".tf"),
)


_NOT_MISSED = frozenset({"PORT", "ERROR", "WARNING", "INFO", "DEBUG", "FATAL", "NODE_ENV"})
_CAN_DO_WITHOUT = re.compile(
    r"(?i)\bwarn(?:ing)?\b|using default|default(?:ing|s)? to|falling back|optional|skipping|disabled"
)


def _variable_named(hit: Hit) -> Mapping[str, str] | None:
    """A variable that the program itself asks for before it ends."""
    name = hit["name"] or hit["name2"] or hit["name3"] or hit["name4"]
    if hit.section.kind is Kind.INSTRUCTION or name in _NOT_MISSED or _CAN_DO_WITHOUT.search(hit.line):
        return None
    told = _not_started(hit) or hit.section.kind is Kind.CONTAINER
    return {"name": name, "told": hit.line.strip()[:220]} if told and not _lives(hit) else None


@once_per_log
def _lives(hit: Hit) -> bool:
    """Whether the process was still there when the probe gave up."""
    probed = any(re.search(r"(?i)startup \w+ probe failed", line) for line in hit.elsewhere())
    return probed and not _ended(hit)


def _secret_place(hit: Hit) -> Place | None:
    return anywhere(r"\b{secret}\b", ".yaml", ".yml", ".sh", ".tf")(hit)


def _probe_path(hit: Hit) -> Place | None:
    return first(
        anywhere(r"path:\s*[\"']?{path}", ".yaml", ".yml"), anywhere(r"[\"']{path}[\"']", *CODE), _command
    )(hit)


# An instruction of a Dockerfile runs at build time: what it prints is no start.
_STARTED = frozenset({Kind.STEP, Kind.CONTAINER})

RULES: tuple[Rule, ...] = (
    Rule(
        code="start-memory",
        only=_STARTED,
        pattern=r"Memory limit of (?P<limit>[\d.]+ ?[MGK]i?B?) exceeded with (?P<used>[\d.]+ ?[MGK]i?B?) used",
        place=_MEMORY,
        rank=Rank.ROOT,
        nowhere=True,
        title="Out of memory: {used} used of {limit}",
        message="Cloud Run ended the container: Memory limit of {limit} exceeded with {used} used.",
        fix="Give the service more memory (memory: 1Gi in servergem.yml, or gcloud run services update "
        "--memory 1Gi), or start fewer "
        "workers and load less at the start.",
        link="https://cloud.google.com/run/docs/configuring/services/memory-limits",
    ),
    Rule(
        code="start-memory-killed",
        only=_STARTED,
        pattern=r"container instance was found to be using too much memory and was terminated|Container "
        r"terminated on signal 9\b|"
        r"Out[- ]of[- ]memory event detected in container",
        place=_MEMORY,
        nowhere=True,
        title="The container used too much memory and was ended",
        message="Cloud Run: the container instance was found to be using too much memory and was terminated "
        "(signal 9).",
        fix="Give the service more memory (memory: 1Gi in servergem.yml), or start fewer workers and load "
        "less at the start.",
        link="https://cloud.google.com/run/docs/configuring/services/memory-limits",
    ),
    Rule(
        code="start-localhost-only",
        only=_STARTED,
        pattern=_LISTENS,
        read=_local,
        place=_at_binding,
        rank=Rank.ROOT,
        title="The server listens only on {host}:{port}; Cloud Run needs 0.0.0.0 and $PORT",
        message="The container listens on {host}:{port}, which nothing outside the container reaches; Cloud "
        "Run asked port {wanted} "
        "(PORT={wanted}) on 0.0.0.0, and the startup probe failed.",
        fix="{advice}.",
        link="https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start",
    ),
    Rule(
        code="start-wrong-port",
        only=_STARTED,
        pattern=_LISTENS,
        read=_elsewhere,
        place=_at_binding,
        rank=Rank.ROOT,
        title="The server listens on port {port}, Cloud Run asks port {wanted} ($PORT)",
        message="The container listens on port {port}, but Cloud Run asked the port in PORT={wanted}, and the "
        "startup probe on port {wanted} failed.",
        fix="{advice}.",
        link="https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start",
    ),
    Rule(
        code="start-nginx-port",
        only=_STARTED,
        pattern=r"Configuration complete; ready for start up|\[notice\] \d+#\d+: start worker process",
        read=_nginx,
        place=_NGINX_PLACE,
        title="nginx listens on port {port}, Cloud Run asks port {wanted}",
        message="nginx listens on port {port}, but Cloud Run asked the port in PORT={wanted}, and the startup "
        "probe failed.",
        fix="Write listen {wanted}; in nginx's server block (copied to /etc/nginx/conf.d/default.conf), or "
        "listen ${{PORT}}; in "
        "/etc/nginx/templates/default.conf.template; it has to listen on 0.0.0.0 and $PORT.",
    ),
    Rule(
        code="start-apache-port",
        only=_STARTED,
        pattern=r"AH00094: Command line: '(?:apache2|httpd)|resuming normal operations",
        read=_apache,
        place=first(
            matching(r"^\s*Listen\s", "ports.conf", "httpd.conf"),
            instruction("EXPOSE"),
            instruction("CMD"),
            instruction("FROM"),
        ),
        title="Apache listens on port 80, Cloud Run asks port {wanted}",
        message="Apache listens on port 80, but Cloud Run asked the port in PORT={wanted}, and the startup "
        "probe failed.",
        fix="Write RUN sed -i 's/80/${{PORT}}/g' /etc/apache2/sites-available/000-default.conf "
        "/etc/apache2/ports.conf in the Dockerfile: "
        "Apache then listens on 0.0.0.0 and $PORT.",
    ),
    Rule(
        code="start-php-fpm",
        only=_STARTED,
        pattern=r"NOTICE: (?:fpm is running|ready to handle connections)",
        read=_fpm,
        place=first(_command, instruction("FROM")),
        title="PHP-FPM speaks FastCGI on 9000, Cloud Run asks HTTP on {wanted}",
        message="php-fpm is ready on port 9000, but it speaks FastCGI; Cloud Run asked HTTP on the port in "
        "PORT={wanted}, and the startup probe failed.",
        fix="Take FROM php:…-apache (or nginx with php-fpm, or FrankenPHP) and let it listen on 0.0.0.0 and $PORT.",
    ),
    Rule(
        code="start-phoenix-server",
        only=_STARTED,
        pattern=r"Configuration :server was not enabled for (?P<name>[\w.]+)",
        place=first(_command, matching(r"PHX_SERVER", "runtime.exs")),
        rank=Rank.ROOT,
        title="{name} starts without its web server",
        message="Configuration :server was not enabled for {name}, http/https services won't start: nothing "
        "listens on $PORT.",
        fix='Set PHX_SERVER=true (ENV PHX_SERVER=true in the Dockerfile, or CMD ["/app/bin/server"]), and '
        "bind 0.0.0.0 and PORT in config/runtime.exs.",
    ),
    # It could not be executed
    Rule(
        code="start-exec-format",
        only=_STARTED,
        pattern=r"(?:(?:exec|load|executing|exec user process caused[: \"]*)\s*\"?(?P<path>/[^\s:\"]+)?\"?:? "
        r"?)?(?:: )?exec format error",
        read=_executed,
        place=_exec_place,
        rank=Rank.ROOT,
        title="exec format error: {why}",
        message="The container's command could not be executed: {path}: exec format error; {why}.",
        fix="{advice}.",
    ),
    Rule(
        code="start-image-platform",
        only=_STARTED,
        pattern=r"Container manifest type '(?P<type>[^']+)' must support amd64/linux|does not support image .*amd64",
        place=first(matching(r"arm64|aarch64", "Dockerfile"), instruction("FROM")),
        rank=Rank.ROOT,
        title="The image is not for amd64/linux",
        message="Cloud Run does not support the image: Container manifest type '{type}' must support amd64/linux.",
        fix="Build with docker build --platform linux/amd64 (docker buildx build --platform linux/amd64 "
        "--provenance=false).",
    ),
    Rule(
        code="start-permission",
        only=_STARTED,
        pattern=r"(?:failed to load|exec:?|exec user process caused:?|starting container process caused: "
        r"exec:|init process: failed to load) "
        r"\"?(?P<path>(?:\./|/)[^\s:\"]+)\"?: (?:.*)?permission denied",
        read=_permission,
        place=_permission_place,
        rank=Rank.ROOT,
        title="{name} may not be executed: permission denied",
        message="The container's command could not be executed: {name}: permission denied.",
        fix="Run git update-index --chmod=+x {own} and commit, or write RUN chmod +x {name} in the Dockerfile "
        "before USER.",
    ),
    Rule(
        code="start-command-not-found",
        only=_STARTED,
        pattern=r"exec: \"(?P<name>[^\"]+)\": (?:executable file not found in|stat \S+: no such file)|failed "
        r"to load \"?(?P<path>/?[^\s:\"]+)\"?: no such file|"
        r"failed to find initial command|error finding executable \"(?P<name2>[^\"]+)\" in PATH|exec "
        r"(?P<name3>/[^\s:]+): no such file or directory|"
        r"Application failed to start: .*\"(?P<name4>[^\"]+)\".*(?:no such file|not found)|"
        r"exec user process caused:? \"?no such file or directory",
        read=_not_found,
        place=_not_found_place,
        rank=Rank.ROOT,
        title="{name} was not found in the image",
        message="The container's command does not exist: {name}: executable file not found (no such file or "
        "directory); {why}.",
        fix="{advice}.",
    ),
    # What it lacks
    Rule(
        code="start-secret",
        only=_STARTED,
        pattern=r"(?:Permission denied on secret: |Secret "
        r")\[?projects/(?P<project>[\w:.-]+)/secrets/(?P<secret>[\w-]+)(?:/versions/(?P<version>\w+))?\]?"
        r"(?: for Revision service account (?P<account>\S+?)\.? | (?:was )?not found| or its versions not found)",
        place=_secret_place,
        rank=Rank.ROOT,
        nowhere=True,
        title="The secret {secret} cannot be read",
        message="Cloud Run could not read secrets/{secret} (version {version}): permission denied for "
        "{account}, or it was not found.",
        fix="Make the secret (gcloud secrets create {secret}) and let the service account read it: gcloud "
        "secrets add-iam-policy-binding {secret} "
        "--member serviceAccount:… --role roles/secretmanager.secretAccessor.",
    ),
    Rule(
        code="start-variable",
        pattern=r"(?:(?i:missing|required|undefined|unset|provide|define|set) (?i:required )?(?i:the "
        r")?(?i:env(?:ironment)? ?)?(?i:var(?:iable)?s?)?:? ?[\"'`]?"
        r"(?P<name>[A-Z][A-Z0-9]*_[A-Z0-9_]+)[\"'`]?|"
        r"(?P<name2>[A-Z][A-Z0-9]*_[A-Z0-9_]+)[\"'`]? (?:(?i:environment )?(?i:variable )?(?:is|was|must "
        r"be|has to be|are|not)\b ?(?:not )?(?:set|defined|required|missing|"
        r"provided|found|configured|empty|undefined)|environment variable)|"
        r"(?i:environment variable)s?:? [\"'`]?(?P<name3>[A-Z][A-Z0-9_]+)[\"'`]? "
        r"(?i:is|was|must|not|required|missing)|"
        r"required key (?P<name4>[A-Z][A-Z0-9_]+) missing value)",
        read=_variable_named,
        place=first(variable("name"), anywhere(r"\b{name}\b", *CODE)),
        rank=Rank.SYMPTOM,
        title="The environment variable {name} is not set",
        message="The program ended because {name} is not set: {told}",
        fix="Set {name} for the service (env in servergem.yml, or gcloud run services update "
        "--update-env-vars {name}=…; a secret with --update-secrets).",
    ),
    Rule(
        code="start-port-taken",
        pattern=r"(?i)(?:address already in use|EADDRINUSE).*?(?::+|port |', )(?P<port>\d{2,5})|(?:listen "
        r"tcp\S* \S*?:(?P<port2>\d+): bind: address already in use)|"
        r"bind on address \('[^']*', (?P<port3>\d+)\)",
        read=lambda hit: (
            {"port": hit["port"] or hit["port2"] or hit["port3"]}
            if hit.section.kind is Kind.CONTAINER
            else None
        ),
        place=_at_binding,
        title="Port {port} is already in use in the container",
        message="The server could not listen: address already in use, port {port} (EADDRINUSE). Two servers "
        "of this container want it.",
        fix="Start one server only, and let it listen on 0.0.0.0 and $PORT.",
    ),
    Rule(
        code="start-port-forbidden",
        only=_STARTED,
        pattern=r"listen tcp \S*?:(?P<port>\d+): bind: permission denied|(?:listen )?EACCES:? permission "
        r"denied \S*?:(?P<port2>\d+)|"
        r"\(13\)Permission denied: AH00072: make_sock: could not bind to address \S*?:(?P<port3>\d+)|bind\(\) "
        r"to \S*?:(?P<port4>\d+) failed \(13",
        read=lambda hit: {
            "port": hit["port"] or hit["port2"] or hit["port3"] or hit["port4"],
            "wanted": _wanted_port(hit),
        },
        place=_at_binding,
        rank=Rank.ROOT,
        title="Port {port} may not be bound by this user",
        message="The server could not listen on port {port}: bind: permission denied. Ports below 1024 belong "
        "to root; Cloud Run asks port {wanted}.",
        fix="Listen on 0.0.0.0 and the port in $PORT ({wanted}) instead of {port}.",
    ),
    # Nothing better
    Rule(
        code="start-http-probe",
        only=_STARTED,
        pattern=r"(?i)(?:startup|liveness) (?P<kind>http|grpc) probe failed.* on port (?P<port>\d+)(?: path "
        r"\"?(?P<path>/[^\s\".]*)\"?)?(?P<rest>.*)",
        read=lambda hit: {"why": hit["rest"].strip(" .") or "no answer"},
        place=_probe_path,
        rank=Rank.SYMPTOM,
        title="The startup probe on {path} (port {port}) failed",
        message="Cloud Run's startup {kind} probe failed on port {port} path {path}: {why}.",
        fix="Answer {path} with 200 as soon as the server listens on 0.0.0.0 and $PORT, or correct the "
        "probe's path, or give it more "
        "failureThreshold and periodSeconds.",
    ),
    Rule(
        code="start-too-slow",
        only=_STARTED,
        pattern=r"(?i)startup tcp probe failed|Startup probes? timed out|failed to become healthy",
        read=_slow,
        place=first(anywhere(r"startupProbe", ".yaml", ".yml"), _command),
        rank=Rank.SYMPTOM,
        title="The server is not ready on port {wanted} in time: too slow",
        message="The start was too slow: the startup probe on port {wanted} failed before the server was "
        "ready. It said: "
        "{heard}.",
        fix="Listen on 0.0.0.0 and $PORT first and load afterwards; or give it time: startupProbe "
        "failureThreshold × periodSeconds up to 240 s, "
        "--cpu-boost, fewer things at the start.",
    ),
    Rule(
        code="start-exit",
        only=_STARTED,
        pattern=r"Container called exit\((?P<code>-?\d+)\)",
        read=_exited,
        place=first(_mentioned, _command),
        rank=Rank.SYMPTOM,
        title="The container ended with exit({code}): {why}",
        message="Container called exit({code}): {why}. Its last words: {last}",
        fix="{advice}.",
    ),
    Rule(
        code="start-never-listens",
        only=_STARTED,
        pattern=r"(?i)startup tcp probe failed|Startup probes? timed out|failed to become healthy",
        read=_silent,
        place=_at_binding,
        rank=Rank.SYMPTOM,
        title="{told}",
        message="The startup probe failed: the container runs, but nothing in it listens on 0.0.0.0 port "
        "{wanted} (PORT={wanted}).",
        fix="{advice}; a worker that serves no requests belongs into a Cloud Run job or worker pool.",
    ),
    Rule(
        code="start-signal",
        only=_STARTED,
        pattern=r"Uncaught signal: (?P<signal>\d+)|Container terminated on signal (?P<signal2>\d+)",
        read=lambda hit: {"signal": hit["signal"] or hit["signal2"]},
        place=_command,
        rank=Rank.SYMPTOM,
        title="The program was ended by signal {signal}",
        message="Uncaught signal: {signal} (11 is a segmentation fault, 6 an abort, 9 a kill for memory).",
        fix="Run the image on your machine to see where it breaks; look for native libraries built for "
        "another image (musl, glibc, processor).",
    ),
    Rule(
        code="start-failed",
        only=_STARTED,
        pattern=r"failed to start and (?:then )?listen on the port|failed the configured startup "
        r"probe|Container failed to start\b|Container Healthcheck failed|"
        r"Application exec likely failed",
        read=_silent,
        place=_at_binding,
        rank=Rank.SYMPTOM,
        blame=Blame.UNKNOWN,
        title="The container did not start and listen on port {wanted}",
        message="Cloud Run: the user-provided container failed to start and listen on the port defined by "
        "PORT={wanted}. The log of the revision says why.",
        fix="{advice}; gcloud run services logs read SERVICE shows what the container printed.",
        link="https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start",
    ),
)
