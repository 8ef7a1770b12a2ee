"""The kinds of files that `servergem import` reads, each recognised by what it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.config.draft import Keys
from app.importing import (
    app_engine,
    cloud_build,
    cloud_run,
    compose,
    compose_parts,
    fly,
    github_actions,
    heroku,
    railway,
    render,
)
from app.importing.around import Around
from app.importing.foreign import Foreign
from app.importing.told import Left, Named

NOT_KNOWN = "ServerGem knows no key for it: look whether the service needs it."


@dataclass(frozen=True)
class Kind:
    """A format: its name to people, what recognises it, its model, its reader, and what is said of each key left."""

    name: str
    fits: Callable[[Mapping[str, Any]], bool]
    model: type[Foreign]
    tell: Callable[[Any, Around], Iterator[Named | Left]]
    left: Mapping[str, str]

    def instead(self, at: Keys) -> str:
        """What to do about a key that is not read: `*` in the table is any one part."""
        rows = ((key.split("."), said) for key, said in self.left.items())
        fitting = [
            (parts.count("*"), said)
            for parts, said in rows
            if len(parts) == len(at) and all(one in ("*", each) for one, each in zip(parts, at, strict=True))
        ]
        return min(fitting, default=(0, NOT_KNOWN))[1]


# In the order in which they are tried: what only one of them has comes first.
KINDS = (
    Kind("Cloud Run", cloud_run.is_cloud_run, cloud_run.CloudRun, cloud_run.tell, cloud_run.LEFT),
    Kind(
        "GitHub Actions",
        github_actions.is_workflow,
        github_actions.Workflow,
        github_actions.tell,
        github_actions.LEFT,
    ),
    Kind(
        "Cloud Build", cloud_build.is_cloud_build, cloud_build.CloudBuild, cloud_build.tell, cloud_build.LEFT
    ),
    Kind("Heroku", heroku.is_heroku, heroku.Heroku, heroku.tell, heroku.LEFT),
    Kind("Fly.io", fly.is_fly, fly.Fly, fly.tell, fly.LEFT),
    Kind("Render", render.is_render, render.Render, render.tell, render.LEFT),
    Kind("Docker Compose", compose.is_compose, compose_parts.Compose, compose.tell, compose.LEFT),
    Kind("App Engine", app_engine.is_app_engine, app_engine.AppEngine, app_engine.tell, app_engine.LEFT),
    Kind("Railway", railway.is_railway, railway.Railway, railway.tell, railway.LEFT),
)


# `fly launch` leaves a file to be filled in, in which nothing but its own name says whose it is.
NAMED = {"fly.toml": "Fly.io"}


def kind_of(value: Any, path: str) -> Kind | None:
    """Which of them a file is, by what it holds, else by its name; None for none."""
    if not isinstance(value, dict):
        return None
    named = NAMED.get(path.rpartition("/")[2], "")
    by_name = (each for each in KINDS if value and each.name == named)
    return next((each for each in KINDS if each.fits(value)), None) or next(by_name, None)
