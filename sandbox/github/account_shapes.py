"""GitHub's JSON objects for people, organizations, the App and its installations, whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from sandbox.github.records import AppFacts, Installation, Repo
from sandbox.github.shape_words import USER_URLS, account_id, node_id, utc
from sandbox.github.state import Hub
from sandbox.github.words import Json


@dataclass(frozen=True)
class Accounts:
    """People, organizations, the App and its installations, as seen through one host."""

    base: str
    hub: Hub

    def api(self, repo: Repo) -> str:
        return f"{self.base}/repos/{repo.full_name}"

    def html(self, repo: Repo) -> str:
        return f"{self.base}/{repo.full_name}"

    def user(self, login: str, kind: str = "User") -> Json:
        url = f"{self.base}/users/{quote(login)}"
        return {
            "login": login,
            "id": self.hub.logins.id_of(login),
            "node_id": node_id("U", login),
            "avatar_url": f"{self.base}/_avatars/{quote(login)}.svg",
            "gravatar_id": "",
            "url": url,
            "html_url": f"{self.base}/{quote(login)}",
            **{name: url + rest for name, rest in USER_URLS.items()},
            "type": kind,
            "site_admin": False,
        }

    def account(self, login: str) -> Json:
        """A person, an organization or the App, as it is known."""
        return self.user(login, self.hub.kind_of(login))

    def bot(self) -> Json:
        return self.account(self.bot_login)

    @property
    def bot_login(self) -> str:
        return f"{self.hub.app.slug}[bot]"

    def organization(self, owner: str) -> Json:
        """As webhooks show the owner beside the repository."""
        user, url = self.user(owner, "Organization"), f"{self.base}/orgs/{owner}"
        return {
            "login": owner,
            "id": user["id"],
            "node_id": user["node_id"],
            "url": url,
            "repos_url": f"{url}/repos",
            "events_url": f"{url}/events",
            "hooks_url": f"{url}/hooks",
            "issues_url": f"{url}/issues",
            "members_url": f"{url}/members{{/member}}",
            "public_members_url": f"{url}/public_members{{/member}}",
            "avatar_url": user["avatar_url"],
            "description": "",
        }

    def app(self) -> Json:
        app: AppFacts = self.hub.app
        return {
            "id": app.id,
            "client_id": self.hub.client.id,
            "slug": app.slug,
            "node_id": node_id("A", app.id),
            "owner": self.user(app.owner, self.hub.kind_of(app.owner)),
            "name": app.name,
            "description": app.description,
            "external_url": app.url,
            "html_url": f"{self.base}/apps/{app.slug}",
            "created_at": utc(datetime.fromtimestamp(self.hub.started, UTC).isoformat()),
            "updated_at": utc(datetime.fromtimestamp(self.hub.started, UTC).isoformat()),
            "permissions": dict(app.permissions),
            "events": list(app.events),
        }

    def hooked_app(self) -> Json:
        """The published schema of webhooks knows no `client_id` and no `merge_group`, which the REST API shows."""
        told = {name: value for name, value in self.app().items() if name != "client_id"}
        return told | {"events": [event for event in told["events"] if event != "merge_group"]}

    def installation(self, installation: Installation) -> Json:
        app, id, owner = self.app(), installation.id, installation.owner  # noqa: A001 - GitHub's word
        by = installation.suspended_by
        return {
            "id": id,
            "account": self.user(owner, "Organization"),
            "repository_selection": "all" if installation.all_of_it else "selected",
            "access_tokens_url": f"{self.base}/app/installations/{id}/access_tokens",
            "repositories_url": f"{self.base}/installation/repositories",
            "html_url": f"{self.base}/organizations/{owner}/settings/installations/{id}",
            "app_id": app["id"],
            "client_id": app["client_id"],
            "app_slug": app["slug"],
            "target_id": account_id(owner),
            "target_type": "Organization",
            "permissions": dict(self.hub.granted),
            "events": app["events"],
            "created_at": app["created_at"],
            "updated_at": app["updated_at"],
            "single_file_name": None,
            "has_multiple_single_files": False,
            "single_file_paths": [],
            "suspended_by": self.account(by) if by else None,
            "suspended_at": installation.suspended_at,
        }
