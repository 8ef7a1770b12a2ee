"""`servergem doctor`: each thing that can be broken, broken alone, is the one that it names."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.commands import main
from app.settings import load
from app.setup import doctor, own_service
from app.signs import Sign
from gcp.cloud import Google
from sandbox.world import PROJECT
from tests.conftest import OWNER, House
from tests.test_sandbox_github import PRIVATE

Environ = dict[str, str]
APIS_OFF = f"APIs of {PROJECT}"


def deaf(house: House, _environ: Environ) -> None:
    """The App's owner has unticked an event."""
    hub = house.world.github.hub
    hub.app = replace(hub.app, events=tuple(event for event in hub.app.events if event != "pull_request"))


def asks_for_less(house: House, _environ: Environ) -> None:
    hub = house.world.github.hub
    hub.app = replace(hub.app, permissions=hub.app.permissions | {"checks": "read"})


def signed_otherwise(house: House, _environ: Environ) -> None:
    """The secret was changed on the App's page alone."""
    github = house.world.github
    github.deliveries.sign(github.hub.app.id, "another")
    github.ping()
    github.deliveries.settle()


def turned_off(house: House, environ: Environ) -> None:
    """And nobody may turn it on."""
    house.world.google.projects.known(PROJECT).apis.pop("run.googleapis.com", None)
    environ["SERVERGEM_ENABLE_APIS"] = "false"


def unpaid(house: House, _environ: Environ) -> None:
    house.world.google.projects.known(PROJECT).billing = False


def deleted(house: House, _environ: Environ) -> None:
    house.world.google.projects.known(PROJECT).state = "DELETE_REQUESTED"


def environment(house: House) -> Environ:
    settings = house.world.settings(house.folder / "servergem")
    return settings | {"SERVERGEM_PUBLIC_URL": house.address}


def wrong(signs: list[Sign]) -> dict[str, str]:
    return {sign.title: sign.wrong for sign in signs if sign.wrong}


def setting(name: str, value: str) -> Callable[[House, Environ], object]:
    return lambda _house, environ: environ.update({name: value})


# What is broken, which sign says so, and with which words.
BROKEN: tuple[tuple[Callable[[House, Environ], object], str, str], ...] = (
    (setting("SERVERGEM_REGION", "Europe"), "Settings", "SERVERGEM_REGION is not a region"),
    (setting("GITHUB_API_URL", "http://127.0.0.1:9"), "Clock", "did not answer"),
    (setting("GITHUB_PRIVATE_KEY", PRIVATE), "App", "does not know this App by this key"),
    (setting("GITHUB_APP_ID", "1"), "App", "does not know this App by this key"),
    (setting("GOOGLE_CLOUD_PROJECT", "nowhere-at-all"), "Project nowhere-at-all", "cannot see it"),
    (setting("SERVERGEM_PROJECTS", "1=other-project"), "Project other-project", "cannot see it"),
    (setting("DATABASE_URL", "postgresql://me:hush@127.0.0.1:9/x"), "Database", "no database answers there"),
    (setting("SERVERGEM_PUBLIC_URL", "http://127.0.0.1:9"), "Address", "nobody answers"),
    (lambda house, _: house.world.github.suspend(OWNER), f"On {OWNER}", "suspended"),
    (lambda house, _: house.world.github.hub.granted.pop("checks"), f"On {OWNER}", "not granted: checks: write"),
    (lambda house, _: house.world.github.uninstall(OWNER), "Installation", "installed nowhere"),
    (lambda house, _: setattr(house.world.github, "webhook_url", "http://x.example"), "Webhook address", "x.example"),
    (lambda house, _: house.world.google.revoke(PROJECT, "run.services.create"), f"Project {PROJECT}", "run.services"),
    (deleted, f"Project {PROJECT}", "DELETE_REQUESTED"),
    (turned_off, APIS_OFF, "run.googleapis.com"),
    (unpaid, f"Billing of {PROJECT}", "no open billing account"),
    (deaf, "App's events", "does not hear of pull_request"),
    (deaf, f"On {OWNER}", "not subscribed there: pull_request"),
    (asks_for_less, "App's permissions", "does not ask for checks: write"),
    (setting("GITHUB_PRIVATE_KEY", "no key at all"), "Settings", "GITHUB_PRIVATE_KEY"),
    (signed_otherwise, "Round trip", "signature"),
)  # fmt: skip


def test_each_broken_thing_is_named(house: House) -> None:
    """With everything as it should be nothing is wrong; then one thing after the other is, and its sign says so."""
    github, google = house.world.github, house.world.google
    github.create_repository(OWNER, "hello")
    github.ping()
    github.deliveries.settle()
    assert not wrong(list(doctor.signs(environment(house))))
    granted, app = dict(github.hub.granted), github.hub.app
    for break_it, title, said in BROKEN:
        environ = environment(house)
        break_it(house, environ)
        found = wrong(list(doctor.signs(environ)))
        assert said in found.get(title, ""), (title, found)
        github.hub.granted.update(granted)
        github.webhook_url = f"{house.address}/webhook"
        if github.hub.installed(OWNER) is None:
            github.install(OWNER)
        if github.hub.installed(OWNER).suspended_at:  # type: ignore[union-attr]
            github.unsuspend(OWNER)
        google.grant(PROJECT, "run.services.create")
        github.hub.app = app
        project = google.projects.known(PROJECT)
        project.billing, project.state = True, "ACTIVE"


def test_its_own_service_is_looked_at_where_it_is_on_cloud_run(house: House) -> None:
    """By the address that it is told: each of CPU and instance that it lacks is named, with the command for both."""
    work = house.repository("hello-python")
    assert house.ended(work.push("Throttled"))["ending"] == "live", house.log_tail()
    number = house.world.google.projects.known(PROJECT).number
    at = f"https://hello-python-{number}.europe-west1.run.app"

    def said(address: str = at) -> list[tuple[str, str]]:
        settings = load(environment(house) | {"SERVERGEM_PUBLIC_URL": address})
        google = Google(settings.google_endpoint, settings.storage_endpoint, doctor.ONCE)
        return [(sign.wrong or sign.seen, sign.fix) for sign in own_service.signs(google, settings)]

    ((wrong, fix),) = said()
    assert "no CPU between requests and no instance that stays" in wrong
    assert "update hello-python --no-cpu-throttling --min-instances=1 --region=europe-west1" in fix
    kept = "services:\n  hello-python: {cpu_always: true, instances: {min: 1}}\n"
    assert house.ended(work.push("Awake", **{"servergem.yml": kept}))["ending"] == "live", house.log_tail()
    assert said() == [("hello-python has its CPU between requests, and an instance that stays", "")]
    assert "there is no service other" in said(at.replace("hello-python", "other"))[0][0]
    assert said("https://servergem.example") == []


def test_no_password_is_said(house: House) -> None:
    """What is wrong with the database is said without what opens it."""
    environ = environment(house) | {"DATABASE_URL": "postgresql://me:hush@127.0.0.1:9/x"}
    assert "hush" not in str(list(doctor.signs(environ)))


@pytest.mark.parametrize(
    ("off", "said"), [(0.0, ""), (59.0, ""), (61.0, "61 s ahead of"), (-3600.0, "3600 s behind")]
)
def test_a_clock_that_is_off(off: float, said: str) -> None:
    """From a minute on, to either side, with how far."""
    now = time.time()
    assert (said in doctor.judged(now + off, now).wrong) and bool(said) == bool(
        doctor.judged(now + off, now).wrong
    )


def test_the_exit_status_is_the_answer(tmp_path: Path) -> None:
    """1 when anything is wrong, with a line for each fault."""
    done = CliRunner().invoke(main, ["doctor"], env={"GITHUB_APP_ID": "", "SERVERGEM_DATA": str(tmp_path)})
    assert done.exit_code == 1 and "✗ Settings             GITHUB_APP_ID is missing" in done.output
