"""Whether, and how often, a Gemini model is asked about failures that no rule knows."""

from __future__ import annotations

from dataclasses import dataclass

from app.settings.row import setting
from app.settings.texts import read_count, read_model, read_yes_or_no


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """Whether a Gemini model is asked, about what, and how often."""

    gemini_model: str = setting(
        "GEMINI_MODEL",
        "A Gemini model, such as `gemini-2.5-flash`, that is asked about failures no rule knows; empty means that "
        "none is.",
        "",
        read=read_model,
    )
    gemini_daily: int = setting(
        "GEMINI_DAILY",
        "How often the model is asked in one day (UTC), by all processes together.",
        50,
        read=read_count,
    )
    gemini_forks: bool = setting(
        "GEMINI_FORKS",
        "Whether the model is asked about previews of forks as well.",
        False,
        read=read_yes_or_no,
    )
