"""Builds without a Dockerfile: what Google's buildpacks do, done with the toolchains that this machine has.

Which language, which commands and which start command: github.com/GoogleCloudPlatform/buildpacks, the order in
builders/gcp/base/google.24.builder.toml and the `lib.go` of each buildpack.
"""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path

from sandbox import machine
from sandbox.buildpack_languages import GO, JAVA, PHP, RUBY
from sandbox.buildpack_node import NODE
from sandbox.buildpack_python import PYTHON
from sandbox.buildpack_room import Language, Launch, Room
from sandbox.images import ImageConfig
from sandbox.upon import Upon
from sandbox.work import Beyond, StepFailed, Work

ROOT = "/workspace"


def build(work: Work, image: str, env: Mapping[str, str], below: Upon | None = None) -> str:
    """The image's digest; StepFailed after the buildpack has said what is wrong."""
    files = work.scratch / "image"
    shutil.copytree(work.folder, files / "workspace", symlinks=True)
    room = Room(work, files, _project(files / "workspace") | dict(env))
    work.log("latest: Pulling from buildpacks/builder")
    work.log("===> ANALYZING")
    work.log(f"[analyzer] Restoring data for SBOM from previous image {image!r}")
    work.log("===> DETECTING")
    language = _detect(room, below.language if below else "")
    work.log(f"[detector] google.{language.name}.runtime 0.9.1")
    work.log("===> RESTORING")
    work.log("===> BUILDING")
    launch = _launch(room, language)
    machine.relocate(files, files)
    work.log("===> EXPORTING")
    needs = below.needs(room) if below else ""
    config = ImageConfig(launch.command, tuple(launch.env.items()), ROOT, needs)
    digest = work.images.add(files, config)
    work.log("[exporter] Adding layer 'google.config.entrypoint:config'")
    work.log(f"[exporter] *** Images ({digest[:19]}):")
    work.log(f"[exporter]       {image}")
    work.log(f"Successfully built image {image}")
    return digest


def _launch(room: Room, language: Language) -> Launch:
    """Install and build, then the start command: GOOGLE_ENTRYPOINT, the Procfile, or the language's own."""
    if language.tool and not machine.tool(language.tool):
        raise Beyond(f"the sandbox cannot build {language.title} without {language.tools}; Cloud Build can")
    launch = language.build(room)
    if entry := room.env.get("GOOGLE_ENTRYPOINT") or _procfile(room):
        return Launch(("/bin/sh", "-c", _in_place_of_the_shell(entry)), launch.env)
    if not launch.command:
        room.say(f"ERROR: {launch.missing}")
        room.fail()
    return launch


def _in_place_of_the_shell(entry: str) -> str:
    """One plain command takes the shell's place, as bash has it, so that a signal and the end of us reach it."""
    plain = not re.search(r"[;&|<>()`\n]", entry) and not re.match(r"\s*(?:exec\b|\w+=)", entry)
    return f"exec {entry}" if plain else entry


def _detect(room: Room, only: str) -> Language:
    """The first language whose buildpack takes part; Python without an entry point comes after Node.

    The builder of one language has no other.
    """
    entry = bool(room.env.get("GOOGLE_ENTRYPOINT")) or (room.app / "Procfile").exists()
    order = (GO, JAVA, *((PYTHON, RUBY) if entry else ()), PHP, NODE, PYTHON, RUBY)
    mine = [language for language in order if only in ("", language.name)]
    found: Language | None = next((language for language in mine if language.detects(room.app)), None)
    if found is not None:
        return found
    for name, what in FOREIGN.items():
        if next(room.app.glob(name), None) is not None:
            raise Beyond(f"the sandbox cannot build {what}; Cloud Build can")
    room.work.log("[detector] ERROR: No buildpack groups passed detection.")
    room.work.log("[detector] ERROR: Please check that you are running against the correct path.")
    room.work.log("[detector] ERROR: failed to detect: no buildpacks participating")
    room.work.log("ERROR: failed to build: executing lifecycle: failed with status code: 20")
    raise StepFailed


# Languages that Google's builder knows and the sandbox does not.
FOREIGN = {
    "*.csproj": ".NET",
    "*.fsproj": ".NET",
    "*.sln": ".NET",
    "pubspec.yaml": "Dart",
}


def _procfile(room: Room) -> str:
    """The command of the web process, as pkg/entrypoint parses it; a Procfile without one fails the build."""
    file = room.app / "Procfile"
    if not file.is_file():
        return ""
    found = dict(re.findall(r"(?m)^(\w+):\s*(.+?)\s*$", file.read_text(errors="replace")))
    if "web" not in found:
        names = " ".join(found)
        room.say(f"ERROR: web process not found in Procfile, found processes: [{names}]")
        room.fail()
    return str(found["web"])


def _project(app: Path) -> dict[str, str]:
    """`[[build.env]]` of project.toml (`io.buildpacks.build.env` in newer ones), which `pack` reads."""
    file = app / "project.toml"
    if not file.is_file():
        return {}
    try:
        read = tomllib.loads(file.read_text(errors="replace"))
    except tomllib.TOMLDecodeError:
        return {}
    old = read.get("build", {}).get("env", [])
    new = read.get("io", {}).get("buildpacks", {}).get("build", {}).get("env", [])
    return {str(each["name"]): str(each["value"]) for each in [*old, *new] if {"name", "value"} <= set(each)}
