"""Python as Google's buildpacks build it: cmd/python and pkg/python of GoogleCloudPlatform/buildpacks."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from sandbox import machine
from sandbox.buildpack_room import OTHER_VERSION, Language, Launch, Room
from sandbox.machine import Python
from sandbox.work import Beyond, StepFailed

LATEST = "3.14"  # latestPythonVersionPerStack of pkg/python/python.go, Ubuntu 24.04
SMART_SINCE = (3, 13)  # SupportsSmartDefaultEntrypoint
LAYER = "/layers/python"
NO_ENTRY = (
    'for Python, provide a main.py or app.py file or set an entrypoint with "GOOGLE_ENTRYPOINT" env var or by '
    'creating a "Procfile" file'
)


def _detects(app: Path) -> bool:
    """Code at any depth, but for packages of Node: HasAtLeastOneOutsideDependencyDirectories("*.py")."""
    return any("node_modules" not in file.relative_to(app).parts for file in app.rglob("*.py"))


def _build(room: Room) -> Launch:
    version = wanted(room)
    chosen = machine.python(version) or machine.own_python()
    if chosen.version != version and _says(room):
        room.say(f"SANDBOX: this machine has no Python {version}; Python {chosen.version} stands in for it")
    present = _packages(room.app)
    entry = bool(room.env.get("GOOGLE_ENTRYPOINT")) or (room.app / "Procfile").exists()
    command, server = _default(room.app, present, smart=_smart(version))
    needed = [] if entry or present(server) else [server] * (server == "gunicorn")
    env = {"PYTHONUNBUFFERED": "1"}
    if _installs(room.app) or needed or chosen != machine.own_python():
        env |= {"PATH": f"{LAYER}/bin", "VIRTUAL_ENV": LAYER}
        _install(room, chosen, version, needed, env)
    if server == "gradio":
        env |= {"GRADIO_SERVER_NAME": "0.0.0.0"}
    return Launch(command, env, NO_ENTRY)


def _says(room: Room) -> bool:
    """Whether a version was asked for; the latest one is only Google's default."""
    return bool(_asked(room))


def _asked(room: Room) -> str:
    file = room.app / ".python-version"
    stated = room.env.get("GOOGLE_PYTHON_VERSION") or room.env.get("GOOGLE_RUNTIME_VERSION") or ""
    if stated or not file.is_file():
        return stated
    first = file.read_text(errors="replace").strip()
    if not first:
        room.say("ERROR: .python-version exists but does not specify a version")
        room.fail()
    return first


def wanted(room: Room) -> str:
    """The minor version: GOOGLE_PYTHON_VERSION, GOOGLE_RUNTIME_VERSION, .python-version, else the latest."""
    asked = _asked(room)
    found = re.match(r"(?:python-?)?(3\.\d+)", asked)
    if found is None and asked not in ("", "3", "*"):
        room.say(f"ERROR: invalid Python version specified: failed to resolve version matching: [{asked!r}]")
        room.fail()
    return found[1] if found else LATEST


def _smart(version: str) -> bool:
    return tuple(map(int, version.split("."))) >= SMART_SINCE


def _pyproject(app: Path) -> dict[str, Any]:
    """What counts only where there is no requirements.txt."""
    file = app / "pyproject.toml"
    if not file.is_file() or (app / "requirements.txt").exists():
        return {}
    try:
        return tomllib.loads(file.read_text(errors="replace"))
    except tomllib.TOMLDecodeError:
        return {}


class _Packages:
    """Which packages are asked for, by the patterns of pkg/python/dependencies.go."""

    def __init__(self, text: str, poetry: frozenset[str]) -> None:
        self._text, self._poetry = text, poetry

    def __call__(self, name: str) -> bool:
        edge = "" if name.endswith("]") else r"\b"
        pattern = rf"(?m)^{re.escape(name)}{edge}(?:[^-]|$)|#egg={re.escape(name)}$"
        return bool(re.search(pattern, self._text)) or name in self._poetry


def _packages(app: Path) -> _Packages:
    requirements = app / "requirements.txt"
    if requirements.is_file():
        return _Packages(requirements.read_text(errors="replace"), frozenset())
    project = _pyproject(app)
    stated = project.get("project", {}).get("dependencies", [])
    poetry = project.get("tool", {}).get("poetry", {}).get("dependencies", {})
    return _Packages("\n".join(map(str, stated)), frozenset(poetry))


def _default(app: Path, present: _Packages, *, smart: bool) -> tuple[tuple[str, ...], str]:
    """The start command and its server: cmd/python/missing_entrypoint/lib/lib.go."""
    scripts = _pyproject(app).get("project", {}).get("scripts", {})
    name = "start" if "start" in scripts else next(iter(scripts), "") if len(scripts) == 1 else ""
    if name:
        return (name,), ""
    main = (app / "main.py").exists()
    if not main and not (app / "app.py").exists():
        return ((), "") if not present("google-adk") else (("adk", "api_server", "--host", "0.0.0.0"), "")
    file, module = ("main.py", "main:app") if main else ("app.py", "app:app")
    gunicorn = ("/bin/sh", "-c", f"exec gunicorn -b :$PORT {module}")
    if not smart or present("gunicorn"):
        return gunicorn, "gunicorn"
    if present("uvicorn") or present("fastapi[standard]"):
        return ("/bin/sh", "-c", f"exec uvicorn {module} --port $PORT --host 0.0.0.0"), "uvicorn"
    if present("gradio"):
        return ("/bin/sh", "-c", f"GRADIO_SERVER_PORT=$PORT exec python {file}"), "gradio"
    if present("streamlit"):
        words = f"exec streamlit run {file} --server.address 0.0.0.0 --server.port $PORT"
        return ("/bin/sh", "-c", words), "streamlit"
    return gunicorn, "gunicorn"


def _installs(app: Path) -> bool:
    requirements = app / "requirements.txt"
    if requirements.is_file():
        lines = requirements.read_text(errors="replace").splitlines()
        return any(line.split("#")[0].strip() for line in lines)
    return (app / "pyproject.toml").is_file()


def _install(room: Room, chosen: Python, wanted: str, needed: list[str], env: dict[str, str]) -> None:
    room.say("=== Python - pip (google.python.pip) ===")
    machine.virtual_environment(room.files / LAYER.strip("/"), chosen)
    what = [["--requirement", "requirements.txt"]] if (room.app / "requirements.txt").is_file() else []
    if not what and (room.app / "pyproject.toml").is_file():
        what = [_declared(room.app)]
    heard: list[str] = []
    try:
        for words in [*what, *([needed] if needed else [])]:
            if words:
                room.run(
                    ["python3", "-m", "pip", "install", "--no-warn-script-location", *words], env, heard=heard
                )
    except StepFailed:
        if chosen.version != wanted and any(OTHER_VERSION.search(line) for line in heard):
            raise Beyond(
                f"the sandbox has no Python {wanted}, and Python {chosen.version} cannot install this; "
                "Cloud Build can"
            ) from None
        raise


def _declared(app: Path) -> list[str]:
    """What uv and poetry would install of a pyproject.toml, in pip's words."""
    project = _pyproject(app)
    stated = [str(each) for each in project.get("project", {}).get("dependencies", [])]
    poetry = project.get("tool", {}).get("poetry", {}).get("dependencies", {})
    stated += [_poetry(name, wish) for name, wish in poetry.items() if name != "python"]
    scripts = project.get("project", {}).get("scripts")
    return [*stated, *(["."] if scripts and "build-system" in project else [])]


def _poetry(name: str, wish: object) -> str:
    """A caret is the only sign of poetry's that pip does not know."""
    version = wish.get("version", "*") if isinstance(wish, dict) else str(wish)
    extras = f"[{','.join(wish['extras'])}]" if isinstance(wish, dict) and wish.get("extras") else ""
    if version == "*":
        return name + extras
    if version.startswith("^"):
        plain = version[1:]
        major = plain.split(".")[0]
        return (
            f"{name}{extras}>={plain},<{int(major) + 1}"
            if major.isdecimal() and major != "0"
            else f"{name}{extras}~={plain}"
        )
    return f"{name}{extras}{version if version[0] in '<>=~!' else '==' + version}"


PYTHON = Language("python", "Python", _detects, _build)
