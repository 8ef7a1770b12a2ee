"""Unbuilt: whether a service runs on a base image of Google's without a build, and how it starts there. Pure.

Only what the buildpacks would build in one known way takes this road: they stay the measure of what is started, see
cmd/python/missing_entrypoint and pkg/entrypoint of github.com/GoogleCloudPlatform/buildpacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.model import Target
from app.source import unbuilt_node as node
from app.source.services_below import services_below
from app.start_command import start_command
from app.start_command.entry_point import server_of
from app.start_command.installed import asks

if TYPE_CHECKING:
    from app.diagnosis.files import Files

# https://cloud.google.com/run/docs/configuring/services/runtime-base-images
PYTHONS = frozenset(f"3.{minor}" for minor in range(10, 15))
LATEST = "3.14"
# What makes the buildpacks take another language, or another way of installing.
OTHERS = re.compile(
    r"(?:package\.json|go\.mod|pom\.xml|Gemfile|composer\.json|project\.toml|Pipfile|poetry\.lock|uv\.lock|"
    r"(?:build|settings)\.gradle(?:\.kts)?|[^/]+\.(?:js|ts|mjs|php|go|java|jar|rb|csproj|fsproj|sln))"
)
# One package at one version, with extras, a marker and hashes: https://packaging.python.org/specifications/dependency-specifiers/
PINNED = re.compile(
    r"[A-Za-z0-9][\w.-]*(?:\[[\w\s,.-]+\])?\s*==\s*[\w.!+]+(?:\s*;[^;]+?)?(?:\s+--hash=\w+:[0-9a-f]+)*\s*"
)
DEFAULTS = {
    "gunicorn": "gunicorn -b :$PORT {module}:app",
    "uvicorn": "uvicorn {module}:app --port $PORT --host 0.0.0.0",
}


# What is read here and nowhere else.
LOCKS = frozenset({node.LOCK, ".nvmrc"})
# Where each language finds its packages, as lines of a shell.
ROOMS = {
    "python": (
        'packages="$PWD/.servergem/site-packages"',
        'export PYTHONPATH="$packages${PYTHONPATH:+:$PYTHONPATH}" PATH="$packages/bin:$PATH" PYTHONUNBUFFERED=1',
    ),
    "node": ('export PATH="$PWD/node_modules/.bin:$PATH" NODE_ENV="${NODE_ENV:-production}"',),
}


@dataclass(frozen=True)
class Recipe:
    """How it runs: on which base image, by which command of the shell, with what `lock` names installed.

    `command` is empty where servergem.yml gives it. `language` is "python" or "node", `lock` the text of its lock.
    """

    base: str
    version: str
    command: str
    lock: str = ""
    language: str = "python"

    @property
    def locked_by(self) -> str:
        """The name of the file that the packages are named in."""
        return node.LOCK if self.language == "node" else "requirements.txt"


def recipe(files: Files, target: Target) -> Recipe | str:
    """The recipe, or in words why it has to be built."""
    inside = "" if target.service.path == "." else target.service.path + "/"
    here = sorted(path[len(inside) :] for path in files.paths if path.startswith(inside))
    if why := next(_against(files, target), ""):
        return why
    if "package.json" in here and not {"requirements.txt", "main.py", "app.py"} & set(here):
        return next(node.against(files, inside, here), "") or _of_node(files, target, inside)
    return next(_against_python(files, inside, here), "") or _recipe(files, target, inside)


def _against(files: Files, target: Target) -> Iterator[str]:
    service = target.service
    needs: tuple[tuple[object, str], ...] = (
        (not service.automatic_updates, "automatic_updates: false wants an image that stays as it was built"),
        (service.args and not service.command, "args without a command are for an image's own"),
        (not files.whole, "its source is too large to be looked into"),
    )
    yield from (*not_alone(target), *(why for is_so, why in needs if is_so))


def not_alone(target: Target) -> Iterator[str]:
    """What else than the service's one container takes its image, or judges it; only that one has a base image."""
    service = target.service
    needs: tuple[tuple[object, str], ...] = (
        (service.release, "its release command runs as a job, which takes an image"),
        (target.jobs, "its jobs take an image"),
        (target.workers, "its workers take an image"),
        (service.containers, "other containers run beside it, and a base image is for one alone"),
        (service.binary_authorization, "binary_authorization judges images"),
        (service.encryption_key, "encryption_key is for an image"),
    )
    yield from (why for is_so, why in needs if is_so)


def _against_python(files: Files, inside: str, here: list[str]) -> Iterator[str]:
    if not any(path.endswith(".py") and "node_modules/" not in path for path in here):
        yield "it is neither Python nor Node"
    if other := next((path for path in here if OTHERS.fullmatch(path)), ""):
        yield f"{inside}{other} asks for more than Python and requirements.txt"
    read = ("requirements.txt", "Procfile", ".python-version")
    if linked := next((name for name in read if inside + name in files.links), ""):
        yield f"{inside}{linked} is a link"
    if "pyproject.toml" in here and "requirements.txt" not in here:
        yield f"{inside}pyproject.toml says what to install, and not to the last version"


def _recipe(files: Files, target: Target, inside: str) -> Recipe | str:
    asked = re.fullmatch(r"(?:python-?)?(3\.\d+)(?:\.\d+)?", files.text(inside + ".python-version").strip())
    if asked is None and inside + ".python-version" in files.paths:
        return f"{inside}.python-version names no version of Python"
    version = asked[1] if asked else LATEST
    if version not in PYTHONS:
        return f"there is no base image of Python {version}"
    requirements = files.text(inside + "requirements.txt")
    if loose := next((line for line in _logical(requirements) if not PINNED.fullmatch(line)), ""):
        return f"{inside}requirements.txt does not pin {loose.split()[0][:60]} to one version with =="
    command = "" if target.service.command else _command(files, inside, requirements)
    if command is None:
        if not inside and services_below(files):
            return "the root holds services in folders of their own, and is none"
        shown = start_command(files, inside)
        return "nothing says what starts it" + (
            f": write a Procfile with `{shown.procfile}`" if shown else ""
        )
    named = requirements if any(_logical(requirements)) else ""
    return Recipe(f"python{version.replace('.', '')}", version, command, named)


def _of_node(files: Files, target: Target, inside: str) -> Recipe | str:
    version = node.version(files, inside)
    if not version:
        return f"{inside}package.json asks for no one version of Node that has a base image: `engines: {{node: 22}}`"
    command = "" if target.service.command else _of_procfile(files, inside, node.command(files, inside))
    if not (command or target.service.command) or (command and node.BY_MANAGER.search(command)):
        return (
            "it is started by npm itself, or by nothing that is clear: write `start: node FILE` as its script"
        )
    return Recipe(f"nodejs{version}", version, command or "", node.lock(files, inside), "node")


def _logical(requirements: str) -> Iterator[str]:
    """The lines that say something, as pip joins them."""
    for line in requirements.replace("\\\n", " ").splitlines():
        if said := re.sub(r"(?:^|\s)#.*", "", line).strip():
            yield said


def _command(files: Files, inside: str, requirements: str) -> str | None:
    """The Procfile's web process, else what the buildpacks start by themselves and is installed."""
    if inside + "Procfile" in files.paths:
        return _of_procfile(files, inside, "")
    module = next((name for name in ("main", "app") if f"{inside}{name}.py" in files.paths), "")
    server = server_of(files, inside, requirements)
    if not (module and server in DEFAULTS and asks(requirements, server)):
        return None
    return DEFAULTS[server].format(module=module)


def _of_procfile(files: Files, inside: str, otherwise: str) -> str | None:
    """The Procfile's web process, None where it has none; `otherwise` where there is no Procfile."""
    if inside + "Procfile" not in files.paths:
        return otherwise
    found = re.search(r"(?m)^web:\s*(.+)", files.text(inside + "Procfile"))
    return found[1].strip() if found else None


def starter(made: Recipe) -> str:
    """The text of the script that a bundle is started with, in the folder that it was unpacked in."""
    words = [
        *ROOMS[made.language],
        'if [ "$#" -gt 0 ]; then exec "$@"; fi',
    ]
    # One plain command takes the shell's place, so that a signal reaches it.
    plain = not re.search(r"[;&|<>()`\n]", made.command) and not re.match(r"exec\b|\w+=", made.command)
    return "\n".join([*words, f"exec {made.command}" if plain and made.command else made.command, ""])
