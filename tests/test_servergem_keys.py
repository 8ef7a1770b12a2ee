"""servergem.yml is declared once: reader, schema, reference, specification and merge plan follow from its shape."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from app import config
from app.config.container_shape import ContainerFile
from app.config.document import Document
from app.config.environment_shape import EnvironmentFile
from app.config.environments import Environment
from app.config.file import PreviewsFile
from app.config.job_shape import JobFile
from app.config.part import Part
from app.config.parts import VolumeFile
from app.config.reference import CHAPTERS, PAGE, WORDS, page
from app.config.shape import ServiceFile
from app.config.targets import Previews
from app.config.words import Word, words
from app.merge_plan import Serving, changes
from app.model import JobConfig, ServiceConfig, Target
from gcp.service_specification import shape, specification
from gcp.wanted_service import WantedService
from tests.sources import ROOT, sources, tree

EXAMPLES = [
    pytest.param(part, key, example, id=f"{title}: {key}: {example}")
    for title, part in CHAPTERS
    for key, name in part.keys().items()
    for example in part.model_fields[name].examples or ()
]
# So many keys in one place are a list of them.
MANY = 5
# Files that name some keys to people, or other things by the same words, and why; a new key is no business of theirs.
NAMED_FOR_PEOPLE = {
    "app/stages/build.py": "a build's own words",
    "gcp/build_steps.py": "a build's own words",
    "app/diagnosis/rules/google/run.py": "says which key to change after which refusal",
    "app/previews.py": "says which keys a copy does without",
    "app/acts/specification.py": "lays what a job says over what its service says",
    "app/config/environments.py": "lays what an environment says of all services over each",
    "app/trust/allowance.py": "says which key asks for more than the operator allows",
    "app/trust/allow_file.py": "the operator's own keys",
    "app/config/environment_shape.py": "an environment has some keys of the same names",
    "gcp/cloud_run_jobs.py": "Cloud Run's own words for a job",
    "gcp/worker_pools.py": "Cloud Run's own words for a worker pool",
    "gcp/wanted_service.py": "what a deployment brings beside servergem.yml: image, marks, variables of ServerGem's",
    "app/importing/cloud_run_annotations.py": "Cloud Run's own keys, and ours that say the same",
    "app/importing/gcloud_flags.py": "the flags of gcloud, and our keys that say the same",
    "app/importing/railway.py": "Railway's own keys, and ours that say the same",
}
# Keys of a service of which Cloud Run is told, beside those that a merge plan compares by name.
TOLD = {"env", "secrets"}
# Keys that say what to build, when, where and how to move there: who reads each.
READ_BY = {
    "path": "app/configuration.py", "watch": "app/config/changes.py", "build": "app/stages/build.py",
    "region": "app/config/targets.py", "regions": "app/config/targets.py", "image": "app/stages/find_image.py",
    "health": "app/stages/verify.py", "release": "app/stories/deploy.py", "rollout": "app/stages/shift.py",
    "domain": "app/domain.py", "automatic_updates": "app/source/updated.py",
}  # fmt: skip


# What a part has to have beside the key that is looked at.
NEEDED: dict[type[Part], dict[str, str]] = {
    EnvironmentFile: {"branch": "main"},
    VolumeFile: {"path": "/data"},
    ContainerFile: {"image": "eu-docker.pkg.dev/p/r/i"},
}
PROBES = {"startup": {"tcp": True, "port": 5432}}
# Keys whose example is valid only with these.
GOES_WITH: dict[str, dict[str, Any]] = {
    "after": {"containers": {"proxy": {"image": "eu-docker.pkg.dev/p/r/i", "probes": PROBES}}},
    "gpu": {"cpu": 4, "memory": "16Gi", "cpu_always": True},
}


def service(**words: Any) -> ServiceConfig:
    """The service of a servergem.yml that says only this of it."""
    text = yaml.safe_dump({"services": {"api": words}})
    return config.read(text, repository_name="shop").services[0]


def shape_of(wanted: ServiceConfig) -> dict[str, str]:
    """What Cloud Run is told of a service, and what is read back from there."""
    named = WantedService("p", "r", "api", "image", "api-1", "v-1", wanted, wanted.service_account)
    return dict(shape(specification(named)))


def test_the_page_is_what_the_shape_says() -> None:
    """docs/servergem-yml.md is made of the shape: `python -m app.config.reference` writes it anew."""
    assert PAGE.read_text() == page()


@pytest.mark.parametrize(("path", "word"), WORDS.items(), ids=lambda each: getattr(each, "name", ""))
def test_our_words_are_what_the_shape_says(path: Path, word: Word) -> None:
    """app/model/service_config.py is made of the shape too, as its neighbour is: no key is declared a second time."""
    assert path.read_text() == words(word)


@pytest.mark.parametrize(("part", "key", "example"), EXAMPLES)
def test_each_example_is_valid(part: type[Part], key: str, example: object) -> None:
    """What the reference shows may be typed as it stands."""
    text = yaml.safe_dump({**NEEDED.get(part, {}), key: example})
    read = part.model_validate(Document.parse(text, "servergem.yml").value)
    assert getattr(read, part.keys()[key]) is not None


def test_every_key_has_an_example_and_a_sentence() -> None:
    """Nobody has to guess what a key looks like."""
    for _, part in CHAPTERS:
        assert all(field.examples and field.description for field in part.model_fields.values())


@pytest.mark.parametrize(
    ("part", "word"),
    [
        (ServiceFile, ServiceConfig),
        (EnvironmentFile, Environment),
        (PreviewsFile, Previews),
        (JobFile, JobConfig),
    ],
)
def test_our_words_have_the_same_keys(part: type[Part], word: type[Any]) -> None:
    """A key that the reader takes is a field that the rest reads, and there is no field without a key."""
    assert set(part.model_fields) == {each.name for each in fields(word)} - {"name"}


def test_there_is_one_set_of_defaults() -> None:
    """A service, and previews, of which nothing is said are the same by file and without one."""
    assert (
        service() == ServiceConfig("api") == config.read("services: {api: }", repository_name="x").services[0]
    )
    assert config.read("previews: {}\n", repository_name="shop").previews == Previews()


def test_cloud_run_is_told_of_each_key_or_somebody_else_reads_it() -> None:
    """A new key that leads nowhere is red here."""
    compared = {key.partition(".")[0] for key in shape_of(ServiceConfig("api"))}
    assert compared | TOLD | READ_BY.keys() == ServiceFile.model_fields.keys()
    for key, path in READ_BY.items():
        assert key in attributes_of(path), f"{path} does not read {key}"


def attributes_of(path: str) -> set[str]:
    return {
        node.attr
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.Attribute)
    }


def test_the_merge_plan_follows_from_what_cloud_run_is_told() -> None:
    """Every compared key that is asked for otherwise than it serves is named, by its key, and no other is."""
    before = ServiceConfig("api")
    for key, said in shape_of(before).items():
        example = (ServiceFile.model_fields[key.partition(".")[0]].examples or [None])[0]
        after = service(**{key.partition(".")[0]: example}, **GOES_WITH.get(key, {}))
        target = Target("p", "r", "production", after)
        now = Serving("", (), {}, {key: said})
        (plan,) = changes(target, now, service_account=after.service_account)
        assert f"`{key}` {shape_of(after)[key]} instead of {said or 'the default'}" in plan
        (plan,) = changes(replace(target, service=before), now, service_account="")
        assert "nothing but its image" in plan


def lists_of_keys() -> Iterator[str]:
    """The files in which one class, table or function goes through servergem.yml's keys of a service by name."""
    keys = ServiceFile.model_fields.keys()
    for path in sources():
        for node in tree(path).body:
            named = {
                name
                for each in ast.walk(node)
                for name in (getattr(each, "id", ""), getattr(each, "arg", ""), getattr(each, "value", ""))
                if isinstance(name, str)
                and name in keys
                and not isinstance(getattr(each, "ctx", None), ast.Load)
            }
            if len(named) >= MANY and not path.is_relative_to(ROOT / "sandbox"):
                yield str(path.relative_to(ROOT))


def test_nobody_else_goes_through_the_keys() -> None:
    """A key is declared, kept and told to Cloud Run; no other file copies them field by field."""
    declared = {
        "app/config/shape.py",
        "app/config/sides.py",  # which branch decides it
        "app/config/freezing.py",  # what becomes of a value that is no plain one
        "app/config/companion_shape.py",  # a job and a worker are sections of their own, with some words of a service's
        "app/config/container_shape.py",  # and a container beside a service's own
        "app/model/service.py",  # which is a word of its own
        "gcp/sidecars.py",  # and told as one
        "app/model/job_config.py",
        "app/model/worker_config.py",
        "app/model/service_config.py",
        "gcp/service_specification.py",
    }
    assert set(lists_of_keys()) - NAMED_FOR_PEOPLE.keys() == declared
    assert NAMED_FOR_PEOPLE.keys() <= set(lists_of_keys())
