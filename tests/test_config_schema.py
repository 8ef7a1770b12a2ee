"""The JSON Schema that editors read: it accepts what the reader accepts, and explains each key."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
import yaml

from app import config
from app.config.document import Document, Scalar

SCHEMA = jsonschema.Draft202012Validator(config.json_schema())

ACCEPTED = [
    "services: {}",
    "services:\n",
    "services:\n  api:\n",
    "services:\n  api: {}\nenvironments:\npreviews:\n",
    "services: {api: {port: 8080, concurrency: 80}}",
    "services: {api: {port: '8080'}}",
    "services: {api: {timeout: 300s}}",
    "services: {api: {timeout: 300}}",
    "services: {api: {timeout: 5m}}",
    "services: {api: {timeout: '300'}}",
    "services: {api: {cpu: 1}}",
    "services: {api: {cpu: '2'}}",
    "services: {api: {cpu: 1.0}}",
    "services: {api: {cpu: 0.5, concurrency: 1}}",
    "services: {api: {cpu: .5, concurrency: 1}}",
    "services: {api: {memory: 2Gi}}",
    "services: {api: {env: {A: 1, B: 1.10, C: true, D: text, E: 2026-01-01, F: '', G: 1e3, H: .inf, I: 0o17}}}",
    "services: {api: {env: }}",
    "services: {api: {secrets: {A: db-url:7, B: key}, watch: }}",
    "services: {api: {watch: [libs, '!docs/**', 2024]}}",
    "services: {api: {build: auto}}",
    "services: {api: {build: dockerfile}}",
    "services: {api: {build: {dockerfile: deploy/Dockerfile, target: web, args: {A: 1, B: true}}}}",
    "services: {api: {instances: {min: 1, max: 3}}}",
    "services: {api: {instances: }}",
    "services: {api: {public: false, health: /health, release: python manage.py migrate, rollout: [10, 100]}}",
    "services: {api: {service_account: a@p.iam.gserviceaccount.com, region: us-east1}}",
    "services: {api: {service_account: '', region: }}",
    "environments: {production: {branch: main}, '1': {branch: 1.0, env: {A: 1}, instances: {max: 2}}}",
    "environments: {production: {branch: 'release/*', instances: }}",
    "previews: {ttl: 7d}",
    "previews: {ttl: 3600, enabled: false, drafts: true, label: 1, forks: never, env: {A: 1}, secrets: {B: b}}",
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_the_schema_accepts_what_the_reader_accepts(text: str) -> None:
    """An editor underlines nothing that would be deployed, whether it reads YAML 1.1 or 1.2."""
    assert config.read(text, repository_name="x")
    SCHEMA.validate(plain(Document.parse(text, "servergem.yml").value))
    SCHEMA.validate(without_dates(yaml.safe_load(text)))


REFUSED = [
    "services: {api: {prot: 1}}",
    "services: {api: {port: high}}",
    "services: {api: {public: 'yes'}}",
    "services: {api: {timeout: soon}}",
    "services: {api: {env: {A: [1]}}}",
    "services: {api: {env: {A: }}}",
    "environments: {production: {}}",
    "previews: {forks: always}",
]


@pytest.mark.parametrize("text", REFUSED)
def test_the_schema_refuses_what_is_plainly_wrong(text: str) -> None:
    """The mistakes of a newcomer are underlined while they are typed."""
    with pytest.raises(jsonschema.ValidationError):
        SCHEMA.validate(plain(Document.parse(text, "servergem.yml").value))


def test_each_key_is_explained() -> None:
    """Every key of every section has a sentence that an editor shows."""
    schema = config.json_schema()
    for model in (schema, *schema["$defs"].values()):
        for name, key in model["properties"].items():
            assert key.get("description", "").endswith("."), name


def plain(value: Any) -> Any:
    """A document as a YAML 1.2 editor sees it."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value.value if isinstance(value, Scalar) else value


def without_dates(value: Any) -> Any:
    """A date is YAML 1.1's own idea; JSON has none."""
    if isinstance(value, dict):
        return {key: without_dates(each) for key, each in value.items()}
    return str(value) if type(value).__name__ == "date" else value
