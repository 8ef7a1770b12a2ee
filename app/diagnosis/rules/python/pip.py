"""pip: what it cannot find, agree on or build, from the line that asked for it."""

from __future__ import annotations

from app.diagnosis.dependencies import manifest
from app.diagnosis.instructions import failing_instruction, in_instruction
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.python.reading_pip import (
    asked,
    conflict,
    conflict_place,
    git_line,
    line_of_file,
    local_path,
    not_a_requirement,
    own_requires_python,
    requirement,
)
from app.model import Blame

RULES: tuple[Rule, ...] = (
    Rule(
        code="pip-network",
        pattern=r"ERROR: Could not find a version that satisfies the requirement \S+ \(from versions: none\)",
        read=lambda hit: (
            {}
            if hit.find_before(r"WARNING: Retrying \(Retry\(total=[01],", 12)
            or hit.find_before(r"after connection broken by", 4)
            else None
        ),
        nowhere=True,
        rank=Rank.ROOT,
        blame=Blame.UNKNOWN,
        title="PyPI could not be reached",
        message="pip tried several times, and the connection broke each time: the network between the build and PyPI, not the name of the package.",
        fix="Run it again; where it stays so, look at the proxy, the DNS and the private pool that the build uses.",
    ),
    Rule(
        code="pip-no-such-version",
        pattern=r"ERROR: No matching distribution found for (?P<req>[^\s(]+)",
        read=requirement,
        place=asked,
        rank=Rank.ROOT,
        title="pip finds no {req}",
        message="No matching distribution found for {req}: the name, the version or this Python's version does not fit.{versions}",
        fix="{advice}.",
    ),
    Rule(
        code="pip-conflict",
        pattern=r"ERROR: Cannot install (?P<what>.+) because these package versions have conflicting dependencies",
        read=conflict,
        place=conflict_place,
        rank=Rank.ROOT,
        title="{names} do not go together",
        message="pip found no versions that fit together: {reasons}.",
        fix="Loosen or change the version of {name}, so that both sides accept one.",
        link="https://pip.pypa.io/en/stable/topics/dependency-resolution/",
    ),
    Rule(
        code="pip-invalid-requirement",
        pattern=r"(?:ERROR: )?(?:Invalid requirement: |InvalidRequirement: )['\"]?(?P<req>[^'\"]+)['\"]?",
        read=not_a_requirement,
        place=line_of_file,
        rank=Rank.ROOT,
        title="{req} is not a requirement",
        message="pip cannot read this line: Invalid requirement: {req}.",
        fix="{advice}.",
        link="https://pip.pypa.io/en/stable/reference/requirements-file-format/",
    ),
    Rule(
        code="pip-local-path",
        pattern=r"ERROR: Could not install packages due to an OSError: \[Errno 2\] No such file or directory: '(?P<path>[^']+)'|ERROR: (?P<path2>\S+)(?: \(from -r [^)]+\)\)?)? does not appear to be a Python project|ERROR: Directory '(?P<path3>[^']+)' is not installable",
        read=lambda hit: {"path": hit["path"] or hit["path2"] or hit["path3"]},
        place=local_path,
        rank=Rank.ROOT,
        title="pip is told to install {path}, which is not in the image",
        message="A requirement names a folder or file of the machine on which the list was made: {path}.",
        fix="Write NAME==VERSION instead of the path (pip list --format=freeze makes such a list); for -e . COPY pyproject.toml and the sources before pip.",
    ),
    Rule(
        code="pip-needs-git",
        pattern=r"ERROR: Cannot find command 'git'|Git executable not found|git operation failed.{0,80}No such file",
        place=lambda hit: git_line(hit),
        rank=Rank.ROOT,
        title="A requirement comes from git, and the image has no git",
        message="Cannot find command 'git': pip has to clone a requirement (git+https://…).",
        fix="Write RUN apt-get update && apt-get install -y --no-install-recommends git before pip, or ask for a released version.",
    ),
    Rule(
        code="pip-git-access",
        pattern=r"fatal: could not read Username for 'https://(?P<host>[\w.]+)[^']*'|fatal: Authentication failed for 'https://(?P<host2>[\w.]+)",
        read=lambda hit: (
            {"host": hit["host"] or hit["host2"]}
            if hit.find_before(r"git clone|Cloning|Collecting|git\+", 12)
            else None
        ),
        place=lambda hit: git_line(hit),
        rank=Rank.ROOT,
        title="A requirement from git may not be read",
        message="{host} asks for a name and a password: the repository is private, or it does not exist.",
        fix="Mount a token for the build (RUN --mount=type=secret), publish the package in an index the build may read, or correct the address.",
    ),
    Rule(
        code="pip-wheel-platform",
        pattern=r"ERROR: (?P<name>[\w.-]+\.whl) is not a supported wheel on this platform",
        place=first(matching(r"{name}", "requirements.txt", "Dockerfile"), failing_instruction),
        rank=Rank.ROOT,
        title="{name} is for another Python or system",
        message="{name} is not a supported wheel on this platform: its name says for which Python and system it is made.",
        fix="Take the wheel for this image's Python and linux x86_64, or ask for the package by name and version.",
    ),
    Rule(
        code="pip-too-deep",
        pattern=r"error: resolution-too-deep",
        place=manifest("python"),
        rank=Rank.ROOT,
        title="pip gave up looking for versions that fit together",
        message="resolution-too-deep: too many versions are allowed, and pip tried them one after the other.",
        fix="Pin the direct requirements (NAME==VERSION), or let uv pip compile write a full list and install that.",
    ),
    Rule(
        code="pip-option",
        pattern=r"^no such option: (?P<option>-\S+)|^pip: error: no such option: (?P<option2>\S+)|^ERROR: unknown command \"(?P<option3>[\w-]+)\"",
        read=lambda hit: (
            {"option": hit["option"] or hit["option2"] or hit["option3"]}
            if hit.find_before(r"^Usage:|pip", 6) or hit["option3"]
            else None
        ),
        place=in_instruction("option"),
        title="pip has no {option}",
        message="pip stopped at {option}, which it does not know.",
        fix="Correct the option where pip is started: pip install --help lists them.",
    ),
    Rule(
        code="pip-no-requirements-file",
        pattern=r"Could not open requirements file: \[Errno 2\] No such file or directory: '(?P<path>[^']+)'",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="{path} is not in the image",
        message="pip install -r {path}: the file is not there when the instruction runs.",
        fix="COPY {path} before this instruction, or correct the name.",
    ),
    Rule(
        code="pip-hash",
        pattern=r"ERROR: (?:THESE PACKAGES DO NOT MATCH THE HASHES|In --require-hashes mode, all requirements must have)(?P<rest>.*)",
        place=manifest("python"),
        rank=Rank.ROOT,
        title="The hashes in the requirements file do not fit",
        message="pip refuses packages whose hashes are not those in the file: {rest}",
        fix="Make the file anew with pip-compile --generate-hashes (or uv pip compile --generate-hashes) and commit it.",
    ),
    Rule(
        code="pip-python-version",
        pattern=r"ERROR: Package '(?P<name>[^']+)' requires a different Python: (?P<have>\S+) not in '(?P<want>[^']+)'",
        place=first(own_requires_python, asked),
        rank=Rank.ROOT,
        title="{name} does not run on Python {have}",
        message="{name} requires Python {want}; the image has {have}.",
        fix="Choose a version of {name} for this Python, or another base image.",
    ),
    Rule(
        code="pip-externally-managed",
        pattern=r"error: externally-managed-environment",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="This image's Python belongs to the distribution",
        message="error: externally-managed-environment: pip may not install into the system's Python.",
        fix="Use an official python image, or make a virtual environment: RUN python3 -m venv /venv && /venv/bin/pip install -r requirements.txt.",
    ),
    Rule(
        code="pip-network",
        pattern=r"(?:WARNING: Retrying \(Retry\(total=0|pip\._vendor\.urllib3\.exceptions\.(?:ReadTimeoutError|MaxRetryError|NewConnectionError))",
        nowhere=True,
        blame=Blame.UNKNOWN,
        title="PyPI could not be reached",
        message="The network between the build and PyPI broke; this is not in your change.",
        fix="Run it again.",
    ),
    Rule(
        code="pip-toml",
        pattern=r"(?:tomllib\.|tomli\.|tomlkit\.|toml\.)\w*(?:DecodeError|ParseError|TOMLDecodeError): (?P<said>.+?) \(at line (?P<line>\d+)",
        place=lambda hit: next(
            (
                p
                for f in hit.files.named("pyproject.toml", "Pipfile")
                if (p := hit.files.place(f, int(hit["line"])))
            ),
            None,
        ),
        rank=Rank.ROOT,
        title="pyproject.toml is not valid TOML: {said}",
        message="TOMLDecodeError: {said} at line {line} of pyproject.toml (a comma or bracket of an array, often the line before).",
        fix="Correct line {line} of pyproject.toml.",
    ),
    Rule(
        code="poetry-no-file",
        pattern=r"^\s*Unable to find installation candidates for (?P<name>[\w.-]+) \((?P<version>[\w.+!-]+)\)",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="poetry finds no file of {name} {version} that fits",
        message="Unable to find installation candidates for {name} ({version}): of the files that the index has, none is for this Python and processor and has a hash that poetry.lock lists.",
        fix="Run poetry lock with the Python of the image and commit poetry.lock; a version of poetry of years ago may not read the index of today: take a newer one in the image.",
        link="https://python-poetry.org/docs/cli/#lock",
    ),
)
