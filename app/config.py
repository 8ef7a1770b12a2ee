"""servergem.yml becomes Targets: validated whole, every fault with its line; no file is a good configuration."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fnmatch import translate
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from app.model import (
    Build,
    BuildPlan,
    Finding,
    Instances,
    Place,
    SecretRef,
    ServiceConfig,
    Stop,
    Target,
)

# A person writes a page; a megabyte is an attack or a mistake.
MAX_CHARACTERS = 256_000
MAX_DEPTH = 20
# https://cloud.google.com/run/docs/configuring/services/cpu and .../memory-limits
CPUS = ("1", "2", "4", "6", "8")
MEMORY_FOR_CPU = {"4": 2048, "6": 4096, "8": 4096}
MAX_MEMORY = 32 * 1024
# https://cloud.google.com/run/docs/container-contract#env-vars
# A tag needs `v-` and seven letters, and tag and service share 46 characters:
# https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration#tags
LONGEST_NAME = 37
HASH_LETTERS = 4
RESERVED_ENV = {"PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"}
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
SERVICE_NAME = re.compile(r"[a-z]([a-z0-9-]{0,47}[a-z0-9])?")
ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _seconds(value: object) -> int:
    """300s, 5m, 7d, or a plain number of seconds."""
    found = re.fullmatch(r"(\d{1,9})\s*([smhd]?)", str(value)) if not isinstance(value, bool) else None
    if not found:
        raise ValueError("is not a duration such as 300s, 5m or 7d")
    return int(found[1]) * SECONDS[found[2] or "s"]


def _memory(value: object) -> str:
    found = re.fullmatch(r"(\d{1,6})(Mi|Gi)", str(value))
    if not found or not 128 <= _mebibytes(str(value)) <= MAX_MEMORY:
        raise ValueError("is not a size from 128Mi to 32Gi, such as 512Mi or 2Gi")
    return str(value)


def _mebibytes(memory: str) -> int:
    return int(memory[:-2]) * (1024 if memory.endswith("Gi") else 1)


def _cpu(value: object) -> str:
    text = str(value)
    fraction = re.fullmatch(r"0?\.\d{1,2}", text) and 0.08 <= float(text) < 1
    if isinstance(value, bool) or not (text in CPUS or fraction):
        raise ValueError(f"is not one of {', '.join(CPUS)}, or a fraction from 0.08")
    return text


def _path(value: str) -> str:
    parts = [part for part in value.split("/") if part not in ("", ".")]
    if value.startswith("/") or ".." in parts or "\\" in value:
        raise ValueError("leaves the repository; write a path from its root")
    return "/".join(parts) or "."


def _health(value: str) -> str:
    if not re.fullmatch(r"/[^\s#]*", value):
        raise ValueError("is not a path that begins with /")
    return value


def _region(value: str) -> str:
    if not re.fullmatch(r"[a-z]+(-[a-z]+)+[0-9]{1,2}", value):
        raise ValueError("is not a region such as europe-west1")
    return value


def _rollout(value: list[int]) -> list[int]:
    if not value or value[-1] != 100 or sorted(set(value)) != value or value[0] < 1:
        raise ValueError("has to rise and to end with 100, such as [10, 50, 100]")
    return value


def _env_names(value: dict[str, str]) -> dict[str, str]:
    for name in value:
        if not ENV_NAME.fullmatch(name):
            raise ValueError(f"has the name {name!r}, which no program can read")
        if name in RESERVED_ENV:
            raise ValueError(f"sets {name}, which Cloud Run sets itself")
    return value


def _scalar(value: object) -> object:
    """YAML reads `1` and `true` as no text; an environment variable is always one."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


Text = Annotated[str, BeforeValidator(_scalar)]
Seconds = Annotated[int, BeforeValidator(_seconds)]
Memory = Annotated[str, BeforeValidator(_memory)]
Cpu = Annotated[str, BeforeValidator(_cpu)]
RepositoryPath = Annotated[str, AfterValidator(_path)]
Region = Annotated[str, AfterValidator(_region)]
Env = Annotated[dict[str, Text], AfterValidator(_env_names)]
Rollout = Annotated[list[int], AfterValidator(_rollout)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _BuildFile(_Part):
    dockerfile: RepositoryPath = "Dockerfile"
    target: str = ""
    args: dict[str, Text] = {}


class _InstancesFile(_Part):
    min: Annotated[int, Field(ge=0, le=1000)] = 0
    max: Annotated[int, Field(ge=1, le=1000)] = 10


class _ServiceFile(_Part):
    """One service, as its owner writes it."""

    path: RepositoryPath = "."
    watch: list[str] = []
    build: Literal["auto", "dockerfile", "buildpacks"] | _BuildFile = "auto"
    region: Region | None = None
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    cpu: Cpu = "1"
    memory: Memory = "512Mi"
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 80
    timeout: Annotated[Seconds, Field(ge=1, le=3600)] = 300
    instances: _InstancesFile = _InstancesFile()
    public: bool = True
    service_account: Annotated[str, Field(pattern=r"^([^@\s]+@[^@\s]+)?$")] = ""
    env: Env = {}
    secrets: Env = {}
    health: Annotated[str, AfterValidator(_health)] = "/"
    release: Text = ""
    rollout: Rollout = [100]


class _EnvironmentFile(_Part):
    branch: Annotated[str, Field(min_length=1)]
    region: Region | None = None
    env: Env = {}
    instances: _InstancesFile | None = None


class _PreviewsFile(_Part):
    enabled: bool = True
    drafts: bool = False
    label: str = ""
    skip_label: str = "no-preview"
    ttl: Annotated[Seconds, Field(ge=1)] = 7 * 86_400
    env: Env = {}
    secrets: Env = {}
    service_account: Annotated[str, Field(pattern=r"^([^@\s]+@[^@\s]+)?$")] = ""
    release: bool = False
    comment: bool = True
    forks: Literal["never", "approve"] = "approve"


class _File(_Part):
    """The whole of servergem.yml."""

    services: dict[str, _ServiceFile | None] = {}
    environments: dict[str, _EnvironmentFile] = {}
    previews: _PreviewsFile = _PreviewsFile()


@dataclass(frozen=True)
class Environment:
    """A name for the branch that deploys to it, and what differs there."""

    name: str
    branch: str
    region: str = ""
    env: tuple[tuple[str, str], ...] = ()
    instances: Instances | None = None


@dataclass(frozen=True)
class Previews:
    """What pull requests get. `ttl` is in seconds; `label`, when there is one, is what opts a pull request in."""

    enabled: bool = True
    drafts: bool = False
    label: str = ""
    skip_label: str = "no-preview"
    ttl: int = 7 * 86_400
    env: tuple[tuple[str, str], ...] = ()
    secrets: tuple[tuple[str, SecretRef], ...] = ()
    service_account: str = ""
    release: bool = False
    comment: bool = True
    forks: str = "approve"


@dataclass(frozen=True)
class Config:
    """A valid servergem.yml, defaults filled in. `path` is empty when there is no file."""

    services: tuple[ServiceConfig, ...]
    environments: tuple[Environment, ...] = ()
    previews: Previews = Previews()
    lines: tuple[tuple[str, int], ...] = ()
    path: str = ""


def read(text: str | None, *, path: str = "servergem.yml", repository_name: str) -> Config:
    """The configuration that `text` is; Stop with every fault, each on its line."""
    if text is None or not text.strip():
        return Config((ServiceConfig(service_name(repository_name)),))
    document = _Document.parse(text, path)
    try:
        file = _File.model_validate(document.value)
    except ValidationError as error:
        raise Stop(document.findings(error)) from error
    if faults := tuple(_faults_between(file, document)):
        raise Stop(faults)
    services = tuple(_service(name, part or _ServiceFile()) for name, part in file.services.items())
    return Config(
        services or (ServiceConfig(service_name(repository_name)),),
        tuple(_environment(name, part) for name, part in file.environments.items()),
        _previews(file.previews),
        tuple(sorted(document.lines.items())),
        path,
    )


def targets(
    config: Config, *, branch: str, project: str, region: str, default_branch: str
) -> tuple[Target, ...]:
    """One Target for each service, when an environment has this branch; none when no environment has."""
    every = environments(config, default_branch)
    home = home_of(every, default_branch)
    return tuple(
        target_in(config, environment, service, project=project, region=region, at_home=environment == home)
        for environment in every
        if environment.branch == branch
        for service in config.services
    )


def environments(config: Config, default_branch: str) -> tuple[Environment, ...]:
    """Where branches go; without a word about it the default branch is production."""
    return config.environments or (Environment("production", default_branch),)


def targets_at_home(config: Config, default_branch: str, *, project: str, region: str) -> tuple[Target, ...]:
    """Each service where the default branch brings it, or the first environment when none has that branch."""
    home = home_of(environments(config, default_branch), default_branch)
    return tuple(
        target_in(config, home, each, project=project, region=region, at_home=True)
        for each in config.services
    )


def home_of(every: tuple[Environment, ...], default_branch: str) -> Environment:
    """The environment whose services have their plain names: the default branch's, else the first."""
    return next((each for each in every if each.branch == default_branch), every[0])


def target_in(
    config: Config,
    environment: Environment,
    service: ServiceConfig,
    *,
    project: str,
    region: str,
    at_home: bool,
) -> Target:
    """One service in one environment; away from home it is a Cloud Run service of another name."""
    own = _in(environment, service)
    return Target(
        project=project,
        region=environment.region or service.region or region,
        environment=environment.name,
        service=replace(own, name=own.name if at_home else fitted(own.name, f"-{environment.name}")),
        lines=config.lines,
        config_path=config.path,
        of=own.name,
    )


def fitted(service: str, ending: str) -> str:
    """A service's name with an ending, within Cloud Run's limits; what is cut is told apart by its hash."""
    ending = re.sub(r"[^a-z0-9]+", "-", ending.lower()).rstrip("-")
    room = LONGEST_NAME - len(ending)
    if len(service) <= room:
        return service + ending
    mark = hashlib.sha256(service.encode()).hexdigest()[:HASH_LETTERS]
    return f"{service[: room - HASH_LETTERS - 1].rstrip('-')}-{mark}{ending}"


def changed(target: Target, paths: tuple[str, ...] | None) -> str | None:
    """None when the service is to be deployed; else the rule that leaves it alone. `paths` None: all changed."""
    service = target.service
    if paths is None or service.path == "." or target.config_path in paths:
        return None
    patterns = (f"{service.path}/**", *service.watch)
    matchers = [re.compile(_glob(pattern)) for pattern in patterns]
    if any(matcher.fullmatch(path) for path in paths for matcher in matchers):
        return None
    return f"Nothing changed under {' or '.join(patterns)}"


def service_name(repository_name: str) -> str:
    """A repository's name as Cloud Run allows it: below 50 characters, a-z, 0-9 and hyphens, a letter first."""
    name = re.sub(r"[^a-z0-9]+", "-", repository_name.lower()).strip("-")
    if not name or not name[0].isalpha():
        name = f"app-{name}"
    return name[:49].strip("-")


def json_schema() -> dict[str, Any]:
    """The JSON Schema of servergem.yml, for editors."""
    return _File.model_json_schema() | {"title": "servergem.yml"}


class _Loader(yaml.SafeLoader):
    """YAML without aliases: a page of configuration needs none, and a bomb is made of them."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # PyYAML's stub has no types here
            raise yaml.MarkedYAMLError(problem="aliases are not read here", problem_mark=event.start_mark)
        return super().compose_node(parent, index)


@dataclass(frozen=True)
class _Document:
    """The YAML as values, and the line of each key."""

    value: Any
    lines: dict[str, int]
    path: str

    @classmethod
    def parse(cls, text: str, path: str) -> _Document:
        if len(text) > MAX_CHARACTERS:
            raise Stop((_fault(path, 1, f"{path} has more than {MAX_CHARACTERS} characters", "Shorten it."),))
        reading = _Reading(path)
        try:
            root = _Loader(text).get_single_node()
            value = reading.value(root, "", 0) if root else {}
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise Stop(
                (_not_yaml(path, (mark.line + 1) if mark else 1, error.problem or "cannot be read"),)
            ) from error
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            raise Stop((_not_yaml(path, 1, str(error).split("\n")[0]),)) from error
        if reading.faults:
            raise Stop(tuple(reading.faults))
        if not isinstance(value, dict):
            raise Stop((_not_yaml(path, 1, "the top of the file is not a list of `key: value`"),))
        return cls(value, reading.lines, path)

    def line(self, key: str) -> int:
        """The line of a dotted key, or of its nearest parent."""
        parts = key.split(".")
        while parts:
            if (line := self.lines.get(".".join(parts))) is not None:
                return line
            parts.pop()
        return 1

    def findings(self, error: ValidationError) -> tuple[Finding, ...]:
        found: dict[tuple[int, str], Finding] = {}
        for fault in error.errors():
            finding = self._finding(fault)
            place = finding.place
            found.setdefault((place.line if place else 1, finding.title), finding)
        return tuple(found.values())

    def _finding(self, fault: Mapping[str, Any]) -> Finding:
        keys = [str(part) for part in fault["loc"] if not _is_branch_of_a_union(part)]
        dotted = ".".join(keys)
        line = self.line(dotted)
        if fault["type"] == "extra_forbidden":
            return self._unknown_key(keys, line)
        message = fault["msg"].removeprefix("Value error, ")
        title = f"{dotted or self.path} {message[:1].lower()}{message[1:]}"
        return _fault(self.path, line, title, f"Change `{keys[-1] if keys else self.path}` on line {line}.")

    def _unknown_key(self, keys: list[str], line: int) -> Finding:
        key, parents = keys[-1], keys[:-1]
        known = _known_keys(parents)
        near = get_close_matches(key, known, 1, 0.5)
        meant = f"; did you mean {near[0]}?" if near else ""
        fix = f"Write `{near[0]}:` on line {line}." if near else f"Known here: {', '.join(sorted(known))}."
        where = f" in {'.'.join(parents)}" if parents else ""
        return _fault(self.path, line, f"Unknown key {key}{where}{meant}", fix, code="unknown-key")


class _Reading:
    """One walk through the nodes of a document."""

    def __init__(self, path: str) -> None:
        self.path, self.lines, self.faults = path, {}, []  # type: tuple[str, dict[str, int], list[Finding]]

    def value(self, node: yaml.Node, key: str, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise ValueError("it is nested too deeply")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, key, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, f"{key}.{n}", depth + 1) for n, item in enumerate(node.value)]
        return _SCALARS.construct_object(node)

    def _mapping(self, node: yaml.MappingNode, key: str, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name_node, value_node in node.value:
            line = name_node.start_mark.line + 1
            if not isinstance(name_node, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key is not a word", problem_mark=name_node.start_mark)
            name = str(name_node.value)
            dotted = f"{key}.{name}".lstrip(".")
            if name in found:
                self.faults.append(
                    _fault(
                        self.path,
                        line,
                        f"{dotted} stands here twice",
                        f"Remove one `{name}:`.",
                        code="duplicate-key",
                    )
                )
            self.lines[dotted] = line
            found[name] = self.value(value_node, dotted, depth + 1)
        return found


_SCALARS = yaml.SafeLoader("")


def _faults_between(file: _File, document: _Document) -> list[Finding]:
    """What is wrong only when two values are looked at together."""
    faults: list[Finding] = []

    def fault(key: str, title: str, fix: str) -> None:
        faults.append(_fault(document.path, document.line(key), title, fix))

    for name, part in file.services.items():
        key, service = f"services.{name}", part or _ServiceFile()
        if not SERVICE_NAME.fullmatch(name):
            fault(
                key, f"{name} cannot be a service's name", "Use at most 49 of a-z, 0-9 and -, a letter first."
            )
        needed = MEMORY_FOR_CPU.get(service.cpu, 0)
        if _mebibytes(service.memory) < needed:
            fault(
                f"{key}.cpu",
                f"{service.cpu} CPUs need {needed}Mi of memory",
                f"Write `memory: {needed // 1024}Gi`.",
            )
        if float(service.cpu) < 1 and service.concurrency != 1:
            fault(
                f"{key}.cpu",
                "Less than one CPU serves one request at a time",
                "Write `concurrency: 1` or `cpu: 1`.",
            )
        if service.instances.min > service.instances.max:
            fault(f"{key}.instances", "instances.min is above instances.max", "Lower `min` or raise `max`.")
        for twice in sorted(set(service.env) & set(service.secrets)):
            fault(f"{key}.secrets.{twice}", f"{twice} is in env and in secrets", "Keep one of the two.")
    branches: dict[str, str] = {}
    for name, environment in file.environments.items():
        if (other := branches.setdefault(environment.branch, name)) != name:
            title = f"{name} and {other} both deploy the branch {environment.branch}"
            fault(f"environments.{name}.branch", title, "Give each environment a branch of its own.")
    return faults


def _service(name: str, part: _ServiceFile) -> ServiceConfig:
    return ServiceConfig(
        name=name,
        path=part.path,
        watch=tuple(part.watch),
        build=_build(part.build),
        region=part.region or "",
        port=part.port,
        cpu=part.cpu,
        memory=part.memory,
        concurrency=part.concurrency,
        timeout=part.timeout,
        instances=Instances(part.instances.min, part.instances.max),
        public=part.public,
        service_account=part.service_account,
        env=tuple(part.env.items()),
        secrets=_secrets(part.secrets),
        health=part.health,
        release=part.release,
        rollout=tuple(part.rollout),
    )


def _build(part: str | _BuildFile) -> BuildPlan:
    if isinstance(part, str):
        return BuildPlan(Build(part))
    return BuildPlan(Build.DOCKERFILE, part.dockerfile, part.target, tuple(part.args.items()))


def _secrets(part: Mapping[str, str]) -> tuple[tuple[str, SecretRef], ...]:
    """`name:version`, or `name` for the latest."""
    return tuple(
        (variable, SecretRef(*reference.split(":", 1)) if ":" in reference else SecretRef(reference))
        for variable, reference in part.items()
    )


def _previews(part: _PreviewsFile) -> Previews:
    return Previews(
        part.enabled,
        part.drafts,
        part.label,
        part.skip_label,
        part.ttl,
        tuple(part.env.items()),
        _secrets(part.secrets),
        part.service_account,
        part.release,
        part.comment,
        part.forks,
    )


def _environment(name: str, part: _EnvironmentFile) -> Environment:
    instances = Instances(part.instances.min, part.instances.max) if part.instances else None
    return Environment(name, part.branch, part.region or "", tuple(part.env.items()), instances)


def _in(environment: Environment, service: ServiceConfig) -> ServiceConfig:
    """The service as this environment wants it."""
    env = tuple((dict(service.env) | dict(environment.env)).items())
    return replace(service, env=env, instances=environment.instances or service.instances)


def _glob(pattern: str) -> str:
    """`**` reaches into folders, `*` does not."""
    parts = [
        ".*" if part == "**" else translate(part)[4:-3].replace(".*", "[^/]*") for part in pattern.split("/")
    ]
    return "/".join(parts)


def _known_keys(parents: list[str]) -> list[str]:
    model: type[BaseModel] = _File
    steps: dict[str, type[BaseModel]] = {"services": _ServiceFile, "environments": _EnvironmentFile}
    if parents[:1] and parents[0] in steps and len(parents) >= 2:
        model = steps[parents[0]]
    elif parents[:1] == ["previews"]:
        model = _PreviewsFile
    if parents[-1:] == ["instances"]:
        model = _InstancesFile
    if parents[-1:] == ["build"]:
        model = _BuildFile
    return list(model.model_fields)


def _is_branch_of_a_union(part: object) -> bool:
    """pydantic names the branch of a union that it tried; nobody wrote that name."""
    return isinstance(part, str) and part.startswith(("literal[", "function-", "_"))


def _fault(path: str, line: int, title: str, fix: str, *, code: str = "bad-configuration") -> Finding:
    return Finding(code, _short(title), fix, place=Place(path, line), link="")


def _not_yaml(path: str, line: int, problem: str) -> Finding:
    return _fault(
        path,
        line,
        f"{path} is not YAML: {problem}",
        f"Look at line {line} and the one above it.",
        code="not-yaml",
    )


def _short(title: str) -> str:
    return title if len(title) <= 80 else title[:79] + "…"
