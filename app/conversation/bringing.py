"""Bringing: an image that somebody else has built is to serve where the default branch says that such a one may."""

from __future__ import annotations

import time
from dataclasses import replace

from app import config
from app.config import Config, Environment
from app.configuration import configuration_now, deciding
from app.conversation.hearing import Brought
from app.conversation.outcome import asked
from app.model import BringImage, Commit, Stop, Target, same_image
from app.scene import Run
from app.text.escaping import in_code, in_markdown
from app.trust import allowance
from app.world import World


def brought(world: World, job: BringImage) -> Brought:
    """The deployments that bring it; their commit is the head of the branch that deploys there, else the default one's.

    Only another version of the image that is configured comes in: whoever may send a word may not choose the image.
    """
    repository = job.repository
    try:
        read = deciding(world, repository)
        environment = _environment(read, job)
        commit = _head(world, job, environment)
        if environment is None or commit is None:
            return Brought(refused=f"servergem.yml names no environment {in_code(job.environment[:40])}.")
        read, _ = configuration_now(world, commit)
        there = config.targets_there(
            read,
            environment.name,
            repository.default_branch,
            project=allowance.project_of(world.settings, repository),
            region=world.settings.region,
            owner=repository.id,
        )
    except Stop as stop:
        return Brought(refused=f"Nothing can be deployed now: {in_markdown(stop.finding.title)}.")
    named = [each for each in there if job.service in ("", each.source_name)]
    if refused := _refused(job, environment, named, operator=world.operates(job.by, job.by_id)):
        return Brought(refused=refused, commit=commit)
    return Brought(tuple(_run(job, commit, each) for each in named), commit=commit)


def _environment(read: Config, job: BringImage) -> Environment | None:
    every = config.environments(read, job.repository.default_branch)
    home = config.home_of(every, job.repository.default_branch)
    name = job.environment or home.name
    return next((each for each in every if each.name == name), None)


def _head(world: World, job: BringImage, environment: Environment | None) -> Commit | None:
    default_branch = job.repository.default_branch
    branch = environment.branch_before(default_branch) if environment else default_branch
    for name in dict.fromkeys((branch, default_branch)):
        if head := world.github.branch_head(job.repository, name):
            return Commit(job.repository, head, name)
    return None


def _refused(job: BringImage, environment: Environment, named: list[Target], *, operator: bool) -> str:
    """Why it does not come, and what to write; empty when it does."""
    name = in_code(job.service[:70]) if job.service else "the service"
    if len({each.source_name for each in named}) != 1:
        return f"{name} is not one service of servergem.yml: name one with an `image:`."
    target = named[0]
    configured, service = target.service.image, in_code(target.source_name)
    if not configured:
        return f"{service} is built from its source: to deploy an image, write `image:` for it in servergem.yml first."
    if environment.after and not operator:
        after = in_markdown(environment.after)
        return f"{in_markdown(environment.name)} takes what serves in {after}: bring it there, then press Promote."
    if same_image(configured, job.image) == configured and job.image != configured:
        path = in_code(configured.partition("@")[0])
        given = in_code(job.image[:200])
        return f"servergem.yml names {path} for {service}, and only that image is taken, not {given}."
    return ""


def _run(job: BringImage, commit: Commit, target: Target) -> Run:
    image = same_image(target.service.image, job.image)
    return Run(
        f"{job.delivery_id}-{target.mark}",
        commit,
        replace(target, service=replace(target.service, image=image)),
        asked(f"Brought by {job.by}", time.time()),
        job.by,
        job.answer,
        remarks=(f"{job.by} brought the image {image}.",),
        by_id=job.by_id,
    )
