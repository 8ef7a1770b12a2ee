"""Adoption: an operator hands a Cloud Run service over to a repository, by its labels and nothing else."""

from __future__ import annotations

from app.github import GitHubError
from app.trust.ownership import ADOPTED, INSTALLATION, MANAGED_BY, PULL_REQUEST, SERVERGEM, YES, claim, whose
from app.world import World
from gcp import cloud_run


class NotAdopted(Exception):  # noqa: N818 - reads as what happened
    """Why a service could not be handed over, in a sentence."""


def adopt(world: World, full_name: str, *, project: str, region: str, service: str) -> str:
    """Make the service this repository's; whose it was until now, in words. Its revisions and traffic stay as they are.

    One that ServerGem did not make is marked so: what servergem.yml does not name of it stays at each deployment.

    Raises NotAdopted when GitHub or Google does not show one of the two, GoogleError when Google refuses.
    """
    try:
        repository = world.github.repository(full_name)
    except GitHubError as error:
        raise NotAdopted(f"GitHub does not show {full_name} to this App: {error}") from error
    state = cloud_run.service(world.google, project, region, service)
    if state is None:
        raise NotAdopted(f"There is no Cloud Run service {service} in {project}, {region}.")
    before = dict(state.labels)
    kept = {name: value for name, value in before.items() if name not in (PULL_REQUEST, INSTALLATION)}
    if before.get(MANAGED_BY) != SERVERGEM:
        kept |= {ADOPTED: YES}
    labels = kept | claim(world.settings.github_app_id, repository.id)
    cloud_run.set_labels(world.google, project, region, service, labels, state.etag)
    return whose(before)
