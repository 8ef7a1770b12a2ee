"""Where a service goes and how it is to look there."""

from __future__ import annotations

from dataclasses import dataclass

from app.model.beside import BESIDE, TargetJob, TargetWorker
from app.model.findings import Place
from app.model.notice import Notify
from app.model.service import SecretRef
from app.model.service_config import ServiceConfig


@dataclass(frozen=True)
class Sibling:
    """Another service of the same configuration, and the Cloud Run service that is to be talked to."""

    service: str
    name: str
    region: str


@dataclass(frozen=True)
class Preview:
    """What makes a Target a pull request's own copy of a service. `ttl` is seconds.

    `left_out` are the parts of the configuration that it does without, in words.
    """

    number: int
    fork: bool = False
    ttl: int = 7 * 86_400
    left_out: tuple[str, ...] = ()
    siblings: tuple[Sibling, ...] = ()
    not_for_forks: tuple[str, ...] = ()
    """What previews of the repository's own branches have and this one has not, in words."""


@dataclass(frozen=True)
class Target:
    """Where a service goes and how it is to look there: project, region, service, environment.

    `lines` maps a dotted key of servergem.yml ("services.api.region") to its line, so that a Finding
    about something that was asked for can point at the asking. `content` is the git tree that is built,
    empty when it is not known: two Targets of the same content and build have the same image. `of` is the
    service as servergem.yml names it, where the Cloud Run service has another name.
    """

    project: str
    region: str
    environment: str
    service: ServiceConfig
    lines: tuple[tuple[str, int], ...] = ()
    config_path: str = ""
    content: str = ""
    of: str = ""
    preview: Preview | None = None
    owner: int = 0
    """The id of the repository whose service it is; 0 where nothing will be deployed."""
    notify: tuple[Notify, ...] = ()
    """Who hears of the end of its deployments."""
    later: tuple[str, ...] = ()
    """Dotted keys of servergem.yml that count only after the merge to the default branch, which decides them."""
    jobs: tuple[TargetJob, ...] = ()
    """What is run to its end with the service's image, once that serves; in a preview its own copies, or none."""
    workers: tuple[TargetWorker, ...] = ()
    """The same of what runs all the time."""
    home_region: str = ""
    """The first of the service's regions, where its images are; empty where this is it."""
    named: tuple[str, ...] = ()
    """The keys of the service that somebody has written who may say them, for everywhere or for this environment."""

    @property
    def name(self) -> str:
        """The Cloud Run service's id."""
        return self.service.name

    @property
    def lane(self) -> str:
        """One deployment at a time goes to here, and nobody meets another repository's."""
        return f"{self.owner}/{self.spot}" if self.owner else self.spot

    @property
    def spot(self) -> str:
        """Where it is at Cloud Run, whosever it is."""
        return f"{self.project}/{self.region}/{self.name}"

    @property
    def source_name(self) -> str:
        """The service as servergem.yml names it; images and check runs carry this name."""
        return self.of or self.name

    @property
    def check_name(self) -> str:
        """The same for every pull request, so that it can be a required check."""
        return check_name(self.source_name, "preview" if self.preview else self._spot_in_words)

    @property
    def _spot_in_words(self) -> str:
        return f"{self.environment}, {self.region}" if self.home_region else self.environment

    @property
    def built_in(self) -> str:
        """The region where its source and its image are."""
        return self.home_region or self.region

    @property
    def mark(self) -> str:
        """What tells it from all other Targets of one push, in the id of a deployment."""
        # A service's name has no dot, so that no name and no environment is another's region.
        region = f".{self.region}" if self.home_region else ""
        return f"{self.name}{region}-{self.environment}"

    @property
    def strand(self) -> str:
        """What its deployments are counted as, one after the other: the service, and a region that is not its home."""
        return f"{self.source_name}, {self.region}" if self.home_region else self.source_name

    @property
    def several(self) -> bool:
        """Whether the service has other regions beside this one."""
        return len(self.service.regions) > 1 and not self.preview

    @property
    def where(self) -> str:
        """The environment, as a person says it, with the region where that tells two of its services apart."""
        return f"{self.environment}, {self.region}" if self.several else self.environment

    @property
    def region_key(self) -> str:
        """The key of servergem.yml that names its region, below its section."""
        regions = self.service.regions
        return f"regions.{regions.index(self.region)}" if self.region in regions else "region"

    @property
    def beside(self) -> tuple[TargetJob | TargetWorker, ...]:
        """All that has the service's image and is no service."""
        return (*self.jobs, *self.workers)

    @property
    def secrets_read(self) -> tuple[tuple[str, SecretRef], ...]:
        """Each secret that it and all beside it read, by the key that asks: "secrets.DB", "jobs.nightly.secrets.DB"."""
        service = self.service
        files = ((f"volumes.{each.name}", each.secret) for each in service.volumes if each.secret)
        beside = (
            (f"{each.key}.secrets.{name}", secret)
            for each in self.beside
            for name, secret in each.config.secrets
        )
        sidecars = (
            (f"containers.{each.name}.secrets.{name}", secret)
            for each in service.containers
            for name, secret in each.secrets
        )
        own = ((f"secrets.{name}", secret) for name, secret in service.secrets)
        return (*own, *files, *sidecars, *beside)

    @property
    def images_named(self) -> tuple[tuple[str, str], ...]:
        """Each image that somebody else has built, by the key that names it: "image", "containers.proxy.image"."""
        own = (("image", self.service.image),) if self.service.image else ()
        return (*own, *((f"containers.{each.name}.image", each.image) for each in self.service.containers))

    @property
    def asked_from_outside(self) -> bool:
        """Whether ServerGem can reach the service: its address is open, and nobody has to sign in before it."""
        return self.service.ingress == "all" and not self.service.iap

    def place(self, key: str) -> Place | None:
        """The line of servergem.yml that asks for `key`, or of its nearest parent; None without a file.

        What the environment says of it goes before what is usual; a job and a worker have sections of their own.
        """
        there, own = f"environments.{self.environment}", f"services.{self.source_name}"
        if key.startswith(BESIDE):
            section, name, below = f"{key}.".split(".", 2)
            return self._nearest((f"{there}.{section}.{name}",), below.rstrip(".")) or self.place_of(key)
        return self._nearest((f"{there}.{own}", there), key) or self.place_of(f"{own}.{key}")

    def _nearest(self, prefixes: tuple[str, ...], key: str) -> Place | None:
        """The line of `key`, or of a parent of it, below the first prefix that has any."""
        lines = dict(self.lines)
        for prefix in prefixes:
            parts = key.split(".")
            while parts:
                if (dotted := ".".join((prefix, *parts))) in lines:
                    return self.place_of(dotted)
                parts.pop()
        return None

    def place_of(self, dotted: str) -> Place | None:
        """The same for a whole dotted key, such as "previews.secrets"."""
        lines = dict(self.lines)
        parts = dotted.split(".")
        while parts and self.config_path:
            if (line := lines.get(".".join(parts))) is not None:
                return Place(self.config_path, line)
            parts.pop()
        return Place(self.config_path) if self.config_path else None


def check_name(service: str, environment: str) -> str:
    """What a check run is called."""
    return f"ServerGem / {service} ({environment})"


@dataclass(frozen=True)
class Skip:
    """A service that this push does not deploy, and the rule that decided so."""

    target: Target
    rule: str


def service_and_environment(name: str) -> tuple[str, str]:
    """What `check_name` was made of; of any other name the whole of it, without an environment.

    A region that is not the service's home is told by the lane.
    """
    service, bracket, there = name.removeprefix("ServerGem / ").rpartition(" (")
    if not bracket:
        return name.removeprefix("ServerGem / "), ""
    return service, there.removesuffix(")").partition(", ")[0]
