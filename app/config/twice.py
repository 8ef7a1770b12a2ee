"""What two wishes of a servergem.yml would make the same thing at Cloud Run; pure."""

from __future__ import annotations

from collections.abc import Iterator

from app.config.environments import Environment, home_of, jobs_in, region_in, workers_in
from app.config.names import fitted
from app.config.targets import Config, environments, name_there


def one_service_twice(
    config: Config, default_branch: str, region: str
) -> Iterator[tuple[str, str, str, int]]:
    """What becomes the same Cloud Run service: two wishes in words, its name, and the lower line.

    `region` is that of what names none. One name in two projects is two services.
    """
    every = environments(config, default_branch)
    home = home_of(every, default_branch)
    lines = dict(config.lines)
    wishes = [
        (
            f"{service.name} in {environment.name}",
            name_there(service.name, environment, environment == home),
            (environment.project, region_in(environment, service) or region),
            lines.get(f"services.{service.name}") or lines.get(f"environments.{environment.name}", 1),
        )
        for environment in every
        for service in config.services
    ]
    first: dict[tuple[str, tuple[str, str]], tuple[str, int]] = {}
    for wish, name, place, line in wishes:
        other, its_line = first.setdefault((name, place), (wish, line))
        if other != wish:
            yield other, wish, name, max(line, its_line)
    yield from _one_beside_twice(config, every, home, region)
    for wish, name, _, line in wishes:
        stem, _, number = name.rpartition("-pr-")
        for service in config.services if number.isdecimal() else ():
            if stem and fitted(service.name, f"-pr-{number}") == name:
                yield wish, f"the preview of {service.name} in pull request {number}", name, line


def _one_beside_twice(
    config: Config, every: tuple[Environment, ...], home: Environment, region: str
) -> Iterator[tuple[str, str, str, int]]:
    """The same of jobs, and of workers, in each environment that has them."""
    lines, services = dict(config.lines), {each.name: each for each in config.services}
    for what in ("job", "worker"):
        first = dict[tuple[str, str, str], str]()
        for environment in every:
            there = (
                jobs_in(environment, config.jobs)
                if what == "job"
                else workers_in(environment, config.workers)
            )
            for own in there:
                wish = f"the {what} {own.name} in {environment.name}"
                name = name_there(own.name, environment, environment == home)
                where = region_in(environment, services[own.service]) or region
                if (other := first.setdefault((name, environment.project, where), wish)) != wish:
                    yield other, wish, name, lines.get(f"{what}s.{own.name}", 1)
