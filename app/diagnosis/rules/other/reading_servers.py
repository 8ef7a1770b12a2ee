"""nginx and Apache: the directive that is meant, in the files that a repository has."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import failing_dockerfile
from app.diagnosis.paths import repository_path
from app.diagnosis.rule import Hit
from app.diagnosis.unclosed import bare_code, braces, code_before, misplaced
from app.model import Place

# nginx


def _configured(hit: Hit, path: str) -> str:
    """The repository's file that stands at this path in the image; the official image renames templates and conf.d."""
    if found := repository_path(hit.files, path, hit):
        return found
    name = path.rpartition("/")[2]
    template = hit.files.named(f"{name}.template")
    if template:
        return template[0]
    own = [
        p
        for p in hit.files.paths
        if p.endswith((".conf", ".conf.template", ".nginx")) and "nginx" in p.lower()
    ]
    copied = _copied_to(hit, path)
    return copied or (own[0] if len(own) == 1 and name in ("default.conf", "nginx.conf") else "")


def _copied_to(hit: Hit, path: str) -> str:
    """The source of the COPY whose destination is this path, its folder, or the template that it is made from."""
    if (found := failing_dockerfile(hit)) is None:
        return ""
    folder, (inside, _, name) = found[0].rpartition("/")[0], path.rpartition("/")
    template = f"/etc/nginx/templates/{name}.template"
    for each in found[1].of("COPY", "ADD"):
        *sources, target = each.arguments or ("",)
        if not sources or "from" in each.flags:
            continue
        into = {f"{inside}/": name, "/etc/nginx/templates/": f"{name}.template"}.get(f"{target.rstrip('/')}/")
        for source in sources:
            bare = source.removeprefix("./")
            if target in (path, template) or source.rpartition("/")[2] == into:
                ways = (f"{folder}/{bare}".lstrip("/"), bare)
                return next((each for each in ways if each in hit.files.paths), "")
    return ""


def emerg(hit: Hit) -> Mapping[str, str] | None:
    path = _configured(hit, hit["path"])
    number, error = int(hit["line"]), hit["error"]
    lines = hit.files.lines(path) if path else ()
    name = path or hit["path"]
    change, advice = number, _nginx_advice(error, f"line {number} of {name}")
    if "unexpected end of file" in error:
        change = misplaced(lines, braces("#"))[0] or number
        advice = f"Close the {{ of line {change} of {path} with }}"
    elif unended := _unended(lines, number, error):
        change, advice = unended, advice or f"End line {unended} of {path} with ;"
    elif "invalid number of arguments" in error and (unset := _variable(lines, number)):
        advice = f"{unset} is empty here: set it for the service (gcloud run services update --update-env-vars {unset}=…); nginx's entry point writes it into line {number} of {path}"
    elif not advice and (match := re.search(r"unknown directive \"([^\"]+)\"", error)):
        near = hit.files.nearest(match[1], _DIRECTIVES, 0.7)
        advice = f"Write {near} on line {number} of {path}" if near else ""
    return {
        "file": name,
        "change": str(change),
        "advice": advice or _correct(path, name, change),
    }


def _variable(lines: tuple[str, ...], number: int) -> str:
    """The variable of the environment that a template's line names; empty where it names none."""
    found = re.search(r"\$\{([A-Z][A-Z0-9_]*)\}", lines[number - 1]) if 0 < number <= len(lines) else None
    return found[1] if found else ""


def _correct(path: str, name: str, line: int) -> str:
    if path:
        return f"Correct line {line} of {name} (nginx -t checks it)"
    return f"{name} is of the image or made by what starts it, and no file of this repository: COPY your own there, or see what writes it (a variable that is empty, an include)"


def _nginx_advice(error: str, spot: str) -> str:
    """What to do about an error that is not one of syntax; empty for any other."""
    if match := re.search(r"host not found in upstream \"([^\"]+)\"", error):
        return (
            f"There is no host {match[1]} on Cloud Run (docker compose's names do not exist there): write the "
            f"service's https URL, or read it from a variable, on {spot}"
        )
    if re.search(r"\"(?:user|worker_processes|events|http|pid)\" directive is not allowed here", error):
        return "This file is a whole nginx.conf: COPY it to /etc/nginx/nginx.conf; files of /etc/nginx/conf.d stand inside http { } and begin with server"
    if "unknown directive" in error:
        return ""
    if re.search(
        r"host not found in \"\$|invalid port in|unknown \"(?:port|PORT)\" variable|\$\{?PORT", error
    ):
        return (
            "nginx reads no environment: copy the file to /etc/nginx/templates/default.conf.template "
            "(its entry point fills ${PORT} in), or run envsubst"
        )
    if "open()" in error or "No such file" in error:
        return f"COPY that file into the image, or correct the path on {spot}"
    return ""


def _unended(lines: tuple[str, ...], number: int, error: str) -> int:
    """The line that lacks its semicolon; 0 where none does, or the error is another."""
    above = code_before(lines, number) if lines else 0
    open_above = above and not re.search(r"[;{}]\s*$", bare_code(lines[above - 1]))
    if open_above and re.search(
        r"invalid (?:parameter|number of arguments|value)|is not terminated by|unexpected|unknown directive",
        error,
    ):
        return above
    if number <= len(lines) and re.search(
        r"is not terminated by \";\"|invalid number of arguments|unexpected \"}\"", error
    ):
        return _unterminated(lines, number)
    return 0


def _unterminated(lines: tuple[str, ...], number: int) -> int:
    for above in range(number, max(0, number - 4), -1):
        code = bare_code(lines[above - 1]).strip()
        if code and not code.endswith((";", "{", "}")):
            return above
    return 0


_DIRECTIVES = (
    "gzip", "listen", "server_name", "location", "proxy_pass", "proxy_set_header", "root", "index", "try_files",
    "return", "rewrite",
    "add_header", "include", "upstream", "server", "ssl_certificate", "ssl_certificate_key", "access_log",
    "error_log", "worker_processes",
    "worker_connections", "keepalive_timeout", "client_max_body_size", "expires", "fastcgi_pass",
    "fastcgi_param", "default_type", "sendfile",
    "proxy_http_version", "proxy_read_timeout", "types", "events", "http", "user", "pid", "error_page", "alias",
    "set", "if", "map", "gzip_types",
)  # fmt: skip


def at_change(hit: Hit) -> Place | None:
    return hit.files.place(hit["file"], int(hit["change"])) if hit["file"] in hit.files.paths else None


# Apache


def apache(hit: Hit) -> Mapping[str, str] | None:
    path = hit["path"] or hit["path2"]
    line = hit["line"] or hit["line2"]
    told = hit["error"].strip() or next((each.strip() for each in hit.after(2) if each.strip()), "")
    found = _configured(hit, path)
    advice = f"Correct line {line} of {found or path}"
    if match := re.search(r"Invalid command '(\w+)'", told):
        module = next((name for key, name in _MODULES.items() if match[1].startswith(key)), "")
        advice = (
            f"Write RUN a2enmod {module} in the Dockerfile ({match[1]} needs it)"
            if module
            else f"Correct {match[1]} on line {line} of {found or path}"
        )
    elif "Port must be specified" in told or "${PORT}" in told:
        advice = (
            "The variable PORT was not set where Apache started: Cloud Run sets it, so write Listen "
            "${PORT} and start with apache2-foreground"
        )
    return {"file": found or path, "change": line, "told": told, "advice": advice}


_MODULES = {
    "Rewrite": "rewrite",
    "Header": "headers",
    "Expires": "expires",
    "Proxy": "proxy proxy_http",
    "SSL": "ssl",
    "FilterDeclare": "filter",
    "RemoteIP": "remoteip",
}
