"""What the log says of listening: addresses, ports, and whether only this machine can reach them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import re2

from app.diagnosis.rule import Hit, once_per_log
from app.diagnosis.rules.start.reading_binding import binding, code
from app.diagnosis.rules.start.reading_start import crashed, not_started, wanted_port
from app.diagnosis.rules.start.reading_start_line import rewritten
from app.diagnosis.transcript import Kind
from app.model import Place

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

LISTENS = rf"(?i)(?:{_VERBS}(?:{'|'.join(_ADDRESSES)})|{'|'.join(_ALONE)})"

_ELSE = re.compile(
    r"(?i)\badmin\b|debugg|inspector|metrics|prometheus|pprof|livereload|\bhmr\b|redis://|postgres(?:ql)?://|"
    r"mysql://|"
    r"mongo(?:db)?(?:\+srv)?://|amqp://|kafka|connect(?:ing|ed)? to|database|telemetry|proxy(?:ing)? to|probe "
    r"failed|"
    r"PORT environment variable|already in use|EADDRINUSE|permission denied|refused|failed|could not|cannot|unable"
)

LOOPBACK = re.compile(r"^(?:localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$")

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


_LISTENS_COMPILED = re2.compile(LISTENS)
# What each of those has in it; most lines of a log have no such number, and are not looked at any further.
_NUMBERED = re.compile(r"[:=s\s'\"(\[#](?:80|443|\d{3,5})(?!\d)")
MOST_SAID = 200  # of one section


@once_per_log
def _addresses(hit: Hit) -> dict[int, tuple[tuple[str, str, str], ...]]:
    """(host, port, line) of all that each section says it listens on, by the section's identity."""
    found: dict[int, tuple[tuple[str, str, str], ...]] = {}
    heard = cache(_heard)
    for section in hit.transcript.sections:
        said: dict[tuple[str, str, str], None] = {}
        for line in dict.fromkeys(section.lines):
            if len(line) < 400 and _NUMBERED.search(line) and (spoken := heard(line)):
                said[spoken] = None
            if len(said) == MOST_SAID:
                break
        found[id(section)] = tuple(said)
    return found


def _heard(line: str) -> tuple[str, str, str] | None:
    """(host, port, line) of a line that says that something listens there."""
    if _ELSE.search(line) or (match := _LISTENS_COMPILED.search(line)) is None:
        return None
    return (*_address({k: v or "" for k, v in match.groupdict().items()}), line)


def spoken_found(hit: Hit) -> tuple[tuple[str, str, str], ...]:
    """What the section of this line says it listens on."""
    return _addresses(hit).get(id(hit.section), ())


def _listens(hit: Hit) -> tuple[str, str] | None:
    """Where it listens, when that is why it did not start."""
    if _ELSE.search(hit.line) or hit.section.kind is Kind.INSTRUCTION or not not_started(hit):
        return None
    host, port = _address(hit.words)
    if crashed(hit):
        return None
    wanted = wanted_port(hit)
    reached = [h for h, p, _ in spoken_found(hit) if p == wanted and not LOOPBACK.match(h)]
    return None if reached else (host, port)


def elsewhere(hit: Hit) -> Mapping[str, str] | None:
    heard = _listens(hit)
    if heard is None:
        return None
    host, port = heard
    wanted = wanted_port(hit)
    if port == wanted or _only_local(hit, host):
        return None
    return {"port": port, "wanted": wanted, "host": "0.0.0.0", **said_fix(hit, port)}


def local_words(hit: Hit) -> Mapping[str, str] | None:
    heard = _listens(hit)
    if heard is None:
        return None
    host, port = heard
    if not _only_local(hit, host):
        return None
    return {
        "port": port,
        "wanted": wanted_port(hit),
        "host": host,
        "local": "yes",
        **said_fix(hit, port, True),
    }


def _only_local(hit: Hit, host: str) -> bool:
    if not LOOPBACK.match(host):
        return False
    if any(h and not LOOPBACK.match(h) for h, _, _ in spoken_found(hit)) or hit.find(
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
        (place for place, line in code(hit) if pattern.search(line) and not printed.search(line)), None
    )


def said_fix(hit: Hit, port: str, only_local: bool = False) -> dict[str, str]:
    place = binding(hit, port, only_local)
    line = hit.files.lines(place.path)[place.line - 1] if place else ""
    where = f"{place.path} line {place.line}" if place else "the program"
    whole = rewritten(place.path, line, port) if place else ""
    advice = f"{_LISTEN}: write line {place.line} of {place.path} as `{whole}`" if place and whole else ""
    return {"where": where, "advice": advice or _wording(line, where)}


_LISTEN = "Listen on 0.0.0.0 and on the port in the environment variable PORT"
_WORDINGS = (
    (r"^\s*bind\s*=", "bind = \"0.0.0.0:\" + os.environ[\"PORT\"], with import os above it"),
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
    return f"{_LISTEN}: in {where} write {wording}" if wording else f"{_LISTEN}: change {where}"
