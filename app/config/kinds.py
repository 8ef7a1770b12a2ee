"""The kinds of values in servergem.yml: what is accepted, said once for the reader and for the JSON Schema."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from app.config import patterns, values
from app.config.limits import MOST_REGIONS, Kind


def schema(**words: Any) -> WithJsonSchema:
    return WithJsonSchema(words)


Text = Annotated[
    str, BeforeValidator(values.text), schema(type=["string", "number", "boolean"]), Kind("text")
]
Whole = Annotated[
    int,
    BeforeValidator(values.whole),
    schema(anyOf=[{"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"^[0-9]{1,9}$"}]),
    Kind("whole number"),
]
Flag = Annotated[bool, BeforeValidator(values.flag), schema(type="boolean"), Kind("true or false")]
Seconds = Annotated[
    int,
    BeforeValidator(values.seconds),
    schema(anyOf=[{"type": "integer", "minimum": 0}, {"type": "string", "pattern": rf"^{values.DURATION}$"}]),
    Kind("duration"),
]
Memory = Annotated[
    str,
    BeforeValidator(values.memory),
    schema(type="string", pattern=r"^[0-9]{1,6}(Mi|Gi)$"),
    Kind("size", "128Mi to 32Gi"),
]
Cpu = Annotated[
    str,
    BeforeValidator(values.cpu),
    schema(
        anyOf=[
            {"enum": [int(cpu) for cpu in values.CPUS]},
            {"type": "number", "minimum": 0.08, "exclusiveMaximum": 1},
            {"type": "string", "pattern": r"^([12468](\.0)?|0?\.[0-9]{1,2})$"},
        ]
    ),
    Kind("number", "1, 2, 4, 6, 8, or from 0.08 to below 1"),
]
RepositoryPath = Annotated[Text, AfterValidator(values.path), Kind("path", "inside the repository")]
Region = Annotated[
    Text,
    AfterValidator(values.region),
    schema(type="string", pattern="^[a-z]+(-[a-z]+)+[0-9]{1,2}$"),
    Kind("region"),
]
Regions = Annotated[
    list[Region],
    Field(max_length=MOST_REGIONS),
    BeforeValidator(values.no_list),
    Kind("list of regions", f"{MOST_REGIONS} at most, each once"),
]
Account = Annotated[
    Text,
    AfterValidator(values.account),
    schema(type="string", pattern=rf"^{values.ACCOUNT}$"),
    Kind("account", "an e-mail address"),
]
Health = Annotated[
    Text,
    AfterValidator(values.health),
    schema(type="string", pattern=r"^/[^\s#]*$"),
    Kind("path of an address", "begins with /; not /healthz, /eventlog, /_ah/…"),
]
Rollout = Annotated[
    list[Whole], AfterValidator(values.rollout), Kind("list of percentages", "rising, the last one 100")
]
EnvName = Annotated[str, BeforeValidator(values.env_name)]
Secret = Annotated[
    Text,
    AfterValidator(values.secret),
    schema(type=["string", "number", "boolean"], pattern=rf"^{values.SECRET}$"),
]
Env = Annotated[
    dict[EnvName, Text],
    BeforeValidator(values.nothing),
    Kind("NAME: text", f"not {', '.join(sorted(values.RESERVED_ENV))}"),
]
EnvBeside = Annotated[
    dict[Annotated[str, BeforeValidator(values.env_name_beside)], Text],
    BeforeValidator(values.nothing),
    Kind("NAME: text", f"not {', '.join(sorted(values.RESERVED_ENV - {'PORT'}))}"),
]
Secrets = Annotated[
    dict[EnvName, Secret],
    BeforeValidator(values.nothing),
    Kind("NAME: secret or NAME: secret:version", "the latest when no version is named"),
]
Arguments = Annotated[dict[str, Text], BeforeValidator(values.nothing), Kind("NAME: text")]
Watch = Annotated[
    list[Annotated[Text, AfterValidator(values.watch)]],
    Field(max_length=patterns.MOST_PATTERNS),
    BeforeValidator(values.no_list),
    Kind("list of patterns", f"{patterns.MOST_PATTERNS} at most"),
]
Branch = Annotated[Text, AfterValidator(values.branch), Kind("branch or pattern", "without refs/heads/")]
Tags = Annotated[Text, AfterValidator(values.tags), Kind("tag or pattern", "without refs/tags/")]
Section = BeforeValidator(values.nothing)
