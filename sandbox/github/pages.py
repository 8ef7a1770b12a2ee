"""Pages for people: a repository, a commit with its checks as GitHub shows them, the list of deliveries."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.github import check_events
from sandbox.github.answers import Refused, not_found
from sandbox.github.git import EMPTY_TREE
from sandbox.github.installing import Installations
from sandbox.github.pages_pulls import PullPages
from sandbox.github.records import CheckRun, Repo
from sandbox.github.registration import Registrations
from sandbox.github.site import Site, Visit, to
from sandbox.github.state import Hub
from sandbox.github.words import Json

_AROUND = 3
_LOG_LENGTH = 50


@dataclass(frozen=True)
class SourceLine:
    """One line of a file, as an annotation shows it."""

    number: int
    text: str
    marked: bool


class Pages:
    """Renders with the address that the reader used."""

    def __init__(self, site: Site) -> None:
        self._site, self._hub = site, site.hub

    def start(self, visit: Visit) -> Response:
        return self._site.page(visit, "start.html", repos=list(self._hub.repos.values()))

    def deliveries(self, visit: Visit) -> Response:
        return self._site.page(visit, "deliveries.html", attempts=self._hub.deliveries.attempts())

    def new(self, visit: Visit) -> Response:
        """The form for a new repository."""
        return self._site.page(
            visit, "new.html", owners=sorted({repo.owner for repo in self._hub.repos.values()})
        )

    def create(self, visit: Visit) -> Response:
        """An empty repository with the App on it; its page says how to push to it."""
        owner, name = (visit.form.get(field, "").strip() for field in ("owner", "name"))
        if self._hub.find(owner, name):
            raise Refused(422, f"{owner}/{name} exists already.")
        repo = self._hub.founded(owner, name)
        if repo is None:
            raise Refused(422, f"{owner}/{name} is no name for a repository: letters, digits, ., - and _.")
        return to(f"/{repo.full_name}")

    def repository(self, visit: Visit) -> Response:
        repo = visit.repo
        git = repo.git
        branches = git.branches()
        branch = visit.params.get("ref", git.default_branch)
        head = branches.get(branch)
        return self._site.page(
            visit,
            "repository.html",
            repo=repo,
            clone_url=f"{visit.base}/{repo.full_name}.git",
            branches=branches,
            branch=branch,
            pulls=[pull for pull in self._hub.pulls_of(repo) if pull.state == "open"],
            entries=sorted(git.tree(head), key=lambda e: (e.kind != "tree", e.path)) if head else (),
            commits=git.log(head, limit=_LOG_LENGTH) if head else (),
            runs=self._newest_runs(repo),
        )

    def fork(self, visit: Visit) -> Response:
        fork = self._hub.find(visit.who, visit.repo.name) or self._hub.fork(visit.repo, visit.who)
        return to(f"/{fork.full_name}")

    def blob(self, visit: Visit) -> Response:
        repo = visit.repo
        sha, path = _split(repo, visit.params["rest"])
        content = _lines(repo, sha, path) if sha else None
        if content is None:
            raise not_found()
        return self._site.page(visit, "blob.html", repo=repo, path=path, sha=sha, lines=content)

    def commit(self, visit: Visit) -> Response:
        repo = visit.repo
        sha = repo.git.resolve(visit.params["sha"])
        if sha is None:
            raise not_found()
        facts = repo.git.commit(sha)
        return self._site.page(
            visit,
            "commit.html",
            repo=repo,
            commit=facts,
            runs=self._hub.latest_runs(repo, sha),
            may_write=self._hub.may_write(repo, visit.who),
            shown=_shown,
            patch=repo.git.patch(facts.parents[0] if facts.parents else EMPTY_TREE, sha).splitlines(),
            deployments=[d for d in self._hub.deployments_of(repo) if d.sha == sha],
        )

    def run(self, visit: Visit) -> Response:
        return RedirectResponse(_address(self._run(visit)))

    def press(self, visit: Visit) -> Response:
        """One of the buttons that the App gave its check run."""
        run = self._run(visit)
        visit.insist_on_writer()
        check_events.press(visit.actor, run, visit.form.get("identifier", ""))
        return to(_address(run))

    def rerequest(self, visit: Visit) -> Response:
        run = self._run(visit)
        visit.insist_on_writer()
        check_events.rerequest(visit.actor, run)
        return to(_address(run))

    def rerequest_suite(self, visit: Visit) -> Response:
        suite = self._hub.suites.get(visit.number("id"))
        if suite is None or suite.repo is not visit.repo:
            raise not_found()
        visit.insist_on_writer()
        check_events.rerequest_suite(visit.actor, suite)
        return to(f"/{suite.repo.full_name}/commit/{suite.sha}/checks")

    def _run(self, visit: Visit) -> CheckRun:
        run = self._hub.runs.get(visit.number("id"))
        if run is None or run.suite.repo is not visit.repo:
            raise not_found()
        return run

    def _newest_runs(self, repo: Repo) -> dict[str, list[CheckRun]]:
        shas = {run.suite.sha for run in self._hub.runs_of(repo)}
        return {sha: self._hub.latest_runs(repo, sha) for sha in shas}


def _address(run: CheckRun) -> str:
    return f"/{run.suite.repo.full_name}/commit/{run.suite.sha}/checks#run-{run.id}"


def _shown(run: CheckRun, annotation: Json) -> list[SourceLine]:
    """The lines that an annotation is about, and a few around them."""
    lines = _lines(run.suite.repo, run.suite.sha, annotation["path"]) or []
    first, last = annotation["start_line"], annotation["end_line"]
    around = range(max(1, first - _AROUND), min(len(lines), last + _AROUND) + 1)
    return [SourceLine(number, lines[number - 1], first <= number <= last) for number in around]


def _lines(repo: Repo, sha: str, path: str) -> list[str] | None:
    entry = next(iter(repo.git.tree(sha, path=path.strip("/"))), None) if path.strip("/") else None
    if entry is None or entry.kind != "blob":
        return None
    return repo.git.blob(entry.sha).decode(errors="replace").splitlines()


def _split(repo: Repo, rest: str) -> tuple[str | None, str]:
    """A ref and a path, joined by a slash that may be any of the slashes."""
    parts = rest.split("/")
    for end in range(1, len(parts)):
        if sha := repo.git.resolve("/".join(parts[:end])):
            return sha, "/".join(parts[end:])
    return None, rest


def routes(hub: Hub) -> list[Route]:
    site = Site(hub)
    pages, pulls, here = Pages(site), PullPages(site), "/{owner}/{name}"
    looked_at = {
        "/": pages.start,
        "/new": pages.new,
        "/settings/deliveries": pages.deliveries,
        f"{here}/commit/{{sha}}": pages.commit,
        f"{here}/commit/{{sha}}/checks": pages.commit,
        f"{here}/runs/{{id}}": pages.run,
        f"{here}/tree/{{ref:path}}": pages.repository,
        f"{here}/blob/{{rest:path}}": pages.blob,
        f"{here}/pulls": pulls.listed,
        f"{here}/compare": pulls.compare,
        f"{here}/pull/{{number}}": pulls.conversation,
        f"{here}/pull/{{number}}/files": pulls.files,
        here: pages.repository,
    }
    sent = {
        "/new": pages.create,
        f"{here}/fork": pages.fork,
        f"{here}/runs/{{id}}/press": pages.press,
        f"{here}/runs/{{id}}/rerequest": pages.rerequest,
        f"{here}/suites/{{id}}/rerequest": pages.rerequest_suite,
        f"{here}/pulls": pulls.create,
        f"{here}/pull/{{number}}/comment": pulls.comment,
        f"{here}/pull/{{number}}/merge": pulls.merge,
        f"{here}/pull/{{number}}/state": pulls.change,
    }
    apps = [*Registrations(site).routes(), *Installations(site).routes()]
    return [*apps, *site.routes(looked_at, sent)]
