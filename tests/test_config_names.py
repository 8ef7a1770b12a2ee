"""Names of environments: none that would be another's service, and each fault on its line."""

from __future__ import annotations

import pytest

from app import config
from app.model import Stop

TWICE = """services:
  api: {{}}
environments:
  production: {{branch: main}}
  staging: {{branch: develop, region: {}}}
  Staging: {{branch: next}}
"""


@pytest.mark.parametrize("name", ["-", "_", ".", "---", "pr-1", "PR_12", "x.pr.7", "-x", "x/", "é", "a b"])
def test_an_environment_is_called_like_nothing_else(name: str) -> None:
    """No ending that is empty, and none that a pull request's preview has."""
    with pytest.raises(Stop) as stopped:
        config.read(f"environments:\n  '{name}': {{branch: x}}\n", repository_name="shop")
    place = stopped.value.finding.place
    assert place is not None
    assert place.line == 2


@pytest.mark.parametrize(
    "text",
    [
        "services: {api: {}, api-staging: {}}\nenvironments: {p: {branch: main}, staging: {branch: d}}",
        "services: {api: {}, api-pr-7: {}}",
        "environments: {p: {branch: main}, a.b: {branch: x}, a-b: {branch: y}}",
        "environments: {p: {branch: main}, QA: {branch: x}, qa: {branch: y}}",
    ],
)
def test_two_that_would_be_one_service_are_a_fault(text: str) -> None:
    """A name of one thing cannot be another's, by whatever way it is made."""
    with pytest.raises(Stop) as stopped:
        config.read(text, repository_name="api", default_branch="main")
    assert "would both be" in stopped.value.finding.title


def test_the_region_that_is_not_named_counts_too() -> None:
    """Where the operator's region is the one that another environment names, both are the same service."""
    read = config.read(TWICE.format("europe-west1"), repository_name="shop", default_branch="main")
    config.insist_on_names(read, "main", region="us-east1")
    with pytest.raises(Stop) as stopped:
        config.insist_on_names(read, "main", region="europe-west1")
    assert "api-staging" in stopped.value.finding.title
