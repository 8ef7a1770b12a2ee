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


DECIDED = """services: {api: {region: us-east1}, web: {}}
jobs: {nightly-b: {from: api, schedule: "0 3 * * *"}}
workers: {queue-b: {from: api}}
environments: {production: {branch: main}, b: {branch: b}}
"""
MOVED = {
    "a job that the commit moves": DECIDED.replace("{from: api, sch", "{from: web, sch").replace(
        "jobs: {", "jobs: {nightly: {from: api}, "
    ),
    "a worker that the commit moves": DECIDED.replace("queue-b: {from: api}", "queue-b: {from: web}").replace(
        "workers: {", "workers: {queue: {from: api}, "
    ),
    "a job that the commit leaves out": DECIDED.replace("nightly-b", "nightly"),
    "a job that the commit moves in the environment": DECIDED.replace(
        "jobs: {", "jobs: {nightly: {from: api}, "
    ).replace("{branch: main}", "{branch: main, jobs: {nightly-b: {from: web}}}"),
    "a service": "services: {api: {}, web: {}, other: {}, other-b: {}}\n",
}


@pytest.mark.parametrize("own", MOVED.values(), ids=MOVED)
def test_no_commit_makes_room_for_a_name_by_moving_what_has_it(own: str) -> None:
    """What the default branch has runs where that says, wherever a commit on another branch would have it."""
    decides = config.read(DECIDED, repository_name="shop", default_branch="main")
    counts = config.granted(config.read(own, repository_name="shop", default_branch="main"), decides)
    with pytest.raises(Stop) as stopped:
        config.insist_on_names(counts, "main", region="europe-west1", beside=decides)
    assert "would both be" in stopped.value.finding.title
    config.insist_on_names(decides, "main", region="europe-west1", beside=decides)
