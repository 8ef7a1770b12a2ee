"""Images: which one each content became, so that what was built once is not built again."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, fields

from sqlalchemy import Column, ColumnElement, Engine, Float, Table, delete, select, update

from app.store.tables import METADATA, Id, Words, insert_once, transaction

IMAGES = Table(
    "images",
    METADATA,
    Column("project", Words, primary_key=True),
    Column("region", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("tag", Words, nullable=False),
    Column("digest", Words, nullable=False),
    Column("origin", Words, nullable=False),
    Column("repository_id", Id, nullable=False, index=True),
    Column("time", Float, nullable=False),
)

# Which of them run on a base image of Google's, and on which: a table of its own, since those of before have no column.
BASES = Table(
    "image_bases",
    METADATA,
    Column("name", Words, primary_key=True),
    Column("digest", Words, primary_key=True),
    Column("base", Words, nullable=False),
)


@dataclass(frozen=True)
class KnownImage:
    """An image that was built from this content before; `origin` says by what, in words."""

    project: str
    region: str
    key: str
    name: str
    tag: str
    digest: str
    origin: str
    repository_id: int


class ImageRows:
    """Images by what they were built from."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def built(self, image: KnownImage) -> None:
        """Remember which image this content became."""
        values = asdict(image) | {"time": time.time()}
        with transaction(self._engine) as connection:
            if not insert_once(connection, IMAGES, **values):
                connection.execute(
                    update(IMAGES).where(*_same(image.project, image.region, image.key)).values(values)
                )

    def on_base(self, name: str, digest: str, base: str) -> None:
        """Remember that this image runs on this base image alone."""
        with transaction(self._engine) as connection:
            insert_once(connection, BASES, name=name, digest=digest, base=base)

    def base_of(self, digest: str) -> str:
        """The base image that this image runs on, wherever it was copied to; empty where it has its own."""
        query = select(BASES.c.base).where(BASES.c.digest == digest)
        with transaction(self._engine) as connection:
            return connection.execute(query).scalar() or ""

    def has_bases(self, name: str) -> bool:
        """Whether any image of this name was built for a base image."""
        with transaction(self._engine) as connection:
            return connection.execute(select(BASES.c.base).where(BASES.c.name == name)).first() is not None

    def image(self, project: str, region: str, key: str) -> KnownImage | None:
        """The image of this content, if one was built here."""
        with transaction(self._engine) as connection:
            row = connection.execute(select(*_IMAGE).where(*_same(project, region, key))).first()
        return KnownImage(*row) if row else None

    def images_of(self, repository_id: int, origin: str = "") -> list[KnownImage]:
        """What a repository's builds made, or one pull request's."""
        query = select(*_IMAGE).where(IMAGES.c.repository_id == repository_id)
        if origin:
            query = query.where(IMAGES.c.origin == origin)
        with transaction(self._engine) as connection:
            return [KnownImage(*row) for row in connection.execute(query)]

    def shared(self, image: KnownImage) -> bool:
        """Whether another content, or another Target, has this image too."""
        query = select(IMAGES.c.key).where(
            IMAGES.c.name == image.name, IMAGES.c.digest == image.digest, IMAGES.c.key != image.key
        )
        with transaction(self._engine) as connection:
            return connection.execute(query).first() is not None

    def forget_image(self, project: str, region: str, key: str) -> None:
        with transaction(self._engine) as connection:
            connection.execute(delete(IMAGES).where(*_same(project, region, key)))


_IMAGE = [IMAGES.c[field.name] for field in fields(KnownImage)]


def _same(project: str, region: str, key: str) -> tuple[ColumnElement[bool], ...]:
    return (IMAGES.c.project == project, IMAGES.c.region == region, IMAGES.c.key == key)
