"""Running: a job of a repository is run because a comment says so; what comes of it, as a sentence."""

from __future__ import annotations

from app.model import Repository, Target, TargetJob
from app.text.escaping import in_code, in_markdown, link
from app.trust.ownership import is_ours, job_not_ours
from app.world import World
from gcp import named_jobs
from gcp.errors import GoogleError


def run_now(world: World, repository: Repository, target: Target, job: TargetJob, since: float) -> str:
    """Run it, unless it was run after `since` already, in epoch seconds: what is repeated runs nothing twice."""
    google, name = world.google, in_code(job.id)
    try:
        state = named_jobs.job(google, target.project, target.region, job.id)
        if state is None:
            return f"There is no {name} at Google yet: it is made when {in_code(target.source_name)} is deployed."
        labels = dict(state.labels)
        if not is_ours(labels, world.settings.github_app_id, repository.id, target):
            return f"{in_markdown(job_not_ours(labels, target, job).title)}, so it was not run."
        page = named_jobs.run_now(google, target.project, target.region, job.id, since=since)
    except GoogleError as refused:
        return f"Google refused to run {name}: {in_markdown(refused.message)}"
    whose = " of this pull request's preview" if target.preview else ""
    return f"{name}{whose} runs: {link('its execution', page)}."
