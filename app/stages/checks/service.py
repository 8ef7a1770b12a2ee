"""How does the service stand: what serves, and what did somebody else change in it?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from app.acts.specification import specification
from app.config.shape import ServiceFile
from app.model import Finding, Stop, Target, Weight
from app.stages.checks.asking import Asking, CannotLook
from app.stages.checks.elsewhere import say_where_it_serves_too
from app.text.titles import fitting
from app.trust.ownership import MANAGED_BY, SERVERGEM, domain_not_ours, is_adopted, name_was_anothers
from gcp import cloud_run, cloud_run_drift, domain_mappings, named_jobs, worker_pools
from gcp.cloud_run import ServiceState
from gcp.cloud_run_drift import Change
from gcp.domain_mappings import Place
from gcp.errors import GoogleError

OURS = "SERVERGEM_"
IN_SERVERGEM_YML = ServiceFile.model_fields.keys()


def service(asking: Asking) -> ServiceState | None:
    """The service before this deployment; what its owner should know of it is said, and does not stop anything.

    A job or worker that is somebody else's does: nothing is built for a service with which they could not come along.
    """
    state = _standing(asking)
    _insist_on_our_jobs(asking)
    _insist_on_our_workers(asking)
    say_where_it_serves_too(asking)
    if state is None:
        _insist_on_a_free_name(asking)
        return None
    asking.scene.insist_on_ours(asking.target, state)
    asking.scene.insist_on_an_account_of_its_own(asking.target, state)
    if state.pinned_by_hand:
        asking.scene.note(f"traffic was pinned by hand to {_shares(state)}; this deployment moves it")
    _say_what_was_pinned(asking, state)
    _say_what_was_changed(asking, state)
    if is_adopted(dict(state.labels)):
        asking.scene.note("adopted: what servergem.yml does not name stays as it is there")
        return state
    for finding in _changed_by_others(asking.target, state):
        asking.scene.warn(finding)
    return state


def _standing(asking: Asking) -> ServiceState | None:
    """The service as it stands, said to the checks that wait for it; what went wrong is said here alone."""
    state: ServiceState | None = None
    try:
        state = asking.look(
            lambda: cloud_run.service(asking.google, asking.project, asking.region, asking.target.name),
            instead=None,
        )
    finally:
        asking.standing.set_result(
            state if state and asking.scene.owns(asking.target, state.labels) else None
        )
    return state


def _insist_on_our_jobs(asking: Asking) -> None:
    for job in asking.target.jobs:
        state = asking.look(
            partial(named_jobs.job, asking.google, asking.project, asking.region, job.id), instead=None
        )
        asking.scene.insist_on_our_job(asking.target, job, state)


def _insist_on_our_workers(asking: Asking) -> None:
    for worker in asking.target.workers:
        state = asking.look(
            partial(worker_pools.worker, asking.google, asking.project, asking.region, worker.id),
            instead=None,
        )
        asking.scene.insist_on_our_worker(asking.target, worker, state)


def _insist_on_a_free_name(asking: Asking) -> None:
    """Stop where another repository's service had this name, or its domain has outlived it: a new one would answer
    wherever the old one was known, with its visitors' cookies.
    """
    target = asking.target
    if target.preview:
        return
    found = list(_domains_of_others(asking))
    last = asking.scene.world.store.traffic.served_last(target.spot)
    if last not in (0, target.owner):
        found.append(name_was_anothers(last, asking.commit, target))
    if found:
        raise Stop(tuple(found))


def _domains_of_others(asking: Asking) -> Iterator[Finding]:
    """The domains that ServerGem has mapped to this name for another repository."""
    target, scene = asking.target, asking.scene
    if target.region not in domain_mappings.REGIONS:
        return
    place = Place(target.project, target.region, scene.world.settings.run_endpoint)
    try:
        every = asking.patiently(lambda: domain_mappings.mappings(asking.google, place))
    except GoogleError as denied:
        if denied.code not in ("PERMISSION_DENIED", "UNAUTHENTICATED"):
            raise
        return  # a ServerGem that may not see them has made none
    for each in every:
        labels = dict(each.labels)
        theirs = labels.get(MANAGED_BY) == SERVERGEM and not scene.owns(target, each.labels)
        if each.service == target.name and theirs:
            yield domain_not_ours(labels, target, each.domain)


def _say_what_was_changed(asking: Asking, state: ServiceState) -> None:
    """What somebody set by hand since our last deployment, before this one sets it back."""
    wish = specification(asking.scene, asking.commit, asking.target, None)
    try:
        found = asking.look(lambda: cloud_run_drift.changes(asking.google, wish))
    except CannotLook as refused:
        asking.scene.note(f"could not see what was changed by hand: {refused}")
        return
    told = {f"env {name}" for name in _strange(asking.target, state)}  # in one list, by _changed_by_others
    for change in found:
        if change.key in told:
            continue
        asking.scene.warn(_set_back(asking.target, change, state.last_modifier))


def _say_what_was_pinned(asking: Asking, state: ServiceState) -> None:
    """Traffic that does not stand where our last deployment or rollback of this service left it."""
    traffic = asking.scene.world.store.traffic
    lane = asking.target.lane
    last = next(iter(traffic.shifts(lane, 1)), None)
    if last is None or _serving(state) == {last.revision: 100} or traffic.rolled_back_by(lane, last.sha):
        return
    asking.scene.warn(_pinned(asking, state, last.revision))


def _set_back(target: Target, change: Change, by: str) -> Finding:
    key = change.key.partition(" ")[0].partition(".")[0]
    return Finding(
        code="changed-by-hand",
        weight=Weight.WARN,
        title=fitting(f"Undone: {change}"),
        message=f"{change.key} of {target.name} was changed outside ServerGem to {change.old}; this deployment makes "
        f"it {change.new}. {by or 'Somebody'} changed the service last.",
        fix=f"Write it in servergem.yml under {target.source_name} if it is to stay."
        if key in IN_SERVERGEM_YML
        else "servergem.yml has no key for it: set it again after this deployment if it is needed.",
        place=target.place(key) if key in IN_SERVERGEM_YML else None,
    )


def _pinned(asking: Asking, state: ServiceState, ours: str) -> Finding:
    name, project, region = asking.target.name, asking.project, asking.region
    back = ",".join(f"{revision}={percent}" for revision, percent in _serving(state).items())
    return Finding(
        code="traffic-pinned-by-hand",
        weight=Weight.WARN,
        title=fitting(f"Traffic of {name} was moved to {_shares(state)} by hand"),
        message=f"It is with {_shares(state)}; our last deployment left it on {ours}, and this one moves it to "
        "its own revision. "
        f"{state.last_modifier or 'Somebody'} changed the service last.",
        fix=f"To go back: `gcloud run services update-traffic {name} --to-revisions={back} "
        f"--project {project} --region {region}`. To stay there, comment `/lock` before the next push.",
        link="https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration",
    )


def _changed_by_others(target: Target, state: ServiceState) -> list[Finding]:
    """Variables that the service has and servergem.yml does not ask for: this deployment would drop them."""
    strange = _strange(target, state)
    if not strange:
        return []
    listed = ", ".join(strange)
    return [
        Finding(
            code="changed-outside",
            weight=Weight.WARN,
            title=fitting(f"{target.name} had variables that servergem.yml does not name"),
            message=f"Set outside ServerGem, and gone with this deployment: {listed}. "
            f"{state.last_modifier or 'Somebody'} changed the service last.",
            fix=f"Write them under `env:` or `secrets:` of {target.name} in servergem.yml if they are needed.",
            place=target.place("env"),
        )
    ]


def _strange(target: Target, state: ServiceState) -> list[str]:
    """The names of the service's variables that servergem.yml does not ask for, and that are not ours."""
    asked = {name for name, _ in (*target.service.env, *target.service.secrets)}
    return sorted(name for name in state.env if name not in asked and not name.startswith(OURS))


def _serving(state: ServiceState) -> dict[str, int]:
    """Each revision with its share of the traffic; a revision may have several entries, one for each tag."""
    shares: dict[str, int] = {}
    for entry in state.traffic:
        if entry.percent:
            shares[entry.revision] = shares.get(entry.revision, 0) + entry.percent
    return shares


def _shares(state: ServiceState) -> str:
    """The revision that has it all, or each with its share."""
    shares = _serving(state)
    if len(shares) == 1:
        return next(iter(shares))
    return ", ".join(f"{revision} ({percent} %)" for revision, percent in shares.items())
