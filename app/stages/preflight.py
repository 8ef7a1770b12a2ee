"""Preflight: ask Google everything at once, make what we may make, and name the rest before a build is paid for."""

from __future__ import annotations

import contextvars
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from app.acts.order import insist_on_newest, nobody
from app.acts.prepared import Conditions, Prepared
from app.acts.specification import specification
from app.config import counts_later
from app.github import GitHubError
from app.model import Commit, Finding, Row, RowState, Stop, Superseded, Target, Weight
from app.scene import Scene
from app.stages.checks.accounts import act_as
from app.stages.checks.apis import apis
from app.stages.checks.asking import Asking, CannotLook
from app.stages.checks.bucket import bucket, ours
from app.stages.checks.build_account import build_account
from app.stages.checks.environment import environment
from app.stages.checks.github_app import github_app
from app.stages.checks.image import images, pinned
from app.stages.checks.permissions import permissions
from app.stages.checks.project import can_pay, project
from app.stages.checks.registry import registry
from app.stages.checks.secrets import secrets
from app.stages.checks.service import service
from app.trust.accounts import bucket_name
from app.trust.rights import used_by
from gcp import cloud_run
from gcp.errors import GoogleError


@dataclass(frozen=True)
class Check:
    """One question with its line in the report. `lasting`: its answer holds for the next deployments too."""

    title: str
    ask: Callable[[Asking], Any]
    lasting: bool = True


PROJECT, APIS, BUCKET, ACCOUNTS = "Project", "APIs", "Source bucket", "Accounts"
BUILDER = "Build account"
SERVICE = "Service as it stands"
IMAGE = "Image"
CHECKS = (
    Check(PROJECT, project),
    Check(APIS, apis),
    Check(BUCKET, bucket),
    Check("Image repository", registry),
    Check("Billing", can_pay),
    Check("Permissions", permissions),
    Check(ACCOUNTS, act_as),
    Check(BUILDER, build_account),
    Check("Secrets", secrets),
    Check("GitHub App", github_app),
    Check(IMAGE, images, lasting=False),
    Check(SERVICE, service, lasting=False),
    Check("Specification", lambda asking: _specification(asking), lasting=False),
    Check("Branch", lambda asking: _branch(asking), lasting=False),
)
WORST_FIRST = (Weight.STOP, Weight.WARN, Weight.NOTE)
# What Google answers to every other question where a check has found the cause.
FOLLOWS = {
    "SERVICE_DISABLED": frozenset({"api-disabled"}),
    "BILLING_DISABLED": frozenset({"billing-off"}),
}
AT_GITHUB = ("GitHub App", "Branch")


def preflight(scene: Scene, commit: Commit, target: Target, bucket_ready: Future[str]) -> Prepared:
    """Check all that a deployment needs, before a build is paid for, and make what may be made.

    `bucket_ready` gets the bucket's name as soon as that is known, so that the upload beside this stage can begin.
    """
    for finding in counts_later(target, commit.repository.default_branch):
        scene.warn(finding)
    asking = Asking(scene, commit, target)
    memory, conditions = scene.world.memory, _conditions(asking)
    known = memory.recall(conditions)
    try:
        scene.insist_on_allowed(target)
        if known:
            bucket_ready.set_result(known.bucket)
            asking.number.set_result(known.project_number)
            asking.enabled.set_result(())
            asking.accounts_there.set_result(None)
        find = _ask if scene.world.settings.preflight else _trust
        prepared = find(asking, known, bucket_ready)
    except BaseException as error:
        memory.forget(target.project)
        if not bucket_ready.done():
            bucket_ready.set_exception(error)
        raise
    memory.keep(conditions, prepared)
    return prepared


def _conditions(asking: Asking) -> Conditions:
    secrets, repository = asking.target.secrets_read, asking.commit.repository
    rights = used_by(asking.target)
    jobs_as = tuple(each.config.service_account for each in asking.target.beside)
    where = (asking.region, asking.built_in)
    return Conditions(
        asking.project, where, asking.accounts, secrets, rights, repository.installation_id, jobs_as
    )


def _trust(asking: Asking, _known: Prepared | None, bucket_ready: Future[str]) -> Prepared:
    """For an operator who wants no preflight: all is taken to be there, but for whose the bucket is."""
    if not asking.enabled.done():
        asking.enabled.set_result(())
    try:
        number = project(asking)
    except CannotLook as refused:
        number = int(str(refused.instead))
    if not asking.number.done():
        asking.number.set_result(number)
    name = bucket_name(number, asking.built_in, asking.accounts.bucket_ending)
    with suppress(CannotLook):  # it is listed in the project, which is as good
        ours(asking, name)
    if not bucket_ready.done():
        bucket_ready.set_result(name)
    environment(asking)
    state = cloud_run.service(asking.google, asking.project, asking.region, asking.target.name)
    return Prepared(number, name, state, pinned(asking))


def look(scene: Scene, commit: Commit, target: Target, *, make: bool, github: bool) -> tuple[Finding, ...]:
    """Preflight without a deployment: what it finds. With `make` unset nothing is changed."""
    asking = Asking(scene, commit, target, make=make)
    try:
        scene.insist_on_allowed(target)
        _ask(asking, None, Future(), tuple(c for c in CHECKS if github or c.title not in AT_GITHUB))
    except Stop as stop:
        return (*stop.findings, *scene.warnings)
    return tuple(scene.warnings)


def _ask(
    asking: Asking, known: Prepared | None, bucket_ready: Future[str], every: tuple[Check, ...] = CHECKS
) -> Prepared:
    """Every question at once, each followed by its own repair; all faults are collected, then reported."""
    seen = {IMAGE: asking.target.images_named}
    checks = [each for each in every if seen.get(each.title, True) and not (known and each.lasting)]
    asking.scene.parts(tuple(Row(check.title) for check in checks))
    with ThreadPoolExecutor(len(checks), thread_name_prefix="preflight") as threads:
        answers = {
            check.title: threads.submit(contextvars.copy_context().run, _answer, asking, check)
            for check in checks
        }
        if known is None:
            _when_done(answers[BUCKET], bucket_ready)
    faults = _faults(asking.scene, list(answers.values()))
    if faults:
        raise Stop(faults)
    state, named = answers[SERVICE].result(), answers[IMAGE].result() if IMAGE in answers else ()
    if known:
        return replace(known, service=state, pinned=named)
    return Prepared(answers[PROJECT].result(), answers[BUCKET].result(), state, named)


def _answer(asking: Asking, check: Check) -> Any:
    """Ask one question, with its own line and its own time."""
    row = Row(check.title, RowState.RUNNING, started=time.time())
    awaited: dict[str, Future[Any]] = {
        PROJECT: asking.number,
        APIS: asking.enabled,
        ACCOUNTS: asking.accounts_there,
        BUILDER: asking.builder,
    }
    waiting = awaited.get(check.title)
    try:
        found = check.ask(asking)
    except CannotLook as refused:
        asking.scene.part(_ended(row, RowState.SKIPPED).noted(f"could not look: {refused}"))
        found = refused.instead
    except Exception as error:
        if not asking.make and isinstance(error, GoogleError) and error.reason == "SERVICE_DISABLED":
            asking.scene.part(_ended(row, RowState.SKIPPED).noted("its API will be enabled first"))
            if waiting and not waiting.done():
                waiting.set_exception(error)
            return None
        asking.scene.part(_ended(row, RowState.FAILED))
        asking.refused.set()
        if waiting and not waiting.done():
            waiting.set_exception(error)
        raise
    else:
        asking.scene.part(_ended(row, RowState.DONE))
    if waiting and not waiting.done():
        waiting.set_result(found)
    return found


def _ended(row: Row, state: RowState) -> Row:
    return replace(row, state=state, ended=time.time())


def _when_done(answer: Future[Any], ready: Future[str]) -> None:
    """Hand the bucket over as soon as it is there; where there is none, the upload fails for the same reason."""

    def hand_over(done: Future[Any]) -> None:
        error = done.exception()
        if error is None:
            ready.set_result(done.result())
        else:
            ready.set_exception(error)

    answer.add_done_callback(hand_over)


def _specification(asking: Asking) -> None:
    """Have Cloud Run check everything but the image; it refuses a specification whose account is not there yet."""
    wait([asking.accounts_there])
    wish = specification(asking.scene, asking.commit, asking.as_it_will_be, None)
    asking.patiently(lambda: cloud_run.validate(asking.google, wish, asking.standing.result()))


def _branch(asking: Asking) -> None:
    insist_on_newest(asking.scene.world.github, asking.commit, nobody)
    environment(asking)


def _faults(scene: Scene, answers: list[Future[Any]]) -> tuple[Finding, ...]:
    """The findings of all answers, each cause once, worst first; what is no finding is raised as it is."""
    found: dict[tuple[str, str], Finding] = {}
    errors = [error for answer in answers if (error := answer.exception())]
    said = {finding.code for error in errors if isinstance(error, Stop) for finding in error.findings}
    for error in sorted(errors, key=lambda error: not isinstance(error, Superseded)):
        if isinstance(error, GoogleError) and said & FOLLOWS.get(error.reason, frozenset()):
            continue  # it follows from what is said already
        if isinstance(error, GoogleError):
            findings: tuple[Finding, ...] = (scene.explain(error),)
        elif isinstance(error, Stop):
            findings = error.findings
        elif isinstance(error, GitHubError) and found:
            continue
        else:
            raise error
        for finding in findings:
            found.setdefault((finding.code, finding.title), finding)
    return tuple(sorted(found.values(), key=lambda finding: WORST_FIRST.index(finding.weight)))
