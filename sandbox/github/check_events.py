"""What GitHub tells an App of its check runs and suites: made, completed, asked for again, a button pressed."""

from __future__ import annotations

from sandbox.github.actors import Actor
from sandbox.github.answers import Refused
from sandbox.github.records import CheckRun, Suite
from sandbox.github.shapes import Shapes
from sandbox.github.words import Json

# What a check run's webhook shows of its suite.
_SUITE = (
    "id",
    "node_id",
    "head_branch",
    "head_sha",
    "status",
    "conclusion",
    "url",
    "before",
    "after",
    "pull_requests",
    "created_at",
    "updated_at",
)


def tell(actor: Actor, run: CheckRun, action: str, **more: object) -> None:
    """https://docs.github.com/webhooks/webhook-events-and-payloads#check_run"""
    told = {"action": action, "check_run": _hooked_run(actor.shapes, run), **more}
    actor.tell("check_run", run.suite.repo, told)


def tell_suite(actor: Actor, suite: Suite, action: str) -> None:
    """https://docs.github.com/webhooks/webhook-events-and-payloads#check_suite"""
    shown = actor.shapes.suite(suite) | {"app": actor.shapes.hooked_app()}
    del shown["repository"]
    actor.tell("check_suite", suite.repo, {"action": action, "check_suite": shown})


def rerequest(actor: Actor, run: CheckRun) -> None:
    """Somebody presses "Re-run": the suite is queued again, the run stays as it is."""
    # GitHub's description of this event knows a completed suite alone, also when it is pressed twice.
    run.suite.rerequested = False
    tell(actor, run, "rerequested")
    run.suite.rerequested = True


def rerequest_suite(actor: Actor, suite: Suite) -> None:
    """Somebody presses "Re-run all checks"."""
    suite.rerequested = True
    tell_suite(actor, suite, "rerequested")


def press(actor: Actor, run: CheckRun, identifier: str) -> None:
    """Somebody presses one of the run's own buttons, which show once it has completed."""
    known = [action["identifier"] for action in run.actions if run.status == "completed"]
    if identifier not in known:
        raise Refused(422, f"{run.name} shows no button {identifier!r}; it shows {known}.")
    tell(actor, run, "requested_action", requested_action={"identifier": identifier})


def _hooked_run(shapes: Shapes, run: CheckRun) -> Json:
    app, suite = shapes.hooked_app(), shapes.suite(run.suite)
    part = {"app": app} | {name: suite[name] for name in _SUITE}
    return shapes.check_run(run) | {"app": app, "check_suite": part}
