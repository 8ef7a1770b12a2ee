"""The stories, in one table: a push becomes deployments, a pull request previews, and both can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.conversation import press, said
from app.deployment import Road
from app.model import (
    BringImage,
    Deploy,
    DeployRelease,
    EndSessions,
    HearComment,
    LeaveRepository,
    LookAtPullRequest,
    LookAtRepository,
    PressButton,
    ReportToQueue,
)
from app.scene import PreviewRun, Run
from app.start import Removal, Rollback, Waited
from app.stories.bring import bring
from app.stories.deploy import ROAD, deploy, push
from app.stories.look import group, welcome
from app.stories.preview import COMPARE, look_at_pull_request, preview
from app.stories.released import released
from app.stories.removal import REMOVE, farewell, remove
from app.stories.revoked import revoked
from app.stories.rollback import BACK, rollback
from app.stories.waited import waited
from app.world import World


@dataclass(frozen=True)
class Story:
    """A story and the job that starts it, which no other story has; `road` are the stages that it may run."""

    run: Callable[[World, Any], None]
    job: type
    road: Road = field(default_factory=dict)


# The journal and our rows keep these names: one that is changed here leaves its runs behind (app.durable.journal).
STORIES = {
    "push": Story(push, Deploy),
    "deploy": Story(deploy, Run, ROAD),
    "review": Story(look_at_pull_request, LookAtPullRequest),
    "preview": Story(preview, PreviewRun, ROAD | COMPARE),
    "remove": Story(remove, Removal, REMOVE),
    "rollback": Story(rollback, Rollback, BACK),
    "group": Story(group, ReportToQueue),
    "welcome": Story(welcome, LookAtRepository),
    "farewell": Story(farewell, LeaveRepository),
    "bring": Story(bring, BringImage),
    "released": Story(released, DeployRelease),
    "revoked": Story(revoked, EndSessions),
    "press": Story(press, PressButton),
    "said": Story(said, HearComment),
    "waited": Story(waited, Waited),
}
