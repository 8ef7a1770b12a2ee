"""GitHub on loopback: git over HTTP, signed deliveries, the REST methods that a deploying App calls, and pages."""

from __future__ import annotations

from sandbox.github.server import GitHubSandbox

__all__ = ["GitHubSandbox"]
