"""Does this installation of the GitHub App grant what app.yml asks for?"""

from __future__ import annotations

from app.github.endpoints import permissions
from app.model import Finding, Weight
from app.stages.checks.asking import Asking

RANKS = {"": 0, "read": 1, "write": 2, "admin": 3}


def github_app(asking: Asking) -> None:
    """Permissions that were added to the App since its owner accepted; said with the link where they do."""
    repository = asking.commit.repository
    installation = asking.scene.world.github.installation(repository)
    missing = [
        f"{name}: {access}"
        for name, access in permissions().items()
        if RANKS.get(installation.permissions.get(name, ""), 0) < RANKS[access]
    ]
    if missing:
        asking.scene.warn(_not_granted(", ".join(missing), installation.settings_url))


def _not_granted(missing: str, link: str) -> Finding:
    return Finding(
        code="app-permissions",
        weight=Weight.WARN,
        title="The GitHub App lacks permissions that it needs",
        message=f"Not granted: {missing}. Whatever needs them is left out.",
        fix="Have an owner of this account accept them on the page of the installation.",
        link=link,
    )
