"""The sandbox as a whole: GitHub, Google Cloud, builds and services, on free loopback ports, in one folder."""

from __future__ import annotations

import secrets
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.builder import Builder
from sandbox.control import Control
from sandbox.docker import Docker
from sandbox.faults import Faults
from sandbox.github.server import GitHubSandbox
from sandbox.google.server import GoogleSandbox
from sandbox.runner import Runner

APP_ID = "4711"
PROJECT = "demo-project"
MANIFEST = Path(__file__).parent.parent / "app.yml"
SAMPLES = Path(__file__).parent / "repos"


@dataclass(frozen=True)
class Options:
    """How the sandbox is to behave. Latencies and times are seconds, added to each call.

    Without an App, one is registered at GitHub's pages.
    """

    github_latency: float = 0.0
    google_latency: float = 0.0
    propagation: float = 0.0
    log_lag: float = 0.0
    startup_timeout: float = 10.0
    idle: float = 900.0
    record: Path | None = None
    record_google: Path | None = None
    control_port: int = 0
    github_port: int = 0
    with_app: bool = True


@cache
def _key() -> rsa.RSAPrivateKey:
    """The App's, made once: to find one takes longer than all else that a sandbox does to be up."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Sandbox:
    """`with Sandbox() as world`: everything is up; `world.settings(...)` is what ServerGem needs to find it."""

    def __init__(
        self, root: Path | None = None, options: Options = Options(), docker: Docker | None = None
    ) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="sandbox-") if root is None else None
        self.root = root or Path(str(self._temporary and self._temporary.name))
        self.options = options
        self.faults = Faults()
        key = _key()
        self.private_key = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        public_key = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.webhook_secret = secrets.token_urlsafe(24)
        self.github = GitHubSandbox(
            self.root / "github",
            app_manifest=MANIFEST if options.with_app else None,
            webhook_url=None,
            webhook_secret=self.webhook_secret,
            app_id=APP_ID,
            public_key_pem=public_key.decode(),
            faults=self.faults,
            record=options.record,
        )
        self.builder = Builder(self.root / "builds", docker)
        self.runner = Runner(self.root / "services", self.builder.images, docker, idle=options.idle)
        self.google = GoogleSandbox(
            self.root / "google",
            runner=self.runner,
            builder=self.builder,
            faults=self.faults,
            propagation=options.propagation,
            log_lag=options.log_lag,
            startup_timeout=options.startup_timeout,
            record=options.record_google,
        )
        self.runner.service_at = self.google.domains.service_at
        self.control = Control(self)

    def __enter__(self) -> Sandbox:
        self.github.latency = self.options.github_latency
        self.google.latency = self.options.google_latency
        try:
            self.runner.start()
            self.google.start()
            self.github.start(self.options.github_port)
            self.control.start(self.options.control_port)
        except BaseException:
            # Stopped while it starts: nobody else ends what is already up.
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        self.github.stop()
        self.google.stop()
        self.runner.stop()
        self.control.stop()
        if self._temporary:
            self._temporary.cleanup()

    def fork_accounts(self, project: str = PROJECT) -> dict[str, str]:
        """The settings with which approved forks are deployed, and in the project the accounts that they name."""
        may = ("roles/storage.objectViewer", "roles/artifactregistry.writer", "roles/logging.logWriter")
        return {
            "FORK_SERVICE_ACCOUNT": self.google.service_account(project, "fork-run"),
            "FORK_BUILD_SERVICE_ACCOUNT": self.google.service_account(project, "fork-build", *may),
        }

    def settings(self, data: Path, *, project: str = PROJECT) -> dict[str, str]:
        """The environment variables with which ServerGem runs against this sandbox."""
        app = {
            "GITHUB_APP_ID": APP_ID,
            "GITHUB_PRIVATE_KEY": self.private_key,
            "GITHUB_WEBHOOK_SECRET": self.webhook_secret,
            "GITHUB_CLIENT_ID": self.github.authorizations.client.id,
            "GITHUB_CLIENT_SECRET": self.github.authorizations.client.secret,
            "GITHUB_API_URL": self.github.url,
        }
        return (app if self.options.with_app else {}) | {
            "GOOGLE_CLOUD_PROJECT": project,
            "GOOGLE_ENDPOINT": self.google.grpc_address,
            "STORAGE_EMULATOR_HOST": self.google.storage_url,
            "VERTEX_ENDPOINT": self.google.rest_url,
            "RUN_ENDPOINT": self.google.rest_url,
            "DOMAINS_ENDPOINT": self.runner.address,
            "SERVICE_URL": self.runner.url(project, "-", "{service}"),
            "SERVERGEM_DATA": str(data),
        }
