"""`servergem serve` says where it listens, and in a sentence what is wrong with a setting, before anything begins."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.process.allocator import FOR_MANY_THREADS, TUNABLES, lean
from app.process.listening import NEEDS
from tests.conftest import PATIENCE, web
from tests.test_commands import servergem

pytestmark = pytest.mark.wire


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """All that is required, and a folder for the databases; nobody at GitHub or Google knows them."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return {
        "GITHUB_APP_ID": "1",
        "GITHUB_PRIVATE_KEY": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "GITHUB_WEBHOOK_SECRET": "secret",
        "GOOGLE_CLOUD_PROJECT": "demo",
        "GITHUB_API_URL": "http://127.0.0.1:9",
        "GOOGLE_ENDPOINT": "127.0.0.1:9",
        "STORAGE_EMULATOR_HOST": "http://127.0.0.1:9",
        "SERVERGEM_DATA": str(tmp_path / "data"),
    }


@contextmanager
def taken() -> Iterator[int]:
    """A port at which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_it_says_where_it_listens(settings: dict[str, str]) -> None:
    """Its address, with the real port when any was asked for, as soon as it answers there; SIGTERM ends it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "serve", "--host", "127.0.0.1", "--port", "0"],
        env={"PATH": os.environ["PATH"]} | settings,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        assert said.startswith("ServerGem listens at http://127.0.0.1:"), said
        assert web.get(f"{said.split()[-1]}/health", timeout=PATIENCE).text == "ok\n"
        # It keeps little for each of its threads, and has begun for that under the id that was started. glibc cuts
        # its own copy at each colon while it reads.
        given = Path(f"/proc/{process.pid}/environ").read_bytes().replace(b"\0", b":")
        assert f":{TUNABLES}={FOR_MANY_THREADS}:".encode() in given
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) in (0, -signal.SIGTERM)
    finally:
        process.kill()
        process.communicate()


def test_tunables_of_ones_own_are_kept() -> None:
    """Whoever has set some for the C library gets no others, and no second beginning."""
    assert lean({TUNABLES: "glibc.malloc.check=1"}) is None
    assert lean({"PORT": "1"}) == {"PORT": "1", TUNABLES: FOR_MANY_THREADS}


def test_a_port_that_is_taken(settings: dict[str, str]) -> None:
    """Another process listens there: one sentence with what to type, exit 1, and no second try."""
    with taken() as port:
        done = servergem("serve", "--host", "127.0.0.1", "--port", str(port), **settings)
    assert (done.returncode, done.stderr) == (
        1,
        f"Error: ServerGem cannot listen at 127.0.0.1, port {port}: another process does."
        " Name another with --port, or $PORT.\n",
    )


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("nowhere.invalid", "'nowhere.invalid' is no address of this machine. Name one with --host."),
        ("203.0.113.7", "that is no address of this machine. Name one with --host."),
    ],
)
def test_an_address_of_somebody_else(settings: dict[str, str], host: str, why: str) -> None:
    """A name that does not resolve and another machine's address are told apart from a taken port."""
    done = servergem("serve", "--host", host, "--port", "8080", **settings)
    assert (done.returncode, done.stderr) == (
        1,
        f"Error: ServerGem cannot listen at {host}, port 8080: {why}\n",
    )


def test_a_port_that_is_no_number(settings: dict[str, str]) -> None:
    """A wrong $PORT is a wrong command line that names it, not a traceback."""
    done = servergem("serve", PORT="http", **settings)
    assert done.returncode == 2
    assert "env var: 'PORT'" in done.stderr


def test_a_folder_that_cannot_be_written(settings: dict[str, str], tmp_path: Path) -> None:
    """A file where the folder should be, and a system that takes none, are SERVERGEM_DATA's fault."""
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "data", Path("/proc/servergem")):
        done = servergem("serve", **(settings | {"SERVERGEM_DATA": str(place)}))
        assert done.returncode == 1
        assert done.stderr.startswith("Error: 1 setting is wrong:\n  SERVERGEM_DATA names "), done.stderr
        assert done.stderr.count("\n") == 2


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgres://ada:hunter22@127.0.0.1:{port}/shop", "no database answers there: "),
        (
            "postgresql://ada:hunter22@nowhere.invalid/shop",
            "no database answers there: failed to resolve host",
        ),
        ("mysql://ada:hunter22@127.0.0.1/shop", "no address of a Postgres"),
        ("shop", "no address of a Postgres"),
    ],
)
def test_a_database_that_does_not_answer(settings: dict[str, str], url: str, said: str) -> None:
    """DATABASE_URL is named, with the driver's reason and without the password."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        wrong = settings | {"DATABASE_URL": url.format(port=nobody.getsockname()[1])}
        done = servergem("serve", **wrong)
    assert done.returncode == 1
    assert "DATABASE_URL is " in done.stderr
    assert said in done.stderr
    assert "hunter22" not in done.stderr
    assert "Traceback" not in done.stderr


def test_preflight_without_credentials_blames_nobody(tmp_path: Path) -> None:
    """Nothing is known, so nothing is judged: what to type, exit 1, no finding and no fault."""
    person = {"HOME": str(tmp_path), "GOOGLE_CLOUD_PROJECT": "demo", "NO_GCE_CHECK": "true"}
    missing = person | {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "key.json")}
    for environment in (person, missing):
        done = servergem("preflight", **environment)
        assert done.returncode == 1
        assert "gcloud auth application-default login" in done.stderr
        for blame in ("fault:", "error[", "would fail", "Traceback"):
            assert blame not in done.stdout + done.stderr


def test_on_cloud_run_a_database_has_to_be_named(settings: dict[str, str]) -> None:
    """The start ends with the setting that is missing, since every file there goes with its instance."""
    done = servergem("serve", "--host", "127.0.0.1", "--port", "0", **settings, K_SERVICE="servergem")
    assert done.returncode == 1
    assert "DATABASE_URL is not set, and on Cloud Run every file goes with its instance" in done.stderr


def test_on_cloud_run_it_says_what_it_needs(settings: dict[str, str]) -> None:
    """What no instance is told of itself is said once at the start, and nowhere else than there."""
    gone = settings | {"DATABASE_URL": "postgresql://me@127.0.0.1:9/x"}
    here, there = servergem("serve", **gone), servergem("serve", **gone, K_SERVICE="servergem")
    assert there.stderr == f"{NEEDS}\n{here.stderr}"
    assert "--no-cpu-throttling" in NEEDS and "--min-instances=1" in NEEDS
