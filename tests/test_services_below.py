"""Services below: a repository whose root is no service is told which of its folders are, and the line to write."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml

from app.config.names import fault_of_service
from app.config.writing import text
from app.diagnosis import Files, diagnose
from app.inspection import inspect
from app.model import Build, BuildPlan, Place, ServiceConfig, Target, Weight
from app.source.first_configuration import first_configuration
from app.source.services_below import services_below
from app.source.services_to_write import configuration

NO_ENTRY = (
    'for Python, provide a main.py or app.py file or set an entrypoint with "GOOGLE_ENTRYPOINT" env var or by creating '
    'a "Procfile" file\n'
)
VOTE = {
    "vote/Dockerfile": "FROM python:3.12\n",
    "vote/app.py": "",
    "docs/Dockerfile": "FROM x\n",
    "README.md": "",
}
FOLDERS = {
    "docker": (VOTE | {"Web_UI/Dockerfile": "FROM node:22\n"}, ("Web_UI", "vote")),
    "deeper": ({"services/api/package.json": "{}", "a/b/c/package.json": "{}"}, ("services/api",)),
    "a Dockerfile goes before a manifest": (VOTE | {"lib/package.json": "{}"}, ("vote",)),
    "what starts stands beside a Dockerfile": (
        VOTE
        | {"api/go.mod": "", "api/main.go": "", "lib/go.mod": "", "lib/lib.go": ""}
        | {"web/package.json": '{"scripts": {"start": "next start"}}'},
        ("api", "vote", "web"),
    ),
    "a library of a shared folder": (
        {"api/requirements.txt": "flask", "api/main.py": "", "packages/ui/package.json": '{"name": "ui"}'}
        | {"web/package.json": '{"scripts": {"start": "node ."}}', "libs/money/pyproject.toml": "[project]"},
        ("api", "web"),
    ),
    "shared folders alone": (
        {"packages/ui/package.json": '{"name": "ui"}', "packages/api/requirements.txt": ""},
        ("packages/api", "packages/ui"),
    ),
    "the root is one": (VOTE | {"package.json": '{"dependencies": {"express": "5"}}'}, ()),
    "the root starts": (VOTE | {"package.json": '{"scripts": {"start": "node vote"}}'}, ()),
    "the root is a workspace that starts": (
        VOTE | {"package.json": '{"workspaces": ["vote"], "scripts": {"start": "npm start -w vote"}}'},
        (),
    ),
    "the root is a workspace": (
        VOTE
        | {"package.json": '{"workspaces": ["vote"], "scripts": {"build": "turbo build"}}'}
        | {"ui/package.json": '{"scripts": {"start": "vite"}}'},
        ("vote",),
    ),
    "the root is a workspace of pnpm": (
        VOTE | {"package.json": '{"dependencies": {"a": "1"}}', "pnpm-workspace.yaml": ""},
        ("vote",),
    ),
    "the root is a workspace without a Dockerfile": (
        {"package.json": '{"workspaces": ["a"]}', "a/package.json": "{}"},
        (),
    ),
    "packages of a workspace that need no other": (
        {"package.json": '{"workspaces": ["packages/*"], "scripts": {"build": "wsrun build"}}'}
        | {"packages/api/package.json": '{"name": "api", "scripts": {"start": "node dist"}}'}
        | {"packages/lib/package.json": '{"name": "lib"}'}
        | {
            "packages/web/package.json": '{"name": "web", "scripts": {"start": "next start"}, '
            '"dependencies": {"lib": "*"}}'
        }
        | {
            "packages/job/package.json": '{"scripts": {"start": "node ."}, "dependencies": {"react": "catalog:"}}'
        },
        ("packages/api",),
    ),
    "the root is a workspace of uv": (
        VOTE | {"pyproject.toml": '[tool.uv.workspace]\nmembers = ["vote"]\n', "uv.lock": ""},
        ("vote",),
    ),
    "the root is a package of Python": (
        VOTE | {"pyproject.toml": '[project]\nname = "x"\ndependencies = ["flask"]\n'},
        (),
    ),
    "the root has tools of development": (
        VOTE
        | {"package.json": '{"devDependencies": {"markdownlint-cli": "1"}, "scripts": {"prepare": "husky"}}'}
        | {"noxfile-template.py": "", "eslint.config.mjs": "", ".prettierrc.js": "", "gulpfile.js": ""},
        ("vote",),
    ),
    "the root has a Dockerfile of another name": (VOTE | {"Dockerfile.prod": "FROM x\n"}, ()),
    "examples and nothing else": (
        {"examples/django/requirements.txt": "", "examples/flask/app.py": "", "docs/requirements.txt": ""},
        ("examples/django",),
    ),
    "the root has shortcuts alone": (
        VOTE | {"package.json": '{"scripts": {"web": "cd web && yarn"}}'},
        ("vote",),
    ),
    "the root has code": (VOTE | {"main.py": ""}, ()),
    "the root has a Procfile": (VOTE | {"Procfile": "web: python vote/app.py"}, ()),
    "what another folder's Dockerfile copies is in its image": (
        {
            "docker/Dockerfile": "FROM x\nCOPY api/go.mod .\nCOPY api api\n",
            "api/go.mod": "",
            "api/main.go": "",
        },
        ("docker",),
    ),
    "the assets of Elixir": ({"mix.exs": "", "assets/package.json": '{"dependencies": {"topbar": "1"}}'}, ()),
    "nothing": ({"README.md": ""}, ()),
}


@pytest.mark.parametrize("kind", FOLDERS)
def test_the_folders_that_are_services_are_found(kind: str) -> None:
    """Only where the root cannot be built itself, and never what people only read or test."""
    files, folders = FOLDERS[kind]
    assert services_below(Files.of(files)) == folders


def test_the_line_to_write_is_a_configuration_of_each_folder() -> None:
    """What is printed is YAML, and its names are names that a service may have."""
    line = configuration(Files.of({}), ("Web_UI", "services/vote"))
    assert yaml.safe_load(line) == {
        "services": {"web-ui": {"path": "Web_UI"}, "vote": {"path": "services/vote"}}
    }


def test_the_lone_folder_of_the_code_is_called_after_the_repository() -> None:
    """`src` says where it is and not what it is; beside another one it is told by the whole path."""
    files = Files.of({"src/Dockerfile": "FROM x\n"})
    [finding] = inspect(files, Target("p", "r", "production", ServiceConfig("shop")))
    assert "Type `servergem init`, or write servergem.yml with `services: {shop: {path: src}}`" in finding.fix
    assert "\n  shop:" in text(first_configuration(files, "shop"))
    beside = Files(files.paths, files.text, repository="Acme.Shop")
    found = diagnose(NO_ENTRY, beside.only(lambda path: path.startswith("src/")))
    assert "`services: {acme-shop: {path: src}}`" in found.findings[0].fix
    assert yaml.safe_load(configuration(Files.of({}), ("api/src", "web/src")))["services"].keys() == {
        "api",
        "web",
    }


def test_a_file_that_is_there_is_not_to_be_made_by_init() -> None:
    """`servergem init` replaces none."""
    files = Files.of({"a/Dockerfile": "FROM x\n", "servergem.yml": "services: {shop: {}}\n"})
    [finding] = inspect(
        files, Target("p", "r", "production", ServiceConfig("shop"), config_path="servergem.yml")
    )
    assert finding.fix.startswith("Write servergem.yml with `services: {a: {path: a}}`")


def test_folders_of_the_same_name_are_services_of_different_names() -> None:
    """A key that is there twice would be refused, so that the whole path is the name of both."""
    line = configuration(Files.of({}), ("flask/app", "django/app", "web"))
    assert yaml.safe_load(line) == {
        "services": {
            "flask-app": {"path": "flask/app"},
            "django-app": {"path": "django/app"},
            "web": {"path": "web"},
        }
    }


ASP = 'FROM x AS build\nCOPY ["src/Web/Web.csproj", "src/Web/"]\nCOPY . .\nFROM x\nCOPY --from=build /app .\n'
CONTEXTS = {
    "Visual Studio's": (
        {"App.sln": "", "src/Web/Dockerfile": ASP, "src/Web/Web.csproj": ""},
        {"web": {"path": ".", "build": {"dockerfile": "src/Web/Dockerfile"}}},
    ),
    "named after packing": (
        {"build/package/Dockerfile": "FROM x\nCOPY cmd/ cmd/\n", "cmd/a/x.go": ""},
        {"app": {"path": ".", "build": {"dockerfile": "build/package/Dockerfile"}}},
    ),
    "wildcards": (
        {"docker/Dockerfile": "FROM x\nCOPY lib/*.rs .\n", "lib/a.rs": ""},
        {"app": {"path": ".", "build": {"dockerfile": "docker/Dockerfile"}}},
    ),
    "between": (
        {"api/docker/Dockerfile": "FROM x\nCOPY go.sum /\n", "api/go.sum": ""},
        {"api": {"path": "api", "build": {"dockerfile": "docker/Dockerfile"}}},
    ),
    "all, beside nothing": (
        {"deploy/Dockerfile": "FROM x\nCOPY . .\n", "deploy/run.sh": "", "lib/a.rs": ""},
        {"app": {"path": ".", "build": {"dockerfile": "deploy/Dockerfile"}}},
    ),
    "all, beside a page": (
        {"web/Dockerfile": "FROM nginx\nCOPY . /usr/share/nginx/html\n", "web/index.html": ""},
        {"web": {"path": "web"}},
    ),
    "nothing of the repository": (
        {"proxy/Dockerfile": "FROM nginx\nRUN true\n", "lib/a.rs": ""},
        {"proxy": {"path": "proxy"}},
    ),
    "in both": (
        {"web/Dockerfile": "FROM x\nCOPY LICENSE /\n", "web/LICENSE": "", "LICENSE": ""},
        {"web": {"path": "web"}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", CONTEXTS)
def test_a_dockerfile_below_is_built_from_where_its_sources_are(kind: str) -> None:
    """The path is the folder that COPY names its sources from; both the advice and the draft say so."""
    source, services = CONTEXTS[kind]
    files = Files.of(source)
    assert yaml.safe_load(configuration(files, services_below(files)))["services"] == services
    drafted = yaml.safe_load(text(first_configuration(files, "app")))["services"]
    said = {
        name: {key: value for key, value in each.items() if key == "path" or isinstance(value, dict)}
        for name, each in drafted.items()
    }
    assert said == services


@pytest.mark.parametrize("folder", ["5-pages", "2024", "services/3D_Viewer"])
def test_a_folder_is_told_with_a_name_that_a_service_may_have(folder: str) -> None:
    """Cloud Run wants a letter first: the line that is told can be written as it stands."""
    source = {f"{folder}/requirements.txt": "flask\n", f"{folder}/app.py": ""}
    files = Files.of(source)
    line = configuration(files, services_below(files))
    (name,) = yaml.safe_load(line)["services"]
    assert fault_of_service(name) is None


def test_a_folder_that_is_not_the_context_is_told_with_the_one_that_is() -> None:
    """Once for the Dockerfile, not once for each COPY; what is nowhere is still said by itself."""
    source = {"App.sln": "", "src/Web/Dockerfile": ASP, "src/Web/Web.csproj": ""}
    target = Target("p", "r", "production", ServiceConfig("web", path="src/Web"))
    (found,) = inspect(Files.of(source), target)
    line = "services: {web: {path: ., build: {dockerfile: src/Web/Dockerfile}}}"
    assert f"Write servergem.yml with `{line}`." == found.fix
    gone = source | {"src/Web/Dockerfile": "FROM x\nCOPY gone.txt /\n"}
    assert [each.message for each in inspect(Files.of(gone), target)] == [
        "The build context has no gone.txt."
    ]


def test_a_lone_dockerfile_that_buildpacks_pass_over_is_remarked() -> None:
    """Only where nobody has said which of the two is meant, and where the Dockerfile is the root's."""
    lone = {"go.mod": "", "main.go": "", "build/Dockerfile": "FROM x\nCOPY go.mod .\n"}
    target = Target("p", "r", "production", ServiceConfig("web"))

    def codes(source: dict[str, str], kind: Build = Build.AUTO) -> list[str]:
        asked = replace(target, service=replace(target.service, build=BuildPlan(kind)))
        return [f"{each.weight}: {each.code}" for each in inspect(Files.of(source), asked)]

    assert codes(lone) == ["note: dockerfile-below"]
    assert codes(lone, Build.BUILDPACKS) == []
    assert codes(lone | {"b/Dockerfile": "FROM x\n"}) == []
    assert codes(lone | {"build/Dockerfile": "FROM x\nCOPY a .\n", "build/a": ""}) == []
    assert "{dockerfile: build/Dockerfile}" in text(first_configuration(Files.of(lone), "web"))


NAMED = {
    "production before the others": (
        {"Dockerfile.dev": "FROM x\n", "Dockerfile-prod": "FROM x\n", "Dockerfile.ai": "FROM x\n"},
        "Dockerfile-prod",
    ),
    "what is not of development": (
        {"Dockerfile.dev": "FROM x\n", "Dockerfile.server": "FROM x\n"},
        "Dockerfile.server",
    ),
    "lower case": ({"dockerfile": "FROM x\n"}, "dockerfile"),
    "code and templates are none": (
        {
            "dockerfile.rs": "use x;\n",
            "Dockerfile.ejs": "<%= x %>\nFROM x\n",
            "Dockerfile.public": "ARG A\nFROM x\n",
        },
        "Dockerfile.public",
    ),
}


@pytest.mark.parametrize("kind", NAMED)
def test_a_dockerfile_of_another_name_is_named(kind: str) -> None:
    """Where nothing else can be built it is the way out, beside a language it is a remark; `init` writes it."""
    source, name = NAMED[kind]
    target = Target("p", "r", "production", ServiceConfig("web"))
    (found,) = inspect(Files.of(source), target)
    assert (found.code, found.place) == ("dockerfile-named-otherwise", Place(name, 1))
    assert f"`services: {{web: {{build: {{dockerfile: {name}}}}}}}`" in found.fix
    assert f"dockerfile: {name}" in text(first_configuration(Files.of(source), "web"))
    (beside,) = inspect(Files.of(source | {"go.mod": "", "main.go": ""}), target)
    assert (beside.weight, beside.code) == (Weight.NOTE, "dockerfile-below")
    inner = {f"api/{path}": content for path, content in source.items()}
    (below,) = inspect(Files.of(inner), replace(target, service=ServiceConfig("web", path="api")))
    assert (below.place, below.fix) == (Place(f"api/{name}", 1), found.fix)


MONOREPO = {
    "package.json": '{"workspaces": ["apps/*"], "scripts": {"build": "turbo build"}}',
    "apps/ui/package.json": '{"name": "ui"}',
    "apps/web/package.json": '{"name": "@a/web", "scripts": {"start": "next start"}, "dependencies": {"ui": "*"}}',
}
API = {"apps/api/package.json": '{"scripts": {"start": "node ."}, "dependencies": {"ui": "workspace:*"}}'}
STARTED = {
    "npm": ({}, "Write Procfile with the line `web: npm start --workspace=apps/web`."),
    "yarn": ({"yarn.lock": ""}, "Write Procfile with the line `web: yarn workspace @a/web start`."),
    "pnpm": ({"pnpm-workspace.yaml": ""}, "Write Procfile with the line `web: pnpm --dir apps/web start`."),
    "two": (
        API,
        "Write Procfile with the line `web: npm start --workspace=apps/api`, and for the others a Dockerfile each "
        "that copies the whole repository, with `services: {web: {path: ., build: {dockerfile: "
        "apps/web/Dockerfile}}}` in servergem.yml.",
    ),
}


@pytest.mark.parametrize("kind", STARTED)
def test_a_workspace_that_starts_nothing_is_told_what_does(kind: str) -> None:
    """Packages that need each other are built from the root: the lines that start them stand in the warning."""
    more, fix = STARTED[kind]
    target = Target("p", "europe-west1", "production", ServiceConfig("shop"))
    warned = [each for each in inspect(Files.of(MONOREPO | more), target) if each.weight is Weight.WARN]
    assert ("workspaces-start-nothing", fix) in [(each.code, each.fix) for each in warned]


def test_a_package_that_needs_others_is_told_beside_one_that_does_not() -> None:
    """One is a service by its folder, the other by a Dockerfile at the root."""
    alone = {"apps/api/package.json": '{"scripts": {"start": "node ."}}'}
    target = Target("p", "europe-west1", "production", ServiceConfig("shop"))
    [finding] = [
        each for each in inspect(Files.of(MONOREPO | alone), target) if each.code == "services-below"
    ]
    assert "`services: {api: {path: apps/api}}`" in finding.fix
    assert "apps/web needs other packages" in finding.fix
    assert "`services: {web: {path: ., build: {dockerfile: apps/web/Dockerfile}}}`" in finding.fix
