"""Anew: what a deployment would be by the default branch's word at this moment, before a person begins it again.

A run keeps the Target that it was begun with; rights, environments and branches may have changed since.
"""

from __future__ import annotations

from app import allowance, config
from app.configuration import configuration_now, decided
from app.conversation.gate import Anew, Gate, refusal
from app.escaping import in_markdown
from app.model import Commit, Stop, Target
from app.world import World


def anew(world: World, commit: Commit, target: Target, *, operator: bool) -> Anew:
    """The same service in the same environment, with nothing of what was decided before."""
    repository, name = commit.repository, target.environment
    try:
        project = allowance.project_of(world.settings, repository)
        read, listing = configuration_now(world, commit)
    except Stop as stop:
        return Anew(refused=f"Nothing can be deployed of {commit.short}: {in_markdown(stop.finding.title)}.")
    if refused := refusal(gate(world, commit, read, name), commit, operator=operator):
        return Anew(refused=refused)
    every = config.environments(read, repository.default_branch)
    environment = next((each for each in every if each.name == name), None)
    service = next((each for each in read.services if each.name == target.source_name), None)
    if environment is None or service is None:
        return Anew(
            refused=f"servergem.yml names no {in_markdown(target.source_name)} in {in_markdown(name)}."
        )
    found = config.target_in(
        read,
        environment,
        service,
        project=project,
        region=world.settings.region,
        at_home=environment == config.home_of(every, repository.default_branch),
        owner=repository.id,
    )
    return Anew(decided(world, commit, found, listing))


def gate(world: World, commit: Commit, read: config.Config, environment: str) -> Gate:
    """`read` is the default branch's word. Where a push of the commit's own branch deploys, that branch counts."""
    repository = commit.repository
    every = config.environments(read, repository.default_branch)
    named = next((each for each in every if each.name == environment), None)
    if named is None:
        return Gate(environment)
    own = config.environment_of(every, commit.branch) == named
    branch = named.branch_before(repository.default_branch)
    head = world.github.branch_head(repository, commit.branch if own else branch)
    if head is None:
        return Gate(environment, branch)
    # By its sha: a tag of the same name would be taken for the branch.
    status = world.github.compare(repository, head, commit.sha).status
    return Gate(environment, branch, status in ("behind", "identical"))
