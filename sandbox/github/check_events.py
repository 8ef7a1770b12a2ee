"""What GitHub tells an App of its check runs: somebody asked for one to be run again."""

from __future__ import annotations

import json

from sandbox.github.shapes import Shapes
from sandbox.github.state import CheckRun
from sandbox.github.webhooks import Event


def check_run_event(shapes: Shapes, run: CheckRun, action: str, sender: str) -> Event:
    """https://docs.github.com/webhooks/webhook-events-and-payloads#check_run"""
    repo, hub = run.suite.repo, shapes.hub
    installation = hub.installation_of(repo.owner)
    suite = shapes.suite(run.suite)
    # The published schema of webhooks knows no `client_id`, which the REST API shows.
    app = {name: value for name, value in shapes.app().items() if name != "client_id"}
    told = {
        "action": action,
        "check_run": shapes.check_run(run)
        | {
            "app": app,
            "check_suite": {"app": app}
            | {
                name: suite[name]
                for name in (
                    "id",
                    "node_id",
                    "head_branch",
                    "head_sha",
                    "status",
                    "conclusion",
                    "url",
                    "before",
                    "after",
                    "pull_requests",
                    "created_at",
                    "updated_at",
                )
            },
        },
        "repository": shapes.repository(repo),
        "sender": shapes.user(sender),
        "installation": {"id": installation, "node_id": f"MDIzOkludGVncmF0aW9u{installation}"},
    }
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return Event("check_run", text.encode(), installation, repo.id)
