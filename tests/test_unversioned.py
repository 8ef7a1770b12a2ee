"""What git leaves out, and what a thrown error asks for: read from the repository, whatever language printed it."""

from __future__ import annotations

import pytest

from app.diagnosis import Files
from app.diagnosis.envelope import open_envelope
from app.diagnosis.rule import Hit
from app.diagnosis.rules.machine.reading_thrown import asked_by
from app.diagnosis.transcript import Kind, Section
from app.diagnosis.unversioned import unversioned


def hit(files: dict[str, str], kind: Kind = Kind.CONTAINER) -> Hit:
    section = Section(kind, ("it ended",))
    return Hit(section, 0, {}, Files.of(files), open_envelope("it ended"))


@pytest.mark.parametrize(
    ("ignored", "path", "line"),
    [
        ("*.local.js\n", "src/conf.local.js", 1),
        ("# keys\n\nkeys/\n", "keys/site.txt", 3),
        ("/out\n", "src/out/a.js", 0),
        ("/out\n", "/app/out/a.js", 1),
        ("*.yaml\n!shop.yaml\n", "shop.yaml", 0),
        ("!shop.yaml\n*.yaml\n", "shop.yaml", 2),
    ],
)
def test_the_last_line_of_gitignore_that_fits_is_the_one(ignored: str, path: str, line: int) -> None:
    """A name fits at each depth, a path with a slash begins at its folder, and a later `!` takes it back."""
    found = unversioned(hit({".gitignore": ignored}), path)
    assert (found.place.line if found else 0) == line


def test_a_gitignore_counts_below_its_own_folder() -> None:
    """What web/.gitignore names is left out of web, and of nothing else."""
    files = {"web/.gitignore": "conf.json\n"}
    assert unversioned(hit(files), "web/conf.json") is not None
    assert unversioned(hit(files), "api/conf.json") is None


def test_nobody_is_told_to_commit_a_secret() -> None:
    """A key that git leaves out goes to Secret Manager, any other file into a commit."""
    asked = hit({".gitignore": "service-account.json\nrates.json\n"})
    secret, plain = unversioned(asked, "service-account.json"), unversioned(asked, "rates.json")
    assert secret is not None and "Secret Manager" in secret.advice and "commit" not in secret.advice
    assert plain is not None and "commit" in plain.advice


def test_a_file_of_the_repository_is_not_left_out() -> None:
    """A file that was added in spite of a pattern is there."""
    assert unversioned(hit({".gitignore": "*.json\n", "a.json": "{}"}), "a.json") is None


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("throw new Error('limit ' + process.env.APP_LIMIT)", "APP_LIMIT"),
        ('raise ValueError(os.environ.get("APP_LIMIT"))', "APP_LIMIT"),
        ('raise ENV.fetch("APP_LIMIT")', "APP_LIMIT"),
        ("throw new Exception(getenv('APP_LIMIT'));", "APP_LIMIT"),
        ('throw new E(Environment.GetEnvironmentVariable("APP_LIMIT"));', "APP_LIMIT"),
        ('raise System.fetch_env!("APP_LIMIT")', "APP_LIMIT"),
        ('panic!("{}", env::var("APP_LIMIT"))', "APP_LIMIT"),
        ('panic(os.Getenv("APP_LIMIT"))', "APP_LIMIT"),
    ],
)
def test_a_variable_is_seen_in_every_language(line: str, read: str) -> None:
    """What the line that throws reads from the environment is what the service has to be given."""
    asked = hit({"main.x": f"{line}\n"})
    place = asked.files.place("main.x", 1)
    assert f"Set {read} for the service" in asked_by(asked, "the limit is wrong", place)


def test_a_build_is_not_told_to_set_the_service() -> None:
    """While an image is built there is nothing but its arguments."""
    told = asked_by(hit({}, Kind.INSTRUCTION), "APP_KEY is not set", None)
    assert "ARG APP_KEY" in told and "service (" not in told


def test_the_programs_own_check_is_quoted() -> None:
    """An error that a program throws itself is told with the condition above it."""
    asked = hit({"a.php": "<?php\nif ($n > $limit) {\n  throw new Exception('too many');\n}\n"})
    assert "`if ($n > $limit)`" in asked_by(asked, "too many", asked.files.place("a.php", 3))


def test_of_an_unknown_error_nothing_is_guessed() -> None:
    """Where neither the words nor the code say it, there is no advice."""
    asked = hit({"a.py": "x = y / z\n"})
    assert asked_by(asked, "division by zero", asked.files.place("a.py", 1)) == ""
