"""What stands in for Google in a trial or a test: where each of its services is asked."""

from __future__ import annotations

from dataclasses import dataclass

from app.settings.row import setting
from app.settings.texts import read_address, read_url_or_nothing


@dataclass(frozen=True, kw_only=True)
class StandIns:
    """Where Google is asked; Google itself where nothing is named."""

    google_endpoint: str = setting(
        "GOOGLE_ENDPOINT",
        "HOST:PORT of a stand-in for Google over plain gRPC; empty means Google.",
        "",
        read=read_address,
    )
    storage_endpoint: str = setting(
        "STORAGE_EMULATOR_HOST",
        "Address of a stand-in for Cloud Storage; empty means Google.",
        "",
        read=read_url_or_nothing,
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
    vertex_endpoint: str = setting(
        "VERTEX_ENDPOINT",
        "Address of a stand-in for Vertex AI; empty means Google, in GOOGLE_CLOUD_PROJECT and SERVERGEM_REGION.",
        "",
        read=read_url_or_nothing,
    )
    service_url: str = setting(
        "SERVICE_URL",
        "Where a Cloud Run service will be reached, known before it is there.",
        "https://{service}-{number}.{region}.run.app",
    )
