"""The flags of `gcloud run deploy`, each with the key of ours that says the same.

https://cloud.google.com/sdk/gcloud/reference/run/deploy
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from app.config.draft import Block, Said, Value
from app.importing.gcloud_command import Command, Flag, is_open, pairs
from app.importing.measures import count, cpus, mebibytes, memory, seconds
from app.importing.telling import folder, said
from app.importing.told import Held, Left, Told, Variable


@dataclass(frozen=True)
class Row:
    """A flag that becomes a key, or a part of one (`instances.min`), and how its value is read."""

    key: str
    value: Callable[[str], Value] = str


def _listed(written: str) -> Value:
    return tuple(each.strip() for each in written.split(",") if each.strip())


def _size(written: str) -> Value:
    mib = mebibytes(written)
    return memory(mib) if mib else written


def _always(value: Value) -> Callable[[str], Value]:
    return lambda _: value


def _egress(written: str) -> Value:
    return "all-traffic" if written in ("all", "all-traffic") else written


LEAST, MOST = Row("instances.min", count), Row("instances.max", count)
ROWS: Mapping[str, Row] = {
    "region": Row("region"),
    "port": Row("port", lambda written: count(written.removeprefix("http1:").removeprefix("h2c:"))),
    "cpu": Row("cpu", lambda written: cpus(written) or written),
    "memory": Row("memory", _size),
    "concurrency": Row("concurrency", count),
    "timeout": Row("timeout", lambda written: seconds(written) or written),
    "service-account": Row("service_account"),
    "min": LEAST,
    "min-instances": LEAST,
    "max": MOST,
    "max-instances": MOST,
    "allow-unauthenticated": Row("public", _always(True)),
    "no-allow-unauthenticated": Row("public", _always(False)),
    "no-invoker-iam-check": Row("public", _always(True)),
    "command": Row("command", _listed),
    "args": Row("args", _listed),
    "set-cloudsql-instances": Row("cloudsql", _listed),
    "add-cloudsql-instances": Row("cloudsql", _listed),
    "network": Row("vpc.network"),
    "subnet": Row("vpc.subnet"),
    "network-tags": Row("vpc.tags", _listed),
    "vpc-connector": Row("vpc.connector"),
    "vpc-egress": Row("vpc.egress", _egress),
    "ingress": Row("ingress"),
    "execution-environment": Row("execution"),
    "no-cpu-throttling": Row("cpu_always", _always(True)),
    "no-cpu-boost": Row("startup_boost", _always(False)),
    "use-http2": Row("http2", _always(True)),
    "session-affinity": Row("session_affinity", _always(True)),
    "gpu-type": Row("gpu"),
    "iap": Row("iap", _always(True)),
    "binary-authorization": Row("binary_authorization"),
    "key": Row("encryption_key"),
    "scaling": Row("manual_instances", count),
}
LEFT: Mapping[str, str] = {
    "platform": "Nothing is needed: there is one platform.",
    "quiet": "Nothing is needed.",
    "format": "Nothing is needed: the check run has the address.",
    "async": "Nothing is needed.",
    "verbosity": "Nothing is needed.",
    "cpu-throttling": "Nothing is needed: it is the default.",
    "cpu-boost": "Nothing is needed: it is the default.",
    "gpu": "Nothing is needed: `gpu:` is one of its type.",
    "no-gpu-zonal-redundancy": "Nothing is needed: `gpu:` is without a second zone.",
    "no-use-http2": "Nothing is needed: it is the default.",
    "no-session-affinity": "Nothing is needed: it is the default.",
    "clear-base-image": "Nothing is needed.",
    "tag": "Nothing is needed: pull requests get addresses of their own.",
    "revision-suffix": "Nothing is needed: each commit is a revision of its own.",
    "no-traffic": "Nothing is needed: traffic moves once the revision answers; `rollout:` makes steps.",
    "to-latest": "Nothing is needed: traffic moves once the revision answers.",
    "description": "Nothing is needed: the service is described by its commit.",
    "project": "Name the project in ServerGem's settings, or as `project:` of an environment.",
    "account": "Nothing is needed: ServerGem has an account of its own.",
    "impersonate-service-account": "Nothing is needed: ServerGem has an account of its own.",
    "startup-probe": "Write it as `probes: {startup: …}`.",
    "liveness-probe": "Write it as `probes: {liveness: …}`.",
    "readiness-probe": "Write it as `probes: {readiness: …}`.",
    "add-volume": "Write it as `volumes: {NAME: {path: …}}`.",
    "add-volume-mount": "Write its path as `path:` of the volume.",
    "container": "Write it as `containers: {NAME: {image: …}}`; what waits for it says so with `after:`.",
    "env-vars-file": "Write what the file holds as `env:` and `secrets:`.",
    "flags-file": "Write what the file holds as keys.",
    "set-build-env-vars": "Write them as `build: {args: …}` with a Dockerfile, in project.toml with buildpacks.",
    "service-account-name": "Write `service_account:`.",
}
CLEARED = re.compile(r"clear-.*|remove-.*")
WHOLE_CONNECTOR = (
    "Write its whole name as `vpc: {connector: projects/PROJECT/locations/REGION/connectors/NAME}`."
)
AS_A_FILE = "Write it as `volumes: {NAME: {path: …, secret: NAME:VERSION}}`."
NOT_KNOWN = "ServerGem knows no key for it: look whether the service needs it."
MANY: Mapping[str, str] = {
    "set-env-vars": "env",
    "update-env-vars": "env",
    "set-secrets": "secrets",
    "update-secrets": "secrets",
    "labels": "labels",
    "update-labels": "labels",
}


def told_by(command: Command, held: Mapping[str, str]) -> Iterator[Told]:
    """What the flags say in our keys; `held` are variables whose value Secret Manager has: name to secret:version."""
    single: dict[str, Said] = {}
    parts: dict[str, dict[str, Said]] = {}
    for flag in command.flags:
        row = ROWS.get(flag.name)
        if flag.name in MANY:
            yield from _many(flag, held)
        elif row is None:
            yield from _no_row(flag)
        elif is_open(flag.value):
            yield Left(flag.at, f"Its value is known only there: write `{row.key.partition('.')[0]}:`.")
        elif row.key == "service_account" and "@" not in flag.value:
            yield Left(flag.at, "Write its whole address as `service_account:`.")
        elif row.key == "vpc.connector" and "/" not in flag.value:
            yield Left(flag.at, WHOLE_CONNECTOR)
        elif "." in row.key:
            key, _, part = row.key.partition(".")
            parts.setdefault(key, {})[part] = Said(part, row.value(flag.value), origin=flag.at)
        else:
            single[row.key] = said(row.key, row.value(flag.value), *flag.at)
            if flag.value.startswith("h2c:"):
                single["http2"] = said("http2", True, *flag.at)
    yield from single.values()
    for key, inside in parts.items():
        block = tuple(inside.values())
        yield said(key, Block(block), *block[0].origin)


def _no_row(flag: Flag) -> Iterator[Told]:
    if flag.name == "source":
        if is_open(flag.value):
            yield Left(flag.at, "Its value is known only there: write `path:`.")
        else:
            yield said("path", folder(flag.value), *flag.at)
    elif flag.name != "image":
        cleared = (
            "Nothing is needed: what servergem.yml does not name is not there."
            if CLEARED.fullmatch(flag.name)
            else ""
        )
        yield Left(flag.at, LEFT.get(flag.name) or cleared or NOT_KNOWN)


def _many(flag: Flag, held: Mapping[str, str]) -> Iterator[Told]:
    kind, found = MANY[flag.name], list(pairs(flag.value))
    if not found:
        yield Left(flag.at, f"Its value is known only there: write `{kind}:`.")
    labels: list[Said] = []
    for name, value in found:
        at = (*flag.at, name)
        if kind == "secrets":
            yield _secret(name, value, at)
        elif kind == "labels":
            if is_open(value):
                yield Left(at, "Nothing is needed: the commit is a label already.")
            else:
                labels.append(Said(name, value))
        elif reference := held.get(value.lstrip("$").strip("{}")):
            yield Held(name, reference)
        else:
            yield Variable(name, None if is_open(value) else value, at, secret="secrets." in value)
    if labels:
        yield said("labels", Block(tuple(labels)), *flag.at)


def _secret(name: str, value: str, at: tuple[str, ...]) -> Told:
    if name.startswith("/"):
        return Left(at, AS_A_FILE)
    if is_open(value):
        return Left(at, "Its value is known only there: write `secrets:`.")
    if found := re.fullmatch(r"projects/[^/]+/secrets/([^/:]+)(?:[:/](?:versions/)?(\w+))?", value):
        return Left(
            at, f"A secret of another project: make {found[1]} in this one, and name it as `secrets:`."
        )
    return Held(name, value)
