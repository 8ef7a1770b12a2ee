"""What the API answers, field by field; `/api/v1/openapi.json` is made of these, and the command line reads them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.model import Blame, Ending, RowState, Weight

State = Literal["running"] | Ending
Words = Annotated[str, Field(description="Empty where there is none.")]
Time = datetime | None


class Shape(BaseModel):
    """What a newer ServerGem says more than this is left out by whoever does not know it."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class CommitShape(Shape):
    """The commit that was deployed."""

    sha: str
    branch: str
    subject: str = Field(description="The first line of its message.")
    author: Words = Field(description="A login at GitHub; empty where it is not known.")
    pull_request: int = Field(description="Whose head it is; 0 where it is deployed for its branch.")


class DeploymentShape(Shape):
    """One deployment as a list shows it."""

    id: str
    repository: str = Field(description="OWNER/REPO.")
    service: str
    environment: Words
    region: Words = Field(description="Where it goes, as Google names it.")
    state: State
    title: str = Field(description="How it stands, in a sentence.")
    commit: CommitShape
    started: datetime
    ended: Time = Field(description="Null while it is under way.")
    url: Words = Field(description="Where the service answers.")
    revision: Words
    page: str = Field(description="ServerGem's own page of it.")


class StageShape(Shape):
    """One stage, with what it does side by side as its parts."""

    title: str
    state: RowState
    seconds: float
    notes: list[str]
    parts: list[StageShape]


class PlaceShape(Shape):
    """Lines of a file of the repository, counted from 1."""

    path: str
    line: int
    last_line: int


class FindingShape(Shape):
    """One thing found: what happened, whose fault it is, and what to type now."""

    code: str
    title: str
    message: Words
    fix: str
    blame: Blame
    weight: Weight = Field(description="`stop` ended the deployment.")
    place: PlaceShape | None
    excerpt: Words = Field(description="The evidence as it was printed, without secrets.")
    link: Words


class WholeDeployment(DeploymentShape):
    """One deployment with its stages and findings, the worst first."""

    stages: list[StageShape]
    findings: list[FindingShape]
    remarks: list[str] = Field(
        description="What was said and done beside the stages, as who pressed a button."
    )
    log_lines: int = Field(description="How many lines its log has by now.")
    no_log: str = Field("", description="Why its log has no line; empty where it has one.")


class DeploymentPage(Shape):
    """The newest first."""

    deployments: list[DeploymentShape]
    next: Words = Field(description="`?before=` for the next page; empty on the last one.")


class ServesShape(Shape):
    """What has the traffic."""

    sha: str
    revision: str
    url: str
    since: datetime


class LockShape(Shape):
    """Deployments wait until then, or until it is taken away."""

    by: str
    reason: Words
    until: datetime


class ServiceShape(Shape):
    """A service in an environment."""

    repository: str
    service: str
    environment: Words
    serves: ServesShape | None = Field(description="Null where ServerGem never moved traffic.")
    newest: DeploymentShape
    lock: LockShape | None


class ServiceList(Shape):
    """By repository, service and environment; without the copies that pull requests have."""

    services: list[ServiceShape]


class PressShape(Shape):
    """A button that was pressed for the bearer of a token, and what came of it."""

    id: str
    deployment: str = Field(description="Whose traffic is to be given back.")
    outcome: Words = Field(description="In a sentence; empty while it is not decided.")
    rollback: Words = Field(description="The deployment that gives it back; empty where none has begun.")


class NumbersShape(Shape):
    """DORA's four numbers. Seconds are medians; null where there was nothing to measure."""

    deployments: int = Field(description="How many times something got all of the traffic.")
    deployments_per_day: float
    lead_seconds: float | None = Field(description="From a commit's time to when it first served.")
    commits_measured: int = Field(description="How many commits the lead time is of.")
    failed: int = Field(description="Went live, and was rolled back or reverted.")
    failure_rate: float | None = Field(description="From 0 to 1: `failed` of `deployments`.")
    restore_seconds: float | None = Field(description="From when a failure served to when it was taken back.")


class PlaceNumbersShape(NumbersShape):
    """The four numbers of one repository and environment."""

    repository: str
    environment: Words


class PartShape(NumbersShape):
    """The four numbers of one part of the time, with its builds."""

    since: datetime
    builds: int
    build_seconds: float | None = Field(description="The median of its builds.")


class FrequentShape(Shape):
    """A finding that stopped deployments."""

    code: str
    title: str = Field(description="As the newest of them says it.")
    times: int = Field(description="Deployments that it stopped.")
    last: datetime


class InsightShape(Shape):
    """Of a time that ends now, without the copies that pull requests have."""

    days: int
    since: datetime
    until: datetime
    whole: NumbersShape
    before: NumbersShape = Field(description="Of as many days before.")
    places: list[PlaceNumbersShape]
    parts: list[PartShape]
    findings: list[FrequentShape] = Field(description="The most frequent first.")
    cut: bool = Field(description="More deployments ended than are counted; the newest are.")


class Refused(Shape):
    """Why there is no answer, and what to do."""

    reason: str
