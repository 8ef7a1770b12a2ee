"""Notices: who asked to hear of an ending hears of it, by the courier."""

from __future__ import annotations

from fnmatch import fnmatchcase

from app.deployment_ids import page_of
from app.model import Notify, Report
from app.notices.notice import body, happenings, wanted
from app.scene import Run
from app.store.notices import Notice
from app.telemetry import log
from app.trust import allowance
from app.world import World


def notify(world: World, run: Run, report: Report) -> None:
    """Have everybody told whom servergem.yml names; said once for each run, and never of a preview."""
    target = run.target
    if target.preview is not None or not target.notify:
        return
    happened = happenings(report.ending, world.store.deployments.ended_before(run.id, target.lane))
    page = page_of(world.settings.public_url, run.id)
    for number, each in enumerate(target.notify):
        if (event := wanted(each, happened)) is not None and _may(world, run, each):
            text = body(each, event, report, page)
            id_ = f"{run.id}:{number}"
            key = "" if each.slack else each.key
            world.courier.post(Notice(id_, target.project, each.where, key, event.value, text))


def _may(world: World, run: Run, each: Notify) -> bool:
    """Whether the repository may have the secrets that it names here."""
    patterns = allowance.of(world.allow, run.commit.repository).secrets
    names = [secret.partition(":")[0] for secret in each.secrets]
    if all(any(fnmatchcase(name, pattern) for pattern in patterns) for name in names):
        return True
    log.warning("notice.not_allowed", secrets=names)
    return False
