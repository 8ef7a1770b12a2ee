"""Counted: how many services, jobs or workers a configuration has, as an operator's list counts them; pure."""

from __future__ import annotations

from app.config.environments import regions_in
from app.config.targets import Config, environments


def counted(config: Config, what: str) -> int:
    """So many of `what`, a section of servergem.yml; a service is one in each of its regions, where it has the most."""
    if what != "services":
        return len(getattr(config, what))
    every = environments(config, "")
    return sum(max(1, *(len(regions_in(each, service)) for each in every)) for service in config.services)
