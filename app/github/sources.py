"""A repository and what is in it: commits, files, comparisons, archives."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.github import endpoints
from app.github.answer import Answer
from app.github.calls import Calls
from app.github.errors import GitHubError
from app.github.facts import Activity, Comparison, Installation, Listing
from app.github.root_tree import root_tree
from app.model import Commit, Repository
from app.payload import epoch

# https://docs.github.com/rest/commits/commits#compare-two-commits: what is beyond is left out, unsaid.
MAX_COMPARED_FILES = 300


BRANCH = "refs/heads/"
# https://docs.github.com/rest/repos/repos#list-repository-activities: the new head has the old one behind it, or not.
FOLLOWS, ANEW = ("push", "pr_merge", "merge_queue_merge"), ("force_push", "branch_creation")
# https://docs.github.com/rest/git/trees#create-a-tree: the mode of a symbolic link
LINK = "120000"


class Sources(Calls):
    """Whose repository it is, and what is in it."""

    def installation(self, repository: Repository) -> Installation:
        """What the owner of this repository has granted the App, and where that is changed."""
        told = self._again(
            lambda: self._wire.as_app(endpoints.INSTALLATION, installation=repository.installation_id)
        ).json()
        return Installation(dict(told["permissions"]), str(told["html_url"]))

    def repository(self, full_name: str) -> Repository:
        """A repository by its name, where the App is installed. GitHubError 404 where it is not."""
        owner, _, name = full_name.partition("/")
        installation = self._again(
            lambda: self._wire.as_app(endpoints.REPOSITORY_INSTALLATION, repository=full_name)
        ).json()["id"]
        found = self._again(
            lambda: self._wire.as_app(endpoints.TOKEN, {"repositories": [name]}, installation=installation)
        ).json()["repositories"][0]
        return Repository(found["id"], owner, name, installation, found["default_branch"])

    def lost(self, repository: Repository) -> str:
        """Why the App may not act here any more, in words; empty while it may.

        Asked as the App itself: what is public can be read with any token, also after the App was taken off it.
        """
        told = self._installed_on(repository)
        if told is None or told["id"] != repository.installation_id:
            return f"ServerGem was taken off {repository.full_name}"
        return f"ServerGem was suspended on {repository.owner}" if told["suspended_at"] else ""

    def is_left(self, repository: Repository) -> bool:
        """Whether nothing can be done there any more: by no installation of the App, or because it is archived.

        The webhook that says so may be of an installation that the repository is no longer in, or of long ago.
        """
        return self.settled(lambda: self._is_left(repository), lambda left: not left)

    def _is_left(self, repository: Repository) -> bool:
        told = self._installed_on(repository)
        if told is None or told["suspended_at"]:
            return True
        there = replace(repository, installation_id=told["id"])
        found = self._get_or_none(endpoints.REPOSITORY, there, {})
        return not found or bool(found["archived"])

    def _installed_on(self, repository: Repository) -> dict[str, Any] | None:
        told = self._reached(lambda: self._wire.as_app_about(endpoints.REPOSITORY_INSTALLATION, repository))
        # A 404 by the id is no proof by itself: the address with the name is the documented one.
        return told or self._reached(
            lambda: self._wire.as_app(endpoints.REPOSITORY_INSTALLATION, repository=repository.full_name)
        )

    def _reached(self, ask: Callable[[], Answer]) -> dict[str, Any] | None:
        try:
            told: dict[str, Any] = self._again(ask).json()
        except GitHubError as error:
            if error.status != 404:
                raise
            return None
        return told

    def repository_of(self, repository_id: int, installation_id: int) -> Repository | None:
        """A repository by its id, with the name that it has now; None when it is out of our reach."""
        unnamed = Repository(repository_id, "-", "-", installation_id)
        told = self._get_or_none(endpoints.REPOSITORY, unnamed, {})
        if not told:
            return None
        owner, _, name = str(told["full_name"]).partition("/")
        return replace(unnamed, owner=owner, name=name)

    def commit(self, repository: Repository, ref: str) -> Commit | None:
        """What a branch, a tag or a sha stands for now; None when there is no such thing."""
        try:
            found = self._get_or_none(endpoints.COMMIT, repository, {}, ref=ref)
        except GitHubError as error:
            if error.status != 422:
                raise
            return None
        if not found:
            return None
        told = found["commit"]
        written = epoch((told["committer"] or {}).get("date", ""))
        return Commit(repository, found["sha"], ref, told["message"], written=written)

    def default_branch(self, repository: Repository) -> str | None:
        """The branch that counts when nobody names one; None when the repository is out of our reach."""
        found = self._get_or_none(endpoints.REPOSITORY, repository, {})
        return str(found["default_branch"]) if found else None

    def file(self, commit: Commit, path: str) -> str | None:
        """A text file of this commit; None when there is none at this path."""
        found = self._get_or_none(endpoints.CONTENTS, commit.repository, {"ref": commit.sha}, path=path)
        if not isinstance(found, dict) or found.get("type") != "file":
            return None
        if found.get("encoding") != "base64":
            raise GitHubError(413, f"{path} has {found.get('size')} bytes, more than the 1 MB GitHub shows")
        return base64.b64decode(found["content"]).decode(errors="replace")

    def activities(self, repository: Repository) -> tuple[Activity, ...]:
        """The newest hundred pushes to branches and merges, the newest first; free while nothing happens."""
        told = self._again(
            lambda: self._wire.ask_again(endpoints.ACTIVITY, repository, query={"per_page": 100})
        )
        return tuple(
            Activity(
                each["ref"].removeprefix(BRANCH),
                each["before"] if each["activity_type"] in FOLLOWS else "",
                each["after"],
                datetime.fromisoformat(each["timestamp"]).timestamp(),
                (each["actor"] or {}).get("login", ""),
                (each["actor"] or {}).get("id", 0),
            )
            for each in told.json()
            if each["ref"].startswith(BRANCH) and each["activity_type"] in (*FOLLOWS, *ANEW)
        )

    def branch_head(self, repository: Repository, branch: str) -> str | None:
        """The commit that a branch points at now; None when the branch is gone."""
        found = self._get_or_none(endpoints.BRANCH_REF, repository, {}, branch=branch)
        return str(found["object"]["sha"]) if found else None

    def tagged(self, repository: Repository, tag: str) -> str | None:
        """The commit that a tag names now, whatever tags are between; None when the tag is gone."""
        found = self.commit(repository, f"tags/{tag}")
        return found.sha if found else None

    def compare(self, repository: Repository, base: str, head: str) -> Comparison:
        """How `head` stands to `base`. A commit that a force push has buried counts as diverged."""
        # Commits are paged, files all come with the first page: one commit a page is the least to send.
        found = self._get_or_none(
            endpoints.COMPARE, repository, {"per_page": 1}, expected=True, base=base, head=head
        )
        if found is None:
            return Comparison("diverged", None)
        status, files = found["status"], found.get("files") or []
        # The files are those since the merge base, which is a difference only when head is ahead of base.
        if status not in ("ahead", "identical") or len(files) >= MAX_COMPARED_FILES:
            return Comparison(status, None)
        paths = {file[key] for file in files for key in ("filename", "previous_filename") if file.get(key)}
        return Comparison(status, tuple(sorted(paths)))

    def listing(self, commit: Commit) -> Listing:
        """Every file of the commit and the git tree of every directory, in one call."""
        told = self._get_or_none(
            endpoints.TREE, commit.repository, {"recursive": "1"}, expected=True, tree=commit.sha
        )
        if told is None:
            raise GitHubError(404, f"{commit.repository.full_name} has no commit {commit.short}")
        entries = told["tree"]
        return Listing(
            files=frozenset(entry["path"] for entry in entries if entry["type"] == "blob"),
            trees={"": root_tree(entries)} | {e["path"]: e["sha"] for e in entries if e["type"] == "tree"},
            complete=not told["truncated"],
            blobs={entry["path"]: entry["sha"] for entry in entries if entry["type"] == "blob"},
            links=frozenset(entry["path"] for entry in entries if entry["mode"] == LINK),
        )

    def expect_tarball(self, commit: Commit) -> None:
        """Find out beside other work where the commit's archive is, since it is going to be asked for."""
        self._archives.expect(commit)

    def tarball(self, commit: Commit) -> AbstractContextManager[tuple[Iterator[bytes], int | None]]:
        """The commit's archive as it arrives, and its size when GitHub says it; the caller sets the limit."""
        return self._archives.tarball(commit, self._once_there)
