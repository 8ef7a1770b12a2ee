"""Whom we believe on the internet: this machine's certificate authorities, read once for all questions of a process."""

from __future__ import annotations

from functools import cache
from ssl import SSLContext

import httpx


@cache
def authorities() -> SSLContext:
    """What each httpx client is given as `verify`: left to itself it reads 140 certificates, 20 ms of a processor."""
    return httpx.create_ssl_context()
