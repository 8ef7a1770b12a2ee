"""The start command: what buildpacks start by themselves is left alone; elsewhere the exact Procfile line is told."""

from __future__ import annotations

import json

import pytest

from app.diagnosis import Files, diagnose
from app.inspection import inspect, wanted
from app.model import Finding, ServiceConfig, Target, Weight
from app.start_command import Confidence, start_command
from app.start_command.entry_point import entry_point

TARGET = Target("p", "europe-west1", "production", ServiceConfig("api"), (), "servergem.yml")
FASTAPI = "from fastapi import FastAPI\n\napp = FastAPI()\n"
FLASK = "from flask import Flask\napp = Flask(__name__)\n"
HTTP = (
    "import http.server as h\nh.ThreadingHTTPServer(('', 8080), h.BaseHTTPRequestHandler).serve_forever()\n"
)

# Repositories, and the line of a Procfile that serves them.
KNOWN: dict[str, tuple[dict[str, str], str]] = {
    "FastAPI": ({"main.py": FASTAPI}, "uvicorn main:app --host 0.0.0.0 --port $PORT"),
    "FastAPI in a package": ({"app/main.py": FASTAPI}, "uvicorn app.main:app --host 0.0.0.0 --port $PORT"),
    "FastAPI with types": (
        {"main.py": "import fastapi\napi: fastapi.FastAPI = fastapi.FastAPI(title='x')\n"},
        "uvicorn main:api --host 0.0.0.0 --port $PORT",
    ),
    "a FastAPI factory": (
        {"main.py": "from fastapi import FastAPI\ndef create_app():\n    app = FastAPI()\n    return app\n"},
        "uvicorn main:create_app --factory --host 0.0.0.0 --port $PORT",
    ),
    "Starlette": (
        {"server.py": "from starlette.applications import Starlette\nserver = Starlette(routes=[])\n"},
        "uvicorn server:server --host 0.0.0.0 --port $PORT",
    ),
    "Flask": ({"app.py": FLASK}, "gunicorn --bind :$PORT app:app"),
    "a Flask factory": (
        {
            "shop/__init__.py": "from flask import Flask\ndef create_app(config=None):\n    return Flask(__name__)\n"
        },
        "gunicorn --bind :$PORT 'shop:create_app()'",
    ),
    "a factory that its caller gives an argument": (
        {
            "flasky.py": "import os\nfrom app import create_app\n\napp = create_app(os.getenv('CONFIG'))\n",
            "app/__init__.py": "from flask import Flask\ndef create_app(name):\n    return Flask(name)\n",
        },
        "gunicorn --bind :$PORT flasky:app",
    ),
    "a factory, and who calls it": (
        {
            "wsgi.py": "from shop import make\napplication = make()\n",
            "shop/__init__.py": "from fastapi import FastAPI\ndef make():\n    return FastAPI()\n",
        },
        "uvicorn wsgi:application --host 0.0.0.0 --port $PORT",
    ),
    "Django": (
        {"manage.py": "", "shop/wsgi.py": "application = get_wsgi_application()\n", "shop/settings.py": ""},
        "gunicorn --bind :$PORT shop.wsgi:application",
    ),
    "Streamlit": (
        {"dash.py": "import streamlit as st\nst.write(1)\n"},
        "streamlit run dash.py --server.address 0.0.0.0 --server.port $PORT",
    ),
    "Gradio": (
        {"app.py": "import gradio as gr\ngr.Interface(str, 'text', 'text').launch()\n"},
        "GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=$PORT python app.py",
    ),
    "Dash": (
        {"app.py": "from dash import Dash\napp = Dash()\nif __name__ == '__main__':\n    app.run()\n"},
        "HOST=0.0.0.0 python app.py",
    ),
    "aiohttp": (
        {"main.py": "from aiohttp import web\napp = web.Application()\nweb.run_app(app)\n"},
        "python main.py",
    ),
    "plain http": ({"main.py": HTTP}, "python main.py"),
    "a function": (
        {
            "main.py": "import functions_framework\n@functions_framework.http\ndef hello(request):\n    return 'x'\n"
        },
        "functions-framework --source main.py --target hello",
    ),
    "Express": (
        {
            "package.json": '{"dependencies": {"express": "4"}}',
            "app.js": "const e = require('express')\ne().listen(80)\n",
        },
        "node app.js",
    ),
    "Next": (
        {"package.json": '{"dependencies": {"next": "15"}}'},
        "npx next start --hostname 0.0.0.0 --port $PORT",
    ),
    "Nest": (
        {
            "package.json": '{"scripts": {"start:prod": "node dist/main"}, "dependencies": {"@nestjs/core": "11"}}'
        },
        "npm run start:prod",
    ),
    "Astro with a server": (
        {"package.json": '{"scripts": {"build": "x"}, "dependencies": {"astro": "5", "@astrojs/node": "9"}}'},
        "HOST=0.0.0.0 node dist/server/entry.mjs",
    ),
    "Astro": (
        {"package.json": '{"scripts": {"build": "astro build"}, "dependencies": {"astro": "5"}}'},
        "npx serve dist --listen $PORT",
    ),
    "Vite": (
        {"package.json": '{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}'},
        "npx serve --single dist --listen $PORT",
    ),
    "Rack": ({"Gemfile": "", "config.ru": "run App"}, "bundle exec rackup --host 0.0.0.0 --port $PORT"),
    "Sinatra": (
        {"Gemfile": "", "app.rb": "require 'sinatra'\n"},
        "bundle exec ruby app.rb -o 0.0.0.0 -p $PORT",
    ),
    "Sinatra in index.rb, beside the package.json of a formatter": (
        {"Gemfile": "", "index.rb": "require 'sinatra'\n", "package.json": '{"scripts": {"format": "x"}}'},
        "bundle exec ruby index.rb -o 0.0.0.0 -p $PORT",
    ),
    "FastAPI that imports its neighbours": (
        {"src/main.py": "from routes import api\n" + FASTAPI, "src/routes/__init__.py": ""},
        "uvicorn --app-dir src main:app --host 0.0.0.0 --port $PORT",
    ),
    "FastAPI that imports from the root": (
        {"src/main.py": "from src.routes import api\n" + FASTAPI, "src/routes.py": ""},
        "uvicorn src.main:app --host 0.0.0.0 --port $PORT",
    ),
    "Flask of a package that imports from the folder above": (
        {"src/shop/app.py": "from shop.pages import all_of_them\n" + FLASK, "src/shop/pages.py": ""},
        "gunicorn --chdir src --bind :$PORT shop.app:app",
    ),
    "FastAPI in a package of a package": (
        {"src/shop/main.py": "from src.shop.core import settings\n" + FASTAPI, "src/shop/core/a.py": ""},
        "uvicorn src.shop.main:app --host 0.0.0.0 --port $PORT",
    ),
    # Written down for somebody else
    "render.yaml": (
        {
            "render.yaml": "services:\n  - type: web\n    startCommand: gunicorn a.b:c -b 0.0.0.0:10000\n",
            "x.py": "",
        },
        "gunicorn a.b:c -b :$PORT",
    ),
    "railway.json": ({"railway.json": '{"deploy": {"startCommand": "python serve.py"}}'}, "python serve.py"),
    "railway.toml": ({"railway.toml": '[deploy]\nstartCommand = "hypercorn x:y"\n'}, "hypercorn x:y"),
    "fly.toml": (
        {"fly.toml": '[processes]\nweb = "bin/serve --port 3000"\nworker = "x"\n'},
        "bin/serve --port $PORT",
    ),
    "heroku.yml": ({"heroku.yml": "run:\n  web: bundle exec puma\n"}, "bundle exec puma"),
    "docker-compose": (
        {"compose.yaml": "services:\n  web:\n    build: .\n    command: [uvicorn, x, --port, '80']\n"},
        "uvicorn x --port $PORT",
    ),
    "app.yaml": (
        {"app.yaml": "runtime: python312\nentrypoint: gunicorn -b :$PORT a:b\n"},
        "gunicorn -b :$PORT a:b",
    ),
}


# Commands of a compose.yaml for whoever works on the code, and beside each one that serves everybody.
COMMANDS = {
    "npm run dev": "npm run start:prod",
    "yarn dev": "yarn workspace api start",
    "pnpm -r run dev": "pnpm start",
    "npm run start:dev -- --port 80": "npm run develop-report",
    "npx next dev": "npx next start",
    "sh -c 'npm install && nodemon server.js'": "node server.js",
    "vite --host": "vite preview --host",
    "node --watch src/server.js": "node src/server.js",
    "flask run --debug": "waitress-serve app:app",
    "flask --app shop run --host=0.0.0.0": "gunicorn shop:app",
    "python manage.py runserver 0.0.0.0:8000": "gunicorn shop.wsgi",
    "fastapi dev main.py": "fastapi run main.py",
    "python main.py --reload": "python main.py",
    "rails server -e development": "rails server -e production",
    "bundle exec rails s -b 0.0.0.0": "bundle exec puma",
    "php artisan serve --host 0.0.0.0": "frankenphp php-server",
    "air -c .air.toml": "./server -c air.toml",
    "./mvnw spring-boot:run": "java -jar app.jar",
    "dotnet watch run": "dotnet Shop.dll",
    "tail -f /dev/null": "./serve",
}


@pytest.mark.parametrize("developing", COMMANDS)
def test_what_serves_whoever_works_on_it_is_no_start_command(developing: str) -> None:
    """Nothing is better than a server that watches files; the command that serves everybody is taken."""
    texts = {
        "compose.yaml": f"services: {{web: {{build: ., command: {json.dumps(developing)}}}}}",
        "x.py": "",
    }
    assert start_command(Files.of(texts)) is None
    serving = COMMANDS[developing]
    found = start_command(
        Files.of(texts | {"compose.yaml": texts["compose.yaml"].replace(developing, serving)})
    )
    assert found is not None and found.command == serving


def test_a_server_that_only_reloads_serves_without_that() -> None:
    """Of uvicorn and gunicorn the one option goes, with the folder that it watches."""
    command = "uvicorn --reload-dir app app.main:app --reload --port 8000"
    found = start_command(Files.of({"compose.yml": f"services: {{web: {{build: ., command: {command}}}}}"}))
    assert found is not None and found.command == "uvicorn app.main:app --port $PORT"


@pytest.mark.parametrize("kind", KNOWN)
def test_the_start_command_of_every_kind_is_known(kind: str) -> None:
    """Each kind of repository has its one command, which listens on $PORT."""
    files, command = KNOWN[kind]
    found = start_command(Files.of(files))
    assert found is not None and found.procfile == f"web: {command}"


def test_what_is_written_goes_before_what_is_guessed() -> None:
    """Another platform's file says more than the code does, and is named with its line."""
    files = Files.of(
        {"main.py": FLASK, "railway.toml": '[deploy]\nstartCommand = "gunicorn -b :5000 main:app"\n'}
    )
    found = start_command(files)
    assert found is not None and found.confidence is Confidence.STATED and found.place is not None
    assert (found.command, found.place.path, found.place.line) == (
        "gunicorn -b :$PORT main:app",
        "railway.toml",
        2,
    )


def test_the_line_that_says_the_command_is_named() -> None:
    """A word of the command may stand in the file before the command does."""
    text = "services:\n  - type: web\n    runtime: python\n    startCommand: python -m gunicorn a.b:c\n"
    found = start_command(Files.of({"render.yaml": text, "a/b.py": ""}))
    assert found is not None and found.place is not None and found.place.line == 4


@pytest.mark.parametrize("server", ["@astrojs/vercel", "@sveltejs/kit", "@react-router/dev"])
def test_what_a_server_renders_is_no_folder_of_files(server: str) -> None:
    """Where an adapter builds a server for somewhere else, nothing is guessed."""
    package = '{"scripts": {"build": "x"}, "dependencies": {"astro": "5", "SERVER": "1", "vite": "7"}}'
    assert start_command(Files.of({"package.json": package.replace("SERVER", server)})) is None


def told(files: dict[str, str]) -> list[Finding]:
    return list(entry_point(Files.of(files), "", "api"))


# What buildpacks start by themselves, and what cannot be known: each was or might be a valid repository.
FINE: dict[str, dict[str, str]] = {
    "Flask as main:app": {"main.py": FLASK, "requirements.txt": "flask\n"},
    "FastAPI with uvicorn": {"main.py": FASTAPI, "requirements.txt": "fastapi\nuvicorn[standard]==0.30\n"},
    "FastAPI standard": {"app.py": FASTAPI, "requirements.txt": "fastapi[standard]\n"},
    "app imported": {"main.py": "from shop import app\n"},
    "app may be anything": {"main.py": "from shop import *\n"},
    "app made under try": {"main.py": "try:\n    import x\nexcept ImportError:\n    app = None\n"},
    "Streamlit asked for": {"app.py": "import streamlit\n", "requirements.txt": "streamlit\n"},
    "Gradio asked for": {"app.py": "import gradio\n", "requirements.txt": "gradio>=5\n"},
    "a Procfile": {"main.py": HTTP, "Procfile": "web: python main.py\n"},
    "a Procfile of which nothing was read": {"Procfile": ""},
    "project.toml": {
        "main.py": HTTP,
        "project.toml": '[[build.env]]\nname = "GOOGLE_ENTRYPOINT"\nvalue = "x"\n',
    },
    "one script": {"x.py": "", "pyproject.toml": '[project]\nname = "a"\n[project.scripts]\nserve = "a:b"\n'},
    "pyproject that cannot be read": {"main.py": HTTP, "pyproject.toml": "["},
    "npm start": {"package.json": '{"scripts": {"start": "node x"}}'},
    "server.js": {"package.json": "{}", "server.js": ""},
    "main without its ending": {"package.json": '{"main": "lib/a"}', "lib/a.js": ""},
    "main that a build makes": {"package.json": '{"main": "dist/a.js", "scripts": {"build": "tsc"}}'},
    "a workspace": {"package.json": '{"workspaces": ["a"]}'},
    "Go with a script of Python": {"go.mod": "module a", "x.py": HTTP},
    "PHP": {"index.php": "", "x.py": HTTP},
    "only markdown": {"README.md": ""},
}


@pytest.mark.parametrize("kind", FINE)
def test_what_buildpacks_start_is_not_questioned(kind: str) -> None:
    """Nothing is said where the buildpacks find an entry point, or where that cannot be known."""
    assert told(FINE[kind]) == []


WARNED: dict[str, tuple[dict[str, str], str, str]] = {
    "FastAPI, and nothing that serves it": (
        {"main.py": FASTAPI, "requirements.txt": "fastapi\n"},
        "gunicorn cannot serve an ASGI application",
        "Write Procfile with the line `web: uvicorn main:app --host 0.0.0.0 --port $PORT`, "
        "and add uvicorn to requirements.txt.",
    ),
    "gunicorn goes before uvicorn": (
        {"main.py": FASTAPI, "requirements.txt": "fastapi\ngunicorn\nuvicorn\n"},
        "gunicorn cannot serve an ASGI application",
        "Write Procfile with the line `web: uvicorn main:app --host 0.0.0.0 --port $PORT`.",
    ),
    "an older Python always gets gunicorn": (
        {"main.py": FASTAPI, "requirements.txt": "uvicorn\n", ".python-version": "3.12"},
        "gunicorn cannot serve an ASGI application",
        "Write Procfile with the line `web: uvicorn main:app --host 0.0.0.0 --port $PORT`.",
    ),
    "a script": (
        {"main.py": HTTP},
        "they would run `gunicorn main:app`, and main.py defines no `app`",
        "Write Procfile with the line `web: python main.py`.",
    ),
    "Django": (
        {"manage.py": "", "a/wsgi.py": "application = 1\n", "requirements.txt": "django\n"},
        "there is no main.py, no app.py and no Procfile",
        "Write Procfile with the line `web: gunicorn --bind :$PORT a.wsgi:application`, "
        "and add gunicorn to requirements.txt.",
    ),
    "Express in another file": (
        {"package.json": "{}", "app.js": "require('express')().listen(1)"},
        "no `start` script, no server.js, and no index.js",
        "Write Procfile with the line `web: node app.js`.",
    ),
    "FastAPI that brings uvicorn": (
        {"main.py": FASTAPI, "requirements.txt": "fastapi[all]\n"},
        "gunicorn cannot serve an ASGI application",
        "Write Procfile with the line `web: uvicorn main:app --host 0.0.0.0 --port $PORT`.",
    ),
    "Vite, and nothing that serves its files": (
        {"package.json": '{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}'},
        "no `start` script, no server.js, and no index.js",
        "Write Procfile with the line `web: npx serve --single dist --listen $PORT`, "
        "and add serve to the dependencies of package.json.",
    ),
    "Vite with a server of files": (
        {
            "package.json": '{"scripts": {"build": "vite build"}, "dependencies": {"serve": "14"}, '
            '"devDependencies": {"vite": "7"}}'
        },
        "no `start` script, no server.js, and no index.js",
        "Write Procfile with the line `web: npx serve --single dist --listen $PORT`.",
    ),
    "Vite with a lock file": (
        {
            "package.json": '{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}',
            "pnpm-lock.yaml": "",
        },
        "no `start` script, no server.js, and no index.js",
        "Write Procfile with the line `web: npx serve --single dist --listen $PORT`, and run `pnpm add serve`.",
    ),
    "packages that are listed nowhere": (
        {"shop/app.py": FLASK},
        "there is no main.py, no app.py and no Procfile",
        "Write Procfile with the line `web: gunicorn --bind :$PORT shop.app:app`, and write requirements.txt with "
        "the packages that it needs, gunicorn among them: nothing is installed without one.",
    ),
    "an empty list of packages": (
        {"shop/app.py": FLASK, "requirements.txt": ""},
        "there is no main.py, no app.py and no Procfile",
        "Write Procfile with the line `web: gunicorn --bind :$PORT shop.app:app`, "
        "and add gunicorn to requirements.txt.",
    ),
    "packages of a project": (
        {"shop/app.py": FLASK, "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["flask"]\n'},
        "there is no main.py, no app.py and no Procfile",
        "Write Procfile with the line `web: gunicorn --bind :$PORT shop.app:app`, "
        "and add gunicorn to the dependencies of pyproject.toml.",
    ),
    "packages that uv has locked": (
        {"shop/app.py": FLASK, "pyproject.toml": '[project]\nname = "shop"\n', "uv.lock": ""},
        "there is no main.py, no app.py and no Procfile",
        "Write Procfile with the line `web: gunicorn --bind :$PORT shop.app:app`, and run `uv add gunicorn`.",
    ),
    "packages of pipenv": (
        {"shop/app.py": FLASK, "Pipfile": '[packages]\nflask = "*"\n', "pyproject.toml": "[tool.black]\n"},
        "there is no main.py, no app.py and no Procfile",
        "Write Procfile with the line `web: gunicorn --bind :$PORT shop.app:app`, and write requirements.txt with what "
        "`pipenv requirements` prints and gunicorn: buildpacks read no Pipfile.",
    ),
    "Rack without a Gemfile": (
        {"web.rb": "require 'sinatra'\n", "config.ru": "run Sinatra::Application\n"},
        "Ruby's buildpack starts nothing by itself",
        "Write Procfile with the line `web: rackup --host 0.0.0.0 --port $PORT`, "
        "and Gemfile with the gems that it needs: nothing is installed without one.",
    ),
    "Rails with the package.json of its assets": (
        {"Gemfile": "gem 'rails'\n", "bin/rails": "", "package.json": '{"private": true}'},
        "no `start` script, no server.js, and no index.js",
        "Write Procfile with the line `web: bundle exec rails server --binding 0.0.0.0 --port $PORT`.",
    ),
    "Django with the package.json of its assets": (
        {"manage.py": "", "a/wsgi.py": "application = 1\n", "requirements.txt": "django\ngunicorn\n"}
        | {"package.json": '{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}'},
        "no `start` script, no server.js, and no index.js",
        "Write Procfile with the line `web: gunicorn --bind :$PORT a.wsgi:application`.",
    ),
    "Ruby": (
        {"Gemfile": "source 'x'\n", "config.ru": ""},
        "Ruby's buildpack starts nothing by itself",
        "Write Procfile with the line `web: bundle exec rackup --host 0.0.0.0 --port $PORT`.",
    ),
}


@pytest.mark.parametrize("kind", WARNED)
def test_an_app_without_a_start_command_gets_its_line(kind: str) -> None:
    """The warning says why the buildpacks' own choice does not serve, and the exact line that does."""
    files, why, fix = WARNED[kind]
    (finding,) = told(files)
    assert (finding.code, finding.weight, finding.fix) == ("no-start-command", Weight.WARN, fix)
    assert why in finding.message and len(finding.title) <= 80


def test_a_procfile_without_a_web_process_stops() -> None:
    """The buildpacks end such a build, always; the line to add is told."""
    (finding,) = told({"Procfile": "worker: python w.py\n", "main.py": FLASK})
    assert (finding.code, finding.weight) == ("procfile-web-missing", Weight.STOP)
    assert finding.fix == "Add the line `web: gunicorn --bind :$PORT main:app` to Procfile."


def test_inspection_tells_it_below_a_services_path() -> None:
    """The first check of a push warns as well, with paths of the repository."""
    target = Target("p", "r", "production", ServiceConfig("api", path="services/api"), (), "servergem.yml")
    files = {"services/api/requirements.txt": "fastapi\n", "services/api/main.py": FASTAPI}
    (finding,) = inspect(Files.of(files), target)
    assert "`web: uvicorn main:app --host 0.0.0.0 --port $PORT`" in finding.fix
    assert finding.place is not None and str(finding.place.path) == "services/api/main.py"
    assert all(wanted(path) for path in files)


EXITED = "--- logs of revision api-1 ---\nContainer called exit(0).\n"


def test_a_container_that_ends_well_is_told_what_to_start() -> None:
    """After exit(0) the finding has the line of the Procfile that keeps on serving."""
    told = "The user-provided container failed to start and listen on the port defined provided by the PORT=8080\n\n"
    finding = diagnose(told + EXITED, Files.of({"main.py": FASTAPI})).findings[0]
    assert "`web: uvicorn main:app --host 0.0.0.0 --port $PORT`" in finding.fix
