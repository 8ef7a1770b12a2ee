"""What people do on GitHub by hand, for a test or a demo to do in their name; the App is told as GitHub tells it."""

from __future__ import annotations

from pathlib import Path

from sandbox.github import check_events, comments, issue_shapes, merging, pull_requests, pull_shapes
from sandbox.github.issues import Issue, PullRequest
from sandbox.github.owners import Owners
from sandbox.github.state import DEFAULT_BRANCH, FOUNDER
from sandbox.github.words import Json


class People(Owners):
    """Repositories are named `owner/name`, people by their login. What GitHub would refuse raises `Refused`."""

    def create_repository(
        self,
        owner: str,
        name: str,
        source: Path | None = None,
        *,
        private: bool = True,
        branch: str = DEFAULT_BRANCH,
    ) -> int:
        """A repository where the App is installed, empty or with a folder as its first commit; its id."""
        return self.hub.create(owner, name, source, private=private, branch=branch).id

    def personal_token(self, login: str, *scopes: str) -> str:
        """A classic token of somebody's own, as `gh auth token` prints one with the scope `repo`."""
        return self.hub.tokens.people.give(login, frozenset(scopes))

    def rename_account(self, login: str, new: str) -> None:
        """Somebody is called otherwise from now on, and somebody else takes the login."""
        self.hub.logins.rename(login, new)

    def fork(self, full_name: str, owner: str) -> str:
        """A repository of the owner's own, to clone and to push to; its name."""
        return self.hub.fork(self.hub.of(full_name), owner).full_name

    def open_pull_request(
        self,
        full_name: str,
        head_branch: str,
        base: str = DEFAULT_BRANCH,
        *,
        title: str = "A change",
        author: str = FOUNDER,
        body: str | None = None,
        draft: bool = False,
        from_fork: str = "",
    ) -> int:
        """`from_fork` is the fork's name; the pull request's number."""
        repo = self.hub.of(full_name)
        source = self.hub.of(from_fork) if from_fork else repo
        proposal = pull_requests.Proposal(source, head_branch, base, title, body, draft)
        return pull_requests.open_one(self.acting(author), repo, proposal).number

    def close_pull_request(self, full_name: str, number: int, sender: str = FOUNDER) -> None:
        pull_requests.close(self.acting(sender), self._pull(full_name, number))

    def lock_conversation(self, full_name: str, number: int, sender: str = FOUNDER) -> None:
        pull_requests.lock(self.acting(sender), self._pull(full_name, number))

    def reopen_pull_request(self, full_name: str, number: int, sender: str = FOUNDER) -> None:
        pull_requests.reopen(self.acting(sender), self._pull(full_name, number))

    def merge_pull_request(
        self, full_name: str, number: int, method: str = "merge", sender: str = FOUNDER
    ) -> str:
        """The commit that is on the base branch now."""
        return pull_requests.merge(self.acting(sender), self._pull(full_name, number), method)

    def set_draft(self, full_name: str, number: int, sender: str = FOUNDER) -> None:
        pull_requests.set_draft(self.acting(sender), self._pull(full_name, number), draft=True)

    def ready_for_review(self, full_name: str, number: int, sender: str = FOUNDER) -> None:
        pull_requests.set_draft(self.acting(sender), self._pull(full_name, number), draft=False)

    def change_base(self, full_name: str, number: int, base: str, sender: str = FOUNDER) -> None:
        pull_requests.edit(self.acting(sender), self._pull(full_name, number), None, None, base)

    def edit_pull_request(
        self,
        full_name: str,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        sender: str = FOUNDER,
    ) -> None:
        pull_requests.edit(self.acting(sender), self._pull(full_name, number), title, body, None)

    def label(self, full_name: str, number: int, name: str, sender: str = FOUNDER) -> None:
        pull_requests.label(self.acting(sender), self._pull(full_name, number), name)

    def unlabel(self, full_name: str, number: int, name: str, sender: str = FOUNDER) -> None:
        pull_requests.unlabel(self.acting(sender), self._pull(full_name, number), name)

    def queue_to_merge(self, full_name: str, number: int, sender: str = FOUNDER) -> str:
        """Into the merge queue: the commit on which checks are wanted now."""
        return pull_requests.queue(self.acting(sender), self._pull(full_name, number))

    def open_issue(self, full_name: str, title: str, author: str = FOUNDER, body: str = "") -> int:
        """An issue that is no pull request; nobody is told."""
        repo, hub = self.hub.of(full_name), self.hub
        with hub.lock:
            number = next(repo.numbers)
            hub.issues[repo.id, number] = Issue(
                id=hub.new_id(), number=number, repo=repo, title=title, author=author, body=body
            )
        return number

    def comment(self, full_name: str, number: int, author: str, body: str) -> int:
        issue = self.hub.issues[self.hub.of(full_name).id, number]
        return comments.say(self.acting(author), issue, body).id

    def edit_comment(self, comment_id: int, body: str, sender: str = FOUNDER) -> None:
        comments.edit(self.acting(sender), self.hub.comments[comment_id], body)

    def delete_comment(self, comment_id: int, sender: str = FOUNDER) -> None:
        comments.delete(self.acting(sender), self.hub.comments[comment_id])

    def comments_on(self, full_name: str, number: int) -> list[Json]:
        """Oldest first, as the REST API shows them."""
        issue = self.hub.issues[self.hub.of(full_name).id, number]
        return [issue_shapes.comment(self.shapes, each) for each in self.hub.comments_of(issue)]

    def pull_request(self, full_name: str, number: int) -> Json:
        """As the REST API shows it."""
        pull = self._pull(full_name, number)
        return pull_shapes.whole(self.shapes, pull, merging.try_merge(pull))

    def rerequest(self, check_run_id: int, sender: str = FOUNDER) -> None:
        """Somebody presses "Re-run" on a check run."""
        check_events.rerequest(self.acting(sender), self.hub.runs[check_run_id])

    rerequest_check_run = rerequest

    def rerequest_check_suite(self, check_suite_id: int, sender: str = FOUNDER) -> None:
        """Somebody presses "Re-run all checks"."""
        check_events.rerequest_suite(self.acting(sender), self.hub.suites[check_suite_id])

    def press_button(self, check_run_id: int, identifier: str, sender: str = FOUNDER) -> None:
        """Somebody presses one of the buttons that the App gave its check run."""
        check_events.press(self.acting(sender), self.hub.runs[check_run_id], identifier)

    def _pull(self, full_name: str, number: int) -> PullRequest:
        pull = self.hub.pull(self.hub.of(full_name), number)
        if pull is None:
            raise KeyError(f"there is no pull request {full_name}#{number}")
        return pull
