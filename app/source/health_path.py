"""Health path: where a service says that it is well, by the routes that its code declares; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.config.values import RESERVED_PATH
from app.diagnosis.files import Files

MOST_FILES = 200
WELL = r"(/(?:(?:api|v\d)/)*(?:health|healthcheck|health-check|status|ping|ready|readiness|live|up)/?)"
# A route on the application itself; one of a router or a blueprint may have a prefix, which is not judged.
ROUTES = {
    ".py": re.compile(rf"""@(?:app|application|api|server)\.(?:get|route)\(\s*["']{WELL}["']"""),
    ".js": re.compile(rf"""\b(?:app|server|fastify)\.get\(\s*["'`]{WELL}["'`]"""),
    ".go": re.compile(rf"""(?:HandleFunc|Handle|\.GET|\.Get)\(\s*["`](?:GET )?{WELL}["`]"""),
    ".rb": re.compile(rf"""^\s*get\s*\(?\s*["']{WELL}["']"""),
}
ALIKE = {".mjs": ".js", ".cjs": ".js", ".ts": ".js", ".tsx": ".js"}
# Next.js has its routes by the paths of its files.
NEXT = re.compile(r"(?:src/)?(?:app|pages)(/api/(?:health|healthcheck|status|ping))(?:/route)?\.[jt]sx?")
ACTUATOR = re.compile(r"spring-boot-starter-actuator")
# https://docs.spring.io/spring-boot/reference/actuator/monitoring.html
SPRING = re.compile(
    r"src/main/resources/(?:config/)?(?:application|bootstrap)(?:-[\w-]+)?\.(?:ya?ml|properties)"
)
MOVED = re.compile(r"\b(?:base-path|context-path|path-mapping)\b|management\.server\b")
ASIDE = re.compile(r"(?:^|/)(?:tests?|spec|node_modules|vendor|examples?|docs?)/|[._]test\.|\.spec\.")


@dataclass(frozen=True)
class HealthPath:
    """A path, and what shows that it is there."""

    path: str
    origin: str


def health_path(files: Files, inside: str) -> HealthPath | None:
    """The path of the service in `inside` (`""` or `api/`); None where nothing shows one."""
    found = (each for each in _found(files, inside) if _reaches_the_container(each.path))
    return next(found, None)


def _found(files: Files, inside: str) -> Iterator[HealthPath]:
    for name in ("pom.xml", "build.gradle", "build.gradle.kts"):
        if ACTUATOR.search(files.text(inside + name)) and not _is_moved(files, inside):
            yield HealthPath("/actuator/health", f"Spring Boot's actuator in {inside}{name}")
    own = sorted(
        (p for p in files.paths if p.startswith(inside) and not ASIDE.search(p[len(inside) :])), key=_nearest
    )
    yield from (
        HealthPath(found[1], f"the route of {path}")
        for path in own
        if (found := NEXT.fullmatch(path[len(inside) :]))
    )
    several = sum(path.endswith("/main.go") for path in own) > 1  # whose route it is cannot be told
    code = [path for path in own if _pattern(path) and not (several and path.endswith(".go"))]
    for path in code[:MOST_FILES]:
        pattern = _pattern(path)
        for number, line in enumerate(files.lines(path), 1):
            if pattern and (route := pattern.search(line)):
                yield HealthPath(route[1], f"{path}:{number}")


def _is_moved(files: Files, inside: str) -> bool:
    """Whether a setting of Spring's gives the actuator another path or port."""
    settings = [
        path for path in files.paths if path.startswith(inside) and SPRING.fullmatch(path[len(inside) :])
    ]
    return any(
        MOVED.search(files.text(path)) or "management:\n  server:" in files.text(path) for path in settings
    )


def _pattern(path: str) -> re.Pattern[str] | None:
    ending = f".{path.rpartition('.')[2]}"
    return ROUTES.get(ALIKE.get(ending, ending))


def _nearest(path: str) -> tuple[int, str]:
    return path.count("/"), path


def _reaches_the_container(path: str) -> bool:
    return not RESERVED_PATH.fullmatch(path) and not path.endswith("z")
