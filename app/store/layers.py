"""Layers as rows: how long each took when it was last made, so that it can be told what the cache saves."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from sqlalchemy import Column, Engine, Float, Table, delete, select

from app.store.tables import METADATA, Words, transaction

LAYERS = Table(
    "layers",
    METADATA,
    Column("cache", Words, primary_key=True),
    Column("layer", Words, primary_key=True),
    Column("seconds", Float, nullable=False),
    Column("time", Float, nullable=False),
)


class LayerRows:
    """The layers of each cache: as many as the last Dockerfile that was built with it has."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def seconds(self, cache: str) -> dict[str, float]:
        """How long each layer took, as far as that was seen."""
        query = select(LAYERS.c.layer, LAYERS.c.seconds).where(LAYERS.c.cache == cache)
        with transaction(self._engine) as connection:
            return {str(row.layer): float(row.seconds) for row in connection.execute(query)}

    def built(self, cache: str, made: Mapping[str, float], kept: Iterable[str]) -> None:
        """Remember what was made now, keep what came from the cache, and forget what the Dockerfile no longer has."""
        rows = [
            {"cache": cache, "layer": layer, "seconds": seconds, "time": time.time()}
            for layer, seconds in made.items()
        ]
        stays = set(kept) - made.keys()
        with transaction(self._engine) as connection:
            connection.execute(delete(LAYERS).where(LAYERS.c.cache == cache, LAYERS.c.layer.not_in(stays)))
            if rows:
                connection.execute(LAYERS.insert(), rows)
