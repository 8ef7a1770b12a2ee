"""The App's manifest as GitHub's form takes it: `app.yml`, and the addresses of one ServerGem.

https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest#github-app-manifest-parameters
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import yaml

WEBHOOK, CALLBACK = "/webhook", "/sign-in/callback"


@dataclass(frozen=True)
class Wanted:
    """One ServerGem's own words: where it is reached, what its App is called, and where GitHub sends the person back.

    `host` is an address without a slash at its end.
    """

    host: str
    name: str
    back: str


def as_json(app_yml: str, wanted: Wanted) -> str:
    """What the field `manifest` of the form holds."""
    own = {
        "name": wanted.name,
        "hook_attributes": {"url": wanted.host + WEBHOOK, "active": True},
        "redirect_url": wanted.back,
        "callback_urls": [wanted.host + CALLBACK],
    }
    return json.dumps(yaml.safe_load(app_yml) | own)


def events(app_yml: str) -> tuple[str, ...]:
    """The events to which the App subscribes."""
    return tuple(yaml.safe_load(app_yml)["default_events"])
