"""Ownership: whose a Cloud Run service is, told by its labels; pure.

A service belongs to a repository by the repository's id, which nobody else can take, and never by a name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.model import Commit, Finding, Target, TargetJob, TargetWorker
from app.text.titles import fitting

MANAGED_BY, SERVERGEM = "managed-by", "servergem"
APP, REPOSITORY = "github-app", "repository-id"
INSTALLATION, PULL_REQUEST = "installation-id", "pull-request"
COMMIT = "commit"
# On a service: it has had jobs. On a job: the Cloud Run service that it is of, and that it has had a schedule.
JOBS, OF_SERVICE, SCHEDULED = "servergem-jobs", "servergem-service", "servergem-schedule"
# On a service: it has had workers. Theirs is OF_SERVICE too.
WORKERS = "servergem-workers"
# On a service: somebody else has made it, and what servergem.yml does not name of it stays.
ADOPTED = "servergem-adopted"
# On a service: it has had a domain of its own, which servergem.yml may not name any more.
MAPPED = "servergem-domain"
YES = "yes"
# A container of Google's, for a service that is to hold a name until its repository deploys.
HELLO = "--image us-docker.pkg.dev/cloudrun/container/hello"
# All that ServerGem writes; no label of a servergem.yml is called so.
LABELS = frozenset(
    {
        MANAGED_BY,
        APP,
        REPOSITORY,
        INSTALLATION,
        PULL_REQUEST,
        COMMIT,
        JOBS,
        OF_SERVICE,
        SCHEDULED,
        WORKERS,
        MAPPED,
        ADOPTED,
    }
)


def is_adopted(labels: Mapping[str, str]) -> bool:
    """Whether somebody else has made the service with these labels, before an operator handed it over."""
    return labels.get(ADOPTED) == YES


def app_label(app_id: str) -> str:
    """Which ServerGem this is, where several work in one project; a label has no capitals and no dots."""
    return re.sub(r"[^a-z0-9_-]", "-", app_id.lower())[:63]


def claim(app_id: str, repository_id: int, pull_request: int = 0) -> dict[str, str]:
    """The labels by which a service is this repository's, or a preview of this pull request of it."""
    of_preview = {PULL_REQUEST: str(pull_request)} if pull_request else {}
    return {
        MANAGED_BY: SERVERGEM,
        APP: app_label(app_id),
        REPOSITORY: str(repository_id),
        **of_preview,
    }


def is_ours(labels: Mapping[str, str], app_id: str, repository_id: int, target: Target) -> bool:
    """Whether a service with these labels may be written, moved, shown or removed for this repository's Target."""
    number = target.preview.number if target.preview else 0
    wanted = {PULL_REQUEST: "", **claim(app_id, repository_id, number)}
    return all(labels.get(name, "") == value for name, value in wanted.items())


def not_ours(labels: Mapping[str, str], commit: Commit, target: Target) -> Finding:
    """Whose the service is, and how it is handed over."""
    name, repository = target.name, commit.repository
    return Finding(
        code="service-not-ours",
        title=fitting(f"The service {name} is not this repository's"),
        message=f"In {target.project}, {target.region} there is a Cloud Run service {name} already: {whose(labels)}. "
        "It was left as it is, whatever servergem.yml asks for.",
        fix=f"Give this service another name in servergem.yml. If it is to be this repository's from now on, the "
        f"operator of this ServerGem says so: `servergem adopt {name} --repository {repository.full_name} "
        f"--project {target.project} --region {target.region}`.",
        place=target.place("name"),
    )


def job_not_ours(labels: Mapping[str, str], target: Target, job: TargetJob) -> Finding:
    """Whose a job of that name is: it is never taken over."""
    return Finding(
        code="job-not-ours",
        title=fitting(f"The job {job.id} is not this repository's"),
        message=f"In {target.project}, {target.region} there is a Cloud Run job {job.id} already: {whose(labels)}. "
        "It was left as it is, whatever servergem.yml asks for.",
        fix=f"Give {job.config.name} another name in servergem.yml; or, if nobody needs that job, "
        f"`gcloud run jobs delete {job.id} --project {target.project} --region {target.region}`.",
        place=target.place(job.key),
    )


def release_job_not_ours(labels: Mapping[str, str], target: Target, name: str) -> Finding:
    """Whose the job is that has the name of this run's release command: it is neither run nor taken away."""
    return Finding(
        code="job-not-ours",
        title=fitting(f"The job {name} is not this repository's"),
        message=f"In {target.project}, {target.region} there is a Cloud Run job {name} already, which has the name "
        f"that the release command would run under: {whose(labels)}. It was left as it is, and no traffic was moved.",
        fix=f"Re-run this check: the command then runs under another name. If nobody needs that job, "
        f"`gcloud run jobs delete {name} --project {target.project} --region {target.region}`.",
        place=target.place("release"),
    )


def worker_not_ours(labels: Mapping[str, str], target: Target, worker: TargetWorker) -> Finding:
    """Whose a worker pool of that name is: it is never taken over."""
    return Finding(
        code="worker-not-ours",
        title=fitting(f"The worker {worker.id} is not this repository's"),
        message=f"In {target.project}, {target.region} there is a worker pool {worker.id} already: {whose(labels)}. "
        "It was left as it is, whatever servergem.yml asks for.",
        fix=f"Give {worker.config.name} another name in servergem.yml; or, if nobody needs that one, "
        f"`gcloud run worker-pools delete {worker.id} --project {target.project} --region {target.region}`.",
        place=target.place(worker.key),
    )


def domain_not_ours(labels: Mapping[str, str], target: Target, domain: str) -> Finding:
    """Whose the domain is that leads to a service that is gone: its name is not free as long as that is mapped."""
    where = f"--project {target.project} --region {target.region}"
    return Finding(
        code="name-has-a-domain",
        title=fitting(f"{domain} leads to {target.name}, and is not this repository's"),
        message=f"The Cloud Run service {target.name} is gone, and {domain} is still mapped to it: {whose(labels)}. "
        "A new service of that name would answer there, so none was made.",
        fix=f"Give this service another name in servergem.yml; or, if nobody needs that domain, "
        f"`gcloud beta run domain-mappings delete --domain {domain} {where}`.",
        place=target.place("name"),
    )


def name_was_anothers(repository_id: int, commit: Commit, target: Target) -> Finding:
    """Whose service it was that is gone: its address, and the cookies of those who were there, are not handed on."""
    name, where = target.name, f"--project {target.project} --region {target.region}"
    return Finding(
        code="name-was-anothers",
        title=fitting(f"{name} was another repository's service"),
        message=f"The Cloud Run service {name} of the repository with the id {repository_id} is gone from "
        f"{target.project}, {target.region}. A new one of that name would answer at its address, so none was made.",
        fix="Give this service another name in servergem.yml. If the name is to be this repository's from now on, the "
        f"operator of this ServerGem says so: `gcloud run deploy {name} {HELLO} --no-allow-unauthenticated {where}`, "
        f"then `servergem adopt {name} --repository {commit.repository.full_name} {where}`; then re-run this check.",
        place=target.place("name"),
    )


def whose(labels: Mapping[str, str]) -> str:
    """To whom a service with these labels belongs, as half a sentence."""
    if labels.get(MANAGED_BY) != SERVERGEM:
        return "ServerGem did not make it"
    number = labels.get(PULL_REQUEST, "")
    what = f"the preview of pull request {number}" if number else "a service"
    return (
        f"it is {what} of the repository with the id {labels.get(REPOSITORY, '') or 'that nobody wrote down'}, "
        f"deployed by the GitHub App {labels.get(APP, '') or 'that nobody wrote down'}"
    )
