"""How many variables and arguments a container has, and how long they are: met before a build is paid for."""

from __future__ import annotations

from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import run_v2

from tests.conftest import House
from tests.test_sandbox_google import PARENT, Clients, clients, google, runner

__all__ = ["clients", "google", "runner"]

LONGEST = 32 * 1024
TOO_MUCH: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a value": (
        {"env": [run_v2.EnvVar(name="A", value="x" * LONGEST)]},
        {"env": [run_v2.EnvVar(name="A", value="x" * LONGEST + "x")]},
    ),
    "variables": (
        {"env": [run_v2.EnvVar(name=f"A{number}", value="1") for number in range(1000)]},
        {"env": [run_v2.EnvVar(name=f"A{number}", value="1") for number in range(1001)]},
    ),
    "arguments": ({"args": ["x"] * 1000}, {"args": ["x"] * 1001}),
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_the_longest_is_taken_and_one_more_is_not(clients: Clients, what: str) -> None:
    """Judged when a service is made, also where it is only asked whether it could be."""
    image = "us-docker.pkg.dev/cloudrun/container/hello"
    fits, spills = (run_v2.Container(image=image, **parts) for parts in TOO_MUCH[what])

    def judged(container: run_v2.Container) -> None:
        service = run_v2.Service(template=run_v2.RevisionTemplate(containers=[container]))
        clients.run.create_service(
            run_v2.CreateServiceRequest(parent=PARENT, service_id="web", service=service, validate_only=True)
        )

    judged(fits)
    with pytest.raises(exceptions.InvalidArgument):
        judged(spills)


def test_a_variable_that_is_too_long_is_named_before_a_build(house: House) -> None:
    """The check run names it, and nothing was built for it."""
    work = house.repository("hello-python")
    value = "x" * (LONGEST + 1)
    sha = work.push("Long", **{"servergem.yml": f"services:\n  hello-python:\n    env: {{LONG: {value}}}\n"})
    assert house.ended(sha)["ending"] == "failed", house.log_tail()
    run = house.check_run("hello-python", sha)
    assert "LONG" in run["output"]["title"] + run["output"]["summary"], run["output"]
    assert house.world.google.calls["CloudBuild.CreateBuild"] == 0
