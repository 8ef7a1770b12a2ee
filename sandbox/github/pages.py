"""Pages for people: a repository, a commit with its checks as GitHub shows them, the list of deliveries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape
from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.github.git import EMPTY_TREE
from sandbox.github.state import CheckRun, Hub, Repo
from sandbox.github.words import Json

FOLDER = Path(__file__).parent / "pages"
# What a person wrote is shown, never run.
_MARKDOWN = MarkdownIt("gfm-like", {"html": False, "linkify": False})
_AROUND = 3
_LOG_LENGTH = 50
# Where GitHub shows the sign of a check run's end.
SIGNS = {
    "success": "✓",
    "failure": "✗",
    "timed_out": "✗",
    "cancelled": "⊘",
    "neutral": "■",
    "skipped": "⊘",
    "action_required": "!",
}

Params = dict[str, str]


@dataclass(frozen=True)
class SourceLine:
    """One line of a file, as an annotation shows it."""

    number: int
    text: str
    marked: bool


class Pages:
    """Renders with the address that the reader used."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._jinja = Environment(loader=FileSystemLoader(FOLDER), autoescape=select_autoescape())
        self._jinja.filters["markdown"] = lambda text: Markup(_MARKDOWN.render(text or ""))  # noqa: S704 - no HTML passes
        self._jinja.globals["signs"] = SIGNS

    def start(self, _base: str, _params: Params) -> Response:
        return self._page("start.html", repos=list(self._hub.repos.values()))

    def deliveries(self, _base: str, _params: Params) -> Response:
        return self._page("deliveries.html", attempts=self._hub.deliveries.attempts())

    def repository(self, base: str, params: Params) -> Response:
        repo = self._repo(params)
        if repo is None:
            return self._missing()
        git = repo.git
        branches = git.branches()
        head = branches.get(params.get("ref", git.default_branch))
        return self._page(
            "repository.html",
            repo=repo,
            clone_url=f"{base}/{repo.full_name}.git",
            branches=branches,
            branch=params.get("ref", git.default_branch),
            entries=sorted(git.tree(head), key=lambda e: (e.kind != "tree", e.path)) if head else (),
            commits=git.log(head, limit=_LOG_LENGTH) if head else (),
            runs=self._newest_runs(repo),
        )

    def blob(self, _base: str, params: Params) -> Response:
        repo = self._repo(params)
        sha, path = self._split(repo, params["rest"]) if repo else (None, "")
        content = self._lines(repo, sha, path) if repo and sha else None
        if content is None:
            return self._missing()
        return self._page("blob.html", repo=repo, path=path, sha=sha, lines=content)

    def commit(self, _base: str, params: Params) -> Response:
        repo = self._repo(params)
        sha = repo.git.resolve(params["sha"]) if repo else None
        if repo is None or sha is None:
            return self._missing()
        facts = repo.git.commit(sha)
        return self._page(
            "commit.html",
            repo=repo,
            commit=facts,
            runs=self._latest(repo, sha),
            shown=self._shown,
            patch=repo.git.patch(facts.parents[0] if facts.parents else EMPTY_TREE, sha).splitlines(),
            deployments=[d for d in self._hub.deployments_of(repo) if d.sha == sha],
        )

    def run(self, _base: str, params: Params) -> Response:
        repo = self._repo(params)
        run = self._hub.runs.get(int(params["id"])) if params["id"].isdecimal() else None
        if repo is None or run is None or run.suite.repo is not repo:
            return self._missing()
        return RedirectResponse(f"/{repo.full_name}/commit/{run.suite.sha}/checks#run-{run.id}")

    def _latest(self, repo: Repo, sha: str) -> list[CheckRun]:
        """The newest of each name, by name."""
        newest: dict[str, CheckRun] = {}
        for run in self._hub.runs_of(repo, sha):
            newest.setdefault(run.name, run)
        return sorted(newest.values(), key=lambda run: run.name)

    def _newest_runs(self, repo: Repo) -> dict[str, list[CheckRun]]:
        shas = {run.suite.sha for run in self._hub.runs_of(repo)}
        return {sha: self._latest(repo, sha) for sha in shas}

    def _shown(self, run: CheckRun, annotation: Json) -> list[SourceLine]:
        """The lines that an annotation is about, and a few around them."""
        lines = self._lines(run.suite.repo, run.suite.sha, annotation["path"]) or []
        first, last = annotation["start_line"], annotation["end_line"]
        around = range(max(1, first - _AROUND), min(len(lines), last + _AROUND) + 1)
        return [SourceLine(number, lines[number - 1], first <= number <= last) for number in around]

    def _lines(self, repo: Repo, sha: str, path: str) -> list[str] | None:
        entry = next(iter(repo.git.tree(sha, path=path.strip("/"))), None) if path.strip("/") else None
        if entry is None or entry.kind != "blob":
            return None
        return repo.git.blob(entry.sha).decode(errors="replace").splitlines()

    def _split(self, repo: Repo, rest: str) -> tuple[str | None, str]:
        """A ref and a path, joined by a slash that may be any of the slashes."""
        parts = rest.split("/")
        for end in range(1, len(parts)):
            if sha := repo.git.resolve("/".join(parts[:end])):
                return sha, "/".join(parts[end:])
        return None, rest

    def _repo(self, params: Params) -> Repo | None:
        return self._hub.find(params["owner"], params["name"])

    def _page(self, template: str, **facts: object) -> Response:
        return HTMLResponse(self._jinja.get_template(template).render(facts))

    def _missing(self) -> Response:
        return HTMLResponse(self._jinja.get_template("missing.html").render(), 404)


def routes(hub: Hub) -> list[Route]:
    pages = Pages(hub)
    here = "/{owner}/{name}"
    return list(
        _routes(
            {
                "/": pages.start,
                "/settings/deliveries": pages.deliveries,
                f"{here}/commit/{{sha}}": pages.commit,
                f"{here}/commit/{{sha}}/checks": pages.commit,
                f"{here}/runs/{{id}}": pages.run,
                f"{here}/tree/{{ref:path}}": pages.repository,
                f"{here}/blob/{{rest:path}}": pages.blob,
                here: pages.repository,
            }
        )
    )


def _routes(pages: dict[str, Callable[[str, Params], Response]]) -> Iterator[Route]:
    for path, page in pages.items():

        async def show(request: Request, page: Callable[[str, Params], Response] = page) -> Response:
            base = f"http://{request.headers['host']}"
            return await run_in_threadpool(page, base, dict(request.path_params))

        yield Route(path, show)
