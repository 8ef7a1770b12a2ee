"""Every call to GitHub: our words in, our words out, one retry layer, few round trips."""

from __future__ import annotations

from app.github.apps import AppInfo, OnAccount
from app.github.client import GitHub
from app.github.deliveries import Answered, Attempt
from app.github.errors import GitHubError
from app.github.facts import Activity, Comparison, Listing

__all__ = [
    "Activity",
    "Answered",
    "AppInfo",
    "Attempt",
    "Comparison",
    "GitHub",
    "GitHubError",
    "Listing",
    "OnAccount",
]
