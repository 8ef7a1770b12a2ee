"""GitHub's JSON objects, whole; every address in them begins with the host that was asked."""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from sandbox.github.git import CommitFacts, FileChange, Person
from sandbox.github.issues import PullRequest
from sandbox.github.state import (
    AppFacts,
    CheckRun,
    Deployment,
    DeploymentStatus,
    Hub,
    Installation,
    Repo,
    Suite,
)
from sandbox.github.words import Json, now

# The member of a repository object, and what follows the repository's own address.
_REPOSITORY_URLS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
_USER_URLS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
_COUNTS = dict.fromkeys(
    (
        "forks",
        "forks_count",
        "open_issues",
        "open_issues_count",
        "stargazers_count",
        "watchers",
        "watchers_count",
    ),
    0,
)
_ABILITIES: Json = {
    "has_issues": True,
    "has_projects": True,
    "has_wiki": True,
    "has_pages": False,
    "has_downloads": True,
    "has_discussions": False,
    "archived": False,
    "disabled": False,
    "allow_forking": True,
    "is_template": False,
    "web_commit_signoff_required": False,
    "topics": [],
}
_UNSIGNED: Json = {
    "verified": False,
    "reason": "unsigned",
    "signature": None,
    "payload": None,
    "verified_at": None,
}


def node_id(kind: str, id: object) -> str:  # noqa: A002 - GitHub's word
    return f"{kind}_{base64.urlsafe_b64encode(f'{kind}:{id}'.encode()).decode().rstrip('=')}"


def utc(moment: str) -> str:
    """A git time with its offset, as the REST API shows it."""
    return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def account_id(login: str) -> int:
    return 1_000_000 + zlib.crc32(login.lower().encode()) % 100_000_000


@dataclass(frozen=True)
class Shapes:
    """All objects as seen through one host."""

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
            "id": account_id(login),
            "node_id": node_id("U", login),
            "avatar_url": f"{self.base}/_avatars/{quote(login)}.svg",
            "gravatar_id": "",
            "url": url,
            "html_url": f"{self.base}/{quote(login)}",
            **{name: url + rest for name, rest in _USER_URLS.items()},
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

    def repository(self, repo: Repo) -> Json:
        """The minimal repository, and more: what installation tokens and suites show."""
        url = self.api(repo)
        return {
            "id": repo.id,
            "node_id": node_id("R", repo.id),
            "name": repo.name,
            "full_name": repo.full_name,
            "private": repo.private,
            "owner": self.account(repo.owner),
            "html_url": self.html(repo),
            "description": None,
            "fork": repo.parent is not None,
            "url": url,
            **{name: url + rest for name, rest in _REPOSITORY_URLS.items()},
            "created_at": repo.created_at,
            "updated_at": repo.pushed_at,
            "pushed_at": repo.pushed_at,
            "git_url": f"git://{self.base.partition('://')[2]}/{repo.full_name}.git",
            "ssh_url": f"git@{self.base.partition('://')[2]}:{repo.full_name}.git",
            "clone_url": f"{self.base}/{repo.full_name}.git",
            "svn_url": self.html(repo),
            "homepage": None,
            "size": 1,
            "language": None,
            "mirror_url": None,
            "license": None,
            **_COUNTS,
            **_ABILITIES,
            "archived": repo.archived,
            "visibility": "private" if repo.private else "public",
            "custom_properties": {},
            "default_branch": repo.git.default_branch,
        }

    def full_repository(self, repo: Repo) -> Json:
        return {
            **self.repository(repo),
            "permissions": {"admin": False, "maintain": False, "push": False, "triage": False, "pull": True},
            "temp_clone_token": "",
            "allow_squash_merge": True,
            "allow_merge_commit": True,
            "allow_rebase_merge": False,
            "allow_auto_merge": False,
            "delete_branch_on_merge": False,
            "allow_update_branch": False,
            **self._origin(repo),
            "network_count": 0,
            "subscribers_count": 0,
        }

    def _origin(self, repo: Repo) -> Json:
        """The organization it belongs to, and what it was forked from."""
        told: Json = {}
        if self.hub.kind_of(repo.owner) == "Organization":
            told["organization"] = self.user(repo.owner, "Organization")
        if repo.parent is not None:
            told |= {"parent": self.repository(repo.parent), "source": self.repository(repo.parent)}
        return told

    def reference(self, repo: Repo) -> Json:
        """As the lists of an installation's repositories show one."""
        return {
            "id": repo.id,
            "node_id": node_id("R", repo.id),
            "name": repo.name,
            "full_name": repo.full_name,
            "private": repo.private,
        }

    def pushed_repository(self, repo: Repo) -> Json:
        """As a push shows it: three times in whole seconds, the owner by name."""
        told = self.repository(repo)
        seconds = {name: _epoch(told[name]) for name in ("created_at", "pushed_at")}
        owner = {"name": repo.owner, "email": None, **told["owner"]}
        owner.pop("email")
        more = {"stargazers": 0, "master_branch": told["default_branch"]}
        if owner["type"] == "Organization":
            more["organization"] = repo.owner
        return {**told, **seconds, "url": self.html(repo), "owner": owner, **more}

    def app(self) -> Json:
        app: AppFacts = self.hub.app
        return {
            "id": app.id,
            "client_id": f"Iv23li{app.id:014d}",
            "slug": app.slug,
            "node_id": node_id("A", app.id),
            "owner": self.user(app.owner, "Organization"),
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
            "repository_selection": "all",
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

    def commit(self, repo: Repo, commit: CommitFacts) -> Json:
        url, html = self.api(repo), self.html(repo)
        return {
            "sha": commit.sha,
            "node_id": node_id("C", commit.sha),
            "commit": {
                "author": _git_user(commit.author),
                "committer": _git_user(commit.committer),
                "message": commit.message,
                "tree": {"sha": commit.tree, "url": f"{url}/git/trees/{commit.tree}"},
                "url": f"{url}/git/commits/{commit.sha}",
                "comment_count": 0,
                "verification": _UNSIGNED,
            },
            "url": f"{url}/commits/{commit.sha}",
            "html_url": f"{html}/commit/{commit.sha}",
            "comments_url": f"{url}/commits/{commit.sha}/comments",
            # Nobody here has told GitHub that this address is theirs.
            "author": None,
            "committer": None,
            "parents": [
                {"sha": sha, "url": f"{url}/commits/{sha}", "html_url": f"{html}/commit/{sha}"}
                for sha in commit.parents
            ],
        }

    def git_commit(self, repo: Repo, commit: CommitFacts) -> Json:
        url = self.api(repo)
        return {
            "sha": commit.sha,
            "node_id": node_id("C", commit.sha),
            "url": f"{url}/git/commits/{commit.sha}",
            "html_url": f"{self.html(repo)}/commit/{commit.sha}",
            "author": _git_user(commit.author),
            "committer": _git_user(commit.committer),
            "tree": {"sha": commit.tree, "url": f"{url}/git/trees/{commit.tree}"},
            "message": commit.message,
            "parents": [
                {
                    "sha": sha,
                    "url": f"{url}/git/commits/{sha}",
                    "html_url": f"{self.html(repo)}/commit/{sha}",
                }
                for sha in commit.parents
            ],
            "verification": _UNSIGNED,
        }

    def file(self, repo: Repo, sha: str, change: FileChange) -> Json:
        path = quote(change.path)
        return {
            "sha": change.sha,
            "filename": change.path,
            "status": change.status,
            "additions": change.additions,
            "deletions": change.deletions,
            "changes": change.additions + change.deletions,
            "blob_url": f"{self.html(repo)}/blob/{sha}/{path}",
            "raw_url": f"{self.html(repo)}/raw/{sha}/{path}",
            "contents_url": f"{self.api(repo)}/contents/{path}?ref={sha}",
            **({"previous_filename": change.previous} if change.previous else {}),
        }

    def check_run(self, run: CheckRun) -> Json:
        repo = run.suite.repo
        url = f"{self.api(repo)}/check-runs/{run.id}"
        return {
            "id": run.id,
            "name": run.name,
            "node_id": node_id("CR", run.id),
            "head_sha": run.suite.sha,
            "external_id": run.external_id,
            "url": url,
            "html_url": f"{self.html(repo)}/runs/{run.id}",
            "details_url": run.details_url or self.hub.app.url,
            "status": run.status,
            "conclusion": run.conclusion,
            "started_at": run.started_at,
            "completed_at": run.completed_at,
            "output": {
                "title": run.title,
                "summary": run.summary,
                "text": run.text,
                "annotations_count": len(run.annotations),
                "annotations_url": f"{url}/annotations",
            },
            "check_suite": {"id": run.suite.id},
            "app": self.app(),
            "pull_requests": self.pulls_of(run.suite),
        }

    def pulls_of(self, suite: Suite) -> list[Json]:
        """The open pull requests of a commit, but never those of a fork."""
        return [
            self.pull_minimal(pull)
            for pull in self.hub.pulls_of(suite.repo)
            if pull.state == "open" and pull.head.sha == suite.sha and not pull.from_fork
        ]

    def pull_minimal(self, pull: PullRequest) -> Json:
        repo = {"id": pull.repo.id, "url": self.api(pull.repo), "name": pull.repo.name}
        return {
            "url": f"{self.api(pull.repo)}/pulls/{pull.number}",
            "id": pull.pull_id,
            "number": pull.number,
            "head": {"ref": pull.head.branch, "sha": pull.head.sha, "repo": repo},
            "base": {"ref": pull.base, "sha": pull.base_sha, "repo": repo},
        }

    def annotation(self, run: CheckRun, annotation: Json) -> Json:
        place = f"{run.suite.sha}/{quote(annotation['path'])}"
        optional = {
            name: annotation.get(name) for name in ("start_column", "end_column", "title", "raw_details")
        }
        return {
            "path": annotation["path"],
            "blob_href": f"{self.html(run.suite.repo)}/blob/{place}",
            "start_line": annotation["start_line"],
            "end_line": annotation["end_line"],
            "annotation_level": annotation["annotation_level"],
            "message": annotation["message"],
            **optional,
        }

    def suite(self, suite: Suite) -> Json:
        repo, commit = suite.repo, suite.repo.git.commit(suite.sha)
        runs = self.hub.runs_of(repo, suite.sha)
        done = bool(runs) and not suite.rerequested and all(run.status == "completed" for run in runs)
        status = "completed" if done else "in_progress" if runs else "queued"
        bad = next(
            (run.conclusion for run in runs if run.conclusion not in ("success", "neutral", "skipped")),
            "success",
        )
        url = f"{self.api(repo)}/check-suites/{suite.id}"
        return {
            "id": suite.id,
            "node_id": node_id("CS", suite.id),
            "head_branch": suite.branch,
            "head_sha": suite.sha,
            "status": "queued" if suite.rerequested else status,
            "conclusion": bad if done else None,
            "url": url,
            "before": commit.parents[0] if commit.parents else "0" * 40,
            "after": suite.sha,
            "pull_requests": self.pulls_of(suite),
            "app": self.app(),
            "created_at": suite.created_at,
            "updated_at": now() if not done else max(run.completed_at or "" for run in runs),
            "head_commit": self.head_commit(commit),
            "repository": self.repository(repo),
            "latest_check_runs_count": len({run.name for run in runs}),
            "check_runs_url": f"{url}/check-runs",
        }

    def head_commit(self, commit: CommitFacts) -> Json:
        return {
            "id": commit.sha,
            "tree_id": commit.tree,
            "message": commit.message,
            "timestamp": utc(commit.committer.when),
            "author": {"name": commit.author.name, "email": commit.author.email},
            "committer": {"name": commit.committer.name, "email": commit.committer.email},
        }

    def deployment(self, deployment: Deployment) -> Json:
        url = f"{self.api(deployment.repo)}/deployments/{deployment.id}"
        last = deployment.statuses[-1].created_at if deployment.statuses else deployment.created_at
        return {
            "url": url,
            "id": deployment.id,
            "node_id": node_id("DE", deployment.id),
            "task": deployment.task,
            "original_environment": deployment.environment,
            "environment": deployment.environment,
            "description": deployment.description,
            "created_at": deployment.created_at,
            "updated_at": last,
            "statuses_url": f"{url}/statuses",
            "repository_url": self.api(deployment.repo),
            "creator": self.bot(),
            "sha": deployment.sha,
            "ref": deployment.ref,
            "payload": deployment.payload,
            "transient_environment": deployment.transient,
            "production_environment": deployment.production,
            "performed_via_github_app": self.app(),
        }

    def deployment_status(self, deployment: Deployment, status: DeploymentStatus) -> Json:
        url = f"{self.api(deployment.repo)}/deployments/{deployment.id}"
        return {
            "url": f"{url}/statuses/{status.id}",
            "id": status.id,
            "node_id": node_id("DES", status.id),
            "state": status.state,
            "creator": self.bot(),
            "description": status.description,
            "environment": status.environment or deployment.environment,
            "target_url": status.log_url,
            "created_at": status.created_at,
            "updated_at": status.created_at,
            "deployment_url": url,
            "repository_url": self.api(deployment.repo),
            "environment_url": status.environment_url,
            "log_url": status.log_url,
            "performed_via_github_app": self.app(),
        }


def _git_user(person: Person) -> Json:
    return {"name": person.name, "email": person.email, "date": utc(person.when)}


def _epoch(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())
