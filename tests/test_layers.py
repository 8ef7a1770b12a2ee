"""A Dockerfile that copies everything before it installs: it builds, and every push installs anew."""

from __future__ import annotations

import pytest

from app.diagnosis.files import Files
from app.inspection import inspect
from app.model import Weight
from tests.test_inspection import TARGET

NODE = {"package.json": "{}", "package-lock.json": "{}", "index.js": ""}
PYTHON = {"requirements.txt": "six==1.16.0\n", "main.py": ""}
RUBY = {"Gemfile": "", "Gemfile.lock": ""}
GO = {"go.mod": "module x\n", "go.sum": "", "main.go": ""}


def told(lines: str, texts: dict[str, str]) -> list[tuple[Weight, int, str]]:
    found = inspect(Files.of(texts | {"Dockerfile": f"FROM x AS base\n{lines}\n"}), TARGET)
    return [
        (each.weight, each.place.line, each.fix)
        for each in found
        if each.code == "install-after-copy" and each.place
    ]


@pytest.mark.parametrize(
    ("lines", "texts", "names"),
    [
        ("COPY . .\nRUN npm ci", NODE, "package.json package-lock.json"),
        ("COPY . /app/\nRUN npm install --omit=dev && npm run build", NODE, "package.json package-lock.json"),
        ("COPY ./ ./\nRUN pip install --no-cache-dir -r requirements.txt", PYTHON, "requirements.txt"),
        (
            "ADD . .\nRUN pip install --upgrade pip && pip install -r requirements.txt",
            PYTHON,
            "requirements.txt",
        ),
        ("COPY . .\nRUN bundle install", RUBY, "Gemfile Gemfile.lock"),
        ("COPY . .\nRUN go mod download", GO, "go.mod go.sum"),
    ],
)
def test_who_copies_everything_before_the_install_is_told_what_to_write(
    lines: str, texts: dict[str, str], names: str
) -> None:
    """With the files that the install reads; it is a warning, since it builds."""
    assert told(lines, texts) == [
        (
            Weight.WARN,
            2,
            f"Write `COPY {names} ./` above line 2, and move line 3 between the two.",
        )
    ]


@pytest.mark.parametrize(
    ("lines", "texts"),
    [
        ("COPY package*.json ./\nRUN npm ci\nCOPY . .", NODE),
        ("COPY package*.json ./\nRUN npm ci\nCOPY . .\nRUN npm ci --omit=dev", NODE),
        ("COPY . .\nRUN npm install pm2", NODE),
        ("COPY . .\nRUN npm run build", NODE),
        ("COPY . .\nRUN --mount=type=cache,target=/root/.npm npm ci", NODE),
        ("COPY . .\nRUN npm ci", {"package.json": "{}"}),
        ("COPY . .\nRUN npm ci", NODE | {"package.json": '{"workspaces": ["a"]}'}),
        ("COPY . .\nRUN pip install .", PYTHON),
        ("COPY . .\nFROM y\nCOPY package*.json ./\nRUN npm ci", NODE),
        ("COPY --from=base . .\nRUN npm ci", NODE),
    ],
)
def test_an_install_that_is_kept_or_needs_more_is_left_alone(lines: str, texts: dict[str, str]) -> None:
    """What was copied before is what it reads; or nobody can say what it reads."""
    assert told(lines, texts) == []
