"""The Python project itself, where an installer builds it or its neighbours: files that are not copied yet, locks that do not fit."""

from __future__ import annotations

from app.diagnosis.dependencies import manifest
from app.diagnosis.instructions import base_image, failing_instruction, in_instruction
from app.diagnosis.places import at, first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.python.reading_locks import python_dependency
from app.diagnosis.rules.python.reading_projects import (
    broken_toml,
    copied_later,
    copy_before,
    python_range,
    source_or_copy,
    version_from_git,
)
from app.diagnosis.rules.python.reading_servers import command_line

RULES: tuple[Rule, ...] = (
    Rule(
        code="build-missing-script",
        pattern=r"OSError: Build script does not exist: (?P<path>\S+)",
        read=copied_later,
        place=copy_before,
        rank=Rank.ROOT,
        title="{path} is not in the image when the project is built",
        message="hatchling runs {path} (build hook) to build the project: Build script does not exist.",
        fix="{advice}; to install only what the project depends on, write uv sync --no-install-project.",
    ),
    Rule(
        code="build-version-from-git",
        pattern=r"LookupError: (?:Error getting the version from source `\w+`: )?(?P<tool>setuptools[-_]scm|vcs[-_]versioning) was unable to detect version for '?(?P<path>/[^\s']*?)'?\.?$",
        read=version_from_git,
        place=failing_instruction,
        rank=Rank.ROOT,
        title="The project takes its version from git, and the image has no .git",
        message="{tool} was unable to detect the version for {path}: it reads git's tags, and .git is not in the image.",
        fix="Write ARG VERSION=0.0.0 and ENV SETUPTOOLS_SCM_PRETEND_VERSION=$VERSION above this line (docker build --build-arg VERSION=…); where the tags shall be read, take .git out of .dockerignore and build from a checkout with its history.",
        link="https://setuptools-scm.readthedocs.io/en/latest/overrides/",
    ),
    Rule(
        code="build-readme-outside",
        pattern=r"Readme path must be within the project directory: (?P<path>\S+)",
        place=first(matching(r"{path}", "pyproject.toml"), failing_instruction),
        rank=Rank.ROOT,
        title='readme = "{path}" lies outside of the project\'s folder',
        message="Readme path must be within the project directory: {path}: hatchling refuses a path that climbs out, wherever the file is.",
        fix='Give the project a README.md of its own and write readme = "README.md", or take readme out of pyproject.toml.',
        link="https://packaging.python.org/en/latest/specifications/pyproject-toml/#readme",
    ),
    Rule(
        code="uv-missing-member",
        pattern=r"(?:error|Caused by): (?:Distribution not found at: file://|Workspace member `)(?P<path>/[\w./-]+)(?:` is missing a `pyproject\.toml`)?",
        read=copied_later,
        place=source_or_copy,
        rank=Rank.ROOT,
        title="{path} is not in the image when uv installs",
        message="uv takes {path} as a part of this project, and its folder is not copied yet.",
        fix="{advice}.",
        link="https://docs.astral.sh/uv/guides/integration/docker/",
    ),
    Rule(
        code="uv-no-wheel",
        pattern=r"(?:Distribution `(?P<name>[\w.-]+)==(?P<version>\S+) @ [^`]+` can't be installed because it (?:doesn't have|is marked as))",
        place=first(python_dependency, base_image),
        rank=Rank.ROOT,
        title="{name} {version} has no wheel for this image's Python or platform",
        message="Distribution {name}=={version} has neither a source distribution nor a wheel for the current platform (Python version, processor, musl).",
        fix="Use an image whose Python has wheels of it (Debian instead of Alpine, the Python of the hint below), or another version of {name}, and run uv lock.",
    ),
    Rule(
        code="hatch-environment",
        pattern=r"^Unknown environment: (?P<name>[\w.-]+)$",
        place=first(in_instruction("name"), failing_instruction),
        title="hatch has no environment {name}",
        message="Unknown environment: {name}",
        fix="Add [tool.hatch.envs.{name}] to pyproject.toml, or correct the name before the colon of hatch run.",
    ),
    Rule(
        code="pdm-lock",
        pattern=r"Lock file hash doesn't match pyproject\.toml|Lock file does not exist or out of date|^Please run `pdm lock` to update the lock file",
        place=first(whole_file("pdm.lock"), manifest("python"), failing_instruction),
        rank=Rank.ROOT,
        title="pdm.lock does not fit pyproject.toml",
        message="pdm: the hash in the lock file is not the one of pyproject.toml, or there is no lock file.",
        fix="Run pdm lock and commit pdm.lock.",
    ),
    Rule(
        code="poetry-python-range",
        pattern=r"supported Python range \((?P<range>[^)]+)\) is not compatible with some of the required packages Python requirement",
        read=python_range,
        place=matching(r"^\s*(?:python|requires-python)\s*=", "pyproject.toml"),
        rank=Rank.ROOT,
        title="{name} does not run on every Python that pyproject.toml allows ({range})",
        message="The project's supported Python range ({range}) is wider than that of {name}, which requires Python {wanted}.",
        fix='Write python = "{narrower}" in pyproject.toml (requires-python under [project]), run poetry lock and commit poetry.lock.',
        link="https://python-poetry.org/docs/dependency-specification/#python-restricted-dependencies",
    ),
    Rule(
        code="pip-pkg-resources",
        pattern=r"No matching distribution found for pkg[-_]resources",
        place=matching(r"(?i)^\s*pkg[-_]resources", "requirements.txt"),
        rank=Rank.ROOT,
        title="pkg-resources is no package: remove its line",
        message="pkg-resources==0.0.0 came into the file by pip freeze on an Ubuntu; PyPI has no such package.",
        fix="Remove this line: what it named is a part of setuptools.",
    ),
    Rule(
        code="jupyter-root",
        pattern=r"Running as root is not recommended\. Use --allow-root to bypass",
        place=command_line,
        rank=Rank.ROOT,
        title="Jupyter does not start as root",
        message="Running as root is not recommended: Jupyter ends unless it is told otherwise.",
        fix="Write --allow-root in the command, or another user in the Dockerfile (USER).",
    ),
    Rule(
        code="uv-fetch",
        pattern=r"HTTP status (?:client|server) error \((?P<status>40[134]) (?P<said>[^)]*)\) for url \((?P<url>https?://(?P<host>[^/)]+)[^)]*)\)",
        place=first(
            matching(r"{host}", "pyproject.toml", "uv.toml", "requirements.txt"), failing_instruction
        ),
        rank=Rank.ROOT,
        title="{host} answers {status} {said} to uv",
        message="HTTP status {status} {said} for {url}.",
        fix="401 and 403: give the build the index's credential (UV_INDEX_NAME_USERNAME and UV_INDEX_NAME_PASSWORD from a build secret, RUN --mount=type=secret); 404: correct the index or the version, and run uv lock.",
        link="https://docs.astral.sh/uv/concepts/indexes/#authentication",
    ),
    Rule(
        code="toml-syntax",
        pattern=r"TOML parse error at line (?P<line>\d+), column (?P<column>\d+)",
        read=broken_toml,
        place=at(),
        rank=Rank.ROOT,
        title="{path} line {line} is not valid TOML: {said}",
        message="TOML parse error in {path} at line {line}, column {column}: {said}",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="uv-cache",
        pattern=r"Failed to initialize cache at `(?P<path>[^`]+)`|failed to create directory `(?P<path2>[^`]*uv[^`]*)`: Permission denied",
        read=lambda hit: {"path": hit["path"] or hit["path2"]},
        place=first(command_line, failing_instruction),
        rank=Rank.ROOT,
        title="uv may not write its cache {path}",
        message="Failed to initialize cache at {path}: the container's user has no home, or may not write there, and uv run wants to.",
        fix="Start the program itself from .venv/bin (ENV PATH=/app/.venv/bin:$PATH) instead of uv run, or set ENV UV_NO_CACHE=1 and write uv run --no-sync.",
        link="https://docs.astral.sh/uv/guides/integration/docker/",
    ),
)
