"""Settings of addresses: the operator's own domain, and what stands in for Google's ways to one."""

from __future__ import annotations

from dataclasses import dataclass

from app.settings.row import setting
from app.settings.table import Decided
from app.settings.texts import read_domain, read_url_or_nothing


@dataclass(frozen=True, kw_only=True)
class WithDomains(Decided):
    """What the operator decides, domains with it."""

    domain: str = setting(
        "SERVERGEM_DOMAIN",
        "The operator's own domain, as `servergem.app`: a service is shown at SERVICE.servergem.app, where the load "
        "balancer of `servergem setup domain` brings it.",
        "",
        read=read_domain,
    )
    run_endpoint: str = setting(
        "RUN_ENDPOINT",
        "Address of a stand-in for Cloud Run's API over HTTP, which maps domains; empty means Google.",
        "",
        read=read_url_or_nothing,
    )
    domains_endpoint: str = setting(
        "DOMAINS_ENDPOINT",
        "Address of a stand-in that answers for every domain; empty means the domains themselves.",
        "",
        read=read_url_or_nothing,
    )
