"""What happened, one line for each fact: JSON as Cloud Logging reads it, plain text on a terminal, no secrets."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterable, MutableMapping
from typing import Any

import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars, merge_contextvars

from app.redaction import hide, redact
from app.telemetry import trace
from app.text.escaping import one_line
from app.text.legible import legible

LABELS = ("delivery", "deployment", "repository", "commit", "target")
SEVERITIES = {
    "debug": "DEBUG",
    "info": "INFO",
    "warning": "WARNING",
    "error": "ERROR",
    "critical": "CRITICAL",
}


def set_up(log_format: str, secrets: Iterable[str]) -> None:
    """Write to standard output as `log_format` says (auto, json or text), and never any of `secrets`."""
    hide(secrets)
    as_text = log_format == "text" or (log_format == "auto" and sys.stdout.isatty())
    render: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if as_text
        else structlog.processors.JSONRenderer()
    )
    shape = [_hidden, _on_one_line] if as_text else [_as_cloud_logging, _hidden]
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True, key="time")
    every: list[Any] = [merge_contextvars, _in_trace, structlog.stdlib.add_log_level, stamp]
    structlog.configure(
        processors=[*every, *shape, render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    others = _ToStandardOutput()
    others.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*every, _told_by],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _traced, *shape, render],
        )
    )
    logging.root.handlers = [others]
    logging.root.setLevel(logging.WARNING)


def keep_quiet(secrets: Iterable[str]) -> None:
    """For a command that speaks to a person itself: no lines, and never any of `secrets` in what it says."""
    hide(secrets)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def about(**fields: str) -> None:
    """From here on, every line of this thread or task carries these fields."""
    bind_contextvars(**fields)


def about_nothing() -> None:
    """Forget what earlier work in this thread was about."""
    clear_contextvars()


def fact(event: str, /, **fields: Any) -> None:
    """Something happened."""
    structlog.get_logger().info(event, **fields)


def warning(event: str, /, **fields: Any) -> None:
    """Something happened that the operator may want to look at."""
    structlog.get_logger().warning(event, **fields)


def fault(event: str, error: BaseException, /, **fields: Any) -> None:
    """Something broke; the line carries the whole traceback."""
    structlog.get_logger().error(
        event,
        error=f"{type(error).__name__}: {error}",
        stack_trace="".join(traceback.format_exception(error)),
        **fields,
    )


class _ToStandardOutput(logging.Handler):
    """Like our own lines: to whatever standard output is at that moment, not when this was set up."""

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stdout, flush=True)


def _in_trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Which delivery's trace a line belongs to, where there are traces."""
    if found := trace.trace_id():
        event["trace_id"] = found
    return event


def _as_cloud_logging(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Rename to the special fields of Cloud Logging's structured JSON."""
    line: dict[str, Any] = {
        "severity": SEVERITIES.get(event.pop("level", "info"), "INFO"),
        "message": event.pop("event", ""),
        "time": event.pop("time", ""),
    }
    labels = {name: str(event[name]) for name in LABELS if name in event}
    line.update(event)
    if labels:
        line["logging.googleapis.com/labels"] = labels
    return line


def _hidden(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: _without_secrets(value) for key, value in event.items()}


def _without_secrets(value: Any) -> Any:
    if isinstance(value, bool | int | float) or value is None:
        return value
    if isinstance(value, dict):
        return {redact(str(key)): _without_secrets(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_without_secrets(inner) for inner in value]
    return legible(redact(str(value)))


def _on_one_line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """For a terminal, which no word of others may move, and where each line is ours; JSON escapes all of that."""
    return {one_line(key): one_line(each) if isinstance(each, str) else each for key, each in event.items()}


def _told_by(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Which library a line comes from that is not ours."""
    event["logger"] = event["_record"].name
    return event


def _traced(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A library's traceback as a field, so that it is redacted with the rest."""
    error = event.pop("exc_info", None)
    if isinstance(error, tuple) and error[1] is not None:
        event["stack_trace"] = "".join(traceback.format_exception(error[1]))
    return event
