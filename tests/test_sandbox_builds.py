"""What the sandbox builds: small repositories of each kind, built and asked, or its limit told as its own."""

from __future__ import annotations

import os
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from sandbox import bases, containers, dockerfile_text, machine, outside
from sandbox.builder import LIMIT, Builder, BuildOutcome
from sandbox.buildpack_node import _manager, asks_for_packages
from sandbox.buildpack_python import PYTHON
from sandbox.google.ports import Route, Step
from sandbox.revision import RevisionOutcome
from sandbox.runner import Runner
from sandbox.work import Beyond
from tests.conftest import PATIENCE, House, eventually, web

pytestmark = pytest.mark.wire

IMAGE = "europe-west1-docker.pkg.dev/p/r/app:1"
SERVER = """import http.server, os
class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(({said}).encode())
http.server.HTTPServer(("", int(os.environ["PORT"])), Hello).serve_forever()
"""
NODE_SERVER = 'require("http").createServer((_, a) => a.end({said})).listen(process.env.PORT)\n'


def server(said: str) -> str:
    """A Python service that answers with the value of this expression."""
    return SERVER.format(said=said)


@dataclass
class Shop:
    """A builder and a runner on this machine, without Google around them."""

    folder: Path
    builder: Builder
    runner: Runner

    def build(self, files: Mapping[str, str], *, timeout: float = PATIENCE) -> tuple[BuildOutcome, str]:
        """Build what these files say, with a Dockerfile where there is one; the outcome and the log."""
        source = self.folder / "source"
        for path, text in files.items():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).write_text(text)
        archive = self.folder / "source.tar"
        with tarfile.open(archive, "w") as tar:
            tar.add(source, arcname=".")
        log: list[str] = []
        docker = Step(
            "gcr.io/cloud-builders/docker", args=("buildx", "build", "-f", "Dockerfile", "-t", IMAGE, ".")
        )
        pack = Step("gcr.io/k8s-skaffold/pack", args=("build", IMAGE, "--builder", "b", "--publish"))
        outcome = self.builder.build(
            archive=archive,
            steps=[docker if "Dockerfile" in files else pack],
            images=[IMAGE],
            log=log.append,
            cancelled=lambda: False,
            timeout=timeout,
        )
        return outcome, "\n".join(log)

    def start(
        self,
        files: Mapping[str, str],
        env: Mapping[str, str] | None = None,
        *,
        revision: str = "app-1",
        port: int = 8080,
    ) -> tuple[RevisionOutcome, str]:
        """Build and start; whether it listens, and what both printed."""
        outcome, log = self.build(files)
        assert outcome.status == "SUCCESS", log
        lines: list[str] = []
        started = self.runner.start_revision(
            project="p",
            region="r",
            service="app",
            revision=revision,
            image_digest=(dict(outcome.digests) | dict(outcome.published))[IMAGE],
            env=env or {},
            port=port,
            startup_timeout=PATIENCE,
            log=lambda stream, text: lines.append(f"{stream}: {text}"),
        )
        return started, "\n".join([log, *lines])

    def ask(self, files: Mapping[str, str], env: Mapping[str, str] | None = None) -> str:
        """Build, start, and ask for the page."""
        revision, said = self.start(files, env)
        assert revision.ok, said
        self.runner.route("p", "r", "app", [Route("app-1", 100)], public=True)
        return self.page()

    def page(self) -> str:
        """What the service says now."""
        address = httpx.URL(self.runner.url("p", "r", "app"))
        return web.get(
            address.copy_with(host="127.0.0.1"), headers={"host": address.netloc.decode()}, timeout=PATIENCE
        ).text


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    builder = Builder(tmp_path / "builds")
    runner = Runner(tmp_path / "services", builder.images)
    runner.start()
    yield Shop(tmp_path, builder, runner)
    runner.stop()


def test_an_idle_revision_sleeps_and_wakes(tmp_path: Path) -> None:
    """What nobody asks for a while ends its process; the next request starts another, and is answered."""
    builder = Builder(tmp_path / "builds")
    runner = Runner(tmp_path / "services", builder.images, idle=0.5)
    runner.start()
    try:
        shop = Shop(tmp_path, builder, runner)
        files = {"Dockerfile": 'FROM python:3\nCOPY . .\nCMD ["python", "main.py"]\n'}
        first = shop.ask(files | {"main.py": server("str(os.getpid())")})
        eventually(lambda: not Path("/proc", first).exists(), "its sleep")
        assert shop.page() not in ("", first)
    finally:
        runner.stop()


# A package with a script of its own, so that nothing is fetched: pip builds it without isolation.
DOCKERFILES = {
    "paths of the container": (
        {
            "Dockerfile": "FROM python:3\nWORKDIR /srv/app\nCOPY . .\nENV SAYS=/srv/app/word.txt\n"
            'CMD ["python", "/srv/app/main.py"]\n',
            "main.py": server("open(os.environ['SAYS']).read()"),
            "word.txt": "paths",
        },
        "paths",
    ),
    "a RUN that writes at the root": (
        {
            "Dockerfile": "FROM debian:12\nRUN mkdir -p /data && echo written > /data/word && "
            "rm -rf /var/lib/apt/lists/*\n"
            "COPY main.py /\nCMD python3 /main.py\n",
            "main.py": server("open(os.path.dirname(os.path.abspath(__file__)) + '/data/word').read()"),
        },
        "written\n",
    ),
    "what needs root is stood in for": (
        {
            "Dockerfile": "FROM python:3-slim\nRUN apt-get update && apt-get install -y --no-install-recommends curl "
            "&& rm -rf /var/lib/apt/lists/* && useradd -m app && chown -R app /srv\nUSER app\nCOPY main.py .\n"
            'CMD ["python3", "main.py"]\n',
            "main.py": server("'root'"),
        },
        "root",
    ),
    "mounts": (
        {
            "Dockerfile": "FROM python:3 AS b\nWORKDIR /w\n"
            "RUN --mount=type=cache,target=/root/.cache --mount=type=bind,source=word.txt,target=in.txt "
            "--mount=type=secret,id=t cat in.txt > out.txt\nRUN test ! -e in.txt\n"
            "FROM python:3\nCOPY --from=0 /w/out.txt .\nCOPY main.py .\nCMD python3 main.py\n",
            "main.py": server("open('out.txt').read()"),
            "word.txt": "bound",
        },
        "bound",
    ),
    "heredocs": (
        {
            "Dockerfile": "FROM python:3\nARG WORD=here\nWORKDIR /w\nCOPY <<EOF word.txt\n$WORD\nEOF\n"
            "RUN <<EOF\nset -e\ncat word.txt > /w/out.txt\necho two >> out.txt\nEOF\n"
            "RUN cat <<'END' >> out.txt\n$three\nEND\n"
            'COPY main.py .\nCMD ["python3", "main.py"]\n',
            "main.py": server("open('out.txt').read()"),
        },
        "here\ntwo\n$three\n",
    ),
    "arguments and their defaults": (
        {
            "Dockerfile": 'ARG TAG=3\nFROM python:${TAG:-3}\nARG A="one" \nENV B=${A:-x} C=${NONE:+x}${NONE:-two}\n'
            "COPY main.py .\nCMD python3 main.py\n",
            "main.py": server("os.environ['B'] + os.environ['C']"),
        },
        "onetwo",
    ),
    "comments and tabs between the lines of a RUN": (
        {
            "Dockerfile": "# syntax=docker/dockerfile:1\nFROM python:3\n"
            "RUN\techo a > /a \\\n  # why\n\n  && echo b >> /a\n"
            "COPY main.py .\nCMD python3 main.py",
            "main.py": server("open('a').read()"),
        },
        "a\nb\n",
    ),
}


@pytest.mark.parametrize("kind", DOCKERFILES)
def test_a_dockerfile_is_built_and_answers(shop: Shop, kind: str) -> None:
    """Ordinary Dockerfiles build on this machine and their containers answer."""
    files, said = DOCKERFILES[kind]
    assert shop.ask(files) == said


PACKS = {
    "GOOGLE_ENTRYPOINT of project.toml": (
        {
            "project.toml": '[[build.env]]\nname = "GOOGLE_ENTRYPOINT"\nvalue = "python3 serve.py"\n',
            "serve.py": server("'project'"),
        },
        "project",
    ),
    "a Procfile with other processes": (
        {"Procfile": "worker: false\nweb:   python3 serve.py  \n", "serve.py": server("'web'")},
        "web",
    ),
    "npm start": (
        {
            "package.json": '{"scripts": {"start": "node a.js", "build": "echo built > word"}}',
            "a.js": NODE_SERVER.format(said='require("fs").readFileSync("word")'),
        },
        "built\n",
    ),
    "server.js without a start script": (
        {"package.json": "{}", "server.js": NODE_SERVER.format(said='"server"')},
        "server",
    ),
    "SvelteKit's server": (
        {
            "package.json": '{"scripts": {"build": "mkdir build && cp a.js build/index.js"}}',
            "svelte.config.js": "",
            "a.js": NODE_SERVER.format(said='"svelte"'),
        },
        "svelte",
    ),
    "main of package.json": (
        {"package.json": '{"main": "lib/a.js"}', "lib/a.js": NODE_SERVER.format(said='"main"')},
        "main",
    ),
    "gcp-build goes before build": (
        {
            "package.json": '{"scripts": {"build": "exit 1", "gcp-build": "true"}}',
            "index.js": NODE_SERVER.format(said='"gcp"'),
        },
        "gcp",
    ),
    "engines that this machine has not": (
        {"package.json": '{"engines": {"node": "99.x"}}', "index.js": NODE_SERVER.format(said='"old"')},
        "old",
    ),
    "another Python": (
        {
            ".python-version": "3.99\n",
            "Procfile": "web: python main.py",
            "main.py": server("'stand-in'"),
        },
        "stand-in",
    ),
}


@pytest.mark.parametrize(
    ("files", "asked", "prune"),
    [
        (("package-lock.json",), "", "prune --omit=dev --no-audit --no-fund"),
        (("pnpm-lock.yaml",), "pnpm@9.1.0", "prune --prod"),
        (
            ("yarn.lock",),
            "",
            "install --ignore-scripts --prefer-offline --production=true --frozen-lockfile",
        ),
        (("yarn.lock",), "yarn@4.5.0", "workspaces focus --all --production"),
        (("yarn.lock",), "yarn@3.8.0", ""),
        (
            ("yarn.lock", ".yarn/plugins/@yarnpkg/plugin-workspace-tools.cjs"),
            "yarn@3.8.0",
            "workspaces focus --all --production",
        ),
    ],
)
def test_every_package_manager_prunes_as_the_buildpacks_do(
    tmp_path: Path, files: tuple[str, ...], asked: str, prune: str
) -> None:
    """What only development needs leaves the image after the build script, whoever installed it."""
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert " ".join(_manager(tmp_path, {"packageManager": asked}).prune) == prune


def test_what_only_the_workspaces_ask_for_is_installed(tmp_path: Path) -> None:
    """The root of a pnpm workspace often asks for nothing itself, and the file that says so is pnpm's own."""
    root = {"scripts": {"start": "pnpm --filter web start"}, "packageManager": "pnpm@9.1.0"}
    assert not asks_for_packages(tmp_path, root)
    assert asks_for_packages(tmp_path, root | {"workspaces": ["apps/*"]})
    (tmp_path / "pnpm-workspace.yaml").write_text("packages:\n  - apps/*\n")
    assert asks_for_packages(tmp_path, root)


@pytest.mark.parametrize("kind", PACKS)
def test_a_repository_without_a_dockerfile_is_built_and_answers(shop: Shop, kind: str) -> None:
    """What Google's buildpacks start by themselves is started here as well."""
    files, said = PACKS[kind]
    assert shop.ask(files) == said


def test_the_scripts_of_packages_are_on_the_path_and_outlive_the_move(shop: Shop) -> None:
    """gunicorn and its kind start by name, from an environment that has nothing of ServerGem's."""
    files = {
        "requirements.txt": "gunicorn\n",
        "main.py": "import importlib.util as u\n"
        "def app(environ, start):\n"
        "    start('200 OK', [])\n"
        "    return [str(u.find_spec('dbos')).encode()]\n",
    }
    assert shop.ask(files) == "None"


def test_a_multi_stage_environment_may_be_copied(shop: Shop) -> None:
    """A venv that one stage makes works in another, by the PATH that the Dockerfile sets."""
    files = {
        "Dockerfile": "FROM python:3.99 AS build\nRUN python -m venv /opt/venv\nENV PATH=/opt/venv/bin:$PATH\n"
        "COPY requirements.txt .\nRUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt\n"
        'FROM python:3.99-slim\nCOPY --from=build /opt/venv /opt/venv\nENV PATH="/opt/venv/bin:$PATH"\n'
        "WORKDIR /app\nCOPY . .\nEXPOSE 8080\nCMD exec gunicorn --bind :$PORT main:app\n",
        "requirements.txt": "gunicorn\n",
        "main.py": "def app(environ, start):\n    start('200 OK', [])\n    return [b'copied']\n",
    }
    assert shop.ask(files) == "copied"


LIMITS = {
    "go": ({"go.mod": "module a\n", "main.go": "package main\nfunc main() {}\n"}, "a Go toolchain"),
    "ruby": ({"Gemfile": "", "Procfile": "web: ruby a.rb", "a.rb": ""}, "Ruby"),
    "php": ({"index.php": "<?php echo 1;"}, "PHP"),
}


def test_python_is_found_at_any_depth(tmp_path: Path) -> None:
    """As Google's buildpack finds it: everywhere but among the packages of Node."""
    deep = {"src/shop/api/main.py": True, "node_modules/node-gyp/gyp/gyp.py": False}
    for number, (path, found) in enumerate(deep.items()):
        file = tmp_path / str(number) / path
        file.parent.mkdir(parents=True)
        file.write_text("")
        assert PYTHON.detects(tmp_path / str(number)) is found


def test_gems_without_their_lock_file_are_refused_in_the_buildpacks_words(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before Bundler is asked at all."""
    for program in ("ruby", "bundle"):
        (tmp_path / program).write_text("#!/bin/sh\n")
        (tmp_path / program).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    outcome, log = shop.build(LIMITS["ruby"][0])
    assert (outcome.status, outcome.failure_type) == ("FAILURE", None), log
    assert "Could not find Gemfile.lock file in your app." in log


@pytest.mark.parametrize("tool", LIMITS)
def test_a_toolchain_that_is_missing_is_the_sandboxs_own_limit(
    shop: Shop, tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the toolchain the build ends as the sandbox's limit, in a sentence that names it."""
    monkeypatch.setenv("PATH", "/nowhere")
    files, needed = LIMITS[tool]
    outcome, log = shop.build(files)
    assert (outcome.status, outcome.failure_type) == ("FAILURE", LIMIT), log
    assert outcome.detail is not None and outcome.detail.startswith("SANDBOX: the sandbox cannot build")
    assert outcome.detail.endswith(f"without {needed}; Cloud Build can")


BEYOND = {
    "nginx:1": "the sandbox has no stand-in for the image nginx:1; Cloud Build pulls the real one",
    "mcr.microsoft.com/dotnet/sdk:8.0": "the sandbox has no stand-in for the image mcr.microsoft.com/dotnet/sdk:8.0; "
    "Cloud Build pulls the real one",
}


@pytest.mark.parametrize("image", BEYOND)
def test_an_image_that_only_a_registry_has_is_a_limit(image: str) -> None:
    """A base image that nothing here stands for is not said to be missing."""
    with pytest.raises(Beyond) as limit:
        bases.resolve(image)
    assert str(limit.value) == BEYOND[image]


def test_an_official_name_with_a_slip_is_not_found() -> None:
    """`pyhton` is in no registry, and the build says so in BuildKit's words."""
    assert bases.resolve("pyhton:3.12") is None


def test_a_system_package_that_is_needed_is_a_limit(shop: Shop) -> None:
    """A program of a package that the sandbox does not install is no fault of the Dockerfile."""
    files = {
        "Dockerfile": "FROM debian:12\nRUN apt-get update && apt-get install -y zzz-tool\nRUN zzz-tool --help\n"
    }
    outcome, log = shop.build(files)
    assert outcome.failure_type == LIMIT, log
    assert "the sandbox installs no system packages" in str(outcome.detail)


def test_a_host_that_the_machine_does_not_reach_is_a_limit(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build that fails for want of the internet says so, whatever else the tool blames for it."""
    monkeypatch.setattr(outside, "_online", lambda: False)
    said = "curl: (6) Could not resolve host: github.com"
    outcome, log = shop.build(
        {"Dockerfile": f"FROM debian:12\nRUN echo '{said}' && echo 'gyp ERR! not ok' && exit 1\n"}
    )
    assert outcome.detail == (
        "SANDBOX: this machine does not reach github.com, which the build asks; Cloud Build does"
    ), log


def test_a_run_cannot_reach_outside_of_the_image(shop: Shop, tmp_path: Path) -> None:
    """A path of the machine in a RUN is a path of the image."""
    kept = tmp_path / "kept.txt"
    kept.write_text("kept")
    outcome, log = shop.build({"Dockerfile": f"FROM debian:12\nRUN rm -rf {kept} /etc/hostname\n"})
    assert outcome.status == "SUCCESS", log
    assert kept.read_text() == "kept"


PLACED = [
    ("cp a /usr/local/bin/zzz", "cp a F/usr/local/bin/zzz"),
    ("curl https://example.com/a/b -o /tmp/x", "curl https://example.com/a/b -o F/tmp/x"),
    ("echo x > /dev/null", "echo x > /dev/null"),
    ("sed -i s/a/b/ file", "sed -i s/a/b/ file"),
    ("pip install --prefix=/install x", "pip install --prefix=F/install x"),
    ("/bin/sh -c true", "/bin/sh -c true"),
    ("cd ./sub/dir && ls ../x", "cd ./sub/dir && ls ../x"),
]


@pytest.mark.parametrize(("text", "placed"), PLACED)
def test_the_paths_of_a_run_are_the_images(tmp_path: Path, text: str, placed: str) -> None:
    """Only paths are placed, never a part of an address, of a pattern or of a relative path."""
    assert containers.building(text, tmp_path) == placed.replace("F/", f"{tmp_path}/")


def test_heredocs_keep_their_lines_and_quotes() -> None:
    """A shift and a here-string are no heredoc; a dash strips tabs; a quoted end keeps its dollars."""
    text = "FROM x\nRUN echo $((1<<4)) <<<word\nCOPY <<-A <<'B' /d/\n\tone\nA\n$two\nB\n"
    copy = dockerfile_text.parse(text)[2]
    assert [(h.name, h.text, h.plain) for h in copy.heredocs] == [
        ("A", "one\n", False),
        ("B", "$two\n", True),
    ]


def test_pip_of_a_venv_is_the_interpreters_own(tmp_path: Path) -> None:
    """A venv that was moved still has a pip, and none of ServerGem's packages."""
    machine.virtual_environment(tmp_path / "before", machine.own_python())
    (tmp_path / "before").rename(tmp_path / "after")
    import subprocess

    env = {"PATH": f"{tmp_path}/after/bin:/usr/bin:/bin"}
    said = subprocess.run(
        ["pip", "list"], env=env, capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    assert "pip" in said.stdout and "dbos" not in said.stdout


def test_a_limit_of_the_sandbox_is_nobodys_fault(house: House) -> None:
    """A push that only the sandbox cannot build ends neutral, on a branch too, in the sandbox's own words."""
    work = house.repository("hello-docker")
    sha = work.push("Another base", Dockerfile="FROM nginx:1\nCOPY greeting.txt /\n")
    run = house.check_run("hello-docker", sha)
    assert run["conclusion"] == "neutral", run["output"]
    assert "the image nginx:1; Cloud Build pulls the real one" in run["output"]["summary"]


def test_a_container_that_downloads_at_its_start_meets_the_sandboxs_limit(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that ends for want of a host which this machine does not reach is refused as the sandbox's limit."""
    monkeypatch.setattr(outside, "_online", lambda: False)
    said = "error: Could not resolve host: pypi.org"
    outcome, lines = shop.start(
        {"Dockerfile": f"FROM debian:12\nCMD echo '{said}' >&2; exit 2\n"},
    )
    assert outcome.message == (
        "SANDBOX: this machine does not reach pypi.org, which the container asks; Cloud Run does"
    )
    assert f"stderr: {said}" in lines


def test_a_container_that_ends_by_itself_is_no_limit(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What asked for no host, or for one that only its own network knows, failed as it would at Google."""
    monkeypatch.setattr(outside, "_online", lambda: False)
    outcome, _ = shop.start(
        {"Dockerfile": "FROM debian:12\nCMD echo 'getaddrinfo ENOTFOUND db' >&2; exit 2\n"}
    )
    assert "SANDBOX" not in outcome.message and "PORT=8080" in outcome.message


def test_what_runs_finds_packages_where_what_builds_does(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's registry reaches a running container, and its own variables go before it."""
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    monkeypatch.setenv("GOPROXY", "https://mirror.example/go")
    files = {
        "Dockerfile": 'FROM python:3\nCOPY . .\nCMD ["python", "main.py"]\n',
        "main.py": server("os.environ['PIP_INDEX_URL'] + ' ' + os.environ['GOPROXY']"),
    }
    assert shop.ask(files, {"GOPROXY": "off"}) == "https://mirror.example/simple off"


def test_the_image_of_uv_has_uv(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An image that is made of uv has Python in the version of its tag, and uv from where packages come from."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    with zipfile.ZipFile(wheels / "uv-1.0-py3-none-any.whl", "w") as wheel:
        about = "uv-1.0.dist-info"
        wheel.writestr("uv_stub.py", "def main():\n    print('uv is here')\n")
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: uv\nVersion: 1.0\n")
        wheel.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{about}/entry_points.txt", "[console_scripts]\nuv = uv_stub:main\n")
        wheel.writestr(
            f"{about}/RECORD", f"uv_stub.py,,\n{about}/METADATA,,\n{about}/WHEEL,,\n{about}/RECORD,,\n"
        )
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("PIP_INDEX_URL", f"file://{tmp_path}/none")
    base = bases.resolve("ghcr.io/astral-sh/uv:python3.12-bookworm-slim")
    assert base is not None and (base.language, base.version) == ("python", "3.12")
    outcome, log = shop.build({"Dockerfile": "FROM ghcr.io/astral-sh/uv:debian\nRUN uv sync\n"})
    assert outcome.status == "SUCCESS" and "uv is here" in log, log


@pytest.mark.parametrize(
    "said",
    [
        "go: errors parsing go.mod:\\n/w/go.mod:3: invalid go version '1.22.5': must match format 1.23",
        "go: go.mod requires go >= 1.26 (running go 1.24.4; GOTOOLCHAIN=local)",
    ],
)
def test_a_go_that_is_too_old_is_a_limit(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    """What only a newer Go builds is not said to be wrong: Cloud Build has the version that go.mod asks for."""
    old = tmp_path / "bin" / "go"
    old.parent.mkdir()
    old.write_text(f'#!/bin/sh\nprintf "%b\\n" "{said}" >&2\nexit 1\n')
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{old.parent}:{os.environ['PATH']}")
    files = {"go.mod": "module a\n\ngo 1.22.5\n", "main.go": "package main\nfunc main() {}\n"}
    outcome, log = shop.build(files)
    assert outcome.detail == (
        "SANDBOX: the sandbox's Go is not the version that this asks for; Cloud Build has it"
    ), log
