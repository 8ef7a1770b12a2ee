"""Check runs and GitHub deployments: each made once."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.github import bodies, endpoints
from app.github.calls import Calls, id_of
from app.github.errors import GitHubError
from app.model import Commit, Repository
from app.report import Annotation, CheckRunPayload
from app.text.escaping import in_markdown


@dataclass(frozen=True)
class OpenCheckRun:
    """A check run that is not completed; `external_id` is the deployment's that it tells of."""

    id: int
    external_id: str


class Checks(Calls):
    """Check runs and GitHub deployments: each made once."""

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
            lambda: id_of(self._wire.ask(endpoints.CREATE_CHECK_RUN, commit.repository, body=body).json()),
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

    def open_check_runs(self, repository: Repository, sha: str, slug: str) -> tuple[OpenCheckRun, ...]:
        """What the App of this `slug` has made on a commit and not completed."""

        def ask() -> tuple[OpenCheckRun, ...]:
            query: dict[str, object] = {"status": "in_progress", "filter": "all"}
            pages = self._wire.pages(endpoints.CHECK_RUNS_OF_COMMIT, repository, query=query, ref=sha)
            return tuple(
                OpenCheckRun(id_of(run), run["external_id"] or "")
                for page in pages
                for run in page["check_runs"]
                if (run["app"] or {}).get("slug") == slug
            )

        return self._again(ask)

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
            return id_of(answer.json())

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
            return id_of(newest[0]) if same else None

        self._make(
            look,
            lambda: id_of(
                self._wire.ask(endpoints.CREATE_STATUS, repository, body=body, id=deployment_id).json()
            ),
        )

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
                    return id_of(run)
        return None

    def _look_for_deployment(self, commit: Commit, environment: str, key: str) -> int | None:
        query: dict[str, object] = {"sha": commit.sha, "environment": environment}
        for page in self._wire.pages(endpoints.DEPLOYMENTS, commit.repository, query=query):
            for deployment in page:
                payload = deployment["payload"]
                if isinstance(payload, dict) and payload.get("servergem") == key:
                    return id_of(deployment)
        return None


def _short(payload: CheckRunPayload, error: GitHubError) -> CheckRunPayload:
    why = in_markdown(error.message)
    summary = f"GitHub did not take the whole report ({why}). Its details page has all of it."
    return replace(payload, title=payload.title[:120], summary=summary, text="", actions=())
