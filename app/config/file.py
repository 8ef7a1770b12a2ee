"""The whole of servergem.yml: services, environments, previews, jobs, workers; and its JSON Schema for editors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BeforeValidator, Field

from app.config.difference_shape import DIFFERENCES
from app.config.environment_shape import EnvironmentFile
from app.config.job_shape import JobFile
from app.config.kinds import Account, Env, Flag, Seconds, Secrets, Section, Text
from app.config.limits import MOST_JOBS, MOST_SERVICES, MOST_WORKERS, Kind, between
from app.config.part import Part, as_word
from app.config.receivers import NotifyFile
from app.config.shape import ServiceFile
from app.config.values import no_list
from app.config.worker_shape import WorkerFile

DAY = 86_400
# Generous, as those of limits.py.
MOST_ENVIRONMENTS, MOST_NOTIFIED = 50, 10


class PreviewsFile(Part):
    """The running copies of pull requests."""

    enabled: Flag = Field(default=True, description="Whether pull requests get previews.", examples=[False])
    drafts: Flag = Field(default=False, description="Whether drafts get them too.", examples=[True])
    label: Text = Field(
        default="", description="Only pull requests with this label get one.", examples=["preview"]
    )
    skip_label: Text = Field(
        default="no-preview", description="Pull requests with this label get none.", examples=["wip"]
    )
    ttl: Annotated[Seconds, between(1, 90 * DAY, "from 1s to 90d")] = Field(
        default=7 * DAY,
        description="How long a preview stays without a push: 7d, 12h; 90d at most.",
        examples=["12h"],
    )
    env: Env = Field(
        default={}, description="Variables instead of the services' own.", examples=[{"LOG_LEVEL": "debug"}]
    )
    secrets: Secrets = Field(
        default={},
        description="Secrets of previews; those of the services are never given to them.",
        examples=[{"DATABASE_URL": "preview-db-url"}],
    )
    service_account: Account = Field(
        default="",
        description="The account that previews run as.",
        examples=["previews@my-project.iam.gserviceaccount.com"],
    )
    release: Flag = Field(
        default=False, description="Whether the release command runs for previews too.", examples=[True]
    )
    jobs: Flag = Field(
        default=False,
        description="Whether previews have jobs of their own, without a schedule; those of forks have none.",
        examples=[True],
    )
    workers: Flag = Field(
        default=False,
        description="Whether previews have workers of their own, of one instance; those of forks have none.",
        examples=[True],
    )
    comment: Flag = Field(
        default=True,
        description="Whether a comment on the pull request shows the previews.",
        examples=[False],
    )
    forks: Annotated[
        Literal["never", "approve"], BeforeValidator(as_word), Kind("word", "never, approve")
    ] = Field(
        default="approve",
        description="Whether somebody may approve previews of pull requests from forks.",
        examples=["never"],
    )


def _few(most: int) -> BeforeValidator:
    """Counted before they are looked at."""

    def check(value: object) -> object:
        if isinstance(value, dict) and len(value) > most:
            raise ValueError(f"has {len(value)} entries; {most} are the most")
        return value

    return BeforeValidator(check)


class File(Part):
    """The whole of servergem.yml."""

    services: Annotated[
        dict[str, ServiceFile | None],
        _few(MOST_SERVICES),
        Section,
        Field(max_length=MOST_SERVICES),
        Kind("NAME: service", f"{MOST_SERVICES} at most"),
    ] = Field(
        default={},
        description="The services by name. None: one, named after the repository, at its root.",
        examples=[{"api": {"path": "services/api"}}],
    )
    environments: Annotated[
        dict[str, EnvironmentFile],
        _few(MOST_ENVIRONMENTS),
        Section,
        Field(max_length=MOST_ENVIRONMENTS),
        Kind("NAME: environment", f"{MOST_ENVIRONMENTS} at most"),
    ] = Field(
        default={},
        description="Environments by name. None: production, from the default branch.",
        examples=[{"production": {"branch": "main"}, "staging": {"branch": "develop"}}],
    )
    notify: Annotated[
        list[NotifyFile],
        Field(max_length=MOST_NOTIFIED),
        BeforeValidator(no_list),
        Kind("list of receivers", f"{MOST_NOTIFIED} at most"),
    ] = Field(
        default=[],
        description="Who hears of the end of deployments, but of previews.",
        examples=[[{"slack": "slack-webhook", "on": ["failed", "recovered"]}]],
    )
    previews: Annotated[PreviewsFile, Section, Kind("previews")] = Field(
        default=PreviewsFile(), description="What pull requests get.", examples=[{"ttl": "2d"}]
    )
    jobs: Annotated[
        dict[str, JobFile | None],
        _few(MOST_JOBS),
        Section,
        Field(max_length=MOST_JOBS),
        Kind("NAME: job", f"{MOST_JOBS} at most"),
    ] = Field(
        default={},
        description="Jobs by name: what runs to its end, by a schedule or by `/run`, with the image of a service.",
        examples=[{"nightly": {"command": ["python", "report.py"], "schedule": "0 3 * * *"}}],
    )
    workers: Annotated[
        dict[str, WorkerFile | None],
        _few(MOST_WORKERS),
        Section,
        Field(max_length=MOST_WORKERS),
        Kind("NAME: worker", f"{MOST_WORKERS} at most"),
    ] = Field(
        default={},
        description="Workers by name: what runs all the time and is asked by nobody, with the image of a service.",
        examples=[{"mailer": {"command": ["python", "mailer.py"], "instances": 2}}],
    )


def json_schema() -> dict[str, Any]:
    """The JSON Schema of servergem.yml, for editors."""
    schema = File.model_json_schema() | {"title": "servergem.yml"}
    for part in DIFFERENCES:
        _undefaulted(schema["$defs"][part.__name__]["properties"])
    for model in (schema, *schema["$defs"].values()):
        properties = model["properties"]
        model["properties"] = {name: _may_be_nothing(each) for name, each in properties.items()}
    return schema


def _undefaulted(properties: dict[str, dict[str, Any]]) -> None:
    """Of a difference nothing is the case that is not said."""
    for each in properties.values():
        each.pop("default", None)


def _may_be_nothing(key: dict[str, Any]) -> dict[str, Any]:
    """A section that has only its name: the reader takes it for one that is not there."""
    if key.get("type") not in ("object", "array") and "$ref" not in key:
        return key
    told = {name: key.pop(name) for name in ("description", "default", "title", "examples") if name in key}
    return {"anyOf": [key, {"type": "null"}]} | told


def known_keys(parents: list[str]) -> list[str]:
    """The keys that may stand below these."""
    model: type[Part] = File
    named = False
    for key in parents:
        field = None if named else model.model_fields.get(key)
        named = field is not None and get_origin(field.annotation) is dict
        if field is not None:
            model = next(_parts_in(field.annotation), model)
    return list(model.keys())


def _parts_in(kind: Any) -> Iterator[type[Part]]:
    """The sections that a key may hold, also by NAME."""
    if isinstance(kind, type) and issubclass(kind, Part):
        yield kind
    for inside in get_args(kind):
        yield from _parts_in(inside)
