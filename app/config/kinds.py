"""The kinds of values in servergem.yml: what is accepted, said once for the reader and for the JSON Schema."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from app.config import patterns
from app.config.document import Scalar
from app.config.limits import Kind

# https://cloud.google.com/run/docs/configuring/services/cpu and .../memory-limits
CPUS = ("1", "2", "4", "6", "8")
MAX_MEMORY = 32 * 1024
# https://cloud.google.com/run/docs/container-contract#env-vars
RESERVED_ENV = frozenset({"PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"})
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Google's front end answers these itself, and the container never sees them:
# https://cloud.google.com/run/docs/known-issues#reserved-url-paths; that /healthz is one of the "some paths
# ending with z" was measured path by path: https://github.com/kkdai/linebot-file/issues/5
RESERVED_PATH = re.compile(r"/healthz|/eventlog|/_ah/.*")
DURATION = r"[0-9]{1,9} *[smhd]?"
# Its name, and a version: a number, `latest` or an alias.
# https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/create
# https://cloud.google.com/run/docs/configuring/services/secrets
SECRET = r"[A-Za-z0-9_-]{1,255}(:[A-Za-z0-9_-]{1,63})?"
ACCOUNT = r"([^@\s]+@[^@\s]+)?"


def _text(value: object) -> str:
    """As written: `1.10`, `0123`, `yes` and `2026-01-01` stay what they are."""
    if isinstance(value, str):
        return str(value)
    if value is None:
        raise ValueError("has no value; write '' for an empty one")
    raise ValueError("has to be text")


def _whole(value: object) -> int:
    text = str(value) if isinstance(value, Scalar) else ""
    if not re.fullmatch(r"0|[1-9][0-9]{0,8}", text):
        raise ValueError("has to be a whole number")
    return int(text)


def _flag(value: object) -> bool:
    found = value.value if isinstance(value, Scalar) else None
    if found is not True and found is not False:
        written = f", not {value}" if isinstance(value, str) and len(value) < 10 else ""
        raise ValueError(f"has to be true or false{written}")
    return found is True


def nothing(value: object) -> object:
    """A key with nothing behind it is as good as no key."""
    return {} if value is None else value


def no_list(value: object) -> object:
    return [] if value is None else value


def seconds(value: object) -> int:
    """300s, 5m, 7d, or a plain number of seconds."""
    found = re.fullmatch(r"([0-9]{1,9}) *([smhd]?)", str(value)) if isinstance(value, Scalar) else None
    if not found:
        raise ValueError("is not a duration such as 300s, 5m or 7d")
    return int(found[1]) * SECONDS[found[2]]


def _memory(value: object) -> str:
    found = re.fullmatch(r"[0-9]{1,6}(Mi|Gi)", str(value))
    if not found or not 128 <= mebibytes(str(value)) <= MAX_MEMORY:
        raise ValueError("is not a size from 128Mi to 32Gi, such as 512Mi or 2Gi")
    return str(value)


def mebibytes(memory: str) -> int:
    """512Mi or 2Gi as a number."""
    return int(memory[:-2]) * (1024 if memory.endswith("Gi") else 1)


def _cpu(value: object) -> str:
    text = str(value).removesuffix(".0")
    fraction = re.fullmatch(r"0?\.[0-9]{1,2}", text) and 0.08 <= float(text) < 1
    if not isinstance(value, Scalar) or not (text in CPUS or fraction):
        raise ValueError(f"is not one of {', '.join(CPUS)}, or a fraction from 0.08")
    return text


def _path(value: str) -> str:
    parts = [part for part in value.split("/") if part not in ("", ".")]
    if value.startswith("/") or ".." in parts or "\\" in value:
        raise ValueError("leaves the repository; write a path from its root")
    return "/".join(parts) or "."


def _health(value: str) -> str:
    if not re.fullmatch(r"/[^\s#\x00-\x1f\x7f]*", value):
        raise ValueError("is not a path that begins with /")
    if RESERVED_PATH.fullmatch(value.partition("?")[0]):
        raise ValueError("is answered by Google before your container; use /health")
    return value


def _region(value: str) -> str:
    if not re.fullmatch(r"[a-z]+(-[a-z]+)+[0-9]{1,2}", value):
        raise ValueError("is not a region such as europe-west1")
    return value


def _account(value: str) -> str:
    if not re.fullmatch(ACCOUNT, value):
        raise ValueError("is not an account such as api@my-project.iam.gserviceaccount.com")
    return value


def _rollout(value: list[int]) -> list[int]:
    if not value or value[-1] != 100 or sorted(set(value)) != value or value[0] < 1:
        raise ValueError("has to rise and to end with 100, such as [10, 50, 100]")
    return value


def _env_name(value: object) -> str:
    name = str(value)
    if not ENV_NAME.fullmatch(name):
        raise ValueError("has a name that no program can read")
    if name in RESERVED_ENV:
        raise ValueError("is set by Cloud Run itself")
    return name


def _secret(value: str) -> str:
    if not re.fullmatch(SECRET, value):
        raise ValueError("is not a secret such as db-url or db-url:7")
    return value


def _watch(value: str) -> str:
    patterns.of_paths(value)
    return value


def _branch(value: str) -> str:
    if value.startswith("refs/heads/"):
        raise ValueError(f"is a branch: write {value.removeprefix('refs/heads/')}")
    patterns.of_branches(value)
    return value


def _tags(value: str) -> str:
    if value.startswith("refs/tags/"):
        raise ValueError(f"is of tags: write {value.removeprefix('refs/tags/')}")
    if value:
        patterns.of_branches(value)
    return value


def schema(**words: Any) -> WithJsonSchema:
    return WithJsonSchema(words)


Text = Annotated[str, BeforeValidator(_text), schema(type=["string", "number", "boolean"]), Kind("text")]
Whole = Annotated[
    int,
    BeforeValidator(_whole),
    schema(anyOf=[{"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"^[0-9]{1,9}$"}]),
    Kind("whole number"),
]
Flag = Annotated[bool, BeforeValidator(_flag), schema(type="boolean"), Kind("true or false")]
Seconds = Annotated[
    int,
    BeforeValidator(seconds),
    schema(anyOf=[{"type": "integer", "minimum": 0}, {"type": "string", "pattern": rf"^{DURATION}$"}]),
    Kind("duration"),
]
Memory = Annotated[
    str,
    BeforeValidator(_memory),
    schema(type="string", pattern=r"^[0-9]{1,6}(Mi|Gi)$"),
    Kind("size", "128Mi to 32Gi"),
]
Cpu = Annotated[
    str,
    BeforeValidator(_cpu),
    schema(
        anyOf=[
            {"enum": [int(cpu) for cpu in CPUS]},
            {"type": "number", "minimum": 0.08, "exclusiveMaximum": 1},
            {"type": "string", "pattern": r"^([12468](\.0)?|0?\.[0-9]{1,2})$"},
        ]
    ),
    Kind("number", "1, 2, 4, 6, 8, or from 0.08 to below 1"),
]
RepositoryPath = Annotated[Text, AfterValidator(_path), Kind("path", "inside the repository")]
Region = Annotated[
    Text,
    AfterValidator(_region),
    schema(type="string", pattern="^[a-z]+(-[a-z]+)+[0-9]{1,2}$"),
    Kind("region"),
]
Account = Annotated[
    Text,
    AfterValidator(_account),
    schema(type="string", pattern=rf"^{ACCOUNT}$"),
    Kind("account", "an e-mail address"),
]
Health = Annotated[
    Text,
    AfterValidator(_health),
    schema(type="string", pattern=r"^/[^\s#]*$"),
    Kind("path of an address", "begins with /; not /healthz, /eventlog, /_ah/…"),
]
Rollout = Annotated[
    list[Whole], AfterValidator(_rollout), Kind("list of percentages", "rising, the last one 100")
]
EnvName = Annotated[str, BeforeValidator(_env_name)]
Secret = Annotated[
    Text, AfterValidator(_secret), schema(type=["string", "number", "boolean"], pattern=rf"^{SECRET}$")
]
Env = Annotated[
    dict[EnvName, Text],
    BeforeValidator(nothing),
    Kind("NAME: text", f"not {', '.join(sorted(RESERVED_ENV))}"),
]
Secrets = Annotated[
    dict[EnvName, Secret],
    BeforeValidator(nothing),
    Kind("NAME: secret or NAME: secret:version", "the latest when no version is named"),
]
Arguments = Annotated[dict[str, Text], BeforeValidator(nothing), Kind("NAME: text")]
Watch = Annotated[
    list[Annotated[Text, AfterValidator(_watch)]],
    Field(max_length=patterns.MOST_PATTERNS),
    BeforeValidator(no_list),
    Kind("list of patterns", f"{patterns.MOST_PATTERNS} at most"),
]
Branch = Annotated[Text, AfterValidator(_branch), Kind("branch or pattern", "without refs/heads/")]
Tags = Annotated[Text, AfterValidator(_tags), Kind("tag or pattern", "without refs/tags/")]
Section = BeforeValidator(nothing)
