"""What this machine has: interpreters, tools and registries, without a trace of ServerGem's own packages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# Where packages come from on this machine: a build has to reach them, and a program that downloads at its start.
REGISTRIES = (
    *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CERT", "PIP_TRUSTED_HOST"),
    *("UV_INDEX_URL", "UV_DEFAULT_INDEX", "NPM_CONFIG_REGISTRY", "npm_config_registry", "GOPROXY", "GOSUMDB"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
)
PROBE = (
    "import glob, importlib.util, os, sys; found = importlib.util.find_spec('ensurepip'); "
    "at = os.path.join(os.path.dirname(found.origin), '_bundled') if found else ''; "
    "wheels = [(glob.glob(os.path.join(at, name + '-*.whl')) or [''])[0] for name in ('pip', 'setuptools')]; "
    "print('%d.%d' % sys.version_info[:2], *wheels, sep='\\n')"
)
RELOCATED = "#!/usr/bin/env python3"


@dataclass(frozen=True)
class Python:
    """One interpreter of this machine; `wheel` is its pip and `setuptools` that, None where it brings none.

    Before Python 3.12 it brings both, and so do the images: https://github.com/docker-library/python/issues/952
    """

    executable: Path
    version: str
    wheel: Path | None
    setuptools: Path | None = None

    @classmethod
    def at(cls, executable: Path) -> Python | None:
        """The interpreter, None where this is not one (a shim for a version that is not installed)."""
        try:
            done = subprocess.run([executable, "-I", "-c", PROBE], capture_output=True, text=True, timeout=60)
        except (OSError, subprocess.TimeoutExpired):
            return None
        said = done.stdout.split("\n")
        if done.returncode or not re.fullmatch(r"3\.\d+", said[0]):
            return None
        pip, setuptools = (Path(each) if each else None for each in said[1:3])
        return cls(executable, said[0], pip, setuptools)


@cache
def own_python() -> Python:
    """The interpreter under ServerGem itself, without its packages."""
    version = f"3.{sys.version_info.minor}"
    found = Python.at(Path(sys.base_prefix, "bin", f"python{version}"))
    assert found is not None, "what runs this is an interpreter"
    return found


@cache
def python(version: str) -> Python | None:
    """An interpreter of this minor version (`3.12`), None when this machine has none."""
    if version == own_python().version:
        return own_python()
    every = (Python.at(path) for path in _interpreters(version))
    return next((found for found in every if found is not None and found.version == version), None)


def _interpreters(version: str) -> Iterator[Path]:
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        if (path := Path(folder, f"python{version}")).exists():
            yield path
    home = Path.home()
    for pattern in (
        f".pyenv/versions/{version}.*/bin/python3",
        f".local/share/uv/python/cpython-{version}.*/bin/python3",
    ):
        yield from sorted(home.glob(pattern), reverse=True)


def bare(folder: Path, chosen: Python) -> None:
    """`python` and `python3` in this folder, without the packages that people have installed on this machine.

    An image has none of them. PEP 405: a pyvenv.cfg beside the interpreter is enough.
    """
    for name in ("python", "python3"):
        (folder / name).symlink_to(chosen.executable)
    home = f"home = {chosen.executable.parent}"
    (folder / "pyvenv.cfg").write_text(f"{home}\ninclude-system-site-packages = false\n")


def virtual_environment(folder: Path, chosen: Python) -> None:
    """A venv with a pip, in the state that a fresh image of this Python has; it may be moved as a whole."""
    subprocess.run(
        [chosen.executable, "-I", "-m", "venv", "--without-pip", folder], check=True, capture_output=True
    )
    if chosen.wheel:
        unpack(chosen.wheel, folder)
    else:
        _copy_own_pip(_packages(folder))
    for name in ("pip", "pip3"):
        script = folder / "bin" / name
        script.write_text(
            f"{RELOCATED}\nimport sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n"
        )
        script.chmod(0o755)
    # What venv notes down of its own making differs from build to build, and the image's digest with it.
    settings = folder / "pyvenv.cfg"
    settings.write_text(re.sub(r"(?m)^command = .*\n", "", settings.read_text()))


def unpack(wheel: Path | None, folder: Path) -> None:
    """Install a wheel into the venv in this folder; nothing where the interpreter brings none."""
    if wheel:
        with zipfile.ZipFile(wheel) as opened:
            opened.extractall(_packages(folder))


def _packages(folder: Path) -> Path:
    return next(folder.glob("lib/python3*/site-packages"))


def _copy_own_pip(packages: Path) -> None:
    """Debian ships its Python without a bundled pip; the one that installed ServerGem does as well."""
    import pip

    mine = Path(pip.__file__).parent
    shutil.copytree(mine, packages / "pip")
    for about in mine.parent.glob("pip-*.dist-info"):
        shutil.copytree(about, packages / about.name)


def relocate(files: Path, home: Path) -> None:
    """Let the scripts of packages find their interpreter by PATH: an image's folder moves, `home` is where it was."""
    for script in files.glob("**/bin/*"):
        if script.is_symlink() or not script.is_file():
            continue
        with script.open("rb") as opened:
            head = opened.read(2)
        if head != b"#!":
            continue
        text = script.read_text(errors="surrogateescape")
        moved = re.sub(rf"^#!\"?{re.escape(str(home))}/\S*/python[\d.]*\"?", RELOCATED, text)
        # pip's way around the kernel's limit for the first line.
        moved = re.sub(
            rf"^'''exec' \"?{re.escape(str(home))}/\S*/python[\d.]*\"?", "'''exec' python3", moved, flags=re.M
        )
        if moved != text:
            script.write_text(moved, errors="surrogateescape")


def registries() -> dict[str, str]:
    """The settings by which this machine's package managers find their packages."""
    found = {name: os.environ[name] for name in REGISTRIES if name in os.environ}
    if pip := _first("/etc/pip.conf", "~/.pip/pip.conf", "~/.config/pip/pip.conf"):
        found["PIP_CONFIG_FILE"] = pip
    if npm := _first("~/.npmrc"):
        found["NPM_CONFIG_USERCONFIG"] = npm
    return found | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}


def _first(*places: str) -> str:
    return next((path for place in places if Path(path := str(Path(place).expanduser())).exists()), "")


def tool(name: str) -> str | None:
    """Where this machine has a program, ServerGem's own environment left out."""
    return shutil.which(name, path=search_path())


def search_path() -> str:
    """The machine's PATH without the environment that ServerGem itself is installed in."""
    own = {str(Path(sys.prefix, "bin"))} if sys.prefix != sys.base_prefix else set()
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if folder not in own)


@cache
def node_version() -> str:
    """The machine's Node (`20.11.1`), empty when there is none."""
    found = tool("node")
    if found is None:
        return ""
    done = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=60)
    return done.stdout.strip().removeprefix("v")


@cache
def go_version() -> str:
    """The machine's Go (`1.22`), empty when there is none."""
    found = tool("go")
    if found is None:
        return ""
    done = subprocess.run([found, "version"], capture_output=True, text=True, timeout=60)
    said = re.search(r"\bgo(\d+\.\d+)", done.stdout)
    return said[1] if said else ""
