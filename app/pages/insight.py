"""Insight: DORA's four numbers, builds and findings of what a visitor may read, in plots and tables."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.insight import DAY, DAYS, PARTS, Insight, Numbers, Part, Past, insight, reverted
from app.model import Weight, service_and_environment
from app.pages import charts, times
from app.pages.asked import number, readable, store_of, visitor_of
from app.pages.charts import COUNTS, SECONDS, SHARES, Chart, Point, Scale, percent
from app.pages.rendering import page, seen
from app.pages.served import is_preview
from app.report import built
from app.store import Store
from app.store.history import Listed

# About fifty a day for 90 days, twice; they are read in about a second.
MOST_PAST = 10_000


@dataclass(frozen=True)
class Plot:
    """One plot, and the headings and rows of the table below it."""

    shape: Markup
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


async def insight_page(request: Request) -> Response:
    """Empty words choose all repositories and all environments."""
    query = request.query_params
    repository, environment = query.get("repository", ""), query.get("environment", "")
    days = number(request, "days", DAYS)
    days = days if days in PARTS else DAYS
    pasts = await run_in_threadpool(pasts_of, store_of(request), await readable(request), days)
    chosen = [
        each
        for each in pasts
        if repository in ("", each.repository) and environment in ("", each.environment)
    ]
    told = insight(chosen, days=days, until=time.time())
    return page(
        "insight.html",
        visitor=visitor_of(request),
        told=told,
        plots=plots(told),
        share=charts.share,
        percent=percent,
        repository=repository,
        environment=environment,
        repositories=sorted({each.repository for each in pasts}),
        environments=sorted({each.environment for each in pasts} - {""}),
        all_days=tuple(PARTS),
        to_days=_addresses(repository, environment),
        cut=len(pasts) >= MOST_PAST,
        most=MOST_PAST,
        **seen(request),
    )


def pasts_of(store: Store, repositories: frozenset[int] | None, days: int) -> list[Past]:
    """What ended in the last so many days and in as many before, without pull requests' copies."""
    since = time.time() - 2 * days * DAY
    listed = store.history.ended_since(repositories, since, MOST_PAST)
    return [past for each in listed if (past := _past(each))]


def plots(told: Insight) -> dict[str, Plot]:
    """The five plots of the page, by name."""
    parts, each_of = (
        told.parts,
        "day" if told.days == PARTS[told.days] else f"{told.days // PARTS[told.days]} days",
    )

    def plot(name: str, title: str, value: Callable[[Part], float | None], scale: Scale) -> Chart:
        points = tuple(Point(times.day(part.since), value(part)) for part in parts)
        return Chart(name, f"{title}, by {each_of}", points, scale)

    lead = plot("lead", "Median lead time", lambda part: part.numbers.lead, SECONDS)
    restore = plot("restore", "Median time to restore", lambda part: part.numbers.restore, SECONDS)
    builds = plot("builds", "Median time of a build", lambda part: part.built, SECONDS)
    rate = plot("failures", "Change failure rate", lambda part: part.numbers.failure_rate, SHARES)
    often = plot("frequency", "Deployments", lambda part: part.numbers.deployments, COUNTS)
    return {
        "frequency": Plot(charts.bars(often), ("From", "Deployments", "A day"), _rows(parts, _often)),
        "lead": Plot(charts.line(lead), ("From", "Median", "Commits"), _rows(parts, _lead)),
        "failures": Plot(charts.bars(rate), ("From", "Deployments", "Failed", "Rate"), _rows(parts, _failed)),
        "restore": Plot(charts.bars(restore), ("From", "Median", "Restored"), _rows(parts, _restored)),
        "builds": Plot(charts.line(builds), ("From", "Median", "Builds"), _rows(parts, _built)),
    }


def _past(listed: Listed) -> Past | None:
    report = listed.report
    if report.ending is None or is_preview(report):
        return None
    stops = tuple((each.code, each.title) for each in report.findings if each.weight is Weight.STOP)
    commit = report.commit
    return Past(
        listed.lane,
        commit.repository.full_name,
        service_and_environment(report.check_name)[1],
        commit.sha,
        report.ending,
        listed.ended,
        commit.written,
        built(report),
        reverted(commit.message),
        stops,
    )


def _took(seconds: float | None) -> str:
    return "none" if seconds is None else times.length(seconds)


def _rows(parts: Iterable[Part], cells: Callable[[Part], tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    return tuple((times.day(part.since), *cells(part)) for part in parts)


def _often(part: Part) -> tuple[str, ...]:
    return str(part.numbers.deployments), f"{part.numbers.per_day:.1f}"


def _lead(part: Part) -> tuple[str, ...]:
    return _took(part.numbers.lead), str(part.numbers.measured)


def _failed(part: Part) -> tuple[str, ...]:
    return str(part.numbers.deployments), str(part.numbers.failed), _rate(part.numbers)


def _restored(part: Part) -> tuple[str, ...]:
    return _took(part.numbers.restore), str(part.numbers.failed)


def _built(part: Part) -> tuple[str, ...]:
    return _took(part.built), str(part.builds)


def _rate(numbers: Numbers) -> str:
    return "none" if numbers.failure_rate is None else percent(numbers.failure_rate)


def _addresses(repository: str, environment: str) -> Callable[[int], str]:
    chosen = {"repository": repository, "environment": environment}
    kept = {name: word for name, word in chosen.items() if word}
    return lambda days: "/insight?" + urlencode(kept | {"days": days})
