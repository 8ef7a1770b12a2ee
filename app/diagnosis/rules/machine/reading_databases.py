"""Who was not let in, and why the database says so."""

from __future__ import annotations

from collections.abc import Mapping

from app.diagnosis.rule import Hit


def engine_of(hit: Hit) -> Mapping[str, str]:
    why = "no password was given" if hit["used"] == "NO" else "its password is another one"
    return {"user": hit["user"] or hit["user2"], "why": why}
