"""Node as Google's buildpacks build it: cmd/nodejs and pkg/nodejs of GoogleCloudPlatform/buildpacks."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import machine
from sandbox.buildpack_room import OTHER_VERSION, Language, Launch, Room
from sandbox.work import Beyond, StepFailed

# cmd/nodejs/yarn/main.go of the buildpacks: yarn 1 has no `prune` of its own.
YARN_1_PRUNE = ("install", "--ignore-scripts", "--prefer-offline", "--production=true", "--frozen-lockfile")
TOOLS = "/layers/package-manager"


@dataclass(frozen=True)
class _Manager:
    """A package manager and its words. `prune` takes away what only development needs; empty where it is kept."""

    name: str
    package: str = ""
    install: tuple[str, ...] = ()
    prune: tuple[str, ...] = ()
    installs_all: bool = False  # whatever NODE_ENV says


def _detects(app: Path) -> bool:
    return (app / "package.json").exists() or any(app.glob("*.js")) or any(app.glob("*.ts"))


def _build(room: Room) -> Launch:
    file = room.app / "package.json"
    if not file.exists():
        entry = "index.js" if (room.app / "index.js").exists() else ""
        return Launch(("node", entry) if entry else (), {"NODE_ENV": "production"}, "no entrypoint was found")
    package = _read(room, file)
    manager = _manager(room.app, package)
    wanted = str(_table(package, "engines").get("node", ""))
    env = {"NODE_ENV": "production", "PATH": f"{TOOLS}/node_modules/.bin:/workspace/node_modules/.bin"}
    heard: list[str] = []
    if wanted and not _fits(wanted):
        room.say(f"SANDBOX: engines asks for Node {wanted}; Node {machine.node_version()} stands in for it")
    try:
        _install(room, manager, package, env, heard)
    except StepFailed:
        if wanted and not _fits(wanted) and any(OTHER_VERSION.search(line) for line in heard):
            raise Beyond(
                f"the sandbox has no Node {wanted}, and Node {machine.node_version()} cannot build this; "
                "Cloud Build can"
            ) from None
        raise
    return Launch(_start(room.app, package, manager), env)


def _read(room: Room, file: Path) -> dict[str, Any]:
    try:
        read = json.loads(file.read_text(errors="replace"))
    except json.JSONDecodeError as error:
        room.say(f"ERROR: unmarshalling package.json: {error.msg} at line {error.lineno}")
        room.fail()
    return read if isinstance(read, dict) else {}


def _table(package: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = package.get(key)
    return found if isinstance(found, dict) else {}


def _manager(app: Path, package: Mapping[str, Any]) -> _Manager:
    """By lock file, in the order of the builder: yarn, pnpm, then npm."""
    asked = re.match(r"(pnpm|yarn)@([\d.]+)", str(package.get("packageManager", "")))
    if (app / "yarn.lock").exists():
        version = asked[2] if asked and asked[1] == "yarn" else "1.22.22"
        if version.startswith("1."):
            frozen = ("install", "--non-interactive", "--frozen-lockfile")
            return _Manager("yarn", f"yarn@{version}", frozen, YARN_1_PRUNE)
        focus = ("workspaces", "focus", "--all", "--production") if _focuses(app, version) else ()
        return _Manager("yarn", f"@yarnpkg/cli-dist@{version}", ("install", "--immutable"), focus, True)
    if (app / "pnpm-lock.yaml").exists():
        head = (app / "pnpm-lock.yaml").read_text(errors="replace")[:200]
        old = re.search(r"lockfileVersion: '?[56]", head)
        version = asked[2] if asked and asked[1] == "pnpm" else "8" if old else "9"
        return _Manager("pnpm", f"pnpm@{version}", ("install", "--frozen-lockfile"), ("prune", "--prod"))
    if (app / "bun.lock").exists() or (app / "bun.lockb").exists():
        if not machine.tool("bun"):
            raise Beyond("the sandbox cannot build with Bun without bun on this machine; Cloud Build can")
        return _Manager("bun", "", ("install", "--frozen-lockfile"))
    locked = (app / "package-lock.json").exists() or (app / "npm-shrinkwrap.json").exists()
    install = ("ci" if locked else "install", "--quiet", "--no-fund", "--no-audit")
    return _Manager("npm", "", install, ("prune", "--omit=dev", "--no-audit", "--no-fund"))


def _focuses(app: Path, version: str) -> bool:
    """Whether this yarn has the plugin workspace-tools, without which the buildpack keeps devDependencies.

    It is part of yarn since 4.0: https://yarnpkg.com/api/plugin-workspace-tools
    """
    plugin = app / ".yarn" / "plugins" / "@yarnpkg" / "plugin-workspace-tools.cjs"
    return int(version.partition(".")[0]) >= 4 or plugin.exists()


def asks_for_packages(app: Path, package: Mapping[str, Any]) -> bool:
    """Whether an install would do anything; pnpm has its workspaces in a file of their own.

    https://pnpm.io/workspaces
    """
    hooks = {"preinstall", "install", "postinstall", "prepare"} & set(_table(package, "scripts"))
    needs = _table(package, "dependencies") or _table(package, "devDependencies")
    return bool(needs or hooks or package.get("workspaces") or (app / "pnpm-workspace.yaml").exists())


def _install(
    room: Room, manager: _Manager, package: Mapping[str, Any], env: Mapping[str, str], heard: list[str]
) -> None:
    """Install, then the build script: `gcp-build` where there is one, else `build`."""
    scripts, dev = _table(package, "scripts"), _table(package, "devDependencies")
    name = "gcp-build" if "gcp-build" in scripts else "build"
    builds = bool(str(scripts.get(name, "")).strip())
    if asks_for_packages(room.app, package):
        room.say("Installing application dependencies.")
        if manager.package and not machine.tool(manager.name):
            # A layer of its own: `npm run start` may call it as well.
            room.run(
                [
                    "npm",
                    "install",
                    "--quiet",
                    "--no-save",
                    "--prefix",
                    str(room.files / TOOLS[1:]),
                    manager.package,
                ],
                {},
            )
        # Build scripts need what only development needs; without one, it is not installed.
        chosen = {"NODE_ENV": "development" if builds else "production", "CI": "true"}
        room.run([manager.name, *manager.install], dict(env) | chosen, heard=heard)
    if builds:
        room.run([manager.name, "run", name], dict(env) | {"NODE_ENV": "production"}, heard=heard)
    if dev and manager.prune and (builds or manager.installs_all):
        room.run([manager.name, *manager.prune], dict(env) | {"CI": "true"})


def _start(app: Path, package: Mapping[str, Any], manager: _Manager) -> tuple[str, ...]:
    """DefaultStartCommand of pkg/nodejs/npm.go, with SvelteKitStartCommand of pkg/nodejs/sveltekit.go."""
    if "start" in _table(package, "scripts"):
        return (manager.name, "run", "start")
    if (app / ".output/server/index.mjs").exists() and "nuxt" in _table(package, "dependencies"):
        return ("node", ".output/server/index.mjs")
    if (app / "svelte.config.js").exists() and (app / "build/index.js").exists():
        return ("node", "build/index.js")
    if (app / "server.js").exists():
        return (manager.name, "run", "start")
    return ("node", str(package.get("main") or "index.js"))


def _fits(wanted: str) -> bool:
    """Whether this machine's Node is among the wanted majors; an odd range is taken to fit."""
    have = machine.node_version().split(".")[0]
    majors = set(re.findall(r"(?<![\d.])(\d+)(?=[.\sx*]|$|\|)", wanted))
    if not majors or not have:
        return True
    if ">" in wanted:
        return int(have) >= min(map(int, majors))
    return have in majors


NODE = Language("nodejs", "Node", _detects, _build, "node", "Node")
