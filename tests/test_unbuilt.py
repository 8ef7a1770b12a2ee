"""Which services run without a build, why others do not, and how they start."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.diagnosis import Files
from app.model import JobConfig, ServiceConfig, Target, TargetJob
from app.source.unbuilt import Recipe, recipe, starter

SERVICE = ServiceConfig("api")
TARGET = Target("p", "r", "production", SERVICE)
PLAIN = {"main.py": "", "Procfile": "web: python main.py\n"}
HASH = f"--hash=sha256:{'0' * 64}"


def of(files: dict[str, str], **said: Any) -> Recipe | str:
    return recipe(Files.of(files), replace(TARGET, service=replace(SERVICE, **said)))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (PLAIN, Recipe("python314", "3.14", "python main.py")),
        (PLAIN | {".python-version": "3.12.4\n"}, Recipe("python312", "3.12", "python main.py")),
        (PLAIN | {"requirements.txt": "# none\n"}, Recipe("python314", "3.14", "python main.py")),
        (
            {"main.py": "", "requirements.txt": "uvicorn[standard]==0.30.1\n"},
            Recipe(
                "python314",
                "3.14",
                "uvicorn main:app --port $PORT --host 0.0.0.0",
                "uvicorn[standard]==0.30.1\n",
            ),
        ),
        (
            {"app.py": "", "requirements.txt": "gunicorn==23.0.0\n"},
            Recipe("python314", "3.14", "gunicorn -b :$PORT app:app", "gunicorn==23.0.0\n"),
        ),
    ],
)
def test_a_plain_python_service_has_a_recipe(files: dict[str, str], expected: Recipe) -> None:
    """Its version, its command as the buildpacks choose it, and its lock."""
    assert of(files) == expected


def test_a_command_of_servergem_yml_takes_no_other() -> None:
    """What the file says is started; nothing has to be found."""
    assert of({"serve.py": ""}, command=("python", "serve.py")) == Recipe("python314", "3.14", "")


@pytest.mark.parametrize(
    ("files", "said", "why"),
    [
        (PLAIN, {"release": "migrate"}, "release command"),
        (PLAIN, {"binary_authorization": "default"}, "judges images"),
        (PLAIN, {"encryption_key": "k"}, "encryption_key"),
        (PLAIN, {"args": ("a",)}, "args without a command"),
        (PLAIN | {"package.json": "{}"}, {}, "package.json asks for more"),
        (PLAIN | {"project.toml": ""}, {}, "project.toml asks for more"),
        (PLAIN | {"uv.lock": ""}, {}, "uv.lock asks for more"),
        (PLAIN | {"pyproject.toml": ""}, {}, "pyproject.toml says what to install"),
        (PLAIN | {".python-version": "pypy"}, {}, "names no version"),
        (PLAIN | {".python-version": "3.8"}, {}, "no base image of Python 3.8"),
        (PLAIN | {"requirements.txt": "six\n"}, {}, "does not pin six"),
        (PLAIN | {"requirements.txt": "six>=1\n"}, {}, "does not pin six>=1"),
        (PLAIN | {"requirements.txt": "six==1.*\n"}, {}, "does not pin six==1.*"),
        (PLAIN | {"requirements.txt": "-e .\n"}, {}, "does not pin -e"),
        (PLAIN | {"requirements.txt": "-r other.txt\n"}, {}, "does not pin -r"),
        (PLAIN | {"requirements.txt": "six @ https://example.com/six.whl\n"}, {}, "does not pin six"),
        ({"main.py": ""}, {}, "nothing says what starts it"),
        (
            {
                "vote/app.py": "",
                "vote/requirements.txt": "",
                "ui/package.json": '{"scripts": {"start": "x"}}',
            },
            {},
            "the root holds services in folders of their own",
        ),
        ({"main.py": "app = FastAPI()\n"}, {}, "with `web: uvicorn main:app --host 0.0.0.0 --port $PORT`"),
        ({"config.ru": "", "Gemfile": ""}, {}, "neither Python nor Node"),
        ({"main.py": "", "Procfile": "worker: python main.py"}, {}, "nothing says what starts it"),
        ({"index.html": ""}, {}, "neither Python nor Node"),
    ],
)
def test_what_is_not_sure_is_built(files: dict[str, str], said: dict[str, Any], why: str) -> None:
    """Each with the reason, which the check run shows."""
    found = of(files, **said)
    assert isinstance(found, str) and why in found


def node(lock: object = None, **said: Any) -> dict[str, str]:
    files = {"index.js": "", "package.json": json.dumps({"name": "api", **said})}
    return files if lock is None else files | {"package-lock.json": json.dumps({"packages": lock})}


NEEDS = {"dependencies": {"ms": "^2"}}
MS = {"version": "2.1.3", "resolved": "https://registry.npmjs.org/ms/-/ms-2.1.3.tgz", "integrity": "sha512-x"}
LOCKED = {"": NEEDS, "node_modules/ms": MS}


@pytest.mark.parametrize(
    ("files", "base", "command"),
    [
        (node(), "nodejs24", "node index.js"),
        (node(main="./index.js"), "nodejs24", "node index.js"),
        (node(scripts={"start": "node index.js --port $PORT"}), "nodejs24", "node index.js --port $PORT"),
        (node(scripts={"start": "x"}) | {"Procfile": "web: node index.js\n"}, "nodejs24", "node index.js"),
        (node() | {"server.js": ""}, "nodejs24", "node server.js"),
        (node(engines={"node": "22.x"}), "nodejs22", "node index.js"),
        (node() | {".nvmrc": "v20.11.1\n"}, "nodejs20", "node index.js"),
        (node(LOCKED, **NEEDS), "nodejs24", "node index.js"),
        (node(LOCKED | {"node_modules/x": {"dev": True, "link": True}}, **NEEDS), "nodejs24", "node index.js"),
    ],
)  # fmt: skip
def test_a_plain_node_service_has_a_recipe(files: dict[str, str], base: str, command: str) -> None:
    """Its major version, what npm would start, and its lock when it needs any package."""
    lock = files.get("package-lock.json", "")
    assert of(files) == Recipe(base, base.removeprefix("nodejs"), command, lock, "node")


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (node() | {"yarn.lock": ""}, "yarn.lock asks for more"),
        (node() | {".npmrc": ""}, ".npmrc asks for more"),
        (node() | {"tool.py": ""}, "tool.py asks for more"),
        (node() | {"node_modules/ms/index.js": ""}, "node_modules is part of the source"),
        (node() | {"package.json": "{"}, "cannot be read"),
        (node(scripts={"build": "tsc"}), "has a script build"),
        (node(scripts={"postinstall": "x"}), "has a script postinstall"),
        (node(scripts={"prestart": "x"}), "has a script prestart"),
        (node(workspaces=["a"]), "says workspaces"),
        (node(packageManager="pnpm@9"), "says packageManager"),
        (node(**NEEDS), "there is no package-lock.json"),
        (node({"": {}, "node_modules/ms": MS}, **NEEDS), "is not of this package.json"),
        (node(LOCKED | {"node_modules/a": MS | {"hasInstallScript": True}}, **NEEDS), "runs a script"),
        (node(LOCKED | {"node_modules/a": {"link": True, "resolved": "a"}}, **NEEDS), "not of npm's registry"),
        (node(LOCKED | {"node_modules/a": MS | {"resolved": "git+ssh://x"}}, **NEEDS), "not of npm's registry"),
        (node(engines={"node": ">=18"}), "no one version"),
        (node(engines={"node": "18"}), "no one version"),
        (node(scripts={"start": "npm run serve"}), "started by npm itself"),
        (node(main="dist/index.js"), "nothing that is clear"),
        (node() | {"Procfile": "worker: node index.js\n"}, "nothing that is clear"),
    ],
)  # fmt: skip
def test_node_that_is_not_sure_is_built(files: dict[str, str], why: str) -> None:
    """Each with the reason: a build script, another package manager, code that runs as packages are installed."""
    found = of(files)
    assert isinstance(found, str) and why in found


def test_a_service_with_jobs_is_built() -> None:
    """Its jobs take an image."""
    job = TargetJob("nightly", JobConfig("nightly", "api"))
    assert "jobs take an image" in str(recipe(Files.of(PLAIN), replace(TARGET, jobs=(job,))))


@pytest.mark.parametrize(
    "line",
    [
        f"six==1.16.0 {HASH} {HASH}",
        f"six==1.16.0 \\\n    {HASH}",
        'six == 1.16.0 ; python_version >= "3.8"',
        "uvicorn[standard]==0.30.1  # the server",
        "torch==2.3.0+cpu",
    ],
)
def test_a_pinned_line_is_a_lock(line: str) -> None:
    """With hashes, markers, extras and comments, as pip-compile and uv write them."""
    assert isinstance(of(PLAIN | {"requirements.txt": line}), Recipe)


@pytest.mark.parametrize(
    ("command", "words", "printed"),
    [
        ("echo started", (), "started"),
        ("echo a && echo b", (), "a\nb"),
        ("X=1 sh -c 'echo $X'", (), "1"),
        ("echo never", ("sh", "-c", "echo instead"), "instead"),
        ("sh -c 'echo $PYTHONPATH'", (), "{here}/.servergem/site-packages"),
        ("tool", (), "a tool of the packages"),
    ],
)
def test_the_script_starts_what_it_says(
    tmp_path: Path, command: str, words: tuple[str, ...], printed: str
) -> None:
    """In the folder where it was unpacked, with the packages before all else; words that follow it come instead."""
    tool = tmp_path / ".servergem" / "site-packages" / "bin" / "tool"
    tool.parent.mkdir(parents=True)
    tool.write_text("#!/bin/sh\necho a tool of the packages\n")
    tool.chmod(0o755)
    script = tmp_path / ".servergem" / "start"
    script.write_text(starter(Recipe("python314", "3.14", command)))
    done = subprocess.run(
        ["/bin/sh", ".servergem/start", *words], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == printed.format(here=tmp_path)
