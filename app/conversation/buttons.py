"""Buttons: what a press on a check run leads to. Pure: all that they need to know is in the Pressing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app.conversation.gate import Anew
from app.conversation.hearing import DEPLOY, Attempt, Pressing
from app.conversation.outcome import Approve, Extend, Outcome, Pardon, Repair, Unlock, asked
from app.conversation.repair import told
from app.deployment_ids import rollback_id
from app.model import RERUN, Button, Commit, Deploy, Ending, LookAtPullRequest, Report, Target
from app.report import moment
from app.scene import Run
from app.start import Rollback, attempt
from app.store.previews import PreviewRow
from app.store.traffic import Lock
from app.trust.protection import may_approve

DAY = 86_400.0
MOST_AHEAD = 30 * DAY
LONGEST_REASON = 200


def refusal(pressing: Pressing) -> str:
    """The answer to somebody who may not write to the repository."""
    button = pressing.press.button
    return f"{pressing.who} pressed {NAMES.get(button, button)}, which takes write permission"


def refused_before(pressing: Pressing) -> bool:
    """Whether the check run already refuses this person: that is said once."""
    told = pressing.report.remarks if pressing.report else ()
    return not pressing.allowed and any(remark.startswith(refusal(pressing)) for remark in told)


def decide(pressing: Pressing) -> Outcome:
    """What a press leads to; each button takes write permission, and a deployment of the same repository."""
    button, who = pressing.press.button, pressing.who
    do = BUTTONS.get(button)
    unknown = pressing.report is None and button != RERUN
    if do is None or unknown or pressing.foreign:
        return Outcome(f"{who} pressed {button}, which ServerGem does not know")
    if not pressing.allowed:
        return Outcome(refusal(pressing))
    return do(pressing, pressing.report or Report(_commit(pressing), pressing.press.check_name))


def rerun(pressing: Pressing, _report: Report) -> Outcome:
    """One check run, or every one of the commit, as a new attempt."""
    if not pressing.attempts:
        return _push_again(pressing, pressing.press.check_name)
    return sum((_attempt(pressing, each) for each in pressing.attempts), Outcome())


def retry(pressing: Pressing, report: Report) -> Outcome:
    """The same as Re-run, said on the check run."""
    return Outcome(f"{pressing.who} pressed Retry") + rerun(pressing, report)


def extend(pressing: Pressing, _report: Report) -> Outcome:
    """The preview stays another day."""
    row = pressing.preview
    if row is None:
        return Outcome(f"{pressing.who} pressed Extend, but the preview is gone")
    until = extended(row, pressing.now)
    return Outcome(
        f"{pressing.who} extended the preview to {moment(until)}",
        renews=(row.number,),
        wishes=(Extend(row.lane, until, row.deployment_id),),
    )


def approve(pressing: Pressing, report: Report) -> Outcome:
    """A pull request may be deployed with the commit, base branch and configuration that the check run is about."""
    if pressing.run and not report.commit.pull_request:
        return _approve_there(pressing, pressing.run, report)
    number, pull, terms = report.commit.pull_request, pressing.pull, pressing.terms
    if pull is None or not pull.open or pull.head_sha != report.commit.sha:
        return Outcome(f"{pressing.who} approved {report.commit.short}, which is no longer the head")
    if terms is None or not pressing.press.deployment_id.endswith(f"-{terms.mark}"):
        return Outcome(
            f"{pressing.who} approved {report.commit.short}, but its base branch or configuration has changed since: "
            "approve it on the newest check run"
        )
    review = LookAtPullRequest(pressing.press.repository, number, pressing.mark, pressing.mark)
    return Outcome(
        f"{pressing.who} approved {report.commit.short}",
        looks=(review,),
        wishes=(Approve(number, terms),),
    )


def _approve_there(pressing: Pressing, run: Run, report: Report) -> Outcome:
    """A deployment that an environment's rules hold back goes on, when one of the environment's reviewers presses."""
    who, rules = pressing.who, pressing.rules
    if rules and (why := may_approve(rules, pressing.person, run.requesters, operator=pressing.operator)):
        return Outcome(f"{who} pressed Approve, but {why}")
    words = f"{who} approved {run.commit.short} for {run.target.environment}"
    waits = report.ending is Ending.AWAITING
    return Outcome(words) + _deploy_again(pressing, run, pressing.anew, waits, approved_by=who)


def roll_back(pressing: Pressing, report: Report) -> Outcome:
    """Only while what the check run shows is what serves."""
    run, newest, who = pressing.run, pressing.newest, pressing.who
    if run is None:
        return Outcome(f"{who} pressed Roll back, but nothing is known of this deployment")
    if newest is None or newest.revision != report.revision:
        return Outcome(f"{who} pressed Roll back, but something else serves by now")
    row = asked(f"Rollback asked for by {who}", pressing.now)
    back = Rollback(
        Run(rollback_id(pressing.mark), run.commit, run.target, row, who, by_id=pressing.person.id)
    )
    return Outcome(f"{who} pressed Roll back", rollbacks=(back,))


def promote(pressing: Pressing, report: Report) -> Outcome:
    """The image that was tested here goes to where merging would bring it."""
    run, who = pressing.run, pressing.who
    if run is None or run.home is None or run.target.preview or report.ending is not Ending.LIVE:
        return Outcome(f"{who} pressed Promote, but there is nothing to promote")
    home = pressing.anew.target if pressing.anew else None
    if home is None:
        return Outcome(f"{who} pressed Promote. {_refused(pressing.anew)}")
    every = (pressing.anew, *pressing.beside)
    promoted = tuple(_promoted(pressing, run, each, each.target) for each in every if each and each.target)
    regions = [each.target.region for each in promoted if each.target.several]
    there = home.environment + (f" ({', '.join(regions)})" if regions else "")
    return Outcome(f"{who} promoted this image to {there}", deployments=promoted)


def _promoted(pressing: Pressing, run: Run, anew: Anew, there: Target) -> Run:
    row = asked(f"Promoted from {run.target.environment} by {pressing.who}", pressing.now)
    commit = replace(run.commit, within=anew.within)
    id_ = f"{pressing.mark}-{there.mark}"
    return Run(id_, commit, there, row, pressing.who, home=anew.onward, by_id=pressing.person.id)


def mend(pressing: Pressing, report: Report) -> Outcome:
    """Only what the finding named and the operator allows; then the deployment is run again."""
    button, who = pressing.press.button, pressing.who
    if button not in pressing.repairs:
        return Outcome(f"{who} pressed {button}, which this ServerGem's operator does not allow")
    remedies = tuple(f.remedy for f in report.findings if f.remedy and f.remedy.button == button)
    done = Outcome(f"{who} {told(remedies)}", wishes=(Repair(remedies, button),))
    return done + rerun(pressing, report)


def lock(pressing: Pressing, _report: Report) -> Outcome:
    """Deployments to where this one went wait for a day; what serves serves on."""
    run, who = pressing.run, pressing.who
    if run is None or run.target.preview:
        return Outcome(f"{who} pressed Lock, but there is no environment here to lock")
    until, reason = pressing.now + DAY, " ".join(pressing.press.words.split())[:LONGEST_REASON]
    return Outcome(
        f"{who} locked {_place(run)} until {moment(until)}: deployments wait",
        wishes=(Lock(run.target.lane, who, reason, "", until),),
    )


def unlock(pressing: Pressing, _report: Report) -> Outcome:
    """The newest deployment that waits goes on."""
    run, who = pressing.run, pressing.who
    if run is None:
        return Outcome(f"{who} pressed Unlock, but nothing is known of this deployment")
    return Outcome(f"{who} unlocked {_place(run)}", wishes=(Unlock(run.target.lane),))


BUTTONS: dict[str, Callable[[Pressing, Report], Outcome]] = {
    RERUN: rerun,
    Button.RETRY: retry,
    Button.EXTEND: extend,
    Button.APPROVE: approve,
    Button.ROLL_BACK: roll_back,
    Button.PROMOTE: promote,
    Button.ENABLE_API: mend,
    Button.GRANT_ROLE: mend,
    Button.LOCK: lock,
    Button.UNLOCK: unlock,
}
# As a person reads them.
NAMES = {RERUN: "Re-run"}


def extended(row: PreviewRow, now: float) -> float:
    """Another day from now, or from when it would have gone; a month ahead at most, as often as it is asked for."""
    return min(max(now, row.expires) + DAY, max(now + MOST_AHEAD, row.expires))


def _attempt(pressing: Pressing, old: Attempt) -> Outcome:
    press, report = pressing.press, old.report
    if old.run is not None and old.story == DEPLOY:
        waits = report is not None and report.ending is Ending.AWAITING
        return _deploy_again(pressing, old.run, old.anew, waits)
    if number := report.commit.pull_request if report else 0:
        only = (old.service,) if old.service else ()
        return Outcome(
            looks=(LookAtPullRequest(press.repository, number, pressing.mark, pressing.mark, only),)
        )
    return _push_again(pressing, report.check_name if report else press.check_name)


def _place(run: Run) -> str:
    return f"{run.target.source_name} in {run.target.where}"


def _refused(anew: Anew | None) -> str:
    return anew.refused if anew else ""


def _deploy_again(
    pressing: Pressing, run: Run, anew: Anew | None, waits: bool, *, approved_by: str = ""
) -> Outcome:
    """The same commit once more, as it may be deployed now, with no approval but this one.

    What was rolled back is wanted after all.
    """
    if anew is None or anew.target is None:
        return Outcome(f"{run.commit.short} is not deployed again. {_refused(anew)}".strip())
    row = asked(f"Run again for {pressing.who}", pressing.now)
    again = replace(
        attempt(run, pressing.mark, pressing.person, waits=waits),
        commit=replace(run.commit, within=anew.within),
        target=anew.target,
        home=anew.onward,
        read=row,
        approved_by=approved_by,
    )
    return Outcome(deployments=(again,), wishes=(Pardon(anew.target.lane, run.commit.sha),))


def _push_again(pressing: Pressing, check_name: str) -> Outcome:
    """Where nothing was begun, as with a broken configuration: the commit as if it were pushed now."""
    press = pressing.press
    if not press.branch:
        return Outcome(f"{press.sha[:7]} is on no branch that ServerGem could deploy")
    who = pressing.person
    job = Deploy(_commit(pressing), delivery_id=pressing.mark, only=check_name, by=who.login, by_id=who.id)
    return Outcome(pushes=(job,))


def _commit(pressing: Pressing) -> Commit:
    return Commit(pressing.press.repository, pressing.press.sha, pressing.press.branch)
