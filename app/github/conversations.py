"""Pull requests, who may do what there, and what is said under them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.github import bodies, endpoints
from app.github.calls import Calls, id_of
from app.github.errors import GitHubError
from app.github.sources import MAX_COMPARED_FILES
from app.model import Commit, PullRequest, Repository


class Conversations(Calls):
    """Pull requests, who may do what there, and what is said under them."""

    def pull_request(self, repository: Repository, number: int) -> PullRequest | None:
        """A pull request as it is now; None when there is none, or we may not see it any more."""
        told = self._get_or_none(endpoints.PULL, repository, {}, number=str(number))
        return _pull_request(repository, told) if told else None

    def open_pull_requests(self, repository: Repository) -> tuple[PullRequest, ...]:
        """Every open pull request."""

        def ask() -> tuple[PullRequest, ...]:
            pages = self._wire.pages_again(endpoints.PULLS, repository, query={"state": "open"})
            return tuple(_pull_request(repository, each) for page in pages for each in page)

        return self._again(ask)

    def changed_by(self, pull: PullRequest) -> tuple[str, ...] | None:
        """What a pull request changes since it left its base; None when that cannot be told: everything."""
        query: dict[str, object] = {"per_page": 1}
        found = self._get_or_none(
            endpoints.COMPARE, pull.repository, query, base=pull.base_sha, head=pull.head_sha
        )
        files = (found or {}).get("files") or []
        if found is None or len(files) >= MAX_COMPARED_FILES:
            return None
        paths = {file[key] for file in files for key in ("filename", "previous_filename") if file.get(key)}
        return tuple(sorted(paths))

    def came_at(self, commit: Commit) -> str:
        """When GitHub first asked for checks of this commit, in its own form of time; empty when it has not."""
        told = self._get_or_none(endpoints.SUITES_OF_COMMIT, commit.repository, {}, ref=commit.sha)
        times = [str(suite["created_at"]) for suite in (told or {}).get("check_suites", ())]
        return min(times, default="")

    def may_write(self, repository: Repository, login: str, user_id: int = 0) -> bool:
        """Whether this person may write to the repository, at this moment; False when the login is another's by now."""
        told = self._get_or_none(endpoints.PERMISSION, repository, {}, login=login)
        if not told or told["permission"] not in ("admin", "write"):
            return False
        return not user_id or bool(told["user"] and told["user"]["id"] == user_id)

    def may_read(self, repository: Repository, login: str, user_id: int) -> bool:
        """Whether this person may read the repository, at this moment; False when the login is somebody else's now."""
        told = self._get_or_none(endpoints.PERMISSION, repository, {}, login=login)
        if not told or told["permission"] not in ("admin", "write", "read"):
            return False
        return bool(told["user"] and told["user"]["id"] == user_id)

    def is_public(self, repository: Repository) -> bool:
        """Whether everybody may read the repository, at this moment; False when it is gone."""
        told = self._get_or_none(endpoints.REPOSITORY, repository, {})
        return bool(told) and not told["private"]

    def create_comment(
        self, repository: Repository, number: int, marker: str, text: str, *, unsaid: bool = False
    ) -> int:
        """Say something under a pull request; what carries `marker` and is ours is said only once.

        `unsaid`: the caller knows that it was never tried, which spares a look.
        """
        body = {"body": bodies.comment(text, marker)}
        return self._make(
            lambda: self._look_for_comment(repository, number, marker),
            lambda: id_of(
                self._wire.ask(endpoints.CREATE_COMMENT, repository, body=body, number=number).json()
            ),
            doubtful=not unsaid,
        )

    def update_comment(self, repository: Repository, comment_id: int, marker: str, text: str) -> bool:
        """Replace what a comment of ours says; False when somebody has deleted it."""
        body = {"body": bodies.comment(text, marker)}
        try:
            self._again(
                lambda: self._wire.ask(endpoints.UPDATE_COMMENT, repository, body=body, id=comment_id)
            )
        except GitHubError as error:
            if error.status != 404:
                raise
            return False
        return True

    def react(self, repository: Repository, comment_id: int, face: str) -> None:
        """Put a face under a comment; GitHub keeps it once however often it is given."""
        self._again(
            lambda: self._wire.ask(endpoints.REACT, repository, body={"content": face}, id=comment_id)
        )

    def _look_for_comment(self, repository: Repository, number: int, marker: str) -> int | None:
        """By its marker and its author: anybody can write the marker."""
        for page in self._wire.pages(endpoints.COMMENTS, repository, query={}, number=number):
            for comment in page:
                author = comment.get("performed_via_github_app") or {}
                ours = self._wire.key.app_id in (str(author.get("id")), author.get("client_id"))
                if ours and bodies.hidden(marker) in comment["body"]:
                    return id_of(comment)
        return None


def _pull_request(repository: Repository, told: dict[str, Any]) -> PullRequest:
    """Which branch decides for it is what GitHub says now: our rows do not know, and it may be another since."""
    head, base = told["head"], told["base"]
    return PullRequest(
        replace(repository, default_branch=base["repo"]["default_branch"]),
        number=int(told["number"]),
        open=told["state"] == "open",
        merged=bool(told.get("merged_at")),
        draft=bool(told.get("draft")),
        labels=tuple(label["name"] for label in told["labels"]),
        head_sha=head["sha"],
        head_branch=head["ref"],
        # Null when the fork was deleted, which leaves it a fork.
        head_repository=head["repo"]["id"] if head["repo"] else None,
        base_branch=base["ref"],
        base_sha=base["sha"],
        author=(told.get("user") or {}).get("login", ""),
        title=told.get("title") or "",
        merge_sha=told.get("merge_commit_sha") or "",
        bot=(told.get("user") or {}).get("type") == "Bot",
    )
