"""Container images on this machine: a folder of files and a configuration, addressed by their real content."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import threading
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class ImageConfig:
    """What a container is started with; the image's files stand at the root.

    `needs`: the runtime (`python314`) without which it cannot start, since it has nothing below itself.
    """

    command: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    workdir: str = "/"
    needs: str = ""


@dataclass(frozen=True)
class Image:
    """An image that is here: its files and how to start it."""

    digest: str
    files: Path
    config: ImageConfig


@dataclass(frozen=True)
class EngineImage:
    """An image that a Docker engine runs, and the address at which it finds it."""

    digest: str
    address: str
    command: tuple[str, ...] = ()


class ImageStore:
    """Images by digest, and names for digests."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._tags: dict[str, str] = {}
        self._addresses: dict[str, str] = {}
        self._lock = threading.Lock()
        root.mkdir(parents=True, exist_ok=True)

    def add(self, files: Path, config: ImageConfig) -> str:
        """Take the folder over as an image; the same content gives the same digest."""
        digest = _digest(files, config)
        home = self._root / digest.removeprefix("sha256:")
        with self._lock:
            if home.exists():
                shutil.rmtree(files)
            else:
                home.mkdir()
                shutil.move(files, home / "files")
                (home / "config.json").write_text(json.dumps(asdict(config)))
        return digest

    def note(self, digest: str, address: str) -> None:
        """An engine has an image of this digest, at this address."""
        with self._lock:
            self._addresses[digest] = address

    def tag(self, name: str, digest: str) -> None:
        with self._lock:
            self._tags[name] = digest

    def resolve(self, reference: str) -> Image | EngineImage | None:
        """`name@sha256:…`, `sha256:…` or `name:tag`; None when it is not here."""
        digest = reference.rpartition("@")[2] if "sha256:" in reference else self._tags.get(reference, "")
        if address := self._addresses.get(digest):
            return EngineImage(digest, address)
        home = self._root / digest.removeprefix("sha256:")
        if not digest or not (home / "config.json").exists():
            return None
        raw = json.loads((home / "config.json").read_text())
        env, needs = tuple(map(tuple, raw["env"])), raw.get("needs", "")
        config = ImageConfig(tuple(raw["command"]), env, raw["workdir"], needs)
        return Image(digest, home / "files", config)


def _digest(files: Path, config: ImageConfig) -> str:
    whole = hashlib.sha256(json.dumps(asdict(config), sort_keys=True).encode())
    for folder, folders, names in os.walk(files):
        folders.sort()
        for name in sorted(names):
            path = Path(folder) / name
            whole.update(os.fsencode(path.relative_to(files)) + b"\0")
            whole.update(str(stat.S_IMODE(path.lstat().st_mode)).encode() + b"\0")
            whole.update(str(path.readlink()).encode() if path.is_symlink() else path.read_bytes())
    return f"sha256:{whole.hexdigest()}"
