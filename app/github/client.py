"""GitHub as the stages see it: our words in, our words out."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from app.github import bodies, endpoints
from app.github.archive import Archives
from app.github.errors import GitHubError
from app.github.wire import Wire
from app.model import Commit, PullRequest, Repository
from app.report import Annotation, CheckRunPayload
from app.retry import Policy, retrying

T = TypeVar("T")

# https://docs.github.com/rest/commits/commits#compare-two-commits: what is beyond is left out, unsaid.
MAX_COMPARED_FILES = 300


@dataclass(frozen=True)
class Installation:
    """An installation's permissions by name, and the page where its owner accepts new ones."""

    permissions: Mapping[str, str]
    settings_url: str


@dataclass(frozen=True)
class Listing:
    """What is in a commit. Two commits with the same tree at a path have the same content there.

    Not `complete` when GitHub cut it: https://docs.github.com/rest/git/trees#get-a-tree
    """

    files: frozenset[str]
    trees: Mapping[str, str]
    complete: bool = True


@dataclass(frozen=True)
class Comparison:
    """How head stands to base. `paths` is what changed on the way; None when that cannot be told: everything."""

    status: Literal["ahead", "behind", "diverged", "identical"]
    paths: tuple[str, ...] | None


@dataclass(frozen=True)
class AppInfo:
    """The GitHub App as it is registered."""

    slug: str
    permissions: tuple[tuple[str, str], ...]
    events: tuple[str, ...]


class GitHub:
    """Every call we make. Safe for any thread; raises GitHubError and nothing else."""

    def __init__(self, app_id: str, private_key: str, api_url: str, retry: Policy) -> None:
        self._wire = Wire(app_id, private_key, api_url)
        self._archives = Archives(self._wire)
        self._retry = retry

    def app(self) -> AppInfo:
        """Who we are; proves that the App's id and key belong together."""
        told = self._again(lambda: self._wire.as_app(endpoints.APP)).json()
        return AppInfo(
            told["slug"], tuple(sorted(told["permissions"].items())), tuple(sorted(told["events"]))
        )

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

    def commit(self, repository: Repository, ref: str) -> Commit | None:
        """What a branch, a tag or a sha stands for now; None when there is no such thing."""
        try:
            found = self._get_or_none(endpoints.COMMIT, repository, {}, ref=ref)
        except GitHubError as error:
            if error.status != 422:
                raise
            return None
        return Commit(repository, found["sha"], ref, found["commit"]["message"]) if found else None

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

    def branch_head(self, repository: Repository, branch: str) -> str | None:
        """The commit that a branch points at now; None when the branch is gone."""
        found = self._get_or_none(endpoints.BRANCH_REF, repository, {}, branch=branch)
        return str(found["object"]["sha"]) if found else None

    def compare(self, repository: Repository, base: str, head: str) -> Comparison:
        """How `head` stands to `base`. A commit that a force push has buried counts as diverged."""
        # Commits are paged, files all come with the first page: one commit a page is the least to send.
        found = self._get_or_none(endpoints.COMPARE, repository, {"per_page": 1}, base=base, head=head)
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
        told = self._get_or_none(endpoints.TREE, commit.repository, {"recursive": "1"}, tree=commit.sha)
        if told is None:
            raise GitHubError(404, f"{commit.repository.full_name} has no commit {commit.short}")
        entries = told["tree"]
        return Listing(
            files=frozenset(entry["path"] for entry in entries if entry["type"] == "blob"),
            trees={"": told["sha"]} | {e["path"]: e["sha"] for e in entries if e["type"] == "tree"},
            complete=not told["truncated"],
        )

    def expect_tarball(self, commit: Commit) -> None:
        """Find out beside other work where the commit's archive is, since it is going to be asked for."""
        self._archives.expect(commit)

    def tarball(self, commit: Commit) -> AbstractContextManager[tuple[Iterator[bytes], int | None]]:
        """The commit's archive as it arrives, and its size when GitHub says it; the caller sets the limit."""
        return self._archives.tarball(commit, self._again)

    def pull_request(self, repository: Repository, number: int) -> PullRequest | None:
        """A pull request as it is now; None when there is none, or we may not see it any more."""
        told = self._get_or_none(endpoints.PULL, repository, {}, number=str(number))
        return _pull_request(repository, told) if told else None

    def open_pull_requests(self, repository: Repository) -> tuple[PullRequest, ...]:
        """Every open pull request."""

        def ask() -> tuple[PullRequest, ...]:
            pages = self._wire.pages(endpoints.PULLS, repository, query={"state": "open"})
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

    def may_write(self, repository: Repository, login: str) -> bool:
        """Whether this person may write to the repository, at this moment."""
        told = self._get_or_none(endpoints.PERMISSION, repository, {}, login=login)
        return bool(told) and told["permission"] in ("admin", "write")

    def create_comment(self, repository: Repository, number: int, marker: str, text: str) -> int:
        """Say something under a pull request; what carries `marker` and is ours is said only once."""
        body = {"body": bodies.comment(text, marker)}
        return self._make(
            lambda: self._look_for_comment(repository, number, marker),
            lambda: _id(
                self._wire.ask(endpoints.CREATE_COMMENT, repository, body=body, number=number).json()
            ),
            doubtful=True,
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

    def find_check_run(self, commit: Commit, name: str, external_id: str) -> int | None:
        """The check run that we made for `external_id`, if we did."""
        return self._again(lambda: self._look_for_check_run(commit, name, external_id))

    def create_check_run(
        self,
        commit: Commit,
        *,
        name: str,
        external_id: str,
        details_url: str,
        payload: CheckRunPayload,
        again: bool = False,
    ) -> int:
        """Make a check run with its first 50 annotations; one of this `external_id` is made only once.

        `again`: an earlier process may have made it, so it is looked for before the first attempt too.
        """
        opening = {
            "name": name,
            "head_sha": commit.sha,
            "external_id": external_id,
            "details_url": details_url,
        }
        body = opening | bodies.new_check_run(payload)
        return self._make(
            lambda: self._look_for_check_run(commit, name, external_id),
            lambda: _id(self._wire.ask(endpoints.CREATE_CHECK_RUN, commit.repository, body=body).json()),
            doubtful=again,
        )

    def update_check_run(self, repository: Repository, check_run_id: int, payload: CheckRunPayload) -> None:
        """Replace what a check run says; its annotations stay as they are."""
        try:
            self._patch_check_run(repository, check_run_id, payload)
        except GitHubError as error:
            if error.status != 422:
                raise
            # Better a short last word than a check run that stays open for ever.
            self._patch_check_run(repository, check_run_id, _short(payload, error))

    def add_annotations(
        self,
        repository: Repository,
        check_run_id: int,
        title: str,
        summary: str,
        annotations: tuple[Annotation, ...],
        *,
        text: str = "",
    ) -> None:
        """Add those that the check run does not have yet; may be called again after any failure.

        Each PATCH appends, so none is repeated before GitHub has said how many arrived.
        """

        def add_the_rest() -> None:
            run = self._wire.ask(endpoints.CHECK_RUN, repository, id=check_run_id).json()
            for start in range(
                run["output"]["annotations_count"], len(annotations), bodies.ANNOTATIONS_PER_REQUEST
            ):
                batch = annotations[start : start + bodies.ANNOTATIONS_PER_REQUEST]
                body = bodies.annotated(title, summary, text, batch)
                self._wire.ask(endpoints.UPDATE_CHECK_RUN, repository, body=body, id=check_run_id)

        self._again(add_the_rest)

    def create_github_deployment(
        self,
        commit: Commit,
        environment: str,
        description: str,
        *,
        key: str,
        transient: bool = False,
        again: bool = False,
    ) -> int:
        """Make a GitHub deployment; one of this `key` is made only once. `again` as for a check run."""
        body = bodies.github_deployment(commit, environment, description, transient, key)

        def post() -> int:
            answer = self._wire.ask(endpoints.CREATE_DEPLOYMENT, commit.repository, body=body)
            if answer.status != 201:
                raise GitHubError(answer.status, f"GitHub made no deployment: {answer.body[:200]}")
            return _id(answer.json())

        return self._make(lambda: self._look_for_deployment(commit, environment, key), post, doubtful=again)

    def set_github_deployment_status(
        self,
        repository: Repository,
        deployment_id: int,
        state: str,
        *,
        log_url: str = "",
        environment_url: str = "",
        description: str = "",
    ) -> None:
        """Say how a GitHub deployment stands; not said twice when the first answer was lost."""
        body = bodies.status(state, log_url, environment_url, description)

        def look() -> int | None:
            newest = self._wire.ask(
                endpoints.STATUSES, repository, query={"per_page": 1}, id=deployment_id
            ).json()
            same = newest and all(newest[0].get(key) == value for key, value in body.items())
            return _id(newest[0]) if same else None

        self._make(
            look,
            lambda: _id(
                self._wire.ask(endpoints.CREATE_STATUS, repository, body=body, id=deployment_id).json()
            ),
        )

    def close(self) -> None:
        """Give the connections back."""
        self._wire.close()
        self._archives.close()

    def _again(self, work: Callable[[], T]) -> T:
        return retrying(work, transient=self._transient, policy=self._retry)

    def _transient(self, error: Exception) -> float | None:
        """None when it is no use, or when GitHub wants a longer silence than this call may take."""
        if not isinstance(error, GitHubError) or not error.transient:
            return None
        wait = error.retry_after or 0.0
        return wait if wait < self._retry.total else None

    def _make(
        self, look: Callable[[], int | None], post: Callable[[], int], *, doubtful: bool = False
    ) -> int:
        """POST once; after an answer that did not come, look for what it may have made before the next."""

        def attempt() -> int:
            nonlocal doubtful
            if doubtful and (found := look()) is not None:
                return found
            doubtful = True
            return post()

        return self._again(attempt)

    def _get_or_none(
        self, endpoint: endpoints.Endpoint, repository: Repository, query: dict[str, object], **parts: str
    ) -> Any:
        try:
            return self._again(lambda: self._wire.ask(endpoint, repository, query=query, **parts)).json()
        except GitHubError as error:
            # "No commit found for the ref …" is not about the thing that was asked for, but about its commit.
            if error.status != 404 or (endpoint is endpoints.CONTENTS and "No commit" in error.message):
                raise
            return None

    def _tree(self, commit: Commit, sha: str) -> Any:
        return self._again(lambda: self._wire.ask(endpoints.TREE, commit.repository, tree=sha)).json()

    def _patch_check_run(self, repository: Repository, check_run_id: int, payload: CheckRunPayload) -> None:
        body = bodies.check_run(payload)
        self._again(
            lambda: self._wire.ask(endpoints.UPDATE_CHECK_RUN, repository, body=body, id=check_run_id)
        )

    def _look_for_check_run(self, commit: Commit, name: str, external_id: str) -> int | None:
        query: dict[str, object] = {"check_name": name, "filter": "all"}
        for page in self._wire.pages(
            endpoints.CHECK_RUNS_OF_COMMIT, commit.repository, query=query, ref=commit.sha
        ):
            for run in page["check_runs"]:
                if run["external_id"] == external_id:
                    return _id(run)
        return None

    def _look_for_comment(self, repository: Repository, number: int, marker: str) -> int | None:
        """By its marker and its author: anybody can write the marker."""
        for page in self._wire.pages(endpoints.COMMENTS, repository, query={}, number=number):
            for comment in page:
                author = comment.get("performed_via_github_app") or {}
                ours = self._wire.key.app_id in (str(author.get("id")), author.get("client_id"))
                if ours and bodies.hidden(marker) in comment["body"]:
                    return _id(comment)
        return None

    def _look_for_deployment(self, commit: Commit, environment: str, key: str) -> int | None:
        query: dict[str, object] = {"sha": commit.sha, "environment": environment}
        for page in self._wire.pages(endpoints.DEPLOYMENTS, commit.repository, query=query):
            for deployment in page:
                payload = deployment["payload"]
                if isinstance(payload, dict) and payload.get("servergem") == key:
                    return _id(deployment)
        return None


def _pull_request(repository: Repository, told: dict[str, Any]) -> PullRequest:
    head, base = told["head"], told["base"]
    return PullRequest(
        repository,
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
    )


def _id(thing: dict[str, Any]) -> int:
    return int(thing["id"])


def _short(payload: CheckRunPayload, error: GitHubError) -> CheckRunPayload:
    summary = f"GitHub did not take the whole report ({error.message}). Its details page has all of it."
    return replace(payload, title=payload.title[:120], summary=summary, text="", actions=())
