"""Domains of a configuration: none of them leads to two services; pure."""

from __future__ import annotations

from collections.abc import Iterator

from app.config.environments import home_of, service_in
from app.config.targets import Config, environments


def one_domain_twice(config: Config, default_branch: str) -> Iterator[tuple[str, str, str, int]]:
    """Two services that want the same domain, in words; the domain, and the lower line."""
    every = environments(config, default_branch)
    home, lines, first = home_of(every, default_branch), dict(config.lines), dict[str, tuple[str, int]]()
    for environment in every:
        for service in config.services:
            there = service_in(environment, service, at_home=environment == home)
            wish = f"{service.name} in {environment.name}"
            keys = (f"environments.{environment.name}.services.{service.name}", f"services.{service.name}")
            line = next((lines[f"{key}.domain"] for key in keys if f"{key}.domain" in lines), 1)
            other, its_line = first.setdefault(there.domain, (wish, line))
            if there.domain and other != wish:
                yield other, wish, there.domain, max(line, its_line)
