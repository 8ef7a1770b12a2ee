"""servergem.yml: what it means, and every fault on its line."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app import config
from app.model import Build, SecretRef, Stop, Target
from app.source.text import decoded

SCHEMA = Path(__file__).parent.parent / "app" / "servergem.schema.json"


def read(text: str | None) -> config.Config:
    return config.read(text, repository_name="Shop.Front")


def targets(text: str | None, branch: str = "main") -> tuple[Target, ...]:
    return config.targets(
        read(text), branch=branch, project="acme", region="europe-west1", default_branch="main"
    )


def test_utf16_is_named_as_such() -> None:
    """A servergem.yml that PowerShell wrote is told its encoding, and how to save it, not a letter to remove."""
    text = decoded("services:\n  web: {}\n".encode("utf-16"))
    with pytest.raises(Stop) as stopped:
        read(text)
    (finding,) = stopped.value.findings
    assert finding.title == "servergem.yml is not YAML: it is saved as UTF-16"
    assert "iconv -f UTF-16 -t UTF-8 servergem.yml" in finding.fix


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
    ("services:\n  api:\n    env:\n      A: a\n      B-C: b\n", 5, "bad-configuration", "no program"),
    ("services:\n  api:\n    public: yes\n", 3, "bad-configuration", "true or false, not yes"),
    ("services:\n  api:\n    public: 'true'\n", 3, "bad-configuration", "true or false"),
    ("services:\n  api:\n    port: 0123\n", 3, "bad-configuration", "whole number"),
    ("services:\n  api:\n    port: 80.5\n", 3, "bad-configuration", "whole number"),
    ("services:\n  api:\n    port:\n", 3, "bad-configuration", "whole number"),
    ("services:\n  api:\n    build: docker\n", 3, "bad-configuration", "buildpacks"),
    ("services:\n  api:\n    build: {dockerfil: x}\n", 3, "unknown-key", "dockerfile"),
    ("services:\n  api:\n    env: [A=b]\n", 3, "bad-configuration", "key: value"),
    ("services:\n  api:\n    watch: libs\n", 3, "bad-configuration", "a list"),
    ("services:\n  api:\n    watch:\n    - *.md\n", 4, "not-yaml", "Write '*.md' in quotes"),
    ("services:\n  api:\n    watch:\n    - **/*.proto\n", 4, "not-yaml", "Write '**/*.proto' in quotes"),
    ("services:\n  api:\n    watch:\n    - !docs\n", 4, "not-yaml", "Write '!docs' in quotes"),
    ("services:\n  api:\n    watch:\n    - {a,b}/**\n", 4, "not-yaml", "Write '{a,b}/**' in quotes"),
    ("services:\n  api:\n    watch:\n    - *.{js,ts}\n", 4, "not-yaml", "Write '*.{js,ts}' in quotes"),
    ("services:\n  api:\n    watch:\n    - [ab]*\n", 4, "not-yaml", "Write '[ab]*' in quotes"),
    ("services:\n  api:\n    watch: [*.{js,ts}, b]\n", 3, "not-yaml", "Write '*.{js,ts}' in quotes"),
    ("environments:\n  p: {branch: *}\n", 2, "not-yaml", "Write '*' in quotes"),
    (
        "services:\n  api:\n    env:\n      A: @home now # soon\n",
        4,
        "not-yaml",
        "Write '@home now' in quotes",
    ),
    ("services:\n  api:\n    env:\n      A: {{ secret }}\n", 4, "not-yaml", "Write '{{ secret }}' in quotes"),
    ("services:\n  api:\n    secrets: {A: ':7'}\n", 3, "bad-configuration", "secret"),
    ("services:\n  api:\n    secrets: {A: 'db url'}\n", 3, "bad-configuration", "secret"),
    (
        "services:\n  api:\n    secrets: {A: projects/p/secrets/db/versions/1}\n",
        3,
        "bad-configuration",
        "secret",
    ),
    ("services:\n  api:\n    secrets: {A: 'db:1:2'}\n", 3, "bad-configuration", "secret"),
    ("services:\n  api:\n    memory: ٥١٢Mi\n", 3, "bad-configuration", "size"),
    ("services:\n  api:\n    cpu: 0.٥\n", 3, "bad-configuration", "fraction"),
    ("previews:\n  ttl: ٣d\n", 2, "bad-configuration", "duration"),
    ("services:\n  api:\n    env:\n      A: caf\ufffd\n", 4, "not-yaml", "Save the file as UTF-8"),
    ("\ufffd\ufffds\0e\0r\0", 1, "not-yaml", "UTF-16"),
    ("s\0e\0r\0", 1, "not-yaml", "UTF-16"),
    ("services:\n  api:\n    health: /healthz\n", 3, "bad-configuration", "use /health"),
    ("services:\n  api:\n    health: /healthz?full=1\n", 3, "bad-configuration", "use /health"),
    ("services:\n  api:\n    health: /_ah/health\n", 3, "bad-configuration", "answered by Google"),
    ('services:\n  api:\n    health: "/\\0"\n', 3, "not-yaml", "NUL"),
    ('services:\n  api:\n    env: {A: "\\ud800"}\n', 3, "not-yaml", "Unicode"),
    ("services:\n  api:\n    env: {A: \ud800}\n", 3, "not-yaml", "U+D800"),
    ("services:\n\tapi: {}\n", 2, "not-yaml", "spaces"),
    ("services: {}\n---\nservices: {}\n", 2, "not-yaml", "second document"),
    (f"services:\n  {'a' * 44}: {{}}\n", 2, "bad-configuration", "at most 43"),
    ("services:\n  a-: {}\n", 2, "bad-configuration", "Write `a:`"),
    ("services:\n  my_api: {}\n", 2, "bad-configuration", "Write `my-api:`"),
    ("environments:\n  review apps: {branch: x}\n", 2, "bad-configuration", "Write `review-apps:`"),
    ("environments:\n  eu/prod: {branch: x}\n", 2, "bad-configuration", "Write `eu-prod:`"),
    ("environments:\n  '-': {branch: x}\n", 2, "bad-configuration", "Write `staging:`"),
    ("environments:\n  größe: {branch: x}\n", 2, "bad-configuration", "cannot be"),
    ("environments:\n  pr-7: {branch: x}\n", 2, "bad-configuration", "preview"),
    ("environments:\n  Eu_PR.7: {branch: x}\n", 2, "bad-configuration", "preview"),
    ("environments:\n  a: {branch: refs/heads/x}\n", 2, "bad-configuration", "write x"),
    (
        "services:\n  api: {}\n  api-staging: {}\nenvironments:\n  production: {branch: main}\n"
        "  staging: {branch: develop}\n",
        3,
        "bad-configuration",
        "would both be api-staging",
    ),
    ("services:\n  api: {}\n  api-pr-3: {}\n", 3, "bad-configuration", "pull request 3"),
    (
        "environments:\n  p: {branch: main}\n  eu-x: {branch: a}\n  EU_x: {branch: b}\n",
        4,
        "bad-configuration",
        "would both be",
    ),
    ("previews:\n  ttl: 91d\n", 2, "bad-configuration", "90d"),
    ("previews:\n  ttl: 999999999d\n", 2, "bad-configuration", "90d"),
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
    ("a: &a [x]\nb: *a\n", 2, "not-yaml", "cannot be read"),
    ("services:\n  a: &a {}\n  b:\n    <<: *a\n", 4, "not-yaml", "Write what stands at &a (line 2) again"),
    ("services:\n  a:\n    watch:\n    - *md\n", 4, "not-yaml", "Write '*md' in quotes"),
    ("services:\n  a:\n    env: {X: !!str 1, Y: !foo 2}\n", 3, "not-yaml", "Write '!foo 2' in quotes"),
    ("services:\n  a:\n    port: !!int 80\n", 3, "not-yaml", "Remove !!int"),
    ("services:\n  api:\n    path: .\\services\\api\n", 3, "bad-configuration", "`path: ./services/api`"),
    ("services:\n  api:\n    env: {A: }\n", 3, "bad-configuration", "`A: ''`"),
    ("services:\n  api:\n    watch: libs/**\n", 3, "bad-configuration", "`watch: [libs/**]`"),
    (
        "services:\n  api:\n    command: python main.py 'a b'\n",
        3,
        "bad-configuration",
        "`command: [python, main.py, a b]`",
    ),
    ("services:\n  api:\n    command: python '\n", 3, "bad-configuration", "Change `command`"),
    ("services:\n  api:\n    release: [python, m.py]\n", 3, "bad-configuration", "`release: python m.py`"),
    ("services:\n  api:\n    env:\n    - A=1.10\n", 3, "bad-configuration", 'Write each as `A: "1.10"`'),
    ("services:\n- name: api\n  path: .\n", 1, "bad-configuration", "Write `api:` with its keys below it"),
    ("services:\n  api:\n    min: 0\n", 3, "unknown-key", "`instances: {min: 0}`"),
    ("services:\n  api:\n    dockerfile: Dockerfile.web\n", 3, "unknown-key", "{dockerfile: Dockerfile.web}"),
    ("services:\n  api:\n    start-command: npm start\n", 3, "unknown-key", "`command: [npm, start]`"),
    ("services:\n  api:\n    environment: {A: b}\n", 3, "unknown-key", "`env:`"),
    ("services:\n  api:\n    nonsense: {A: b}\n", 3, "unknown-key", "Known here: "),
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
@example("0:\r0")
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever the file holds, the answer is a configuration or a Stop."""
    try:
        read(text)
    except Stop as stop:
        assert all(finding.place for finding in stop.findings)


BOMBS = {
    "nested lists": "[" * 100_000,
    "nested lists behind a key": "services: " + "[" * 100_000,
    "nested mappings": "a: " + "{a: " * 500,
    "nested dashes": "- " * 100_000,
    "too long": "x" * 300_000,
    "too many services": "services:\n" + "".join(f"  s{n}: {{port: 80}}\n" for n in range(9_000)),
    "too many environments": "environments:\n" + "".join(f"  e{n}: {{branch: b{n}}}\n" for n in range(9_000)),
    "unknown keys": "".join(f"servicez{n}: 1\n" for n in range(15_000)),
    "one long unknown key": "x" * 900 + ": 1",
    "the same key": "a: 1\n" * 15_000,
    "keys that are lists": "? [a]\n" * 20_000,
    "many values": "services: {a: {watch: [" + "a, " * 80_000 + "]}}",
    "variables without a name": "services: {a: {env: {" + ", ".join(f"{n}a: b" for n in range(9_000)) + "}}}",
    "a large number": f"services: {{a: {{port: {'9' * 5_000}}}}}",
    "aliases": "a: &a [x]\nb: [" + "*a, " * 9_000 + "]",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_does_not_go_off(bomb: str) -> None:
    """What is deep, large or many is refused in moments, on a line, with no more findings than anybody reads."""
    before = time.process_time()
    with pytest.raises(Stop) as caught:
        read(BOMBS[bomb])
    assert time.process_time() - before < 1.5
    assert all(finding.place for finding in caught.value.findings)
    assert len(caught.value.findings) <= 30


def test_many_services_in_many_environments_are_no_burden() -> None:
    """As many as may be written are compared by name in moments, and each carries only its own lines."""
    services = "".join(f"  s{n}: {{env: {{A: b}}}}\n" for n in range(100))
    environments = "".join(f"  e{n}: {{branch: b{n}}}\n" for n in range(50))
    before = time.process_time()
    found = targets(f"services:\n{services}environments:\n{environments}", "b3")
    assert time.process_time() - before < 2
    assert len(found) == 100
    assert len(found[0].lines) < 200


AS_WRITTEN = [
    ("1", "1"),
    ("1.10", "1.10"),
    ("0123", "0123"),
    ("012", "012"),
    ("0o17", "0o17"),
    ("1e3", "1e3"),
    ("1_000", "1_000"),
    ("yes", "yes"),
    ("on", "on"),
    ("NO", "NO"),
    ("true", "true"),
    ("True", "True"),
    ("FALSE", "FALSE"),
    (".inf", ".inf"),
    ("2026-01-31", "2026-01-31"),
    ("2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"),
    ("12:30:45", "12:30:45"),
    ("22:22", "22:22"),
    ("=", "="),
    ("'~'", "~"),
    ("'null'", "null"),
    ("''", ""),
    ('"a\\nb"', "a\nb"),
    ("!!str 012", "012"),
    ("many words", "many words"),
    ("|\n        two\n        lines\n", "two\nlines\n"),
]


@pytest.mark.parametrize(("written", "text"), AS_WRITTEN, ids=[row[0] for row in AS_WRITTEN])
def test_a_variable_is_the_text_that_is_written(written: str, text: str) -> None:
    """No number, date, time or boolean is made of what a program will read as text."""
    (target,) = targets(f"services:\n  api:\n    env:\n      A: {written}\n")
    assert dict(target.service.env) == {"A": text}


@pytest.mark.parametrize(
    "place", ["env: {A: %s}", "build: {args: {A: %s}}", "release: %s", "secrets: {A: %s}"]
)
def test_text_is_as_written_wherever_it_stands(place: str) -> None:
    """Arguments, commands and secrets' names keep their letters as variables do."""
    (target,) = targets(f"services:\n  api:\n    {place % '0123'}\n")
    service = target.service
    texts = (*service.env, *service.build.args, ("A", service.release), *service.secrets)
    assert ("A", "0123") in texts or ("A", SecretRef("0123")) in texts


@pytest.mark.parametrize("nothing", ["", "~", "null", "Null", "NULL"])
def test_a_variable_without_a_value_is_refused_on_its_line(nothing: str) -> None:
    """Whether nothing means an empty text or no variable cannot be told."""
    with pytest.raises(Stop) as caught:
        targets(f"services:\n  api:\n    env:\n      A: a\n      B: {nothing}\n")
    finding = caught.value.finding
    assert finding.title == "services.api.env.B has no value; write '' for an empty one"
    assert finding.place and finding.place.line == 5


@pytest.mark.parametrize("written", ["servergem.yml", "servergem.yaml"])
def test_both_names_together_are_a_fault(written: str) -> None:
    """One of the two files is the configuration; with both, nobody could say which."""
    config.insist_on_one(frozenset({written, "main.py"}))
    with pytest.raises(Stop) as caught:
        config.insist_on_one(frozenset(config.PATHS))
    assert caught.value.finding.code == "two-configurations"


NAMES = [
    ("Shop.Front", "shop-front"),
    ("123", "app-123"),
    ("---", "app"),
    ("größe", "gr-e"),
    ("a" * 43, "a" * 43),
]


@pytest.mark.parametrize(("repository", "service"), NAMES)
def test_a_repository_names_its_service(repository: str, service: str) -> None:
    """What Cloud Run does not allow becomes a hyphen."""
    assert config.service_name(repository) == service


def test_long_names_are_cut_and_stay_apart() -> None:
    """A name leaves a tag its three letters of 46; two that begin alike keep two services."""
    one, other = (
        config.service_name("a-very-long-name-of-a-repository-indeed-" + end) for end in ("one-x", "two-x")
    )
    assert one != other
    assert len(one) <= 43 and len(other) <= 43
    for service in ("a" * 43, "b" * 12):
        for environment in ("staging", "e" * 63, "Europe.West_1"):
            name = config.fitted(service, f"-{environment}")
            assert len(name) <= config.LONGEST_NAME
            assert re.fullmatch(r"[a-z][a-z0-9-]*[a-z0-9]", name), name
    assert config.fitted("api", "-" + "e" * 62 + "a") != config.fitted("api", "-" + "e" * 62 + "b")


def test_the_schema_in_the_repository_is_the_models() -> None:
    """Editors complete what the reader accepts."""
    assert json.loads(SCHEMA.read_text()) == config.json_schema()


def test_a_finding_can_point_at_the_asking() -> None:
    """A Target knows the line of servergem.yml that asked for a thing, or its parent's."""
    (target,) = targets("services:\n  api:\n    region: us-east1\n")
    region, memory = target.place("region"), target.place("memory")
    assert region and region.line == 3
    assert memory and memory.line == 2
