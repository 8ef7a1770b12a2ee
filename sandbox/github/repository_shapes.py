"""GitHub's JSON objects for repositories, commits and files, whole."""

from __future__ import annotations

from urllib.parse import quote

from sandbox.github.account_shapes import Accounts
from sandbox.github.git_words import CommitFacts, FileChange
from sandbox.github.records import Repo
from sandbox.github.shape_words import ABILITIES, COUNTS, REPOSITORY_URLS, UNSIGNED, epoch, git_user, node_id
from sandbox.github.words import Json


class Repositories(Accounts):
    """Repositories, their commits and their files."""

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
            **{name: url + rest for name, rest in REPOSITORY_URLS.items()},
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
            **COUNTS,
            **ABILITIES,
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
            told |= {"parent": self.repository(repo.parent), "source": self.repository(repo.forked_from[-1])}
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
        seconds = {name: epoch(told[name]) for name in ("created_at", "pushed_at")}
        owner = {"name": repo.owner, "email": None, **told["owner"]}
        owner.pop("email")
        more = {"stargazers": 0, "master_branch": told["default_branch"]}
        if owner["type"] == "Organization":
            more["organization"] = repo.owner
        return {**told, **seconds, "url": self.html(repo), "owner": owner, **more}

    def commit(self, repo: Repo, commit: CommitFacts) -> Json:
        url, html = self.api(repo), self.html(repo)
        return {
            "sha": commit.sha,
            "node_id": node_id("C", commit.sha),
            "commit": {
                "author": git_user(commit.author),
                "committer": git_user(commit.committer),
                "message": commit.message,
                "tree": {"sha": commit.tree, "url": f"{url}/git/trees/{commit.tree}"},
                "url": f"{url}/git/commits/{commit.sha}",
                "comment_count": 0,
                "verification": UNSIGNED,
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
            "author": git_user(commit.author),
            "committer": git_user(commit.committer),
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
            "verification": UNSIGNED,
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
