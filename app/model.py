"""The words: frozen data that every other room passes around; nothing here acts or imports ours.

Each word survives a restart: it holds names (a digest, a revision, a generation), never a path, a
client or an open file, and pydantic can write it to JSON and read it back.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum


class Blame(StrEnum):
    """Whose fault a Finding is; `unknown` is an honest answer."""

    YOU = "you"
    GOOGLE = "google"
    SERVERGEM = "servergem"
    UNKNOWN = "unknown"


class Weight(StrEnum):
    """What a Finding does to the deployment: ends it, warns, or only informs."""

    STOP = "stop"
    WARN = "warn"
    NOTE = "note"


@dataclass(frozen=True)
class Place:
    """Lines of one file of the repository, counted from 1; `end_line` is included."""

    path: str
    line: int = 1
    end_line: int | None = None

    @property
    def last_line(self) -> int:
        return self.end_line if self.end_line is not None else self.line


class Button(StrEnum):
    """What a person may press on a finished check run; the value is what GitHub gives back to us."""

    RETRY = "retry"
    ROLL_BACK = "roll-back"
    PROMOTE = "promote"
    EXTEND = "extend"
    APPROVE = "approve"
    ENABLE_API = "enable-api"
    GRANT_ROLE = "grant-role"


@dataclass(frozen=True)
class Remedy:
    """The one thing that would mend a Finding, where a button may do it once a person has said so.

    `what` is an API or a role, `member` who would get the role. The Finding's fix shows the same as a command.
    """

    button: Button
    project: str
    what: str
    member: str = ""


@dataclass(frozen=True)
class Finding:
    """One thing found, in words a person can act on.

    `code` is kebab-case and stable. `title` names the real thing in at most about 80 characters.
    `message` says in a sentence or two what happened, `fix` what to type or write now, and where.
    `excerpt` is the evidence as printed, already redacted.
    """

    code: str
    title: str
    fix: str
    blame: Blame = Blame.YOU
    weight: Weight = Weight.STOP
    message: str = ""
    place: Place | None = None
    excerpt: str = ""
    link: str = ""
    remedy: Remedy | None = None


class Stop(Exception):  # noqa: N818 - it is the house's word, and not always an error
    """The only exception that leaves a stage on purpose; it carries the Findings, worst first.

    One positional argument, because the workflow engine has to write it down and read it back.
    """

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(findings)
        self.findings = findings

    @property
    def finding(self) -> Finding:
        return self.findings[0]


class Superseded(Exception):  # noqa: N818 - an ending, not an error
    """A newer commit took this deployment's lane before it moved traffic."""

    def __init__(self, successor: str) -> None:
        super().__init__(successor)
        self.successor = successor


@dataclass(frozen=True)
class Repository:
    """A GitHub repository. Keyed by `id`: names change, ids do not."""

    id: int
    owner: str
    name: str
    installation_id: int
    default_branch: str = "main"

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True)
class Commit:
    """One commit of a repository, on the branch whose push told us of it.

    `pull_request` is the number of the pull request whose head it is, 0 when it is deployed for its branch.
    """

    repository: Repository
    sha: str
    branch: str
    message: str = ""
    tree: str = ""
    pull_request: int = 0

    @property
    def short(self) -> str:
        return self.sha[:7]


@dataclass(frozen=True)
class PullRequest:
    """A pull request as GitHub shows it now. `head_repository` is None when the fork it came from is gone."""

    repository: Repository
    number: int
    open: bool
    merged: bool
    draft: bool
    labels: tuple[str, ...]
    head_sha: str
    head_branch: str
    head_repository: int | None
    base_branch: str
    base_sha: str
    author: str = ""
    title: str = ""

    @property
    def fork(self) -> bool:
        """Whether somebody without a right to this repository may have written it."""
        return self.head_repository != self.repository.id

    @property
    def head(self) -> Commit:
        """The commit to deploy."""
        return Commit(self.repository, self.head_sha, self.head_branch, pull_request=self.number)

    @property
    def base(self) -> Commit:
        """The commit that it was compared with: what its configuration is when it is not trusted."""
        return Commit(self.repository, self.base_sha, self.base_branch)


@dataclass(frozen=True)
class Delivery:
    """One verified webhook. `payload` is the JSON text that GitHub signed, whole."""

    id: str
    event: str
    action: str | None
    payload: bytes

    def __repr__(self) -> str:
        return f"Delivery({self.id}, {self.event}, {self.action}, {len(self.payload)} bytes)"


@dataclass(frozen=True)
class Deploy:
    """A Job: bring this commit of this branch to wherever its configuration says.

    `before` is the commit that the branch pointed at until now; empty when that cannot be compared
    with (a new branch, a force push), which means "everything changed". `only` names the one check run
    that is run again; empty means every service. `by` is the person who asked for it, when one did.
    """

    commit: Commit
    before: str = ""
    delivery_id: str = ""
    only: str = ""
    by: str = ""


@dataclass(frozen=True)
class Review:
    """A Job: make what runs for a pull request agree with what GitHub says of it now.

    `attempt` is empty for GitHub's own events, so that the same head is deployed once however many come;
    a person who wants it again gives one. `only` names one service; `answer` is the comment to keep current.
    """

    repository: Repository
    number: int
    delivery_id: str
    attempt: str = ""
    only: tuple[str, ...] = ()
    answer: int = 0


@dataclass(frozen=True)
class Press:
    """A Job: somebody pressed a button of a check run. `button` is RERUN for GitHub's own "Re-run".

    `run_id` is the deployment that the check run shows; empty means every check run of this commit.
    """

    repository: Repository
    sha: str
    branch: str
    button: str
    sender: str
    delivery_id: str
    check_name: str = ""
    run_id: str = ""


@dataclass(frozen=True)
class Said:
    """A Job: a comment on a pull request that speaks to us. `at` is when it was made, as GitHub writes it."""

    repository: Repository
    number: int
    comment_id: int
    author: str
    text: str
    at: str
    link: str
    delivery_id: str


@dataclass(frozen=True)
class Group:
    """A Job: a merge queue waits for our check runs on this commit."""

    commit: Commit
    delivery_id: str


@dataclass(frozen=True)
class Welcome:
    """A Job: a repository came within reach; its owner wants to know whether a push would deploy it."""

    repository: Repository
    delivery_id: str


@dataclass(frozen=True)
class Farewell:
    """A Job: a repository is out of reach (uninstalled, archived, deleted), and its previews have to go."""

    repository: Repository
    reason: str
    delivery_id: str


@dataclass(frozen=True)
class Ignore:
    """A Job that is none, with the reason that the sender and `/explain` read."""

    reason: str


Job = Deploy | Review | Press | Said | Group | Welcome | Farewell | Ignore

RERUN = "rerun"


class Build(StrEnum):
    """How an image is made. `auto` takes the Dockerfile when the service's path has one."""

    AUTO = "auto"
    DOCKERFILE = "dockerfile"
    BUILDPACKS = "buildpacks"


@dataclass(frozen=True)
class BuildPlan:
    """The `build` part of a service. `dockerfile` is relative to the service's path."""

    kind: Build = Build.AUTO
    dockerfile: str = "Dockerfile"
    target: str = ""
    args: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SecretRef:
    """A secret's name in Secret Manager and the version wanted; the value never comes near us."""

    name: str
    version: str = "latest"


@dataclass(frozen=True)
class Instances:
    """How many instances of a service may run."""

    min: int = 0
    max: int = 10


@dataclass(frozen=True)
class ServiceConfig:
    """What servergem.yml asks for one service, defaults filled in. Durations are seconds."""

    name: str
    path: str = "."
    watch: tuple[str, ...] = ()
    build: BuildPlan = BuildPlan()
    region: str = ""
    port: int = 8080
    cpu: str = "1"
    memory: str = "512Mi"
    concurrency: int = 80
    timeout: int = 300
    instances: Instances = Instances()
    public: bool = True
    service_account: str = ""
    env: tuple[tuple[str, str], ...] = ()
    secrets: tuple[tuple[str, SecretRef], ...] = ()
    health: str = "/"
    release: str = ""
    rollout: tuple[int, ...] = (100,)


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

    @property
    def name(self) -> str:
        """The Cloud Run service's id."""
        return self.service.name

    @property
    def lane(self) -> str:
        """One deployment at a time goes to here."""
        return f"{self.project}/{self.region}/{self.name}"

    @property
    def source_name(self) -> str:
        """The service as servergem.yml names it; images and check runs carry this name."""
        return self.of or self.name

    @property
    def check_name(self) -> str:
        """The same for every pull request, so that it can be a required check."""
        return check_name(self.source_name, "preview" if self.preview else self.environment)

    def place(self, key: str) -> Place | None:
        """The line of servergem.yml that asks for `key`, or of its nearest parent; None without a file."""
        lines = dict(self.lines)
        parts = f"services.{self.source_name}.{key}".split(".")
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


@dataclass(frozen=True)
class Source:
    """The commit's tarball in the project's bucket; `generation` pins the bytes, `top` is its one folder."""

    bucket: str
    object: str
    generation: int
    top: str
    size: int = 0


@dataclass(frozen=True)
class Image:
    """A container image by digest: `name@sha256:…`. `reused` says why nothing was built."""

    name: str
    digest: str
    reused: str = ""
    build_id: str = ""

    @property
    def reference(self) -> str:
        return f"{self.name}@{self.digest}"


@dataclass(frozen=True)
class Traffic:
    """One entry of a service's traffic. `revision` empty means LATEST."""

    revision: str
    percent: int
    tag: str = ""


@dataclass(frozen=True)
class Revision:
    """A Cloud Run revision that was made and has not yet been given traffic.

    `before` is the traffic as it was, which is what a rollback restores; empty on a first deployment.
    `etag` is the service's, right after the revision was made.
    """

    name: str
    url: str
    tag_url: str
    before: tuple[Traffic, ...] = ()
    etag: str = ""
    first: bool = False


@dataclass(frozen=True)
class Live:
    """The end of a deployment: this revision serves at this address."""

    url: str
    revision: str


class RowState(StrEnum):
    """How a stage stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True)
class Row:
    """One stage's line in the report. Times are epoch seconds; `notes`: what was made, repaired, retried.

    `parts` are the lines of what a stage does side by side.
    """

    title: str
    state: RowState = RowState.WAITING
    started: float = 0.0
    ended: float = 0.0
    notes: tuple[str, ...] = ()
    parts: tuple[Row, ...] = ()

    @property
    def seconds(self) -> float:
        return max(0.0, self.ended - self.started)

    def noted(self, note: str) -> Row:
        return replace(self, notes=(*self.notes, note))


class Ending(StrEnum):
    """How a deployment ended; each maps to one conclusion of a check run."""

    LIVE = "live"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    SKIPPED = "skipped"
    INTERRUPTED = "interrupted"
    AWAITING = "awaiting"
    """Nothing happens until a person with write permission says so."""
    NOT_YOURS = "not-yours"
    """It failed on Google's or GitHub's side, which is no red cross on somebody's change."""
    ROLLED_BACK = "rolled-back"
    READY = "ready"
    """Nothing was deployed; the next push would be."""


@dataclass(frozen=True)
class Report:
    """Everything a person sees of one deployment; app.report turns it into text."""

    commit: Commit
    check_name: str
    environment: str = ""
    rows: tuple[Row, ...] = ()
    findings: tuple[Finding, ...] = ()
    log_tail: tuple[str, ...] = ()
    ending: Ending | None = None
    url: str = ""
    revision: str = ""
    ending_note: str = ""
    deployment_id: str = ""
    log_url: str = ""
    made: tuple[str, ...] = field(default=())
    remarks: tuple[str, ...] = ()
    """What was done and said beside the stages: what a preview does without, who pressed which button."""
    merge: tuple[str, ...] = ()
    """What merging the pull request would change where it serves."""
    buttons: tuple[Button, ...] = ()
    expires: float = 0.0
    """When a preview goes by itself, in epoch seconds; 0 when it does not."""
    serves: str = ""
    """The commit that serves after a rollback; empty when it is the report's own."""
    gone: str = ""
    """Why what this deployment made is no longer there."""
