"""What no person and no line may see: the values we hold, and what looks like somebody's secret."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "[hidden]"
SHORTEST_SECRET = 6  # hiding shorter values would make holes in ordinary words
PATTERNS = (
    (re.compile(r"gh[a-z]_[A-Za-z0-9._-]{20,}|github_pat_[A-Za-z0-9_]{20,}"), HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (
        re.compile(
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
        ),
        HIDDEN,
    ),
    (re.compile(r"ya29\.[A-Za-z0-9._-]+"), HIDDEN),
    (re.compile(r"AIza[A-Za-z0-9_-]{20,}"), HIDDEN),
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*):[^\s@/]+@"), rf"\1:{HIDDEN}@"),
)

_secrets: tuple[str, ...] = ()


def hide(secrets: Iterable[str]) -> None:
    """Values that no line may show from now on; the longest first, since one may contain another."""
    global _secrets
    parts = {part.strip() for secret in secrets for part in (secret, *secret.splitlines())}
    usable = {part for part in parts if len(part) >= SHORTEST_SECRET and not part.startswith("-----")}
    _secrets = tuple(sorted(usable, key=len, reverse=True))


def redact(text: str) -> str:
    """`text` without the secrets we hold and without what looks like somebody's."""
    for secret in _secrets:
        text = text.replace(secret, HIDDEN)
    for pattern, instead in PATTERNS:
        text = pattern.sub(instead, text)
    return text
