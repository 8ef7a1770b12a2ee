"""What each button leads to, whoever presses it, in words, wishes and stories: a table, and no process."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from app.conversation import with_remark
from app.conversation.buttons import BUTTONS as DONE
from app.conversation.buttons import decide, refused_before
from app.conversation.gate import Anew, Gate, refusal
from app.conversation.hearing import Attempt, Pressing
from app.conversation.outcome import Approve, Extend, Outcome, Pardon, Repair, Unlock, Wish
from app.model import RERUN, Button, Commit, Ending, Finding, PressButton, Preview, Remedy, Report, Row
from app.scene import Run
from app.store.traffic import Lock
from app.trust.approval import Terms
from tests.test_orders import FORK, HEAD, HOME, NOW, OLD, PULL, ROW, SERVED, lane, target

COMMIT = Commit(HOME, OLD, "main")
RUN = Run("run-1", COMMIT, target("api"), Row("Read configuration"), home=target("api", "staging"))
REPORT = Report(COMMIT, "ServerGem / api (production)", ending=Ending.LIVE, revision=SERVED.revision)
FORKED = Report(Commit(HOME, HEAD, "idea", pull_request=12), "ServerGem / api (preview)")
REMEDY = Remedy(Button.ENABLE_API, "p", "run.googleapis.com")
BROKEN = replace(
    REPORT, ending=Ending.FAILED, findings=(Finding("api-disabled", "Off", "Enable it", remedy=REMEDY),)
)
AGAIN = Attempt(REPORT, "deploy", RUN, "api", Anew(RUN.target))


def pressed(button: str, **known: Any) -> Pressing:
    """Somebody who may write presses a button of the deployment that serves."""
    press = PressButton(HOME, OLD, "main", button, "ada", "d", "ServerGem / api (production)", "run-1")
    here: dict[str, Any] = {"allowed": True, "report": REPORT, "run": RUN, "newest": SERVED}
    here |= {
        "attempts": (AGAIN,),
        "pull": FORK,
        "anew": Anew(RUN.home if button == Button.PROMOTE else RUN.target),
    } | known
    return Pressing(press=press, now=NOW, **here)


@dataclass(frozen=True)
class Pressed:
    """A press and what it leads to; `begun` as kind of story and what tells it apart."""

    pressing: Pressing
    words: str
    wishes: tuple[Wish, ...] = ()
    begun: dict[str, list[Any]] = field(default_factory=dict)


TERMS = Terms(HEAD, "main", "configured")
CHANGED = (
    "ada approved a1b2c3d, but its base branch or configuration has changed since: "
    "approve it on the newest check run"
)


def approving(now: Terms) -> Pressing:
    """A press of Approve on the check run that asked about TERMS."""
    known = pressed("approve", report=FORKED, terms=now)
    return replace(
        known, press=replace(known.press, deployment_id=f"pr-7-12-{HEAD[:12]}-api-not-1-{TERMS.mark}")
    )


PARDON = Pardon(lane("api"), OLD)
ONCE_MORE: dict[str, list[Any]] = {"deployments": ["run-1-again-d"]}
LOCKING = pressed("lock")
PRESSED = {
    "Re-run says nothing and runs it again": Pressed(pressed(RERUN), "", (PARDON,), ONCE_MORE),
    "Re-run of a second attempt is named after the first": Pressed(
        pressed(RERUN, attempts=(replace(AGAIN, run=replace(RUN, id="run-1-again-c")),)),
        "",
        (PARDON,),
        ONCE_MORE,
    ),
    "Re-run of a preview looks at its service": Pressed(
        pressed(RERUN, attempts=(Attempt(FORKED, "preview", RUN, "api"),)), "", (), {"reviews": [("api",)]}
    ),
    "Re-run of what was never begun is a push": Pressed(
        pressed(RERUN, attempts=(), report=None, run=None),
        "",
        (),
        {"pushes": ["ServerGem / api (production)"]},
    ),
    "Re-run takes write permission": Pressed(
        pressed(RERUN, allowed=False), "ada pressed Re-run, which takes write permission"
    ),
    "Re-run is of a deployment of this repository": Pressed(
        pressed(RERUN, report=None, foreign=True), "ada pressed rerun, which ServerGem does not know"
    ),
    "Retry": Pressed(pressed("retry"), "ada pressed Retry", (PARDON,), ONCE_MORE),
    "a button is of a deployment of this repository": Pressed(
        pressed("roll-back", report=None, foreign=True),
        "ada pressed roll-back, which ServerGem does not know",
    ),
    "a button that nobody knows": Pressed(
        pressed("explode"), "ada pressed explode, which ServerGem does not know"
    ),
    "Extend": Pressed(
        pressed("extend", preview=replace(ROW, expires=NOW - 5)),
        "ada extended the preview to 22 September 2026, 14:13 UTC",
        (Extend(ROW.lane, NOW + 86_400, "pr-1"),),
        {"renews": [12]},
    ),
    "Extend a month ahead at most": Pressed(
        pressed("extend", preview=replace(ROW, expires=NOW + 29.5 * 86_400)),
        "ada extended the preview to 21 October 2026, 14:13 UTC",
        (Extend(ROW.lane, NOW + 30 * 86_400, "pr-1"),),
        {"renews": [12]},
    ),
    "Extend of what is gone": Pressed(pressed("extend"), "ada pressed Extend, but the preview is gone"),
    "Approve is of the commit that was looked at": Pressed(
        approving(TERMS),
        "ada approved a1b2c3d",
        (Approve(12, TERMS),),
        {"reviews": [()]},
    ),
    "Approve is of the base branch that was looked at": Pressed(
        approving(replace(TERMS, base="internal")), CHANGED
    ),
    "Approve is of the configuration that was looked at": Pressed(
        approving(replace(TERMS, configuration="other")), CHANGED
    ),
    "Approve of what is no longer the head": Pressed(
        pressed("approve", report=FORKED, pull=replace(FORK, head_sha=OLD)),
        "ada approved a1b2c3d, which is no longer the head",
    ),
    "Approve of what is closed": Pressed(
        pressed("approve", report=FORKED, pull=replace(PULL, open=False)),
        "ada approved a1b2c3d, which is no longer the head",
    ),
    "Roll back": Pressed(pressed("roll-back"), "ada pressed Roll back", (), {"rollbacks": ["rollback-d"]}),
    "Roll back of what no longer serves": Pressed(
        pressed("roll-back", newest=replace(SERVED, revision="api-2")),
        "ada pressed Roll back, but something else serves by now",
    ),
    "Roll back of what is not known": Pressed(
        pressed("roll-back", run=None), "ada pressed Roll back, but nothing is known of this deployment"
    ),
    "Promote": Pressed(
        pressed("promote"),
        "ada promoted this image to staging",
        (),
        {"deployments": ["d-api-staging-staging"]},
    ),
    "Promote of what the branch does not contain": Pressed(
        pressed(
            "promote",
            anew=Anew(refused=refusal(Gate("staging", "develop"), COMMIT, ("api",), operator=False)),
        ),
        "ada pressed Promote. staging takes what is on develop, and b2c3d4e is not there: merge it to develop, and "
        "that push deploys it. An operator of this ServerGem may deploy it at once.",
    ),
    "Promote by an operator": Pressed(
        pressed("promote", anew=Anew(target("api", "staging")), operator=True),
        "ada promoted this image to staging",
        (),
        {"deployments": ["d-api-staging-staging"]},
    ),
    "Promote of a preview": Pressed(
        pressed("promote", run=replace(RUN, target=replace(RUN.target, preview=Preview(12)))),
        "ada pressed Promote, but there is nothing to promote",
    ),
    "Promote of what is not live": Pressed(
        pressed("promote", report=BROKEN), "ada pressed Promote, but there is nothing to promote"
    ),
    "a repair, and then once more": Pressed(
        pressed("enable-api", report=BROKEN, repairs=("enable-api",)),
        "ada enabled run.googleapis.com in p",
        (Repair((REMEDY,), "enable-api"), PARDON),
        ONCE_MORE,
    ),
    "Lock, with the reason that was written beside it": Pressed(
        replace(LOCKING, press=replace(LOCKING.press, words=" a\n sale " + "x" * 300)),
        "ada locked api in production until 22 September 2026, 14:13 UTC: deployments wait",
        (Lock(lane("api"), "ada", ("a sale " + "x" * 300)[:200], "", NOW + 86_400),),
    ),
    "Lock of what is not known": Pressed(
        pressed("lock", run=None), "ada pressed Lock, but there is no environment here to lock"
    ),
    "Lock of a preview": Pressed(
        pressed("lock", run=replace(RUN, target=replace(RUN.target, preview=Preview(12)))),
        "ada pressed Lock, but there is no environment here to lock",
    ),
    "Unlock": Pressed(pressed("unlock"), "ada unlocked api in production", (Unlock(lane("api")),)),
    "Unlock of what is not known": Pressed(
        pressed("unlock", run=None), "ada pressed Unlock, but nothing is known of this deployment"
    ),
    "a repair that the operator does not allow": Pressed(
        pressed("enable-api", report=BROKEN),
        "ada pressed enable-api, which this ServerGem's operator does not allow",
    ),
}


@pytest.mark.parametrize("claim", PRESSED)
def test_a_press_leads_to_its_words_and_wishes(claim: str) -> None:
    """Each row: what is pressed, what is known, and all that comes of it."""
    row = PRESSED[claim]
    outcome = decide(row.pressing)
    assert outcome.words == row.words
    assert outcome.wishes == row.wishes
    assert begun(outcome) == row.begun


def begun(outcome: Outcome) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {
        "pushes": [push.only for push in outcome.pushes],
        "reviews": [review.only for review in outcome.looks],
        "deployments": [run.id for run in outcome.deployments],
        "rollbacks": [back.run.id for back in outcome.rollbacks],
        "renews": list(outcome.renews),
    }
    return {kind: jobs for kind, jobs in found.items() if jobs}


@pytest.mark.parametrize("button", [RERUN, *Button])
def test_every_button_takes_write_permission(button: str) -> None:
    """Whoever may not write changes nothing, whatever they press."""
    outcome = decide(pressed(button, allowed=False, repairs=tuple(Button)))
    assert outcome == Outcome(outcome.words)
    assert outcome.words.endswith("takes write permission")


def test_a_refusal_stands_once_on_a_check_run() -> None:
    """Whoever may not write and presses again and again fills no check run."""
    told = replace(REPORT, remarks=("ada pressed Re-run, which takes write permission (today)",))
    assert refused_before(pressed(RERUN, allowed=False, report=told))
    assert not refused_before(pressed("retry", allowed=False, report=told))
    assert not refused_before(pressed(RERUN, report=told))


def test_a_press_that_is_told_again_after_a_kill_stands_once() -> None:
    """A step that was killed before the journal knew of its end runs again, and amends the same check run."""
    once = with_remark(REPORT, "ada pressed Retry (1 May 2026, 9:00 UTC)")
    assert with_remark(once, "ada pressed Retry (1 May 2026, 9:00 UTC)") == once
    assert len(with_remark(once, "ada pressed Retry (1 May 2026, 9:01 UTC)").remarks) == 2


def test_every_button_that_is_shown_does_something() -> None:
    """The labels on check runs, the words of the model, and the table of what is done are the same buttons."""
    assert set(Button) == set(DONE) - {RERUN}
    assert all(len(each.label) <= 20 and len(each.description) <= 40 for each in Button)
