"""Tell: the comments under a pull request are made to agree with what runs."""

from __future__ import annotations

from collections import defaultdict
from threading import Lock

from app import comment
from app.comment import STICKY, Line
from app.deployment_ids import page_of
from app.github import GitHubError
from app.model import Repository
from app.telemetry import log
from app.world import World

# Two previews of one pull request end at the same moment; the later writer has to know what the earlier knew.
_writing: defaultdict[tuple[int, int], Lock] = defaultdict(Lock)


def tell_pull_request(
    world: World,
    repository: Repository,
    number: int,
    *,
    ending: str = "",
    head: str = "",
    begin: bool = False,
) -> None:
    """Bring the sticky comment up to date; without `begin` one that was never made is not made now."""
    rows = world.store.previews
    with _writing[repository.id, number]:
        known = world.store.pull_requests.comment_id(repository.id, number)
        lines = tuple(
            Line(
                row.service,
                world.store.deployments.report(row.deployment_id) if row.deployment_id else None,
                page_of(world.settings.public_url, row.deployment_id),
                row.changed,
                row.expires,
            )
            for row in rows.of(repository.id, number)
        )
        if not known and (not begin or not lines):
            return
        shown = head or next((line.report.commit.sha for line in lines if line.report), "")
        text = comment.sticky(lines, ending or "it has ended", head=shown)
        try:
            if not known or not world.github.update_comment(repository, known, STICKY, text):
                made = world.github.create_comment(repository, number, STICKY, text)
                world.store.pull_requests.has_comment(repository.id, number, made)
        except GitHubError as refused:
            # The check run says the same; a comment must never fail a deployment.
            log.warning("comment.refused", pull_request=number, error=str(refused))


def tell_answer(world: World, repository: Repository, comment_id: int) -> None:
    """Bring the answer to a command up to date with the deployments that it began."""
    answer = world.store.answers.answer(comment_id)
    if answer is None:
        return
    reports = [
        (report, page_of(world.settings.public_url, each))
        for each in answer.runs
        if (report := world.store.deployments.report(each))
    ]
    shown = comment.answer(answer.text, tuple(reports))
    try:
        world.github.update_comment(repository, comment_id, answer.marker, shown)
    except GitHubError as refused:
        log.warning("comment.refused", comment=comment_id, error=str(refused))
