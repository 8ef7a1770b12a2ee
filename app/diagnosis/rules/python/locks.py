"""What installs from a lock file: poetry, uv and pipenv, and setuptools, which builds the project itself."""

from __future__ import annotations

import re

from app.diagnosis.instructions import failing_instruction, in_instruction
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Hit, Rank, Rule
from app.diagnosis.rules.python.reading_locks import (
    because,
    has_file,
    left_place,
    members_left_out,
    out_of_range,
    python_dependency,
    where_file_is_missed,
)

# What poetry 2 took away or moved (https://python-poetry.org/blog/announcing-poetry-2.0.0/), and what to write.
_POETRY = {
    "--no-dev": "Write poetry install --only main (poetry 2 has no --no-dev)",
    "--dev": "Write --group dev",
    "--no-update": "Leave it out: poetry lock keeps what is locked",
    "--remove-untracked": "Write poetry sync",
    "export": "Install the plugin with it: pip install poetry poetry-plugin-export",
    "shell": "Run poetry run COMMAND, or install poetry-plugin-shell",
}

RULES: tuple[Rule, ...] = (
    Rule(
        code="poetry-lock",
        pattern=r"pyproject\.toml changed significantly since poetry\.lock was last generated|poetry\.lock is not up to date with pyproject\.toml|poetry\.lock was not found",
        place=first(whole_file("pyproject.toml"), whole_file("poetry.lock")),
        rank=Rank.ROOT,
        title="poetry.lock does not fit pyproject.toml",
        message="pyproject.toml changed significantly since poetry.lock was last generated; the lock file is out of date.",
        fix="Run poetry lock and commit poetry.lock with pyproject.toml.",
    ),
    Rule(
        code="poetry-lock-version",
        pattern=r"[Tt]he lock file is not compatible with the current version of Poetry|[Tt]he lock file might not be compatible with the current version of Poetry",
        place=first(matching(r"poetry[=~<>@]|POETRY_VERSION", "Dockerfile"), whole_file("poetry.lock")),
        rank=Rank.ROOT,
        title="This version of Poetry cannot read poetry.lock",
        message="The lock file poetry.lock is not compatible with the version of Poetry in the image: another version made it.",
        fix="Install the version of Poetry that is named in the first line of poetry.lock (pip install poetry==VERSION), or run poetry lock with the image's and commit it.",
        link="https://python-poetry.org/docs/",
    ),
    Rule(
        code="poetry-lock-version",
        pattern=r"Key \"(?:metadata|package|content-hash|lock-version)\" does not exist\.",
        place=whole_file("poetry.lock", "pyproject.toml"),
        rank=Rank.ROOT,
        title="poetry.lock is no whole lock file",
        message='Poetry reads no "metadata" in poetry.lock: it is empty, cut off, or has the marks of a merge.',
        fix="Delete poetry.lock, run poetry lock and commit the new file.",
        link="https://python-poetry.org/docs/basic-usage/#installing-with-poetrylock",
    ),
    Rule(
        code="poetry-conflict",
        pattern=r"^\s*(?:Because .+ (?:depends on|requires|is forbidden)|So, because .+ version solving failed)|SolverProblemError",
        read=because,
        place=python_dependency,
        title="poetry finds no versions that fit: {name}",
        message="version solving failed: {why}",
        fix="Loosen the version of {name} in pyproject.toml and run poetry lock.",
    ),
    Rule(
        code="poetry-no-version",
        pattern=r"^\s*Package (?P<name>[\w.-]+) \((?P<version>[\w.+!-]+)\) not found\.$",
        place=first(python_dependency, failing_instruction),
        title="poetry finds no {name} {version}",
        message="Package {name} ({version}) not found: the index that poetry asks has no such version (any more).",
        fix="Correct the version of {name} in pyproject.toml (a private index belongs under [[tool.poetry.source]]), run poetry lock and commit both files.",
    ),
    Rule(
        code="poetry-no-project",
        pattern=r"Poetry could not find a pyproject\.toml file in (?P<path>\S+)",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="There is no pyproject.toml where poetry looks",
        message="Poetry could not find a pyproject.toml file in {path}.",
        fix="COPY pyproject.toml poetry.lock into the WORKDIR before this instruction.",
    ),
    Rule(
        code="poetry-package",
        pattern=r"(?:Error: )?The current project could not be installed: (?P<said>.+)|No file/folder found for package (?P<name>[\w-]+)",
        place=lambda hit: (
            failing_instruction if "Readme path" in hit["said"] else whole_file("pyproject.toml")
        )(hit),
        rank=Rank.ROOT,
        title="poetry cannot install the project itself",
        message="The current project could not be installed: {said} {name}",
        fix="Install with --no-root (the project's own files, its README.md too, are not in the image yet), or write package-mode = false under [tool.poetry], or COPY the package's folder and its README before.",
    ),
    Rule(
        code="poetry-option",
        pattern=r"The option \"(?P<option>--no-dev|--dev|--without-hashes|--no-update|--remove-untracked)\" does not exist|The requested command (?P<command>export|shell|source add) does not exist|Group\(s\) not found: (?P<group>[\w, -]+)",
        read=lambda hit: {
            "what": hit["option"] or hit["command"] or hit["group"],
            "advice": _POETRY.get(
                hit["option"] or hit["command"],
                "Correct the group's name, or add [tool.poetry.group.NAME.dependencies] to pyproject.toml",
            ),
        },
        place=in_instruction("what"),
        rank=Rank.ROOT,
        title="This version of poetry has no {what}",
        message="poetry does not know {what}: the Dockerfile installs a newer poetry than it was written for, since no version is pinned.",
        fix="{advice}; pin the version too (pip install poetry==2.1.4).",
        link="https://python-poetry.org/blog/announcing-poetry-2.0.0/",
    ),
    Rule(
        code="poetry-python",
        pattern=r"(?:The currently activated Python version|Current Python version) \(?(?P<have>[\w.+]+)\)? is not (?:supported by the project|allowed by the project) \((?P<want>[^)]+)\)|Poetry was unable to find a compatible version\. If you have one",
        place=first(
            matching(r"^\s*(?:python|requires-python)\s*=", "pyproject.toml"), whole_file("pyproject.toml")
        ),
        rank=Rank.ROOT,
        title="The project does not allow Python {have}",
        message="The currently activated Python version {have} is not supported by the project ({want}).",
        fix="Use a base image with a Python that fits {want}, or widen python in pyproject.toml and run poetry lock.",
    ),
    Rule(
        code="poetry-index",
        pattern=r"^\s*(?:\[?IndexError\]?:? ?)?list index out of range$",
        read=out_of_range,
        place=failing_instruction,
        rank=Rank.ROOT,
        title="poetry stops: list index out of range",
        message="list index out of range, while `{ran}` ran: {why}.",
        fix="{advice}.",
        link="https://python-poetry.org/docs/cli/#options-2",
    ),
    Rule(
        code="poetry-config",
        pattern=r"The Poetry configuration is invalid:|poetry\.lock (?:file )?is not compatible with the current version of Poetry",
        read=lambda hit: {
            "said": " ".join(line.strip(" -") for line in hit.after(3) if line.strip())[:160]
            or hit.line.strip()
        },
        place=whole_file("pyproject.toml"),
        rank=Rank.ROOT,
        title="poetry cannot use the project's files as they are",
        message="{said}",
        fix="Correct pyproject.toml (poetry check says what is wrong), and install the version of poetry that made poetry.lock, which stands in its first line.",
    ),
    Rule(
        code="uv-conflict",
        pattern=r"No solution found when resolving dependencies",
        read=lambda hit: because(hit),
        place=python_dependency,
        rank=Rank.ROOT,
        title="{said}",
        message="No solution found when resolving dependencies: {why}",
        fix="{advice}.",
    ),
    Rule(
        code="uv-members-left-out",
        pattern=r"[Tt]he lockfile at `uv\.lock` needs to be updated",
        read=members_left_out,
        place=left_place,
        rank=Rank.ROOT,
        title="{file} is not in the image when uv checks uv.lock",
        message="uv.lock knows the workspace member {folder}, and its pyproject.toml is not copied yet: --locked takes that for a change.",
        fix="Write uv sync --frozen here instead of --locked (uv then reads uv.lock alone), or: {advice}.",
        link="https://docs.astral.sh/uv/guides/integration/docker/",
    ),
    Rule(
        code="uv-lock",
        pattern=r"[Tt]he lockfile at `uv\.lock` needs to be updated",
        read=lambda hit: {} if members_left_out(hit) is None else None,
        place=first(whole_file("uv.lock"), whole_file("pyproject.toml")),
        rank=Rank.ROOT,
        title="uv.lock does not fit pyproject.toml",
        message="The lockfile at uv.lock needs to be updated, but --locked was given.",
        fix="Run uv lock and commit uv.lock.",
    ),
    Rule(
        code="uv-workspace-member",
        pattern=r"`(?P<name>[\w.-]+)` references a workspace in `tool\.uv\.sources`",
        place=first(failing_instruction, matching(r"^\s*members\s*=", "pyproject.toml")),
        rank=Rank.ROOT,
        title="{name} is of the workspace, and its folder is not where uv runs",
        message="`{name}` references a workspace in tool.uv.sources and is not a workspace member: no folder under members has its pyproject.toml here.",
        fix="COPY the pyproject.toml of {name} to its place before this uv sync, or run uv sync --frozen (uv then reads uv.lock alone); else correct members under [tool.uv.workspace].",
        link="https://docs.astral.sh/uv/guides/integration/docker/",
    ),
    Rule(
        code="uv-lock-as-requirements",
        pattern=r"error: Couldn't parse requirement in `(?P<path>[^`]*(?:\.lock|\.toml))`",
        rank=Rank.ROOT,
        title="{path} is given to -r, which reads requirements.txt",
        message="Couldn't parse requirement in {path}: it is TOML, and uv pip install -r wants one requirement a line.",
        fix="Write RUN uv sync --frozen --no-dev instead, or make a requirements.txt of it: uv export --frozen -o requirements.txt.",
        link="https://docs.astral.sh/uv/guides/integration/docker/",
    ),
    Rule(
        code="uv-lock-missing",
        pattern=r"Unable to find lockfile at `uv\.lock`",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="There is no uv.lock where uv sync looks for it",
        message="Unable to find lockfile at uv.lock, and --frozen or --locked does not let uv make one.",
        fix="Run uv lock, commit uv.lock, and COPY pyproject.toml uv.lock ./ before this instruction (look into .dockerignore and .gitignore too).",
        link="https://docs.astral.sh/uv/guides/integration/docker/",
    ),
    Rule(
        code="uv-lock-version",
        pattern=r"Failed to parse `uv\.lock`, which uses an unsupported schema version \((?P<said>[^)]+)\)|The lockfile at `uv\.lock` uses an unsupported schema version|Failed to parse `uv\.lock`",
        place=first(matching(r"uv[:=@]|astral-sh/uv|install.*\buv\b", "Dockerfile"), whole_file("uv.lock")),
        rank=Rank.ROOT,
        title="This version of uv cannot read uv.lock",
        message="uv.lock was written by another version of uv than the one in the image, or has conflict marks of a merge. {said}",
        fix="Use the version of uv that made it (COPY --from=ghcr.io/astral-sh/uv:VERSION /uv /bin/), or run uv lock and commit uv.lock.",
    ),
    Rule(
        code="uv-python",
        pattern=r"error: No interpreter found for (?P<want>Python [\w.><=, ]+?) in |error: The (?:requested|Python) interpreter (?:resolved to|at) .*?(?P<have>\d+\.\d+(?:\.\d+)?), which is incompatible with the project's Python requirement: `(?P<want2>[^`]+)`|The Python request from `\.python-version` resolved to Python (?P<have2>[\d.]+), which is incompatible with the project's Python requirement: `(?P<want3>[^`]+)`",
        read=lambda hit: {
            "want": hit["want"] or hit["want2"] or hit["want3"],
            "have": hit["have"] or hit["have2"] or "another one",
        },
        place=first(whole_file(".python-version"), matching(r"^\s*requires-python\s*=", "pyproject.toml")),
        rank=Rank.ROOT,
        title="The image has no Python that fits: {want}",
        message="uv looks for {want} and the image has {have}.",
        fix="Let .python-version, requires-python and the base image name the same Python, such as FROM python:3.12-slim.",
    ),
    Rule(
        code="uv-no-environment",
        pattern=r"error: No virtual environment found(?:; run `uv venv`|\s)|error: The interpreter at \S+ is externally managed",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="uv pip install has no environment to install into",
        message="No virtual environment found: uv installs into the image's own Python only when it is told to.",
        fix="Write uv pip install --system (or ENV UV_SYSTEM_PYTHON=1), or RUN uv venv /venv with ENV VIRTUAL_ENV=/venv PATH=/venv/bin:$PATH before it.",
        link="https://docs.astral.sh/uv/guides/integration/docker/#using-uv-pip",
    ),
    Rule(
        code="uv-no-project",
        pattern=r"error: No `pyproject\.toml` found in current directory or any parent directory|error: File not found: `?(?P<path>[^`\s]+)`?",
        read=lambda hit: (
            {"what": hit["path"] or "pyproject.toml"} if hit.section.instruction or not hit["path"] else None
        ),
        place=failing_instruction,
        rank=Rank.ROOT,
        title="There is no {what} where uv looks",
        message="uv found no {what} in the directory in which the instruction runs.",
        fix="COPY {what} (and uv.lock) into the WORKDIR before this instruction.",
    ),
    Rule(
        code="uv-group",
        pattern=r"error: (?:Group|Extra) `(?P<name>[\w.-]+)` is not defined in (?:the project's|any project's|`)",
        place=in_instruction("name"),
        rank=Rank.ROOT,
        title="pyproject.toml defines no group or extra {name}",
        message="uv sync was told to install {name}, which is not defined in pyproject.toml.",
        fix="Correct the name in the instruction, or add {name} under [dependency-groups] (or [project.optional-dependencies]).",
    ),
    Rule(
        code="uv-spawn",
        pattern=r"error: Failed to spawn: `?(?P<name>[^`\s]+)`?$",
        rank=Rank.ROOT,
        place=lambda hit: (
            in_instruction("name")(hit)
            if hit.section.instruction
            else matching(r"uv.*\brun\b.*{name}", "Dockerfile", "Procfile")(hit)
        ),
        title="uv run finds no {name}",
        message="Failed to spawn: {name}: the project's environment has no such command.",
        fix="Add the package that brings {name} to the dependencies of pyproject.toml (not only to the dev group), run uv lock, and commit both.",
    ),
    Rule(
        code="uv-cache-mount",
        pattern=r"error: Querying Python at `(?P<path>[^`]*\.venv/bin/python3?)` failed|error: Broken (?:symlink|virtual environment) at `(?P<path2>[^`]+)`",
        read=lambda hit: (
            {"path": hit["path"] or hit["path2"]}
            if not hit.find_after(r"error while loading shared libraries", 6)
            else None
        ),
        place=first(matching(r"^\.venv|^\.git", ".dockerignore"), failing_instruction),
        rank=Rank.ROOT,
        title="A .venv of another machine was copied into the image",
        message="The Python at {path} cannot run here: the environment was made elsewhere.",
        fix="Write .venv into .dockerignore, so that COPY . . does not bring it into the image.",
    ),
    Rule(
        code="pipenv-lock",
        pattern=r"Your Pipfile\.lock \(\w+\) is out of date|Pipfile\.lock .{0,80}out of date|Aborting deploy",
        place=first(whole_file("Pipfile"), whole_file("Pipfile.lock")),
        rank=Rank.ROOT,
        title="Pipfile.lock does not fit Pipfile",
        message="Your Pipfile.lock is out of date, and --deploy was given.",
        fix="Run pipenv lock and commit Pipfile.lock.",
    ),
    Rule(
        code="pipenv-no-lock",
        pattern=r"Pipfile\.lock not found! |ERROR:?:? --system is intended to be used for pre-existing Pipfile installation|Pipfile\.lock is required|No such file or directory: '(?:\S*/)?Pipfile\.lock'",
        place=first(failing_instruction, whole_file("Pipfile")),
        rank=Rank.ROOT,
        title="pipenv finds no Pipfile or Pipfile.lock",
        message="pipenv install --deploy or --system installs from Pipfile.lock, and it is not there.",
        fix="Run pipenv lock, commit Pipfile.lock, and COPY Pipfile Pipfile.lock ./ before this instruction.",
    ),
    Rule(
        code="pipenv-python",
        pattern=r"Warning: Python (?P<want>[\d.]+) was not found on your system|Your Pipfile requires \"?python_(?:full_)?version\"? (?P<want2>[\d.]+), but you are using (?P<have>[\w.]+)",
        read=lambda hit: (
            {"want": hit["want"] or hit["want2"], "have": hit["have"] or "another one"}
            if hit.section.failed or hit["want"]
            else None
        ),
        place=matching(r"^\s*python_(?:full_)?version\s*=", "Pipfile"),
        title="The Pipfile asks for Python {want}",
        message="Your Pipfile requires Python {want}, and the image has {have}.",
        fix="Use FROM python:{want}-slim, or correct python_version in the Pipfile and run pipenv lock.",
    ),
    Rule(
        code="setuptools-layout",
        pattern=r"error: Multiple top-level (?:packages|modules) discovered in a flat-layout: (?P<names>\[.+\])",
        place=whole_file("pyproject.toml", "setup.cfg", "setup.py"),
        rank=Rank.ROOT,
        title="setuptools does not know which folder is the package",
        message="Multiple top-level packages discovered in a flat-layout: {names}.",
        fix='Name the package: [tool.setuptools] packages = ["…"], or put it under src/.',
        link="https://setuptools.pypa.io/en/latest/userguide/package_discovery.html",
    ),
    Rule(
        code="setuptools-config",
        pattern=r"(?:invalid pyproject\.toml config: |configuration error: )`?(?P<what>[\w.-]+)`? (?P<said>must .+)",
        place=lambda hit: (
            next(
                (
                    hit.files.place(p, n)
                    for p in hit.files.named("pyproject.toml")
                    if (n := hit.files.search(p, rf"^\s*{re.escape(hit['what'].rpartition('.')[2])}\s*="))
                ),
                None,
            )
            or whole_file("pyproject.toml")(hit)
        ),
        rank=Rank.ROOT,
        title="pyproject.toml: {what} {said}",
        message="invalid pyproject.toml config: {what} {said}.",
        fix="Correct {what} in pyproject.toml.",
    ),
    Rule(
        code="build-missing-file",
        pattern=r"(?:OSError|FileNotFoundError): (?:(?:Readme file does not exist:|Readme path) `?(?P<path>[^\s`]+)|(?:License|Readme) file not found: (?P<path2>\S+)|\[Errno 2\] No such file or directory: '(?P<path3>(?:/\S*/)?(?:README|LICENSE|requirements|VERSION|CHANGELOG)[\w.-]*)')|File '(?:\S*/)?(?P<path4>README[\w.]*)' cannot be found|[Rr]eadme file not found \('(?P<path5>[^']+)'\)",
        read=lambda hit: (
            has_file(
                Hit(
                    hit.section,
                    hit.index,
                    {**hit.words, "path": hit["path"] or hit["path4"] or hit["path5"]},
                    hit.files,
                    hit.transcript,
                )
            )
            if hit.find_before(
                r"Getting requirements|Preparing|[Bb]uild backend|build_editable|build_wheel|hatchling|setuptools|poetry|setup\.py",
                120,
            )
            or hit.find_after(r"hatchling|poetry", 4)
            else None
        ),
        place=where_file_is_missed,
        rank=Rank.ROOT,
        title="The project is built without its {path}",
        message="pyproject.toml or setup.py names {path}, and it is not there when the instruction builds the project.",
        fix="{advice}.",
    ),
    Rule(
        code="hatch-package",
        pattern=r"ValueError: Unable to determine which files to ship inside the wheel",
        place=first(matching(r"^\[build-system\]|^name\s*=", "pyproject.toml"), whole_file("pyproject.toml")),
        rank=Rank.ROOT,
        title="hatchling does not know which folder is the package",
        message="Unable to determine which files to ship inside the wheel: no folder has the project's name.",
        fix='Write [tool.hatch.build.targets.wheel] with packages = ["src/NAME"], COPY that folder before this instruction, or install without the project (uv sync --no-install-project; for an application take out [build-system]).',
        link="https://hatch.pypa.io/latest/config/build/",
    ),
)
