"""A letter goes to GitHub: its check run, its annotations, its GitHub deployment."""

from __future__ import annotations

import time
from dataclasses import replace

from app.deployment_ids import page_of
from app.github import GitHub, GitHubError
from app.github.bodies import ANNOTATIONS_PER_REQUEST
from app.model import Commit, Report
from app.outbox.letter import Letter, Refusals, state_is_news
from app.report import CheckRunPayload, check_run, github_deployment_state, last_word
from app.store import Store
from app.telemetry import log

UNPROCESSABLE = 422
# GitHub itself calls a check run stale that was not completed for so long:
# https://docs.github.com/rest/guides/using-the-rest-api-to-interact-with-checks
STALE_SECONDS = 14 * 86_400.0


class Sender:
    """Brings a letter's newest report to GitHub: check run, annotations, GitHub deployment.

    Raises what GitHub's client raises, unless GitHub will never take it: then the letter says so.
    """

    def __init__(self, github: GitHub, store: Store, public_url: str) -> None:
        self._github, self._store, self._public_url = github, store, public_url

    def send(self, deployment_id: str, letter: Letter, report: Report) -> None:
        if letter.dropped:
            return
        payload = rendered(deployment_id, letter, report)
        try:
            if letter.known.check_run_id == 0:
                self._create(deployment_id, letter, report.commit, payload)
            if payload != letter.sent:
                self._update(report.commit, letter, payload)
        except GitHubError as error:
            if not (letter.refusals.final(error) or out_of_date(report, error)):
                raise
            letter.dropped = str(error)
            log.warning("check_run.dropped", deployment=deployment_id, reason=letter.dropped)
            return
        letter.refusals = Refusals()
        if not letter.stateless and state_is_news(letter, report):
            self._send_state(deployment_id, letter, report, payload.title)

    def _send_state(self, deployment_id: str, letter: Letter, report: Report, title: str) -> None:
        try:
            self._say_state(deployment_id, letter, report, github_deployment_state(report), title)
        except GitHubError as error:
            if not (letter.state_refusals.final(error) or out_of_date(report, error)):
                raise
            letter.stateless = str(error)
            log.warning("github_deployment.dropped", deployment=deployment_id, reason=letter.stateless)

    def _create(self, deployment_id: str, letter: Letter, commit: Commit, payload: CheckRunPayload) -> None:
        made = self._github.create_check_run(
            commit,
            name=letter.report.check_name,
            external_id=deployment_id,
            details_url=self._page(deployment_id),
            payload=payload,
            again=letter.known.taken_up,
        )
        if not letter.known.taken_up:
            letter.sent = replace(payload, annotations=payload.annotations[:ANNOTATIONS_PER_REQUEST])
        letter.known = replace(letter.known, check_run_id=made)
        self._store.deployments.has_check_run(deployment_id, made)

    def _update(self, commit: Commit, letter: Letter, payload: CheckRunPayload) -> None:
        """Annotations before the conclusion: whoever waits for a check run to end finds it whole."""
        check_run_id, plain = letter.known.check_run_id, replace(payload, annotations=())
        if payload.annotations and (letter.sent is None or payload.annotations != letter.sent.annotations):
            self._github.add_annotations(
                commit.repository,
                check_run_id,
                payload.title,
                payload.summary,
                payload.annotations,
                text=payload.text,
            )
        if letter.sent is None or plain != replace(letter.sent, annotations=()):
            self._github.update_check_run(commit.repository, check_run_id, plain)
        letter.sent = payload

    def _say_state(self, deployment_id: str, letter: Letter, report: Report, state: str, title: str) -> None:
        if letter.known.github_deployment_id == 0:
            serving = replace(report.commit, sha=report.serves) if report.serves else report.commit
            made = self._github.create_github_deployment(
                serving,
                report.environment,
                report.check_name,
                key=deployment_id,
                transient=report.commit.pull_request > 0,
                again=letter.known.taken_up,
            )
            letter.known = replace(letter.known, github_deployment_id=made)
            self._store.deployments.has_github_deployment(deployment_id, made)
        self._github.set_github_deployment_status(
            report.commit.repository,
            letter.known.github_deployment_id,
            state,
            log_url=self._page(deployment_id),
            environment_url=report.url,
            description=title,
        )
        letter.sent_state = state

    def _page(self, deployment_id: str) -> str:
        return page_of(self._public_url, deployment_id)


def out_of_date(report: Report, error: GitHubError) -> bool:
    """Whether a refusal that may pass has lasted, as a suspension may, until nobody waits for this report any more."""
    ended = max((max(row.started, row.ended) for row in report.rows), default=0.0)
    return report.ending is not None and not error.transient and ended + STALE_SECONDS < time.time()


def rendered(deployment_id: str, letter: Letter, report: Report) -> CheckRunPayload:
    """The report as it reads, or a short last word where it cannot be written, or GitHub did not take it."""
    if letter.refusals.status == UNPROCESSABLE:
        return last_word(report, "GitHub did not take the whole report")
    try:
        return check_run(report)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, its commit must not wait for ever
        log.fault("check_run.not_written", error, deployment=deployment_id)
        return last_word(report, f"ServerGem could not write the whole report ({type(error).__name__})")
