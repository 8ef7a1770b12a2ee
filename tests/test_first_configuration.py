"""`servergem init` and `servergem import` as commands: what is written, for whom, and that nothing is overwritten."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from app import config
from app.cli import offline
from app.cli.commands import main
from app.config.writing import text
from app.diagnosis import Files
from app.source.first_configuration import first_configuration
from tests.conftest import House, answer_of

DOCKER = "FROM node:22\nEXPOSE 3000\nCMD node server.js\n"
PYTHON = "import flask\napp = flask.Flask('x')\n@app.get('/api/health')\ndef well():\n    return 'ok'\n"
REPOSITORIES: dict[str, tuple[dict[str, str], list[str]]] = {
    "two folders": (
        {"api/Dockerfile": DOCKER, "api/server.js": "app.get('/health', f)\n", "web/Dockerfile": "FROM nginx\n"},
        ["  api:", "    port: 3000  # EXPOSE of api/Dockerfile", "    health: /health  # api/server.js:1", "  web:"],
    ),
    "a root": (
        {"requirements.txt": "flask\ngunicorn\n", "main.py": PYTHON},
        ["  my-shop:", "    path: .", "    build: auto", "    health: /api/health", "    # memory: 1Gi"],
    ),
    "spring": ({"pom.xml": "<artifactId>spring-boot-starter-actuator<"}, ["    health: /actuator/health"]),
    "spring elsewhere": (
        {
            "pom.xml": "<artifactId>spring-boot-starter-actuator<",
            "src/main/resources/config/application.yml": "management:\n  endpoints:\n    web:\n      base-path: /m\n",
        },
        ["    # health: /health"],
    ),
    "routes of several programs": (
        {"go.mod": "", "a/main.go": 'r.GET("/ping", f)\n', "b/main.go": ""},
        ["    # health: /health"],
    ),
    "a path of Google's": (
        {"app/main.go": 'http.HandleFunc("/healthz", f)\n', "app/go.mod": ""},
        ["    # health: /health"],
    ),
    "next": ({"package.json": "{}", "src/app/api/health/route.ts": ""}, ["    health: /api/health"]),
    "a database beside": (
        {"db/Dockerfile": "FROM postgres:16\n", "api/Dockerfile": DOCKER, "libs/x.js": ""},
        ["    # watch: [libs/**]", "# db is left out: Make an instance of Cloud SQL"],
    ),
    "workspaces": (
        {"package.json": '{"workspaces": ["apps/*"]}', "apps/a/Dockerfile": DOCKER, "apps/b/Dockerfile": DOCKER},
        ["    path: apps/a", "    path: apps/b"],
    ),
    "names that end alike": (
        {"a/app/Dockerfile": DOCKER, "b/app/Dockerfile": DOCKER, "c/Dockerfile": DOCKER},
        ["  a-app:", "  b-app:", "  c:"],
    ),
    "ports that are not asked at": (
        {"Dockerfile": "FROM x AS dev\nEXPOSE 9229\nFROM y\nEXPOSE 80 443\n"},
        ["    port: 80  # EXPOSE of Dockerfile"],
    ),
    "Visual Studio's ports": (
        {"Dockerfile": "FROM mcr.microsoft.com/dotnet/aspnet:8.0\nEXPOSE 8080\nEXPOSE 8081\n"},
        ["    port: 8080  # EXPOSE of Dockerfile"],
    ),
    "what the image runs, not what lies beside": (
        {"Dockerfile": "FROM node:22 AS a\nRUN true\nFROM python:3.13-slim\nEXPOSE 80\n", "package.json": "{}"},
        ["    # memory: 1Gi  # Python"],
    ),
    "another Dockerfile": ({"Dockerfile.prod": DOCKER}, ["    build:", "      dockerfile: Dockerfile.prod"]),
}  # fmt: skip


def first(kind: str) -> tuple[str, Files]:
    files, _ = REPOSITORIES[kind]
    return text(first_configuration(Files.of(files), "My_Shop")), Files.of(files)


@pytest.mark.parametrize("kind", REPOSITORIES)
def test_a_repository_begins_with_what_it_shows(kind: str) -> None:
    """Services, ports and health paths of the source, each with its reason; read without a finding."""
    written, _ = first(kind)
    lines = written.splitlines()
    for expected in REPOSITORIES[kind][1]:
        assert any(line.startswith(expected) for line in lines), f"{expected}\n{written}"
    config.read(written, repository_name="shop", default_branch="main")


@pytest.mark.parametrize("kind", REPOSITORIES)
def test_each_suggestion_may_be_taken_up(kind: str) -> None:
    """Without its remark signs the whole file is still one that is read."""
    written, _ = first(kind)
    taken = "\n".join(re.sub(r"^( *)# (?=[ a-z_]+:)", r"\1", line) for line in written.splitlines()[1:])
    taken = re.sub(r"^db is left.*$", "", taken, flags=re.MULTILINE)
    found = config.read(taken, repository_name="shop", default_branch="main")
    assert [each.name for each in found.environments] == ["production", "staging"]


def run(*words: str, stdin: str | None = None) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, list(words), input=stdin)
    return done.exit_code, done.stdout, done.stderr


def test_what_is_there_already_stays(tmp_path: Path) -> None:
    """Neither command replaces a file, under either name; --print writes none."""
    (tmp_path / "Dockerfile").write_text(DOCKER)
    status, printed, _ = run("init", str(tmp_path), "--print")
    assert status == 0 and "port: 3000" in printed and not (tmp_path / "servergem.yml").exists()
    (tmp_path / "servergem.yaml").write_text("services: {}\n")
    (tmp_path / "fly.toml").write_text('app = "x"\n[http_service]\ninternal_port = 3000\n')
    for words in (("init", str(tmp_path)), ("import", str(tmp_path / "fly.toml"), str(tmp_path))):
        status, _, told = run(*words)
        assert status == 1 and "is there already" in told
    assert sorted(each.name for each in tmp_path.iterdir()) == ["Dockerfile", "fly.toml", "servergem.yaml"]


def test_init_ends_as_the_check_does(tmp_path: Path) -> None:
    """It writes, says where, and looks at it as a push would."""
    (tmp_path / "Dockerfile").write_text(DOCKER)
    (tmp_path / "server.js").write_text("")
    status, told, _ = run("init", str(tmp_path))
    assert (status, told.splitlines()[0]) == (0, f"Wrote {tmp_path / 'servergem.yml'}.")
    assert offline.read(tmp_path).findings == ()


def test_import_reads_standard_input_and_keeps_secrets(tmp_path: Path) -> None:
    """What gcloud prints may be piped; a value that looks like a secret is in neither stream."""
    source = "services: {api: {build: ., environment: {API_TOKEN: hunter2-of-ours}}}"
    status, printed, told = run("import", "-", str(tmp_path), "--print", stdin=source)
    assert status == 0 and "API_TOKEN: api-api-token" in printed
    assert 'printf %s "$API_TOKEN" | gcloud secrets create api-api-token --data-file=-' in told
    assert "hunter2" not in printed + told
    status, _, told = run("import", "-", str(tmp_path), stdin="kind: Deployment\n")
    assert status == 2 and "standard input is of no kind that is known here" in told


def test_what_init_writes_goes_live(house: House) -> None:
    """A monorepo of two services, pushed with what is written for it, serves both."""
    work = house.repository("shop")
    (work.path / "servergem.yml").unlink()
    status, told, _ = run("init", str(work.path))
    assert status == 0, told
    sha = work.push("Begin with servergem init")
    for name in ("api", "web"):
        assert house.ended(sha, f"/ {name} ")["ending"] == "live", house.log_tail()
    assert all(answer_of(each["url"]).status_code == 200 for each in house.deployments())


def test_a_server_of_files_takes_what_is_usual() -> None:
    """What made the pages is gone from the image that serves them, while an image of nobody's goes by the source."""
    pages = {"Dockerfile": "FROM node:22 AS a\nFROM nginx:alpine\n", "package.json": "{}"}
    assert "memory" not in text(first_configuration(Files.of(pages), "x"))
    alone = {"Dockerfile": "FROM golang:1.23 AS a\nFROM scratch\n", "go.mod": "", "main.go": ""}
    assert "# memory: 256Mi  # Go" in text(first_configuration(Files.of(alone), "x"))
