"""A glance at a push that seems to lead nowhere: what it comes to without a story, or that it takes one.

Most pushes are to branches that nothing deploys. A story is written down when it begins, at its step and at its end,
which costs more than all that it asks of GitHub. A delivery is stored until it has its outcome, so that a glance that
is lost with its process is taken anew.
"""

from __future__ import annotations

import time

from app.configuration import seems_to_lead_nowhere
from app.model import Deploy
from app.stories.plan import read
from app.world import World


def is_worth_a_glance(world: World, job: object) -> bool:
    """Whether a job seems to come to nothing. What a person asks for takes a story, which answers."""
    return isinstance(job, Deploy) and not (job.by or job.only) and seems_to_lead_nowhere(world, job.commit)


def glance(world: World, job: Deploy) -> str:
    """Why nothing is to be done for a push; empty where a story has something to do or to say.

    The story asks everything anew: twice the same question has the same answer.
    """
    reading = read(world, job, time.time())
    return "" if reading.findings or reading.plan.unmerged else reading.plan.ignored
