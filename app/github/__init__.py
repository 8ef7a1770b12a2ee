"""Every call to GitHub: our words in, our words out, one retry layer, few round trips."""

from __future__ import annotations

from app.github.client import AppInfo, Comparison, GitHub, Listing
from app.github.errors import GitHubError

__all__ = ["AppInfo", "Comparison", "GitHub", "GitHubError", "Listing"]
