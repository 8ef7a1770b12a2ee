"""Who does something on GitHub, and what the App hears of it: no more than it subscribed to and may see."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sandbox.github.records import Installation, Repo
from sandbox.github.shapes import Shapes
from sandbox.github.state import Hub
from sandbox.github.webhooks import HOOK_ID, Event
from sandbox.github.words import Json

# Nobody can unsubscribe from these.
ALWAYS = ("github_app_authorization", "installation", "installation_repositories", "ping")
# An App that may write check runs is subscribed to these without asking.
REQUESTS = {
    ("check_run", "requested_action"),
    ("check_run", "rerequested"),
    ("check_suite", "rerequested"),
}
# What an App has to be allowed to read before it can subscribe; for all other events, the metadata.
PERMISSIONS = {
    "check_run": "checks",
    "check_suite": "checks",
    "create": "contents",
    "delete": "contents",
    "issue_comment": "issues",
    "merge_group": "merge_queues",
    "pull_request": "pull_requests",
    "push": "contents",
    "release": "contents",
    "repository_dispatch": "contents",
}


@dataclass(frozen=True)
class Actor:
    """An account at work, seen through the host that it uses."""

    shapes: Shapes
    login: str

    @property
    def hub(self) -> Hub:
        return self.shapes.hub

    @property
    def is_app(self) -> bool:
        return self.login == self.shapes.bot_login

    def is_heard(self, event: str, repo: Repo, action: str | None = None) -> bool:
        """Whether the App would be told, for those who would have much to prepare."""
        installation = self.hub.installed_on(repo)
        if installation is None or installation.suspended_at:
            return False
        return _hears(self.hub, event, action)

    def tell(self, event: str, repo: Repo, told: Json) -> None:
        """Something happened in a repository; its members and the sender are added to what is told."""
        installation = self.hub.installed_on(repo)
        if installation is None or not self.is_heard(event, repo, told.get("action")):
            return
        number = installation.id
        whole = {
            "repository": self.shapes.repository(repo),
            **told,
            "sender": self.shapes.account(self.login),
            "installation": {"id": number, "node_id": f"MDIzOkludGVncmF0aW9u{number}"},
        }
        if self.hub.kind_of(repo.owner) == "Organization":
            whole["organization"] = self.shapes.organization(repo.owner)
        self.hub.deliveries.send(Event(event, _encoded(whole), number, repo.id))

    def tell_installation(self, event: str, installation: Installation, told: Json) -> None:
        """Something happened to an installation, which the App always hears."""
        whole = {
            **told,
            "installation": hooked(self.shapes, installation),
            "sender": self.shapes.account(self.login),
        }
        self.hub.deliveries.send(Event(event, _encoded(whole), installation.id, None))

    def tell_ping(self) -> None:
        """The App's webhook has an address, and GitHub tries it."""
        hub, made = self.hub, self.shapes.app()["created_at"]
        url = f"{self.shapes.base}/app/hook"
        hook = {
            "type": "App",
            "id": HOOK_ID,
            "name": "web",
            "active": True,
            "app_id": hub.app.id,
            "events": self.shapes.hooked_app()["events"],
            "config": {
                "content_type": "json",
                "insecure_ssl": "0",
                "secret": "********",
                "url": hub.deliveries.address,
            },
            "created_at": made,
            "updated_at": made,
            "url": url,
            "ping_url": f"{url}/pings",
            "deliveries_url": f"{url}/deliveries",
        }
        told = {"zen": "Keep it logically awesome.", "hook_id": HOOK_ID, "hook": hook}
        hub.deliveries.send(Event("ping", _encoded(told), None, None))

    def tell_revoked(self) -> None:
        """A person takes back what they allowed the App to do in their name."""
        told = {"action": "revoked", "sender": self.shapes.account(self.login)}
        self.hub.deliveries.send(Event("github_app_authorization", _encoded(told), None, None))


def hooked(shapes: Shapes, installation: Installation) -> Json:
    """The published schema of webhooks knows no `client_id`, which the REST API shows."""
    told = shapes.installation(installation)
    del told["client_id"]
    return told


def _hears(hub: Hub, event: str, action: str | None) -> bool:
    if event in ALWAYS:
        return True
    if (event, action) in REQUESTS:
        return hub.granted.get("checks") == "write"
    return event in hub.app.events and bool(hub.granted.get(PERMISSIONS.get(event, "metadata")))


def _encoded(told: Json) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
