"""The world: everything outside this process that a story may ask, with the settings that say where it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from app import retry
from app.acts.decided import Decided
from app.acts.prepared import Memory
from app.durable import Engine
from app.github import GitHub
from app.notices.courier import Courier
from app.outbox import Outbox
from app.settings import Settings
from app.store import Store
from app.trust import allow_file
from app.trust.allowance import AllowList
from gcp.build_watcher import BuildWatcher
from gcp.cloud import Google


@dataclass(frozen=True)
class World:
    """Everything outside this process, and the settings that say where it is."""

    settings: Settings
    store: Store
    github: GitHub
    google: Google
    builds: BuildWatcher
    outbox: Outbox
    allow: AllowList
    """What the operator lets each repository have."""
    courier: Courier
    engine: Engine | None = None
    """None for a command, which only looks and starts nothing."""
    memory: Memory = field(default_factory=Memory)
    """What preflight has found lately."""
    decided: Decided = field(default_factory=Decided)
    """What default branches have decided lately."""

    @classmethod
    def build(cls, settings: Settings, store: Store, engine: Engine | None = None) -> World:
        policy = retry.Policy(attempts=settings.retry_attempts, first_wait=settings.retry_first_wait)
        github = GitHub.of(settings)
        google = Google(
            settings.google_endpoint, settings.storage_endpoint, policy, settings.cloud_run_writes
        )
        return cls(
            settings,
            store,
            github,
            google,
            BuildWatcher(google, settings.build_poll, settings.log_patience),
            Outbox(github, store, settings.public_url, settings.check_run_interval),
            allow_file.read(settings.allow_file),
            Courier(store, google, loopback=settings.notify_loopback),
            engine,
        )

    def operates(self, login: str, person_id: int) -> bool:
        """Whether this person is an operator of this ServerGem."""
        return self.store.operators.operates(self.settings.operators, login, person_id)

    def start(self, job: object, workflow_id: str) -> None:
        """Start the story of this kind of job at once; a second start under the same id is the first one."""
        self._engine.begin(job, workflow_id)

    def story_of(self, job: object) -> str:
        """What the journal calls the story of this kind of job."""
        return self._engine.name_of(job)

    def unfinished(self) -> frozenset[str]:
        """The runs that are under way, in this process or another, or wait for one that takes them over."""
        return self._engine.unfinished()

    def leads(self) -> bool:
        """Whether this process looks around for all of them."""
        return self._engine.leads()

    def finished(self, workflow_id: str) -> bool:
        """Whether this story has ended, and so has begun whatever it begins."""
        return self._engine.finished(workflow_id)

    @property
    def _engine(self) -> Engine:
        if self.engine is None:
            raise RuntimeError("nothing is started here: there is no engine")
        return self.engine
