"""What is told to logs, traces and metrics, and to whom."""

from __future__ import annotations

from dataclasses import dataclass

from app.settings.row import setting
from app.settings.texts import read_exporter, read_log_format, read_url_or_nothing


@dataclass(frozen=True, kw_only=True)
class Telemetry:
    """What an operator watches ServerGem with."""

    log_format: str = setting(
        "LOG_FORMAT",
        "`json` as Cloud Logging reads it, `text` for people, or `auto`.",
        "auto",
        read=read_log_format,
    )
    otlp_endpoint: str = setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "Where traces are sent, by OTLP over HTTP; empty means nowhere. Other OTEL_* variables count as the "
        "libraries read them.",
        "",
        read=read_url_or_nothing,
    )
    otlp_traces_endpoint: str = setting(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "Where traces alone are sent, as the whole address with its path.",
        "",
        read=read_url_or_nothing,
    )
    traces_exporter: str = setting(
        "OTEL_TRACES_EXPORTER",
        "`otlp` sends traces to this machine where no address is named; `none` sends them nowhere.",
        "",
        read=read_exporter,
    )
    metrics_token: str = setting(
        "METRICS_TOKEN",
        "Whoever sends it as `Authorization: Bearer` may read `/metrics` from anywhere; without it only this machine "
        "may.",
        "",
        secret=True,
    )

    @property
    def traced(self) -> bool:
        """Whether traces are wanted: they are off unless something of OTEL_* says where to."""
        wanted = self.otlp_endpoint or self.otlp_traces_endpoint or self.traces_exporter == "otlp"
        return bool(wanted) and self.traces_exporter != "none"
