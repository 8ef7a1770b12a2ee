"""A key or the form of a value as other tools have them, in servergem.yml's own words: what to type instead."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from app.config.document import Scalar
from app.config.writing import inline

# Without strokes and in small letters. Cloud Run's own, Compose's, Render's, Railway's, Fly's and App Engine's words.
KEYS = {
    "min": "instances: {{min: {}}}",
    "mininstances": "instances: {{min: {}}}",
    "minscale": "instances: {{min: {}}}",
    "max": "instances: {{max: {}}}",
    "maxinstances": "instances: {{max: {}}}",
    "maxscale": "instances: {{max: {}}}",
    "dockerfile": "build: {{dockerfile: {}}}",
    "dockerfilepath": "build: {{dockerfile: {}}}",
    "healthcheck": "health: {}",
    "healthcheckpath": "health: {}",
    "root": "path: {}",
    "rootdir": "path: {}",
    "rootdirectory": "path: {}",
    "directory": "path: {}",
    "context": "path: {}",
    "environment": "env:",
    "envvars": "env:",
    "variables": "env:",
    "cron": "schedule: {}",
    "ram": "memory: {}",
    "vcpu": "cpu: {}",
    "entrypoint": "command: {}",
    "cmd": "command: {}",
    "startcommand": "command: {}",
}
# What is a list of words here, and what is one line for a shell.
LISTED, IN_A_SHELL = ("command", "args"), ("release",)


def key(written: str, value: object, known: Sequence[str]) -> str:
    """What the key is called here, with the value where it goes with it; empty for what nobody knows."""
    template = KEYS.get(written.lower().replace("_", "").replace("-", ""), "")
    name = template.partition(":")[0]
    if not template or name not in known:
        return ""
    if name in LISTED:
        return f"{name}: {listed(name, value)}" if listed(name, value) else f"{name}:"
    if not isinstance(value, Scalar):
        return f"{name}:"
    return template.format(inline(str(value)) if isinstance(value.value, str) else value)


def form(kind: str, name: str, value: object) -> str:
    """The value as `name` takes it; empty where that cannot be told from it."""
    if kind == "list_type":
        return listed(name, value)
    if name in IN_A_SHELL and isinstance(value, list) and all(isinstance(each, str) for each in value):
        return inline(shlex.join(value))
    return ""


def listed(name: str, value: object) -> str:
    """One text as the list that it should have been; a command as its words."""
    if not isinstance(value, Scalar) or not value:
        return ""
    if name not in LISTED:
        return inline((str(value),))
    try:
        return inline(tuple(shlex.split(value)))
    except ValueError:  # a quotation mark that nothing closes
        return ""


def entries(value: object) -> str:
    """How what stands behind dashes, or on the key's own line, is written as `key: value`."""
    first: Any = value[0] if isinstance(value, list) and value else None
    if isinstance(first, str) and "=" in first:
        name, _, its = first.partition("=")
        return f"Write each as `{name}: {inline(its)}`, without a dash"
    if isinstance(first, Mapping) and isinstance(first.get("name"), str):
        return f"Write `{first['name']}:` with its keys below it, without dashes"
    return "Write `key: value` below it, without a dash" if isinstance(value, list) else ""
