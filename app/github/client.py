"""GitHub as the stages see it: our words in, our words out."""

from __future__ import annotations

from app.github.apps import Apps
from app.github.checks import Checks
from app.github.conversations import Conversations
from app.github.deliveries import Deliveries
from app.github.environments import Environments
from app.github.sources import Sources


class GitHub(Apps, Sources, Conversations, Environments, Checks, Deliveries):
    """Every call we make. Safe for any thread; raises GitHubError and nothing else."""
