"""Servers that say no port: nginx, Apache and PHP-FPM, by their configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.places import matching
from app.diagnosis.rule import Hit
from app.diagnosis.rules.start.reading_binding import code
from app.diagnosis.rules.start.reading_listening import spoken_found
from app.diagnosis.rules.start.reading_start import ALIVE_UNTIL_STOPPED, ended_said, not_started, wanted_port
from app.model import Place


def nginx(hit: Hit) -> Mapping[str, str] | None:
    if not not_started(hit) or hit.find(r"\[emerg\]") or ended_said(hit) not in ("", *ALIVE_UNTIL_STOPPED):
        return None
    wanted = wanted_port(hit)
    listens = [
        m
        for p, line in code(hit)
        if p.path.endswith((".conf", ".template"))
        and (m := re.match(r"\s*listen\s+(?:[\w.\[\]:]*:)?(\d+)", line))
    ]
    if any(match[1] == wanted for match in listens) or any(p == wanted for _, p, _ in spoken_found(hit)):
        return None
    port = listens[0][1] if listens else "80"
    return {"port": port, "wanted": wanted, "server": "nginx"}


def apache(hit: Hit) -> Mapping[str, str] | None:
    if not not_started(hit) or ended_said(hit) not in ("", *ALIVE_UNTIL_STOPPED):
        return None
    wanted = wanted_port(hit)
    if any(
        re.search(rf"(?i)listen\s+(?:\S*:)?(?:{wanted}|\$)|s/\S*80\S*/\S*(?:{wanted}|PORT)", line)
        for _, line in code(hit)
    ):
        return None
    return {"port": "80", "wanted": wanted, "server": "Apache"}


def caddy(hit: Hit) -> Mapping[str, str] | None:
    return {"wanted": wanted_port(hit)} if not_started(hit) else None


def caddy_site(hit: Hit) -> Place | None:
    """The address of the first site of the Caddyfile."""
    return matching(r"^[\w*][\w.*:/-]*(?:,\s*\S+)*\s*\{", "Caddyfile")(hit)


def fpm(hit: Hit) -> Mapping[str, str] | None:
    return {"wanted": wanted_port(hit)} if not_started(hit) and not hit.find(r"nginx|apache") else None
