"""A service as it is to be, before it is said in Cloud Run's own words."""

from __future__ import annotations

from dataclasses import dataclass

from app.model import Bundle, ServiceConfig


@dataclass(frozen=True)
class WantedService:
    """A service as it is to be: its configuration, the image of its new revision, and what marks it as ours.

    With a `bundle` there is no image.
    """

    project: str
    region: str
    name: str
    image: str
    revision_name: str
    tag: str
    config: ServiceConfig
    service_account: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    bundle: Bundle | None = None
    named: tuple[str, ...] = ()
    """The keys of servergem.yml that somebody wrote: of an adopted service all else stays as it is."""
    pinned: tuple[tuple[str, str], ...] = ()
    """Images of other containers by digest, by what servergem.yml names."""
    base: str = ""
    """The base image that the image runs on, as `google-24-full/python314`; empty where it has its own."""
