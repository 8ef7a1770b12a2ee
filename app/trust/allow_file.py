"""The operator's allow-list, read from the file that ALLOW_FILE names: every fault at once, each with its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from app.config.document import Document
from app.config.kinds import Flag, Memory, Text, Whole
from app.model import Stop
from app.settings import BadSettings
from app.trust.allowance import Allowance, AllowList

NAME = r"[0-9]+|[^\s/]+/[^\s/]+"
Names = tuple[Text, ...]
Count = Annotated[Whole, Field(ge=0)]
DEFAULT = Allowance()


class Entry(BaseModel):
    """One repository's allowance, as the operator writes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    projects: Names = DEFAULT.projects
    service_accounts: Names = DEFAULT.service_accounts
    secrets: Names = DEFAULT.secrets
    regions: Names = DEFAULT.regions
    domains: Names = DEFAULT.domains
    services: Count = DEFAULT.services
    jobs: Count = DEFAULT.jobs
    workers: Count = DEFAULT.workers
    previews: Annotated[Whole, Field(ge=1)] = DEFAULT.previews
    previews_per_pull_request: Count = DEFAULT.previews_per_pull_request
    instances: Annotated[Whole, Field(ge=1)] = DEFAULT.instances
    memory: Memory = DEFAULT.memory
    gpu: Flag = DEFAULT.gpu


def _nothing_said(value: object) -> object:
    return {} if value is None else value


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    repositories: dict[
        Annotated[str, Field(pattern=f"^(?:{NAME})$")], Annotated[Entry, BeforeValidator(_nothing_said)]
    ]


def read(path: str) -> AllowList:
    """The list in this file; an empty path is no list. Raises BadSettings with every fault and its line."""
    if not path:
        return AllowList()
    try:
        return parsed(Path(path).read_text(), path)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadSettings((f"ALLOW_FILE names {path}, which cannot be read: {reason}.",)) from error


def parsed(text: str, path: str) -> AllowList:
    """The same of its text."""
    try:
        document = Document.parse(text, path)
    except Stop as stop:
        faults = (
            f"ALLOW_FILE: {each.title}, line {each.place.line if each.place else 1}."
            for each in stop.findings
        )
        raise BadSettings(tuple(faults)) from stop
    try:
        file = _File.model_validate(document.value)
    except ValidationError as error:
        raise BadSettings(tuple(_faults(error, document))) from error
    return AllowList(
        tuple((name.lower(), Allowance(**entry.model_dump())) for name, entry in file.repositories.items())
    )


def _faults(error: ValidationError, document: Document) -> Iterator[str]:
    for each in error.errors(include_url=False):
        dotted = ".".join(str(part) for part in each["loc"] if part != "[key]")
        message = each["msg"].removeprefix("Value error, ")
        if each["type"] == "extra_forbidden":
            message = f"is not known; there are {', '.join(Entry.model_fields)}"
        if each["type"] == "string_pattern_mismatch":
            message = "is neither OWNER/REPOSITORY, a pattern such as acme/*, nor a repository's id"
        yield f"ALLOW_FILE: {document.path}, line {document.line(dotted)}: {dotted} {message[:1].lower()}{message[1:]}."
