"""Start scripts and Procfiles: what the image will not have is named before the build, with the line to write."""

from __future__ import annotations

import json

import pytest

from app.diagnosis import Files, diagnose
from app.diagnosis.javascript.managers import in_words_of
from app.inspection import inspect
from app.model import Build, BuildPlan, Finding, Place, ServiceConfig, Target, Weight
from app.start_command.entry_point import entry_point

NEST = {
    "scripts": {"start": "nest start", "build": "nest build", "start:prod": "node dist/main"},
    "dependencies": {"@nestjs/core": "11"},
    "devDependencies": {"@nestjs/cli": "11"},
}
READY = (
    "Write Procfile with the line `web: npm run start:prod`, "
    "or move @nestjs/cli from devDependencies to dependencies (`npm install --save-prod @nestjs/cli`)."
)


def package(start: str, **groups: dict[str, str]) -> dict[str, str]:
    return {"package.json": json.dumps({"scripts": {"start": start}} | groups, indent=1)}


def told(files: dict[str, str], *, releases: bool = False) -> list[Finding]:
    return list(entry_point(Files.of(files), "", "api", releases=releases))


def test_a_start_that_needs_a_development_tool_gets_the_line_that_does_not() -> None:
    """`nest start` is left out of production: the script that serves there is told."""
    (finding,) = told({"package.json": json.dumps(NEST, indent=1)})
    assert (finding.code, finding.weight, finding.fix) == ("start-needs-development", Weight.WARN, READY)
    assert finding.place == Place("package.json", 3)


# What was seen to move a package in both files: `add` alone leaves it in devDependencies with each but npm.
MOVES = {
    "package-lock.json": "npm install --save-prod @nestjs/cli",
    "pnpm-lock.yaml": "pnpm add --save-prod @nestjs/cli",
    "yarn.lock": "yarn remove @nestjs/cli && yarn add @nestjs/cli",
    "bun.lock": "bun remove @nestjs/cli && bun add @nestjs/cli",
}


@pytest.mark.parametrize("lock", MOVES)
def test_a_package_is_moved_in_the_lock_file_too(lock: str) -> None:
    """An install with a frozen lock file refuses a package.json that was written by hand."""
    (finding,) = told({"package.json": json.dumps(NEST, indent=1), lock: ""})
    assert finding.fix.endswith(f"to dependencies (`{MOVES[lock]}`).")


@pytest.mark.parametrize("name", ["npm", "pnpm", "yarn", "berry", "bun"])
def test_advice_of_a_log_moves_it_in_the_words_of_its_package_manager(name: str) -> None:
    """The same commands as before the build."""
    lock = {"npm": "package-lock.json", "pnpm": "pnpm-lock.yaml", "bun": "bun.lock"}.get(name, "yarn.lock")
    assert in_words_of(name, MOVES["package-lock.json"]) == MOVES[lock]


@pytest.mark.parametrize(
    "start", ["ts-node a.ts", "NODE_ENV=production nodemon a.js", "tsc && node a.js", "tsx a.ts"]
)
def test_each_tool_of_development_is_known(start: str) -> None:
    """Behind variables and before `&&` as well; without another script the package is to be moved."""
    dev = {"ts-node": "1", "nodemon": "1", "typescript": "1", "tsx": "1"}
    (finding,) = told(package(start, devDependencies=dev))
    assert finding.code == "start-needs-development" and finding.fix.startswith("Move ")


FINE = {
    "next": package("next start", dependencies={"next": "1"}),
    "in dependencies": package("tsx a.ts", dependencies={"tsx": "1"}),
    "in both": package("tsx a.ts", dependencies={"tsx": "1"}, devDependencies={"tsx": "1"}),
    "npx fetches it": package("npx tsx a.ts", devDependencies={"tsx": "1"}),
    "the Procfile runs another": {
        "package.json": json.dumps(NEST),
        "Procfile": "web: npm run start:prod\n",
    },
    "the Procfile runs node": {"package.json": json.dumps(NEST), "Procfile": "web: node dist/main\n"},
    "no text": {"package.json": "[]", "server.js": ""},
}


@pytest.mark.parametrize("kind", FINE)
def test_a_start_that_production_has_is_not_questioned(kind: str) -> None:
    """What is installed for production, or fetched when it runs, is let alone."""
    assert not [each for each in told(FINE[kind]) if each.code == "start-needs-development"]


def test_a_procfile_that_runs_the_script_is_questioned_as_well() -> None:
    """`web: npm start` runs the same script."""
    (finding,) = told({"package.json": json.dumps(NEST), "Procfile": "web: npm start\n"})
    assert finding.code == "start-needs-development"


def test_a_tool_that_buildpacks_left_out_gets_the_same_advice() -> None:
    """After `nest: not found` without a Dockerfile the fix is the Procfile's line, and no word of COPY."""
    log = "--- logs of revision api-1 ---\n> api@1.0.0 start\n> nest start\n\nsh: 1: nest: not found\n"
    (finding,) = diagnose(log, Files.of({"package.json": json.dumps(NEST, indent=1)})).findings
    assert (finding.code, finding.fix) == ("npm-tool-missing", READY)


@pytest.mark.parametrize("program", ["heroku-php-apache2", "heroku-php-nginx"])
def test_what_only_heroku_has_is_named(program: str) -> None:
    """The command of Heroku's PHP is told on its line, before the build."""
    (finding,) = told({"composer.json": "{}", "Procfile": f"web: vendor/bin/{program} web/\n"})
    assert (finding.code, finding.weight) == ("procfile-heroku", Weight.WARN)
    assert finding.place == Place("Procfile", 1) and program in finding.title


def test_the_folder_that_heroku_serves_is_not_lost() -> None:
    """Google's nginx serves another folder than the one that the line names; without one nothing more is to say."""
    (below,) = told(
        {"composer.json": "{}", "Procfile": "web: vendor/bin/heroku-php-nginx -C n.conf public/\n"}
    )
    assert "root is /workspace/public with GOOGLE_CUSTOM_NGINX_CONFIG" in below.fix
    (root,) = told({"composer.json": "{}", "Procfile": "web: heroku-php-apache2\n"})
    assert root.fix == "Remove the web line of Procfile: Google's PHP buildpack serves with nginx by itself."


GO = {
    "its module's name": ("example.com/me/shop", "shop --now"),
    "in bin": ("example.com/me/shop", "bin/shop"),
    "a later version": ("shop.example/v2", "./bin/shop.example"),
}


@pytest.mark.parametrize("kind", GO)
def test_a_go_program_has_another_name_at_google(kind: str) -> None:
    """Heroku names it after the module, Google calls it main: what the line runs would not be there."""
    module, command = GO[kind]
    files = {"go.mod": f"module {module}\n", "main.go": "", "Procfile": f"web: {command}\n"}
    (finding,) = told(files)
    assert (finding.code, finding.weight) == ("procfile-go-program", Weight.WARN)
    assert finding.place == Place("Procfile", 1) and "`web: main`" in finding.fix
    assert told(files | {command.split()[0].removeprefix("./"): "#!/bin/sh\n"}) == []
    assert told(files | {"Procfile": "web: main\n"}) == [] == told(files | {"Procfile": "web: sh run\n"})


def test_a_rails_application_is_not_told_of_python() -> None:
    """A script of Python in a folder below makes no Python of it."""
    files = {"Gemfile": "gem 'rails'\n", "config.ru": "run Rails.application\n", "bin/graph.py": "print(1)\n"}
    (finding,) = told(files)
    assert finding.code == "no-start-command"
    assert "Ruby's buildpack starts nothing by itself" in finding.message


def test_a_release_line_is_not_lost_in_silence() -> None:
    """Nothing runs it at Google; with a release command in servergem.yml nothing is said."""
    files = {"a.py": "", "Procfile": "web: python a.py\nrelease: python manage.py migrate\n"}
    (finding,) = told(files)
    assert (finding.code, finding.place) == ("procfile-release", Place("Procfile", 2))
    assert finding.fix == "Write `release: python manage.py migrate` under the service in servergem.yml."
    assert told(files, releases=True) == []


def test_a_procfile_beside_the_dockerfile_that_is_built_is_not_judged() -> None:
    """Nothing in the image reads it, so that nothing in it is a fault."""
    service = ServiceConfig("api", build=BuildPlan(Build.DOCKERFILE))
    target = Target("p", "r", "production", service, (), "servergem.yml")
    files = {"Dockerfile": 'FROM scratch\nCMD ["/a"]\n', "Procfile": "release: ./migrate\nworker: ./w\n"}
    assert not [f for f in inspect(Files.of(files), target) if f.place and f.place.path == "Procfile"]


def test_ruby_without_a_gemfile_is_warned_of() -> None:
    """`servergem check` says before the build that nothing starts a lone Ruby file, and what does."""
    service = ServiceConfig("api", build=BuildPlan(Build.BUILDPACKS))
    target = Target("p", "r", "production", service, (), "servergem.yml")
    found = inspect(Files.of({"app.rb": "require 'sinatra'\n"}), target)
    (finding,) = [each for each in found if each.code == "no-start-command"]
    assert "web: ruby app.rb -o 0.0.0.0 -p $PORT" in finding.fix and finding.weight is Weight.WARN


SERVES = {
    "astro": package("astro dev", dependencies={"astro": "5"}),
    "vite": package("vite", dependencies={"vite": "6"}),
    "angular": package("npx ng serve", dependencies={"@angular/cli": "19"}),
    "behind a build": package("vite build && vite preview", dependencies={"vite": "6"}),
}
REACHED = {
    "vite on all": package("vite --host 0.0.0.0 --port $PORT", dependencies={"vite": "6"}),
    "in its configuration": package("vite", dependencies={"vite": "6"})
    | {"vite.config.ts": "server: {host: true}"},
    "a build": package("vite build", dependencies={"vite": "6"}),
    "next": package("next dev", dependencies={"next": "15"}),
    "a script of that name": package("node astro dev", dependencies={"astro": "5"}),
}


@pytest.mark.parametrize("kind", SERVES)
def test_a_server_of_development_is_not_reached(kind: str) -> None:
    """What listens on its own machine is said before a revision waits for it in vain."""
    assert [each.code for each in told(SERVES[kind])] == ["start-of-development"]


@pytest.mark.parametrize("kind", REACHED)
def test_a_server_that_is_led_to_the_port_is_not_questioned(kind: str) -> None:
    """By its words, or by a configuration that speaks of a host or a port."""
    assert told(REACHED[kind]) == []


def test_a_server_of_development_gets_the_line_that_serves_the_build() -> None:
    """Astro's own template: `start` is `astro dev`."""
    (finding,) = told(package("astro dev", dependencies={"astro": "5"}) | {"x": ""})
    assert finding.fix == "Have start start what the build makes, on 0.0.0.0 and $PORT."
    scripts = {"start": "astro dev", "build": "astro build"}
    (finding,) = told({"package.json": json.dumps({"scripts": scripts, "dependencies": {"astro": "5"}})})
    assert (
        "`web: npx serve dist --listen $PORT`" in finding.fix
        and "add serve to the dependencies of package.json" in finding.fix
    )


@pytest.mark.parametrize(("adapter", "told_of"), [("auto", 0), ("static", 1), ("vercel", 1), ("node", 0)])
def test_svelte_serves_with_an_adapter_of_node_alone(adapter: str, told_of: int) -> None:
    """The others make files, or a program for another platform; adapter-auto takes that of Node in buildpacks."""
    needs = {"@sveltejs/kit": "2", f"@sveltejs/adapter-{adapter}": "3"}
    source = {"package.json": json.dumps({"scripts": {"build": "vite build"}, "devDependencies": needs})}
    found = told(source)
    assert [each.code for each in found] == ["no-start-command"] * told_of
    fix = {
        "static": "Write Procfile with the line `web: npx serve build --listen $PORT`, and add serve",
        "vercel": "Put @sveltejs/adapter-node in place of @sveltejs/adapter-vercel, in package.json",
    }
    assert all(each.fix.startswith(fix[adapter]) for each in found)
    log = "--- logs of revision api-1 ---\nError: Cannot find module '/workspace/index.js'\n"
    log += "    at Function.executeUserEntryPoint [as runMain] (node:internal/modules/run_main:164:12)\n"
    log += "  code: 'MODULE_NOT_FOUND',\n"
    page = {"src/lib/List/index.svelte": "<h1>a</h1>\n"}
    (diagnosed,) = diagnose(log, Files.of(source | page)).findings
    assert "index.svelte" not in diagnosed.fix
    assert ("adapter-node in place of" in diagnosed.fix) is bool(told_of)


def test_a_server_that_is_installed_is_not_asked_for_again() -> None:
    """fastapi[all] brings uvicorn with it; where nothing brings it, it is to be added."""
    log = "--- logs of revision api-1 ---\n"
    log += "TypeError: FastAPI.__call__() missing 1 required positional argument: 'send'\n"
    for asked, told_of in (("fastapi[all]\n", False), ("fastapi\n", True)):
        source = {"main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n", "requirements.txt": asked}
        finding = diagnose(log, Files.of(source)).findings[0]
        assert "uvicorn main:app" in finding.fix
        assert ("add uvicorn" in finding.fix) is told_of


def test_a_static_export_is_not_started_with_next_start() -> None:
    """`next start` ends with an error there; what serves the folder is named, also where nothing says how to start."""
    source = package("next start", dependencies={"next": "15"})
    exported = {"next.config.mjs": "export default {\n  output: 'export',\n}\n"}
    (finding,) = told(source | exported)
    assert (finding.code, finding.place) == ("next-export", Place("next.config.mjs", 2))
    assert (
        "`web: npx serve out --listen $PORT`, and add serve to the dependencies of package.json"
        in finding.fix
    )
    for other in ("{ output: 'standalone' }", "{\n  // output: 'export'\n}", "{ output: a ? 'export' : b }"):
        assert told(source | {"next.config.js": f"module.exports = {other}"}) == []
    alone = {"package.json": json.dumps({"dependencies": {"next": "15"}})}
    assert "npx serve out" in told(alone | exported)[0].fix


def test_streamlit_without_a_port_is_told_the_line_that_has_one() -> None:
    """Its own port is 8501; a flag, a variable or a configuration of its own leads it elsewhere."""
    source = {"app.py": "import streamlit\n", "requirements.txt": "streamlit\n"}
    (finding,) = told(source | {"Procfile": "web: streamlit run app.py\n"})
    assert "`web: streamlit run app.py --server.address 0.0.0.0 --server.port $PORT`" in finding.fix
    assert told(source | {"Procfile": "web: streamlit run app.py --server.port=$PORT\n"}) == []
    configured = {
        "Procfile": "web: streamlit run app.py\n",
        ".streamlit/config.toml": "[server]\nport = 8080\n",
    }
    assert told(source | configured) == []
