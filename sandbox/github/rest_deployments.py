"""REST, for GitHub deployments and their statuses."""

from __future__ import annotations

import re

from sandbox.github.answers import Answer, Call, Refused, invalid, malformed, not_found
from sandbox.github.state import Deployment, DeploymentStatus

STATES = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")
LONGEST_DESCRIPTION = 140
PASSED = ("success", "neutral", "skipped")


def create(call: Call) -> Answer:
    """With GitHub's own defaults this fails on an unfinished check run, or merges: callers have to say no."""
    ref = call.body.get("ref")
    if not isinstance(ref, str) or not ref:
        raise malformed('"ref" wasn\'t supplied.')
    sha = call.repo.git.resolve(ref)
    if sha is None:
        raise Refused(422, f"No ref found for: {ref}")
    if call.body.get("auto_merge", True) and _lags(call, ref):
        message = f"Auto-merged {call.repo.git.default_branch} into {ref} on deployment."
        return Answer(202, {"message": message})
    _insist_on_contexts(call, ref, sha)
    environment = str(call.body.get("environment") or "production")
    payload = call.body.get("payload")
    deployment = Deployment(
        call.hub.new_id(),
        call.repo,
        sha,
        ref,
        str(call.body.get("task") or "deploy"),
        environment,
        call.body.get("description"),
        payload if payload is not None else {},
        bool(call.body.get("transient_environment", False)),
        bool(call.body.get("production_environment", environment == "production")),
    )
    with call.hub.lock:
        call.hub.deployments[deployment.id] = deployment
    told = call.shapes.deployment(deployment)
    return Answer(201, told, {"location": told["url"]})


def listed(call: Call) -> Answer:
    """Newest first; each query parameter narrows."""
    wanted = {
        name: call.query[name] for name in ("sha", "ref", "task", "environment") if call.query.get(name)
    }
    found = [
        deployment
        for deployment in call.hub.deployments_of(call.repo)
        if all(getattr(deployment, name) == value for name, value in wanted.items())
    ]
    page, links = call.page(found)
    return Answer(200, [call.shapes.deployment(each) for each in page], links)


def get(call: Call) -> Answer:
    return Answer(200, call.shapes.deployment(_deployment(call)))


def statuses(call: Call) -> Answer:
    deployment = _deployment(call)
    page, links = call.page(deployment.statuses[::-1])
    return Answer(200, [call.shapes.deployment_status(deployment, each) for each in page], links)


def create_status(call: Call) -> Answer:
    deployment, body = _deployment(call), call.body
    state = body.get("state")
    if state not in STATES:
        raise malformed(f'"{state}" is not a member of {list(STATES)}.')
    faults = [
        (name, "custom", f"{name} must use http(s) scheme")
        for name in ("target_url", "log_url", "environment_url")
        if body.get(name) and not re.match(r"https?://[^\s/]+", str(body[name]))
    ]
    if len(body.get("description") or "") > LONGEST_DESCRIPTION:
        faults.append(
            (
                "description",
                "custom",
                f"description is too long (maximum is {LONGEST_DESCRIPTION} characters)",
            )
        )
    if faults:
        raise invalid("DeploymentStatus", *faults)
    status = DeploymentStatus(
        call.hub.new_id(),
        str(state),
        str(body.get("description") or ""),
        str(body.get("log_url") or body.get("target_url") or ""),
        str(body.get("environment_url") or ""),
        str(body.get("environment") or deployment.environment),
    )
    with call.hub.lock:
        deployment.statuses.append(status)
        if state == "success" and body.get("auto_inactive", True):
            _retire_others(call, deployment)
    told = call.shapes.deployment_status(deployment, status)
    return Answer(201, told, {"location": told["url"]})


def _deployment(call: Call) -> Deployment:
    found = call.hub.deployments.get(call.number("deployment_id"))
    if found is None or found.repo is not call.repo:
        raise not_found()
    return found


def _lags(call: Call, ref: str) -> bool:
    """A branch that lacks commits of the default branch."""
    git = call.repo.git
    branches = git.branches()
    main = branches.get(git.default_branch)
    return ref in branches and main is not None and git.ahead_behind(main, branches[ref])[1] > 0


def _insist_on_contexts(call: Call, ref: str, sha: str) -> None:
    wanted = call.body.get("required_contexts")
    newest = {run.name: run for run in reversed(call.hub.runs_of(call.repo, sha))}
    names = list(newest) if wanted is None else [str(name) for name in wanted]
    contexts = []
    for name in names:
        run = newest.get(name)
        state = "pending" if run is None or run.status != "completed" else str(run.conclusion)
        if state not in PASSED:
            contexts.append({"context": name, "state": state})
    if contexts:
        error = {
            "contexts": contexts,
            "resource": "Deployment",
            "field": "required_contexts",
            "code": "invalid",
        }
        raise Refused(409, f"Conflict: Commit status checks failed for {ref}.", errors=[error])


def _retire_others(call: Call, newest: Deployment) -> None:
    for other in call.hub.deployments_of(call.repo):
        settled = other.statuses and other.statuses[-1].state == "success"
        lasting = not other.transient and not other.production
        if other is not newest and other.environment == newest.environment and settled and lasting:
            other.statuses.append(
                DeploymentStatus(call.hub.new_id(), "inactive", environment=other.environment)
            )
