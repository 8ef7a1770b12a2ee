"""A lock file that a build cannot do without: named before the build with what to type, and only where it is proven."""

from __future__ import annotations

import pytest

from app.diagnosis import Files
from app.inspection import inspect
from app.model import ServiceConfig, Target, Weight

TARGET = Target("p", "europe-west1", "production", ServiceConfig("api"), (), "servergem.yml")
NODE = {"package.json": '{"dependencies": {"express": "5"}, "scripts": {"start": "node ."}}', "index.js": ""}


def told(dockerfile: str, texts: dict[str, str]) -> list[tuple[Weight, str, str]]:
    found = inspect(Files.of({"Dockerfile": dockerfile} | texts), TARGET)
    return [(each.weight, each.title, each.fix) for each in found if each.code != "install-after-copy"]


# The Dockerfile after its FROM, the other files, a word of the title, and the command to type.
LACKING = [
    ("node:22", "COPY package.json pnpm-lock.yaml ./", NODE, "pnpm-lock.yaml", "pnpm install --lockfile-only"),
    ("node:22", "COPY package.json yarn.lock ./", NODE, "yarn.lock", "`yarn install`"),
    ("node:22", "COPY package.json package-lock.json ./", NODE, "package-lock.json", "--package-lock-only"),
    ("oven/bun:1", "COPY package.json bun.lock ./", NODE, "bun.lock", "bun install --lockfile-only"),
    ("oven/bun:1", "COPY package.json bun.lockb ./", NODE | {"bun.lock": ""}, "bun.lockb", "has bun.lock"),
    ("node:22", "COPY package.json package-lock.json ./", NODE | {"yarn.lock": ""}, "package-lock", "has yarn.lock"),
    ("python:3.13", "COPY pyproject.toml poetry.lock ./", {"pyproject.toml": ""}, "poetry.lock", "`poetry lock`"),
    ("ruby:3.4", "COPY Gemfile Gemfile.lock ./", {"Gemfile": ""}, "Gemfile.lock", "bundle lock --add-platform"),
    ("php:8.4", "COPY composer.json composer.lock ./", {"composer.json": "{}"}, "composer.lock", "composer update"),
    ("golang:1.24", "COPY go.mod go.sum ./", {"go.mod": "module a\n\nrequire b v1"}, "go.sum", "go mod tidy"),
    ("golang:1.24", "COPY go.mod go.sum ./", {"go.mod": "module a\n"}, "go.sum", "Take go.sum out of line 2"),
    ("rust:1", "COPY Cargo.toml Cargo.lock ./", {"Cargo.toml": ""}, "Cargo.lock", "cargo generate-lockfile"),
    (
        "rust:1",
        "COPY Cargo.toml Cargo.lock ./",
        {"Cargo.toml": "", ".gitignore": "Cargo.lock\n"},
        "Cargo.lock",
        "take it out of .gitignore, and commit Cargo.lock",
    ),
    (
        "python:3.13",
        "RUN --mount=type=cache,target=/c --mount=type=bind,source=uv.lock,target=uv.lock pip install uv",
        {"pyproject.toml": ""},
        "uv.lock",
        "`uv lock`",
    ),
    ("node:22-alpine", "COPY package*.json ./\nRUN npm ci --omit=dev", NODE, "npm ci", "or write `npm install`"),
    ("node:22", "COPY . .\nRUN corepack enable && pnpm i --frozen-lockfile", NODE, "pnpm i", "--lockfile-only"),
    ("node:22", "COPY . .\nRUN corepack enable\nRUN yarn install --immutable", NODE, "yarn", "`yarn install`"),
    ("python:3.13", "RUN pip install uv\nCOPY . .\nRUN uv sync --frozen", {"pyproject.toml": ""}, "uv s", "uv lock"),
    ("rust:1", "COPY . .\nRUN cargo build --release --locked", {"Cargo.toml": ""}, "cargo b", "generate-lockfile"),
    (
        "node:22",
        "COPY . .\nRUN npm ci",
        NODE | {"package-lock.json": "", ".dockerignore": "package-lock.json"},
        "npm ci",
        "Take package-lock.json out of .dockerignore",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("base", "lines", "texts", "named", "typed"), LACKING, ids=[row[1] for row in LACKING]
)
def test_a_lock_file_that_a_dockerfile_needs_is_named(
    base: str, lines: str, texts: dict[str, str], named: str, typed: str
) -> None:
    """Once, as a stop, with the command that makes it."""
    [(weight, title, fix)] = told(f"FROM {base}\n{lines}\nCMD true\n", texts)
    assert weight is Weight.STOP
    assert named in title
    assert typed.lower() in fix.lower()


# What makes its own lock file, asks for it first, has it from elsewhere, or needs none.
DOES_WITHOUT = [
    ("node:22", "COPY package.json pnpm-lock.yaml* ./\nRUN npm i -g pnpm && pnpm install", NODE),
    ("node:22", "COPY . .\nRUN npm install\nRUN npm ci", NODE),
    ("node:22", "COPY . .\nRUN npm install --package-lock-only && npm ci", NODE),
    ("node:22", "COPY . .\nRUN if [ -f package-lock.json ]; then npm ci; else npm i; fi", NODE),
    ("node:22", "COPY . .\nRUN npm ci || npm install", NODE),
    ("node:22", "COPY . .\nRUN <<END\nnpm ci\nEND", NODE),
    (
        "node:22",
        "COPY web web\nRUN cd web && npm ci",
        {"web/package.json": "{}", "web/package-lock.json": ""},
    ),
    ("node:22", "COPY . .\nRUN npm ci", NODE | {"npm-shrinkwrap.json": ""}),
    ("node:22", "COPY --from=acme/locked /app /app\nCOPY . .\nRUN npm ci", NODE),
    ("node:22", "RUN git clone https://example.com/a . \nRUN npm ci", NODE),
    ("node:22", "COPY . .\nRUN pnpm install --frozen-lockfile", {"package.json": "{}"}),
    ("node:22", "COPY . .\nRUN pnpm install --frozen-lockfile=false", NODE),
    ("node:22", "COPY . .\nRUN yarn install --frozen-lockfile", NODE),
    ("oven/bun:1", "COPY . .\nRUN bun install --frozen-lockfile", NODE),
    ("node:22", "RUN npm ci", {"main.py": ""}),
    ("rust:1", "COPY . .\nRUN cargo install --locked trunk", {"Cargo.toml": ""}),
    ("node:22 AS dev", "COPY . .\nRUN npm ci\nFROM node:22\nCOPY . .", NODE),
    (
        "python:3.13",
        "RUN --mount=type=bind,from=busybox,source=uv.lock,target=/u true",
        {"pyproject.toml": ""},
    ),
]


@pytest.mark.parametrize(("base", "lines", "texts"), DOES_WITHOUT, ids=[row[1] for row in DOES_WITHOUT])
def test_what_may_build_without_a_lock_file_is_left_alone(
    base: str, lines: str, texts: dict[str, str]
) -> None:
    """Not so much as a warning."""
    assert told(f"FROM {base}\n{lines}\nCMD true\n", texts) == []


def test_of_an_image_that_nobody_here_knows_it_is_only_likely() -> None:
    """It may bring the lock file along."""
    [(weight, title, _)] = told("FROM acme/node\nCOPY . .\nRUN npm ci", NODE)
    assert (weight, title) == (Weight.WARN, "`npm ci` finds no package-lock.json")


def test_a_gemfile_without_its_lock_file_ends_before_the_build() -> None:
    """Google's Ruby buildpack refuses it; where another language may be the one that counts, it is a warning."""
    ruby = {"Gemfile": "", "app.rb": "", "Procfile": "web: ruby app.rb"}
    [found] = inspect(Files.of(ruby), TARGET)
    assert (found.weight, found.title) == (Weight.STOP, "Gemfile has no Gemfile.lock beside it")
    assert "`bundle lock --add-platform x86_64-linux` and commit Gemfile.lock" in found.fix
    assert not inspect(Files.of(ruby | {"Gemfile.lock": ""}), TARGET)
    assert {each.weight for each in inspect(Files.of(ruby | NODE), TARGET)} == {Weight.WARN}


@pytest.mark.parametrize(("manager", "lock"), [("pnpm@9.1.0", "pnpm-lock.yaml"), ("yarn@4.5.0", "yarn.lock")])
def test_a_package_manager_without_its_lock_file_is_warned_of(manager: str, lock: str) -> None:
    """Buildpacks take npm then, which mostly works; another lock file, or one of a workspace above, says enough."""
    package = {"package.json": NODE["package.json"].replace("{", f'{{"packageManager": "{manager}", ', 1)}
    [found] = inspect(Files.of(NODE | package), TARGET)
    assert (found.code, found.weight) == ("lock-file-missing", Weight.WARN)
    assert f"commit {lock}" in found.fix
    for other in (lock, "package-lock.json"):
        assert not inspect(Files.of(NODE | package | {other: ""}), TARGET)
