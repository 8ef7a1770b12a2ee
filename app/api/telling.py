"""What our rows say, in the shapes of the API; pure."""

from __future__ import annotations

from datetime import UTC, datetime

from app.api.shapes import (
    CommitShape,
    DeploymentShape,
    FindingShape,
    FrequentShape,
    InsightShape,
    LockShape,
    NumbersShape,
    PartShape,
    PlaceNumbersShape,
    PlaceShape,
    ServesShape,
    ServiceShape,
    StageShape,
    WholeDeployment,
)
from app.deployment_ids import page_of
from app.insight import Insight, Numbers, Part
from app.model import Commit, Finding, Row, service_and_environment
from app.pages.served import Served
from app.report import silence, title
from app.store.history import Listed
from app.store.traffic import Lock, Shift


def deployment(listed: Listed, public_url: str) -> DeploymentShape:
    report = listed.report
    service, environment = service_and_environment(report.check_name)
    return DeploymentShape(
        id=listed.id,
        repository=report.commit.repository.full_name,
        service=service,
        environment=environment,
        region=listed.region,
        state=report.ending or "running",
        title=title(report),
        commit=_commit(report.commit),
        started=at(listed.started),
        ended=at(listed.ended) if listed.ended else None,
        url=report.url,
        revision=report.revision,
        page=page_of(public_url, listed.id),
    )


def whole(listed: Listed, public_url: str, log_lines: int) -> WholeDeployment:
    report = listed.report
    return WholeDeployment(
        **dict(deployment(listed, public_url)),
        stages=[_stage(row) for row in report.rows],
        findings=[_finding(each) for each in report.findings],
        remarks=list(report.remarks),
        log_lines=log_lines,
        no_log="" if log_lines else silence(report),
    )


def service(served: Served, public_url: str) -> ServiceShape:
    return ServiceShape(
        repository=served.repository.full_name,
        service=served.service,
        environment=served.environment,
        serves=_serves(served.shift) if served.shift else None,
        newest=deployment(served.newest, public_url),
        lock=_lock(served.lock) if served.lock else None,
    )


def insight(told: Insight, *, cut: bool) -> InsightShape:
    return InsightShape(
        days=told.days,
        since=at(told.since),
        until=at(told.until),
        whole=_numbers(told.whole),
        before=_numbers(told.before),
        places=[_place(*each) for each in told.places],
        parts=[_part(each) for each in told.parts],
        findings=[
            FrequentShape(code=each.code, title=each.title, times=each.times, last=at(each.last))
            for each in told.findings
        ],
        cut=cut,
    )


def at(seconds: float) -> datetime:
    """Epoch seconds as a time of the calendar."""
    return datetime.fromtimestamp(seconds, UTC)


def _numbers(told: Numbers) -> NumbersShape:
    return NumbersShape(
        deployments=told.deployments,
        deployments_per_day=told.per_day,
        lead_seconds=told.lead,
        commits_measured=told.measured,
        failed=told.failed,
        failure_rate=told.failure_rate,
        restore_seconds=told.restore,
    )


def _place(repository: str, environment: str, told: Numbers) -> PlaceNumbersShape:
    return PlaceNumbersShape(**dict(_numbers(told)), repository=repository, environment=environment)


def _part(part: Part) -> PartShape:
    return PartShape(
        **dict(_numbers(part.numbers)), since=at(part.since), builds=part.builds, build_seconds=part.built
    )


def _commit(commit: Commit) -> CommitShape:
    return CommitShape(
        sha=commit.sha,
        branch=commit.branch,
        subject=commit.message.partition("\n")[0],
        author=commit.author,
        pull_request=commit.pull_request,
    )


def _stage(row: Row) -> StageShape:
    return StageShape(
        title=row.title,
        state=row.state,
        seconds=row.seconds,
        notes=list(row.notes),
        parts=[_stage(part) for part in row.parts],
    )


def _finding(found: Finding) -> FindingShape:
    place = found.place
    return FindingShape(
        code=found.code,
        title=found.title,
        message=found.message,
        fix=found.fix,
        blame=found.blame,
        weight=found.weight,
        place=PlaceShape(path=place.path, line=place.line, last_line=place.last_line) if place else None,
        excerpt=found.excerpt,
        link=found.link,
    )


def _serves(shift: Shift) -> ServesShape:
    return ServesShape(sha=shift.sha, revision=shift.revision, url=shift.url, since=at(shift.time))


def _lock(lock: Lock) -> LockShape:
    return LockShape(by=lock.holder, reason=lock.reason, until=at(lock.expires))
