"""What the rows of commands.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.paths import repository_path
from app.diagnosis.places import CODE, anywhere
from app.diagnosis.rule import Hit
from app.diagnosis.transcript import Kind
from app.model import Place


def test_place(hit: Hit) -> Place | None:
    """The line of the test that failed, as pytest's traceback or its short summary says."""
    name = hit["test"].rpartition("::")[2].partition("[")[0]
    path = repository_path(hit.files, hit["path"], hit)
    base = re.escape(hit["path"].rpartition("/")[2])
    for line in hit.section.lines:
        if match := re.match(rf"\S*{base}:(\d+): \w*(?:Error|Exception|Failed)?", line):
            return hit.files.place(path, int(match[1]))
    number = hit.files.search(path, rf"def {re.escape(name)}\b") if path and name else 0
    return hit.files.place(path, number or 1) if path else None


def angular(hit: Hit) -> Mapping[str, str] | None:
    if hit["path"]:
        return {}
    for line in hit.after(6):
        if match := re.match(r"\s+([\w@./-]+\.\w+):(\d+):\d+:", line):
            return {"path": match[1], "line": match[2]}
    return None


def yaml(hit: Hit) -> Mapping[str, str] | None:
    text = " ".join((hit.line, *hit.after(6), *hit.before(2)))
    path = re.search(r"(?:in \"|file |parsing |\b)([\w./-]+\.ya?ml)", text)
    line = re.search(r"line (\d+)", text)
    if not path or not repository_path(hit.files, path[1], hit):
        return None
    return {
        "path": path[1],
        "line": line[1] if line else "1",
        "said": (hit["said"] or hit.line.rpartition(": ")[2])[:100],
    }


def json_file(hit: Hit) -> Mapping[str, str] | None:
    """The first JSON file of the repository that really does not parse."""
    import json

    names = (
        [hit["path"]]
        if hit["path"]
        else re.findall(r"[\w./-]+\.json", " ".join((hit.line, *hit.after(4), *hit.before(8))))
    )
    paths = [p for name in names if (p := repository_path(hit.files, name, hit))] + sorted(
        p for p in hit.files.paths if p.endswith(".json")
    )
    for path in dict.fromkeys(paths):
        try:
            json.loads(hit.files.text(path) or "{}")
        except json.JSONDecodeError as error:
            return {
                "path": path,
                "line": str(error.lineno),
                "told": f"{hit.line.strip()[:200]}: {path} line {error.lineno}: {error.msg}",
            }
        except RecursionError:
            continue
    return None


# Which plugin brings an option: https://docs.pytest.org/en/stable/reference/plugin_list.html
_PLUGINS = {
    "--cov": "pytest-cov", "-n": "pytest-xdist", "--dist": "pytest-xdist", "--numprocesses": "pytest-xdist", "--ds": "pytest-django",
    "--reuse-db": "pytest-django", "--timeout": "pytest-timeout", "--reruns": "pytest-rerunfailures", "--asyncio-mode": "pytest-asyncio",
    "--html": "pytest-html", "--benchmark": "pytest-benchmark", "--randomly": "pytest-randomly", "--snapshot": "syrupy", "--black": "pytest-black",
}  # fmt: skip


def pytest_option(hit: Hit) -> Mapping[str, str] | None:
    """An option that a plugin brings, which is not installed where pytest runs."""
    name = hit["name"]
    plugin = next((value for key, value in _PLUGINS.items() if name == key or name.startswith(f"{key}-")), "")
    advice = f"Install {plugin} with what the tests need" if plugin else "Install the plugin that brings it"
    return {"advice": f"{advice}, or take {name} out of the command or addopts"}


def pytest_said(hit: Hit) -> Mapping[str, str] | None:
    """The reason, where the short summary leaves it out: the last `E` line of this test's own part."""
    if hit["said"]:
        return {"test": hit["test"] or hit["path"]}
    head = re.escape(hit["test"].rpartition("::")[2] or hit["path"])
    said, inside = "", False
    for line in hit.section.lines[: hit.index]:
        if re.match(r"_{3,} ", line):
            inside = re.search(rf"[ .]{head} ", line) is not None
        elif inside and (found := re.match(r"E {1,12}(\S.*)", line)):
            said = said or found[1]
    return {"test": hit["test"] or hit["path"], "said": said or "see above"}


# Ports on which databases listen where nobody changed them.
_PORTS = re.compile(
    r":(?:5432|5433|6432|3306|3307|33060|6379|6380|27017|1433|1521|9042|26257|8529|7687|5984|11211|28015)\b"
)

_OF_A_DATABASE = re.compile(
    r"(?i)postgres|mysql|mariadb|redis|mongo|sequelize|prisma|typeorm|knex|database|sqlalchemy|\bsql|jdbc|\bpg\b|\bdb\b|gorm|drizzle"
)


def database(hit: Hit) -> Mapping[str, str] | None:
    """The address that refused; None where neither its port nor what is said around it is a database's."""
    host = next((hit[name] for name in ("host", "host2", "host3", "host4", "host5") if hit[name]), "")
    around = "\n".join((*hit.before(6), hit.line, *hit.after(12)))
    if hit["host2"] + hit["host4"] and not (_PORTS.search(host) or _OF_A_DATABASE.search(around)):
        return None
    return {"host": host or "its address", **_asked_when(hit)}


def _asked_when(hit: Hit) -> dict[str, str]:
    """What a refusal means: a service has the wrong address, and a build has no database at all."""
    if hit.section.kind is Kind.INSTRUCTION and not hit.transcript.started:
        return {
            "when": "while the image was built, and a build has no database",
            "advice": "Let what asks it wait until the service runs: migrations into the release command, code that asks "
            "while it is imported into a function, pages made ahead to be made on request.",
        }
    return {
        "when": "when the service started",
        "advice": "Give the service the database's real address (env: or secrets:), or mount Cloud SQL; localhost is the container itself.",
    }


_LOCAL = re.compile(r"\b(?:localhost|127\.0\.0\.1|::1)\b")


def local_default(hit: Hit) -> Place | None:
    """The line of a program with the address on this machine that was asked: it counts where nothing else is set."""
    if not _LOCAL.search(hit.line):
        return None
    schemes = r"(?:postgres(?:ql)?|mysql|mariadb|mongodb)[+\w]*://[^\s\"']*(?:localhost|127\.0\.0\.1)"
    place = anywhere(schemes, *(each for each in CODE if each not in (".yml", ".yaml", ".sh")))(hit)
    return None if place and re.search(r"(?:^|/)(?:tests?|spec|docs?)/", place.path) else place
