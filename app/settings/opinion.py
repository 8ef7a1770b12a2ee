"""All settings: the table, how things are built, and whether a model is asked about unknown failures."""

from __future__ import annotations

from dataclasses import dataclass

from app.settings.domains import WithDomains
from app.settings.row import setting
from app.settings.texts import read_count, read_machine, read_model, read_url_or_nothing, read_yes_or_no


@dataclass(frozen=True, kw_only=True)
class Settings(WithDomains):
    """What the operator decides, a second opinion with it."""

    without_build: bool = setting(
        "WITHOUT_BUILD",
        "Whether `build: auto` runs Python and Node on Google's base images, where that is safe; `no` builds an image "
        "of everything but `build: source`.",
        True,
        read=read_yes_or_no,
    )
    build_machine: str = setting(
        "BUILD_MACHINE",
        "The machine that images are built on, as `e2-highcpu-8`; a faster one costs more a minute. Empty means Cloud "
        "Build's own choice.",
        "",
        read=read_machine,
    )

    gemini_model: str = setting(
        "GEMINI_MODEL",
        "A Gemini model, as `gemini-2.5-flash`, asked about failures that no rule knows; empty: nothing is sent.",
        "",
        read=read_model,
    )
    gemini_daily: int = setting(
        "GEMINI_DAILY",
        "How often it is asked on one day (UTC), by all processes together.",
        50,
        read=read_count,
    )
    gemini_forks: bool = setting(
        "GEMINI_FORKS", "Whether it is asked about previews of forks as well.", False, read=read_yes_or_no
    )
    vertex_endpoint: str = setting(
        "VERTEX_ENDPOINT",
        "Address of a stand-in for Vertex AI; empty means Google, in GOOGLE_CLOUD_PROJECT and SERVERGEM_REGION.",
        "",
        read=read_url_or_nothing,
    )
