"""What each value in servergem.yml may be: taken as meant, or refused with how to write it."""

from __future__ import annotations

import re

from app.config import meant, patterns
from app.config.document import Scalar
from app.config.meant import MisspeltError, misspelt

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
HEALTH = re.compile(r"/[^\s#\x00-\x1f\x7f]*")
REGION = re.compile(r"[a-z]+(-[a-z]+)+[0-9]{1,2}")
DURATION = r"[0-9]{1,9} *[smhd]?"
# Its name, and a version: a number, `latest` or an alias.
# https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/create
# https://cloud.google.com/run/docs/configuring/services/secrets
SECRET = r"[A-Za-z0-9_-]{1,255}(:[A-Za-z0-9_-]{1,63})?"
# In small letters, as Google writes them: one account is written in one way, and so is known again.
# https://cloud.google.com/iam/docs/service-account-types
ACCOUNT = r"([a-z0-9](?:[a-z0-9-]*[a-z0-9])?@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)?"


def text(value: object) -> str:
    """As written: `1.10`, `0123`, `yes` and `2026-01-01` stay what they are."""
    if isinstance(value, str):
        return str(value)
    if value is None:
        raise MisspeltError("has no value; write '' for an empty one", "''")
    raise ValueError("has to be text")


def whole(value: object) -> int:
    text = str(value) if isinstance(value, Scalar) else ""
    if not re.fullmatch(r"0|[1-9][0-9]{0,8}", text):
        raise ValueError("has to be a whole number")
    return int(text)


def flag(value: object) -> bool:
    found = value.value if isinstance(value, Scalar) else None
    if found is not True and found is not False:
        written = f", not {value}" if isinstance(value, str) and len(value) < 10 else ""
        raise misspelt(f"has to be true or false{written}", str(value), meant.flag, bool)
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
        raise misspelt("is not a duration such as 300s, 5m or 7d", str(value), meant.duration, bool)
    return int(found[1]) * SECONDS[found[2]]


def memory(value: object) -> str:
    if not _is_memory(str(value)):
        raise misspelt(
            "is not a size from 128Mi to 32Gi, such as 512Mi or 2Gi", str(value), meant.memory, _is_memory
        )
    return str(value)


def _is_memory(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,6}(Mi|Gi)", text)) and 128 <= mebibytes(text) <= MAX_MEMORY


def mebibytes(memory: str) -> int:
    """512Mi or 2Gi as a number."""
    return int(memory[:-2]) * (1024 if memory.endswith("Gi") else 1)


def cpu(value: object) -> str:
    text = str(value).removesuffix(".0")
    if not isinstance(value, Scalar) or not _is_cpu(text):
        raise misspelt(f"is not one of {', '.join(CPUS)}, or a fraction from 0.08", text, meant.cpu, _is_cpu)
    return text


def _is_cpu(text: str) -> bool:
    return text in CPUS or (bool(re.fullmatch(r"0?\.[0-9]{1,2}", text)) and 0.08 <= float(text) < 1)


def path(value: str) -> str:
    if "\\" in value:
        raise misspelt("has strokes as Windows has them; write /", value, meant.path_inside, _stays_inside)
    if not _stays_inside(value):
        raise misspelt(
            "leaves the repository; write a path from its root", value, meant.path_inside, _stays_inside
        )
    return "/".join(part for part in value.split("/") if part not in ("", ".")) or "."


def _stays_inside(path: str) -> bool:
    return not path.startswith("/") and "\\" not in path and ".." not in path.split("/")


def health(value: str) -> str:
    if not HEALTH.fullmatch(value):
        raise misspelt("is not a path that begins with /", value, meant.path_of_address, _is_health)
    if not _is_health(value):
        raise MisspeltError("is answered by Google before your container; use /health", "/health")
    return value


def _is_health(path: str) -> bool:
    return bool(HEALTH.fullmatch(path)) and not RESERVED_PATH.fullmatch(path.partition("?")[0])


def region(value: str) -> str:
    if not REGION.fullmatch(value):
        raise misspelt("is not a region such as europe-west1", value, meant.region, REGION.fullmatch)
    return value


def account(value: str) -> str:
    if not re.fullmatch(ACCOUNT, value):
        raise ValueError("is not an account such as api@my-project.iam.gserviceaccount.com")
    return value


def rollout(value: list[int]) -> list[int]:
    if not value or value[-1] != 100 or sorted(set(value)) != value or value[0] < 1:
        raise ValueError("has to rise and to end with 100, such as [10, 50, 100]")
    return value


def env_name(value: object) -> str:
    name = str(value)
    if not ENV_NAME.fullmatch(name):
        raise ValueError("has a name that no program can read")
    if name in RESERVED_ENV:
        raise ValueError("is set by Cloud Run itself")
    return name


def env_name_beside(value: object) -> str:
    """Of a container beside the service's own, which is sent no request and so is told no port:
    https://github.com/GoogleCloudPlatform/cloud-run-samples/blob/main/multi-container/hello-nginx-sample/service.yaml
    """
    return "PORT" if str(value) == "PORT" else env_name(value)


def secret(value: str) -> str:
    if not re.fullmatch(SECRET, value):
        raise ValueError("is not a secret such as db-url or db-url:7")
    return value


def watch(value: str) -> str:
    patterns.of_paths(value)
    return value


def branch(value: str) -> str:
    if value.startswith("refs/heads/"):
        bare = value.removeprefix("refs/heads/")
        raise MisspeltError(f"is a branch: write {bare}", bare)
    patterns.of_branches(value)
    return value


def tags(value: str) -> str:
    if value.startswith("refs/tags/"):
        bare = value.removeprefix("refs/tags/")
        raise MisspeltError(f"is of tags: write {bare}", bare)
    if value:
        patterns.of_branches(value)
    return value
