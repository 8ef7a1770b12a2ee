"""GitHub as the stages see it: our words in, our words out."""

from __future__ import annotations

from app.github.apps import Apps
from app.github.checks import Checks
from app.github.conversations import Conversations
from app.github.deliveries import Deliveries
from app.github.environments import Environments
from app.github.sources import Sources
from app.retry import Policy
from app.settings import Settings


class GitHub(Apps, Sources, Conversations, Environments, Checks, Deliveries):
    """Every call we make. Safe for any thread; raises GitHubError and nothing else."""

    @classmethod
    def of(cls, settings: Settings) -> GitHub:
        """GitHub as the settings name it, and us there."""
        policy = Policy(attempts=settings.retry_attempts, first_wait=settings.retry_first_wait)
        return cls(settings.github_app_id, settings.github_private_key, settings.github_api_url, policy)
