"""What two wishes of a servergem.yml would make the same thing at Cloud Run; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.config.environments import Environment, home_of, jobs_in, regions_in, workers_in
from app.config.names import fitted
from app.config.targets import Config, environments, name_there


@dataclass(frozen=True)
class _Wish:
    """One thing that is to be at Cloud Run: what it is in words, under which name, where, and the line that asks."""

    words: str
    name: str
    place: tuple[str, str]
    line: int


def one_service_twice(
    config: Config, default_branch: str, region: str, beside: Config | None = None
) -> Iterator[tuple[str, str, str, int]]:
    """What becomes the same Cloud Run service, job or worker: two wishes in words, its name, and the lower line.

    `region` is that of what names none. One name in two projects is two services. What `beside` wishes is there as
    that one says it, whatever is said of the same in `config`.
    """
    both = (config, *([replace(beside, lines=())] if beside else []))
    services = [wish for each in both for wish in _services(each, default_branch, region)]
    yield from _twice(services)
    yield from _of_previews(services, "", {own.name for each in both for own in each.services})
    for what in ("job", "worker"):
        beside_them = [wish for each in both for wish in _beside_services(each, what, default_branch, region)]
        yield from _twice(beside_them)
        named = {own.name for each in both for own in (each.jobs if what == "job" else each.workers)}
        yield from _of_previews(beside_them, f"the {what} ", named)


def _twice(wishes: list[_Wish]) -> Iterator[tuple[str, str, str, int]]:
    first: dict[tuple[str, tuple[str, str]], _Wish] = {}
    for wish in wishes:
        other = first.setdefault((wish.name, wish.place), wish)
        if other.words != wish.words:
            yield other.words, wish.words, wish.name, max(wish.line, other.line)


def _of_previews(wishes: list[_Wish], what: str, names: set[str]) -> Iterator[tuple[str, str, str, int]]:
    """What would be a pull request's copy of a service, a job or a worker."""
    for wish in dict.fromkeys(wishes):
        stem, _, number = wish.name.rpartition("-pr-")
        for name in sorted(names) if stem and number.isdecimal() else ():
            if fitted(name, f"-pr-{number}") == wish.name:
                yield (
                    wish.words,
                    f"the preview of {what}{name} in pull request {number}",
                    wish.name,
                    wish.line,
                )


def _services(config: Config, default_branch: str, region: str) -> Iterator[_Wish]:
    lines = dict(config.lines)
    for environment, at_home in _environments(config, default_branch):
        for service in config.services:
            for where in regions_in(environment, service) or (region,):
                yield _Wish(
                    f"{service.name} in {environment.name}",
                    name_there(service.name, environment, at_home),
                    (environment.project, where),
                    lines.get(f"services.{service.name}") or lines.get(f"environments.{environment.name}", 1),
                )


def _beside_services(config: Config, what: str, default_branch: str, region: str) -> Iterator[_Wish]:
    """The jobs, or the workers, of each environment that has them."""
    lines, services = dict(config.lines), {each.name: each for each in config.services}
    for environment, at_home in _environments(config, default_branch):
        jobs, workers = jobs_in(environment, config.jobs), workers_in(environment, config.workers)
        for own in jobs if what == "job" else workers:
            yield _Wish(
                f"the {what} {own.name} in {environment.name}",
                name_there(own.name, environment, at_home),
                (environment.project, (*regions_in(environment, services[own.service]), region)[0]),
                lines.get(f"{what}s.{own.name}", 1),
            )


def _environments(config: Config, default_branch: str) -> Iterator[tuple[Environment, bool]]:
    """Each of them, and whether it is home."""
    every = environments(config, default_branch)
    home = home_of(every, default_branch)
    yield from ((each, each == home) for each in every)
