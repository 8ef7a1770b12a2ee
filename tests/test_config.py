"""servergem.yml: what it means, and every fault on its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import config
from app.model import Build, SecretRef, Stop, Target

SCHEMA = Path(__file__).parent.parent / "app" / "servergem.schema.json"


def read(text: str | None) -> config.Config:
    return config.read(text, repository_name="Shop.Front")


def targets(text: str | None, branch: str = "main") -> tuple[Target, ...]:
    return config.targets(
        read(text), branch=branch, project="acme", region="europe-west1", default_branch="main"
    )


def test_no_file_is_a_good_configuration() -> None:
    """One service, named after the repository, from the default branch to production."""
    (target,) = targets(None)
    assert (target.name, target.environment, target.region) == ("shop-front", "production", "europe-west1")
    assert targets(None, "idea") == ()


def test_everything_that_can_be_written_is_read() -> None:
    """Each key of a service arrives as the word that the stages use."""
    (target,) = targets(
        "services:\n  api:\n    path: ./services/api/\n    build: {dockerfile: deploy/Dockerfile, args: {A: 1}}\n"
        "    timeout: 5m\n    memory: 2Gi\n    cpu: 2\n    secrets: {DB: db-url:7, KEY: key}\n"
        "    env: {DEBUG: true}\n    rollout: [10, 100]\n    public: false\n"
    )
    service = target.service
    assert service.path == "services/api"
    assert (service.build.kind, service.build.dockerfile) == (Build.DOCKERFILE, "deploy/Dockerfile")
    assert (service.timeout, service.memory, service.cpu, service.public) == (300, "2Gi", "2", False)
    assert dict(service.secrets) == {"DB": SecretRef("db-url", "7"), "KEY": SecretRef("key")}
    assert dict(service.env) == {"DEBUG": "true"}


def test_an_environment_changes_what_it_names() -> None:
    """A branch deploys to its environment, with that environment's variables over the service's own."""
    text = (
        "services: {api: {env: {A: one, B: two}}}\n"
        "environments:\n  production: {branch: main}\n  staging: {branch: develop, env: {B: three}}\n"
    )
    (target,) = targets(text, "develop")
    assert target.environment == "staging"
    assert dict(target.service.env) == {"A": "one", "B": "three"}


FAULTS = [
    ("services:\n  api:\n    prot: 80\n", 3, "unknown-key", "did you mean port"),
    ("servics: {}\n", 1, "unknown-key", "did you mean services"),
    ("services:\n  api:\n    port: high\n", 3, "bad-configuration", "port"),
    ("services:\n  api:\n    port: 99999\n", 3, "bad-configuration", "port"),
    ("services:\n  api:\n    timeout: long\n", 3, "bad-configuration", "duration"),
    ("services:\n  api:\n    timeout: 2h\n", 3, "bad-configuration", "3600"),
    ("services:\n  api:\n    memory: 512MB\n", 3, "bad-configuration", "size"),
    ("services:\n  api:\n    cpu: 3\n", 3, "bad-configuration", "cpu"),
    ("services:\n  api:\n    cpu: 4\n", 3, "bad-configuration", "memory"),
    ("services:\n  api:\n    cpu: 0.5\n", 3, "bad-configuration", "one request"),
    ("services:\n  api:\n    path: ../other\n", 3, "bad-configuration", "leaves the repository"),
    ("services:\n  api:\n    health: healthz\n", 3, "bad-configuration", "begins with /"),
    ("services:\n  api:\n    region: Europe\n", 3, "bad-configuration", "region"),
    ("services:\n  api:\n    rollout: [50, 10]\n", 3, "bad-configuration", "100"),
    ("services:\n  api:\n    env: {PORT: 80}\n", 3, "bad-configuration", "PORT"),
    (
        "services:\n  api:\n    env: {A: b}\n    secrets: {A: b}\n",
        4,
        "bad-configuration",
        "env and in secrets",
    ),
    ("services:\n  api:\n    instances: {min: 3, max: 1}\n", 3, "bad-configuration", "above"),
    ("services:\n  Api: {}\n", 2, "bad-configuration", "name"),
    ("services:\n  api: {}\n  api: {}\n", 3, "duplicate-key", "twice"),
    ("environments:\n  a: {branch: x}\n  b: {branch: x}\n", 3, "bad-configuration", "both deploy"),
    ("environments:\n  a: {}\n", 2, "bad-configuration", "branch"),
    ("previews:\n  forks: always\n", 2, "bad-configuration", "forks"),
    ("services:\n  api: [\n", 3, "not-yaml", "YAML"),
    ("- services\n", 1, "not-yaml", "YAML"),
    ("a: &a [x]\nb: *a\n", 2, "not-yaml", "aliases"),
]


@pytest.mark.parametrize(("text", "line", "code", "word"), FAULTS)
def test_each_fault_has_its_line(text: str, line: int, code: str, word: str) -> None:
    """A fault names itself, its line and what to write instead."""
    with pytest.raises(Stop) as caught:
        targets(text)
    finding = caught.value.finding
    assert finding.place is not None
    assert (finding.place.line, finding.code) == (line, code)
    assert word in finding.title + finding.fix
    assert len(finding.title) <= 80 and finding.fix


def test_all_faults_come_together() -> None:
    """Two misspelt keys are two findings of one Stop."""
    with pytest.raises(Stop) as caught:
        read("services:\n  api:\n    prot: 1\n    heath: /\n")
    assert [finding.place and finding.place.line for finding in caught.value.findings] == [3, 4]


@given(
    st.one_of(
        st.text(max_size=200), st.from_regex(r"(services|environments|previews):[ \n\[\]{}a-z:*&-]{0,80}")
    )
)
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever the file holds, the answer is a configuration or a Stop."""
    try:
        read(text)
    except Stop as stop:
        assert all(finding.place for finding in stop.findings)


def test_a_bomb_does_not_go_off() -> None:
    """Deep nesting and sheer size are refused before they cost anything."""
    for text in ("[" * 100_000, "a: " + "{a: " * 500, "x" * 300_000):
        with pytest.raises(Stop):
            read(text)


def test_a_change_elsewhere_leaves_a_service_alone() -> None:
    """Only its own path, what it watches, and servergem.yml itself deploy a service."""
    (target,) = targets("services: {api: {path: services/api, watch: ['libs/**', '*.lock']}}")
    assert config.changed(target, ("services/web/main.py",)) == (
        "Nothing changed under services/api/** or libs/** or *.lock"
    )
    for path in ("services/api/a/b.py", "libs/x/y.py", "uv.lock", "servergem.yml"):
        assert config.changed(target, (path,)) is None, path
    assert config.changed(target, ("deep/uv.lock",)) is not None
    assert config.changed(target, None) is None


def test_the_schema_in_the_repository_is_the_models() -> None:
    """Editors complete what the reader accepts."""
    assert json.loads(SCHEMA.read_text()) == config.json_schema()


def test_a_finding_can_point_at_the_asking() -> None:
    """A Target knows the line of servergem.yml that asked for a thing, or its parent's."""
    (target,) = targets("services:\n  api:\n    region: us-east1\n")
    region, memory = target.place("region"), target.place("memory")
    assert region and region.line == 3
    assert memory and memory.line == 2
