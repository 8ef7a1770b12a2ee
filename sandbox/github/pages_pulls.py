"""Pages for people: the list of pull requests, one with its conversation, checks and deployments, and a new one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.responses import Response

from sandbox.github import comments, merging, pull_requests
from sandbox.github.answers import Refused, invalid, not_found
from sandbox.github.git import EMPTY_TREE
from sandbox.github.git_words import CommitFacts
from sandbox.github.issues import PullRequest
from sandbox.github.records import Deployment
from sandbox.github.site import Site, Visit, to
from sandbox.github.state import Hub

FACES = {
    "+1": "👍",
    "-1": "👎",
    "laugh": "😄",
    "hooray": "🎉",
    "confused": "😕",
    "heart": "❤️",
    "rocket": "🚀",
    "eyes": "👀",
}
# What GitHub says of the newest deployment to an environment.
_DEPLOYED = {
    "success": "This branch was deployed to",
    "inactive": "This branch is no longer deployed to",
    "failure": "This branch failed to deploy to",
    "error": "This branch failed to deploy to",
}


@dataclass(frozen=True)
class Deployed:
    """One line of the deployments box; no link once it is gone."""

    sentence: str
    environment: str
    state: str
    link: str


class PullPages:
    """Renders pull requests, and does what their buttons say."""

    def __init__(self, site: Site) -> None:
        self._site, self._hub = site, site.hub

    def listed(self, visit: Visit) -> Response:
        state = visit.query.get("state", "open")
        pulls = self._hub.pulls_of(visit.repo)
        return self._site.page(
            visit,
            "pulls.html",
            repo=visit.repo,
            state=state,
            counts={state: sum(pull.state == state for pull in pulls) for state in ("open", "closed")},
            pulls=[pull for pull in pulls if pull.state == state],
            runs={pull.number: self._hub.latest_runs(visit.repo, pull.head.sha) for pull in pulls},
        )

    def compare(self, visit: Visit) -> Response:
        """The form for a new pull request."""
        repo = visit.repo
        forks = [fork for fork in self._hub.repos.values() if repo in fork.forked_from]
        heads = [*repo.git.branches(), *(f"{f.owner}:{name}" for f in forks for name in f.git.branches())]
        return self._site.page(
            visit,
            "compare.html",
            repo=repo,
            bases=list(repo.git.branches()),
            base=visit.query.get("base", repo.git.default_branch),
            heads=heads,
            head=visit.query.get("head", ""),
        )

    def create(self, visit: Visit) -> Response:
        form = visit.form
        owner, _, branch = form.get("head", "").rpartition(":")
        source = self._hub.find(owner, visit.repo.name) if owner else visit.repo
        if source is None or not form.get("title"):
            raise invalid("PullRequest", ("head" if source is None else "title", "missing_field", ""))
        base, title, text = form.get("base", ""), form["title"], form.get("body", "")
        proposal = pull_requests.Proposal(source, branch, base, title, text, "draft" in form)
        pull = pull_requests.open_one(visit.actor, visit.repo, proposal)
        return to(_address(pull))

    def conversation(self, visit: Visit) -> Response:
        pull = self._pull(visit)
        return self._site.page(
            visit,
            "pull.html",
            repo=pull.repo,
            pull=pull,
            gone=pull.head.repo_id not in self._hub.repos,
            commits=_commits(pull),
            comments=self._hub.comments_of(pull),
            kinds=self._hub.kind_of,
            faces=FACES,
            runs=self._hub.latest_runs(pull.repo, pull.head.sha),
            deployed=list(_deployed(self._hub, pull)),
            mergeable=pull.state == "open" and merging.try_merge(pull).commit is not None,
            may_write=self._hub.may_write(pull.repo, visit.who),
        )

    def files(self, visit: Visit) -> Response:
        pull = self._pull(visit)
        git = pull.repo.git
        start = git.merge_base(*pull.span) or EMPTY_TREE
        changes, patch = git.changes(start, pull.head.sha), git.patch(start, pull.head.sha).splitlines()
        return self._site.page(
            visit, "pull_files.html", repo=pull.repo, pull=pull, changes=changes, patch=patch
        )

    def comment(self, visit: Visit) -> Response:
        pull = self._pull(visit)
        said = comments.say(visit.actor, pull, visit.form.get("body", ""))
        return to(f"{_address(pull)}#issuecomment-{said.id}")

    def merge(self, visit: Visit) -> Response:
        pull = self._pull(visit)
        visit.insist_on_writer()
        pull_requests.merge(visit.actor, pull, visit.form.get("method", "merge"))
        return to(_address(pull))

    def change(self, visit: Visit) -> Response:
        """Close, reopen, make a draft of it or make it ready."""
        pull = self._pull(visit)
        if visit.who != pull.author:
            visit.insist_on_writer()
        wish = visit.form.get("to", "")
        if wish in ("draft", "ready"):
            pull_requests.set_draft(visit.actor, pull, wish == "draft")
        elif wish == "closed":
            pull_requests.close(visit.actor, pull)
        elif wish == "open":
            pull_requests.reopen(visit.actor, pull)
        else:
            raise Refused(422, f"{wish!r} is nothing that a pull request can become.")
        return to(_address(pull))

    def _pull(self, visit: Visit) -> PullRequest:
        pull = self._hub.pull(visit.repo, visit.number("number"))
        if pull is None:
            raise not_found()
        return pull


def _address(pull: PullRequest) -> str:
    return f"/{pull.repo.full_name}/pull/{pull.number}"


def _commits(pull: PullRequest) -> list[CommitFacts]:
    """Oldest first."""
    return list(pull.repo.git.log(pull.head.sha, "--not", pull.base_sha)[::-1])


def _deployed(hub: Hub, pull: PullRequest) -> Iterator[Deployed]:
    """The newest deployment of this branch to each environment."""
    shas = {pull.head.sha, *(commit.sha for commit in _commits(pull))}
    newest: dict[str, Deployment] = {}
    for deployment in hub.deployments_of(pull.repo):
        if deployment.sha in shas:
            newest.setdefault(deployment.environment, deployment)
    for environment, deployment in newest.items():
        link = deployment.statuses[-1].environment_url if deployment.active else ""
        sentence = _DEPLOYED.get(deployment.state, "This branch is being deployed to")
        yield Deployed(sentence, environment, deployment.state, link)
