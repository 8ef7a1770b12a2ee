"""A cache in a registry without an engine: which layers are in it, by all that BuildKit makes a layer of.

Only what is printed follows it: a layer that is there is said to be CACHED and made all the same, in silence, since
this machine keeps no layers. https://docs.docker.com/build/cache/backends/registry/,
https://docs.docker.com/build/cache/invalidation/
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


class LayerCache:
    """What `--cache-from` knows already, and what `--cache-to` will know; references are the image's, "" for none."""

    def __init__(self, home: Path, read: str, write: str) -> None:
        self._folder, self._write = home / "layer-caches", write
        at = self._at(read)
        self._known = frozenset(at.read_text().split()) if read and at.is_file() else frozenset()
        self._made: dict[str, None] = {}

    def has(self, layer: str) -> bool:
        """Whether the layer need not be made; it is in the cache that is written, either way."""
        self._made[layer] = None
        return layer in self._known

    def keep(self) -> None:
        if self._write:
            self._folder.mkdir(exist_ok=True)
            self._at(self._write).write_text("\n".join(self._made))

    def _at(self, reference: str) -> Path:
        return self._folder / hashlib.sha256(reference.encode()).hexdigest()


def layer(below: str, words: str, contents: Iterable[Path] = ()) -> str:
    """A layer's key: the one below, the instruction as it was filled in, and the files that it copies."""
    told = hashlib.sha256(f"{below}\n{words}\n".encode())
    for path in contents:
        for each in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if each.is_file() and not each.is_symlink():
                told.update(f"{each.relative_to(path.parent)}\n".encode() + each.read_bytes())
    return told.hexdigest()
