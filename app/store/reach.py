"""Whether what the settings name is there: the folder of the databases, and the database."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from app.settings import BadSettings, Settings
from app.store.private import private_folder

# How long a database may take to answer before a start that needs it is given up.
CONNECT_SECONDS = 10


def insist_on_reach(settings: Settings) -> None:
    """Raises BadSettings with every setting whose place cannot be used."""
    faults = [*_folder(settings.data), *(_database(settings.database_url) if settings.database_url else ())]
    if settings.allow_file:
        from app.trust import allow_file

        try:
            allow_file.read(settings.allow_file)
        except BadSettings as error:
            faults += error.faults
    if faults:
        raise BadSettings(tuple(faults))


def insist_on_a_place_to_stay(environ: Mapping[str, str], settings: Settings) -> None:
    """Raises BadSettings where what is written would go with the machine: Cloud Run keeps no file of an instance.

    https://cloud.google.com/run/docs/container-contract#env-vars, #filesystem
    """
    if "K_SERVICE" in environ and not settings.database_url:
        raise BadSettings(
            (
                "DATABASE_URL is not set, and on Cloud Run every file goes with its instance. Name a Postgres: "
                "postgresql://USER:PASSWORD@HOST/DATABASE.",
            )
        )


def _folder(data: Path) -> list[str]:
    try:
        private_folder(data)
        with tempfile.TemporaryFile(dir=data):
            pass
    except OSError as error:
        return [
            f"SERVERGEM_DATA names {data}, where nothing can be written: {error.strerror}. Name a folder that can be."
        ]
    return []


def _database(url: str) -> list[str]:
    """Ask it for a connection, as the store will; what it answers is said without its password."""
    from sqlalchemy import create_engine
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError, SQLAlchemyError

    from app.store.tables import postgres_url

    try:
        known = make_url(url).get_backend_name() in ("postgres", "postgresql")
    except ArgumentError:
        known = False
    if not known:
        return [
            "DATABASE_URL is no address of a Postgres. Write postgresql://USER:PASSWORD@HOST/DATABASE, "
            "or leave it out for SQLite in the folder SERVERGEM_DATA."
        ]
    address = make_url(postgres_url(url))
    shown = address.set(drivername="postgresql").render_as_string(hide_password=True)
    engine = create_engine(address, connect_args={"connect_timeout": CONNECT_SECONDS})
    try:
        engine.connect().close()
    except SQLAlchemyError as error:
        why = _plain(str(getattr(error, "orig", None) or error))
        return [
            f"DATABASE_URL is {shown}, and no database answers there: {why}. Start it, or correct the address."
        ]
    finally:
        engine.dispose()
    return []


def _plain(words: str) -> str:
    """The driver's first line, without the sentences that it adds for every address it tried."""
    first = words.strip().splitlines()[0] if words.strip() else "no reason was given"
    return re.sub(r"\s+", " ", first).rstrip(".")
