"""Builds without a Dockerfile: what Google's buildpacks do for Python and Node, done with this machine's own."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import processes
from sandbox.images import ImageConfig

if TYPE_CHECKING:
    from sandbox.builder import Work

ROOT = "/workspace"
PYTHON_FILES = ("requirements.txt", "pyproject.toml", "main.py", "app.py", "Pipfile")


def build(
    work: Work,
    files: Path,
    image: str,
    env: Mapping[str, str],
    failed: type[Exception],
    stopped: type[Exception],
) -> str:
    """The image's digest; `failed` after the buildpack has said what is wrong."""
    work.log("latest: Pulling from buildpacks/builder")
    work.log("===> ANALYZING")
    work.log(f"[analyzer] Restoring data for SBOM from previous image {image!r}")
    work.log("===> DETECTING")
    kind = _detect(files)
    if kind is None:
        work.log("[detector] ERROR: No buildpack groups passed detection.")
        work.log("[detector] ERROR: Please check that you are running against the correct path.")
        work.log("[detector] ERROR: failed to detect: no buildpacks participating")
        work.log("ERROR: failed to build: executing lifecycle: failed with status code: 20")
        raise failed
    work.log(f"[detector] google.{kind}.runtime 0.9.1")
    work.log("===> RESTORING")
    work.log("===> BUILDING")
    install, command = (_python if kind == "python" else _node)(files)
    if install:
        _install(work, files, install, failed, stopped)
    if not command:
        work.log("[builder] ERROR: no entrypoint: provide main.py, app.py or a Procfile with `web: COMMAND`")
        work.log("ERROR: failed to build: exit status 1")
        raise failed
    work.log("===> EXPORTING")
    config = ImageConfig(("/bin/sh", "-c", f"exec {command}"), tuple(env.items()), ROOT, ROOT)
    digest = work.images.add(files, config)
    work.log("[exporter] Adding layer 'google.config.entrypoint:config'")
    work.log(f"[exporter] *** Images ({digest[:19]}):")
    work.log(f"[exporter]       {image}")
    work.log(f"Successfully built image {image}")
    return digest


def _detect(files: Path) -> str | None:
    if (files / "package.json").exists():
        return "nodejs"
    return "python" if any((files / name).exists() for name in PYTHON_FILES) else None


def _python(files: Path) -> tuple[list[str], str]:
    wanted = files / "requirements.txt"
    lines = (
        [line.split("#")[0].strip() for line in wanted.read_text().splitlines()] if wanted.exists() else []
    )
    install: list[str] = []
    if any(lines):
        install = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--no-warn-script-location",
        ]
        install += ["--requirement", "requirements.txt", "--target", ".packages"]
    entry = next((name for name in ("main.py", "app.py") if (files / name).exists()), "")
    return install, _procfile(files) or (f"python3 {entry}" if entry else "")


def _node(files: Path) -> tuple[list[str], str]:
    package = json.loads((files / "package.json").read_text())
    install: list[str] = []
    if package.get("dependencies"):
        install = [
            "npm",
            "ci" if (files / "package-lock.json").exists() else "install",
            "--omit=dev",
            "--no-audit",
        ]
    entry = package.get("main", "index.js")
    started = package.get("scripts", {}).get("start", "")
    return install, _procfile(files) or started or (f"node {entry}" if (files / entry).exists() else "")


def _install(
    work: Work, files: Path, command: list[str], failed: type[Exception], stopped: type[Exception]
) -> None:
    shown = re.sub(r"^\S*/", "", " ".join(command))
    work.log("[builder] === Installing dependencies ===")
    work.log(f'[builder] Running "{shown}"')
    home = work.scratch / "home"
    home.mkdir(exist_ok=True)
    code = processes.run(
        command,
        cwd=files,
        env=processes.clean_environment(home, {"PIP_CONFIG_FILE": _pip_configuration()}),
        log=lambda line: work.log(f"[builder] {line.replace(str(files), ROOT)}"),
        cancelled=work.cancelled,
        deadline=work.deadline,
    )
    if code is None:
        raise stopped
    if code:
        work.log(f'[builder] Failed to run "{shown}": exit status {code}')
        work.log("ERROR: failed to build: exit status 1")
        raise failed
    work.log("[builder] Done")


def _pip_configuration() -> str:
    """Where this machine's own pip finds its packages, which may be no public registry."""
    for place in (
        "/etc/pip.conf",
        str(Path.home() / ".pip/pip.conf"),
        str(Path.home() / ".config/pip/pip.conf"),
    ):
        if Path(place).exists():
            return place
    return "/dev/null"


def _procfile(files: Path) -> str:
    file = files / "Procfile"
    if not file.exists():
        return ""
    found = re.search(r"^web:\s*(.+)$", file.read_text(), re.MULTILINE)
    return found[1].strip() if found else ""


def has_node() -> bool:
    """Whether this machine can run a Node service."""
    return shutil.which("node") is not None
