"""A PostgreSQL of the tests' own: a cluster in a temporary folder, and a fresh database for whoever asks."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.conftest import eventually

# Where Debian keeps the server's programs, which are not on the PATH.
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
# The server refuses to run as root; Debian's package makes this user.
USER = "postgres"
# A test's database lives for seconds, so nothing of it has to survive the power.
OPTIONS = {
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "32MB",
}


class Cluster:
    """A running server, reached through a socket in its own folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)

    def database(self) -> str:
        """The address of a database that is empty and nobody else's."""
        name = f"test{next(self._numbers)}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.address(name)

    def address(self, name: str) -> str:
        return f"postgres://{USER}@/{name}?host={self._folder}"

    def answers(self) -> bool:
        try:
            psycopg.connect(self.address("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True


def programs() -> Path | None:
    """The folder of the newest PostgreSQL here, if there is one."""
    found = shutil.which("initdb")
    return Path(found).parent if found else PROGRAMS[-1] if PROGRAMS else None


@contextmanager
def cluster(binaries: Path) -> Iterator[Cluster]:
    """A server that ends with the block, and with this process however that ends."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    as_user = ["setpriv", "--pdeathsig=INT"]
    if os.geteuid() == 0:
        who = pwd.getpwnam(USER)
        os.chown(folder, who.pw_uid, who.pw_gid)
        as_user += [f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups"]
    data = folder / "data"
    made_as = ["-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
    subprocess.run(
        [*as_user, binaries / "initdb", "-D", data, *made_as],
        check=True,
        capture_output=True,
        cwd=folder,
    )
    options = [f"--{name}={value}" for name, value in {**OPTIONS, "unix_socket_directories": folder}.items()]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*as_user, binaries / "postgres", "-D", data, *options], cwd=folder, stdout=log, stderr=log
        )
    try:
        made = Cluster(folder)
        eventually(made.answers, "PostgreSQL", (folder / "log").read_text)
        yield made
    finally:
        server.send_signal(signal.SIGINT)  # does not wait for those who are still connected
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """One server for each process of the tests; POSTGRES_TESTS=required makes a missing one a failure."""
    binaries = programs()
    if binaries is None and os.environ.get("POSTGRES_TESTS") == "required":
        pytest.fail("POSTGRES_TESTS=required, and there is no PostgreSQL here: apt-get install postgresql")
    if binaries is None:
        pytest.skip("there is no PostgreSQL here: apt-get install postgresql")
    with cluster(binaries) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str:
    """What DATABASE_URL is: empty for SQLite, and a fresh database on Postgres."""
    if request.param == "sqlite":
        return ""
    made: Cluster = request.getfixturevalue("postgres")
    return made.database()
