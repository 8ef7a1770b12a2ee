"""What the owner of an account does: installs the App, gives roles, renames, moves, archives and deletes."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

from sandbox.github.actors import Actor
from sandbox.github.installing import install, tell_with_repositories
from sandbox.github.records import Installation, Repo
from sandbox.github.shapes import Shapes
from sandbox.github.state import FOUNDER, Hub
from sandbox.github.words import Json, now

# Of a dispatch's `client_payload`, at its top.
MOST_PROPERTIES = 10


class Owners:
    """The App hears of installations always, and of repositories when it subscribed to `repository`."""

    hub: Hub
    url: str

    @property
    def shapes(self) -> Shapes:
        return Shapes(self.url, self.hub)

    def acting(self, login: str) -> Actor:
        return Actor(self.shapes, login)

    def set_permission(self, full_name: str, user: str, role: str) -> None:
        """`admin`, `maintain`, `write`, `triage`, `read` or `none`."""
        self.hub.set_role(self.hub.of(full_name), user, role)

    def protect_branch(self, full_name: str, branch: str) -> None:
        """A rule of the repository protects a branch."""
        self.hub.protected.add((self.hub.of(full_name).id, branch))

    def protect_environment(
        self,
        full_name: str,
        environment: str,
        *,
        reviewers: Sequence[str] = (),
        teams: Sequence[str] = (),
        no_self_review: bool = False,
        wait: int = 0,
        branches: Sequence[str] = (),
        tags: Sequence[str] = (),
        protected_branches: bool = False,
    ) -> None:
        """What an administrator sets on the page of an environment; a team is named by its slug.

        https://docs.github.com/rest/deployments/environments#create-or-update-an-environment
        """
        repo, rules = self.hub.of(full_name), []
        listed = [{"type": "User", "reviewer": self.shapes.account(login)} for login in reviewers]
        listed += [{"type": "Team", "reviewer": self._team(repo.owner, slug)} for slug in teams]
        if wait:
            rules.append({"id": 1, "node_id": "GA1", "type": "wait_timer", "wait_timer": wait})
        if listed:
            review: Json = {"prevent_self_review": no_self_review, "reviewers": listed}
            rules.append({"id": 2, "node_id": "GA2", "type": "required_reviewers", **review})
        chosen = bool(branches or tags) or protected_branches
        if chosen:
            rules.append({"id": 3, "node_id": "GA3", "type": "branch_policy"})
        policy = {"protected_branches": protected_branches, "custom_branch_policies": not protected_branches}
        key = (repo.id, environment)
        self.hub.environments.setdefault(key, now())
        self.hub.rules[key] = {
            "protection_rules": rules,
            "deployment_branch_policy": policy if chosen else None,
            "patterns": [*(("branch", each) for each in branches), *(("tag", each) for each in tags)],
        }

    def dispatch(self, full_name: str, event_type: str, payload: Json, sender: str = FOUNDER) -> None:
        """What a workflow sends, or a person with a token; it takes write permission.

        https://docs.github.com/rest/repos/repos#create-a-repository-dispatch-event
        """
        repo = self.hub.of(full_name)
        if not self.hub.may_write(repo, sender) or len(payload) > MOST_PROPERTIES:
            raise PermissionError(f"{sender} may not send this to {full_name}")
        told = {"action": event_type, "branch": repo.git.default_branch, "client_payload": payload}
        self.acting(sender).tell("repository_dispatch", repo, told)

    def publish_release(self, full_name: str, tag: str, sender: str = FOUNDER) -> None:
        """A release of a tag that is there: https://docs.github.com/rest/releases/releases#create-a-release"""
        repo, number = self.hub.of(full_name), zlib.crc32(tag.encode())
        url, page = f"{self.url}/repos/{full_name}/releases/{number}", f"{self.url}/{full_name}"
        told = {
            "url": url,
            "assets_url": f"{url}/assets",
            "upload_url": f"{url}/assets{{?name,label}}",
            "html_url": f"{page}/releases/tag/{tag}",
            "id": number,
            "node_id": f"RE_{number}",
            "tag_name": tag,
            "target_commitish": repo.git.default_branch,
            "name": tag,
            "draft": False,
            "author": self.shapes.account(sender),
            "prerelease": False,
            "immutable": False,
            "created_at": now(),
            "updated_at": now(),
            "published_at": now(),
            "assets": [],
            "tarball_url": f"{self.url}/repos/{full_name}/tarball/{tag}",
            "zipball_url": f"{self.url}/repos/{full_name}/zipball/{tag}",
            "body": "",
        }
        self.acting(sender).tell("release", repo, {"action": "published", "release": told})

    def _team(self, owner: str, slug: str) -> Json:
        url = f"{self.url}/organizations/{owner}/team/{slug}"
        return {
            "id": zlib.crc32(slug.encode()),
            "node_id": f"T_{slug}",
            "url": url,
            "html_url": f"{self.url}/orgs/{owner}/teams/{slug}",
            "name": slug,
            "slug": slug,
            "description": "",
            "privacy": "closed",
            "notification_setting": "notifications_enabled",
            "permission": "push",
            "members_url": f"{url}/members{{/member}}",
            "repositories_url": f"{url}/repos",
            "parent": None,
        }

    def ping(self) -> None:
        """What GitHub sends when a webhook's address was set."""
        self.acting(self.hub.app.owner).tell_ping()

    def revoke_authorization(self, user: str) -> None:
        """A person no longer lets the App act for them."""
        self.acting(user).tell_revoked()

    def install(self, owner: str, sender: str = FOUNDER) -> int:
        """The App on an account that has none; the installation's id."""
        return install(self.acting(sender), owner).id

    def uninstall(self, owner: str, sender: str = FOUNDER) -> None:
        installation = self._installation(owner)
        tell_with_repositories(self.acting(sender), installation, "deleted")
        self.hub.uninstall(owner)

    def suspend(self, owner: str, sender: str = FOUNDER) -> None:
        """Until `unsuspend` the App hears nothing more, and its tokens open nothing."""
        installation = self._installation(owner)
        installation.suspended_at, installation.suspended_by = now(), sender
        self._tell(installation, "suspend", sender)

    def unsuspend(self, owner: str, sender: str = FOUNDER) -> None:
        installation = self._installation(owner)
        installation.suspended_at = installation.suspended_by = None
        self._tell(installation, "unsuspend", sender)

    def accept_permissions(self, owner: str, permissions: Mapping[str, str], sender: str = FOUNDER) -> None:
        """What the App asked for since it was installed is granted."""
        self.hub.granted.update(permissions)
        self._tell(self._installation(owner), "new_permissions_accepted", sender)

    def add_to_installation(self, full_name: str, sender: str = FOUNDER) -> None:
        self._choose(self.hub.of(full_name), True, sender)

    def remove_from_installation(self, full_name: str, sender: str = FOUNDER) -> None:
        self._choose(self.hub.of(full_name), False, sender)

    def rename_repository(self, full_name: str, name: str, sender: str = FOUNDER) -> None:
        repo = self.hub.of(full_name)
        old = repo.name
        self.hub.rename(repo, name)
        self._tell_of(repo, "renamed", sender, changes={"repository": {"name": {"from": old}}})

    def transfer_repository(self, full_name: str, owner: str, sender: str = FOUNDER) -> None:
        """To another organization, where the App is installed as well."""
        repo = self.hub.of(full_name)
        old = self.shapes.account(repo.owner)
        self.hub.transfer(repo, owner)
        self._tell_of(repo, "transferred", sender, changes={"owner": {"from": {"user": old}}})

    def archive_repository(self, full_name: str, sender: str = FOUNDER) -> None:
        repo = self.hub.of(full_name)
        repo.archived = True
        self._tell_of(repo, "archived", sender)

    def unarchive_repository(self, full_name: str, sender: str = FOUNDER) -> None:
        repo = self.hub.of(full_name)
        repo.archived = False
        self._tell_of(repo, "unarchived", sender)

    def set_private(self, full_name: str, private: bool, sender: str = FOUNDER) -> None:
        repo = self.hub.of(full_name)
        repo.private = private
        self._tell_of(repo, "privatized" if private else "publicized", sender)

    def delete_repository(self, full_name: str, sender: str = FOUNDER) -> None:
        """Pull requests from a fork that is deleted stay, with no repository at their head."""
        repo = self.hub.of(full_name)
        self._tell_of(repo, "deleted", sender)
        self.hub.delete(repo)

    def _installation(self, owner: str) -> Installation:
        found = self.hub.installed(owner)
        if found is None:
            raise KeyError(f"the App is not installed on {owner}")
        return found

    def _choose(self, repo: Repo, chosen: bool, sender: str) -> None:
        repo.installed = chosen
        one, none = [self.shapes.reference(repo)], list[Json]()
        told = {
            "action": "added" if chosen else "removed",
            "repository_selection": "selected",
            "repositories_added": one if chosen else none,
            "repositories_removed": none if chosen else one,
            "requester": None,
        }
        installation = self._installation(repo.owner)
        self.acting(sender).tell_installation("installation_repositories", installation, told)

    def _tell(self, installation: Installation, action: str, sender: str, **more: object) -> None:
        self.acting(sender).tell_installation("installation", installation, {"action": action, **more})

    def _tell_of(self, repo: Repo, action: str, sender: str, **more: object) -> None:
        """https://docs.github.com/webhooks/webhook-events-and-payloads#repository"""
        self.acting(sender).tell("repository", repo, {"action": action, **more})
