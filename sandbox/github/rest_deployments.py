"""REST, for GitHub deployments and their statuses."""

from __future__ import annotations

import re
import zlib
from urllib.parse import quote

from sandbox.github.answers import Answer, Call, Refused, invalid, malformed, not_found
from sandbox.github.records import Deployment, DeploymentStatus
from sandbox.github.shape_words import node_id
from sandbox.github.words import Json

STATES = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")
LONGEST_DESCRIPTION = 140
_ACTIVE = "We cannot delete an active deployment unless it is the only deployment in a given environment."
PASSED = ("success", "neutral", "skipped")


def create(call: Call) -> Answer:
    """With GitHub's own defaults this fails on an unfinished check run, or merges: callers have to say no."""
    ref = call.body.get("ref")
    if not isinstance(ref, str) or not ref:
        raise malformed('"ref" wasn\'t supplied.')
    sha = call.hub.replicas.git(call.repo, "POST deployments").resolve(ref)
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
        call.hub.environments.setdefault((call.repo.id, environment), deployment.created_at)
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


def delete(call: Call) -> Answer:
    """An active deployment only when the repository has no other."""
    deployment = _deployment(call)
    alone = call.hub.deployments_of(call.repo) == [deployment]
    if deployment.active and not alone:
        raise Refused(422, _ACTIVE)
    with call.hub.lock:
        del call.hub.deployments[deployment.id]
    return Answer(204)


def environments(call: Call) -> Answer:
    names = [name for repo_id, name in call.hub.environments if repo_id == call.repo.id]
    page, links = call.page(names)
    shown = [_environment(call, name) for name in page]
    return Answer(200, {"total_count": len(names), "environments": shown}, links)


def environment(call: Call) -> Answer:
    return Answer(200, _environment(call, call.params["environment_name"]))


def branch_policies(call: Call) -> Answer:
    """The patterns of branches that may deploy, where only some may.

    https://docs.github.com/rest/deployments/branch-policies#list-deployment-branch-policies
    """
    name = call.params["environment_name"]
    _environment(call, name)
    patterns = call.hub.rules.get((call.repo.id, name), {}).get("patterns", [])
    page, links = call.page(patterns)
    shown = [
        {
            "id": zlib.crc32(each.encode()),
            "node_id": node_id("GBP", each),
            "name": each,
            "type": kind,
        }
        for kind, each in page
    ]
    return Answer(200, {"total_count": len(patterns), "branch_policies": shown}, links)


def delete_environment(call: Call) -> Answer:
    """Its deployments stay where they are listed."""
    name = call.params["environment_name"]
    _environment(call, name)
    with call.hub.lock:
        del call.hub.environments[call.repo.id, name]
    return Answer(204)


def _environment(call: Call, name: str) -> Json:
    created_at = call.hub.environments.get((call.repo.id, name))
    if created_at is None:
        raise not_found()
    key = f"{call.repo.id}:{name}"
    rules = call.hub.rules.get((call.repo.id, name), {})
    return {
        "id": zlib.crc32(key.encode()),
        "node_id": node_id("EN", key),
        "name": name,
        "url": f"{call.shapes.api(call.repo)}/environments/{quote(name, safe='')}",
        "html_url": f"{call.shapes.html(call.repo)}/deployments/activity_log?environments_filter={quote(name)}",
        "created_at": created_at,
        "updated_at": created_at,
        "protection_rules": rules.get("protection_rules", []),
        "deployment_branch_policy": rules.get("deployment_branch_policy"),
    }


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
        lasting = not other.transient and not other.production
        if other is not newest and other.environment == newest.environment and other.active and lasting:
            other.statuses.append(
                DeploymentStatus(call.hub.new_id(), "inactive", environment=other.environment)
            )
