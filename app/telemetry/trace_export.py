"""Spans by OpenTelemetry's own SDK, sent to a collector over HTTP; loaded only where traces are wanted."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from app.redaction import redact

# https://www.w3.org/TR/trace-context/#traceparent-header-field-values
PLACE = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
LONGEST = 300  # characters of an error
LAST_WORDS = 2_000  # milliseconds that the end of the process waits for the collector
_next: ContextVar[SpanContext | None] = ContextVar("next", default=None)


class _Ids(RandomIdGenerator):
    """Random, but for the beginning of a delivery's trace, whose ids are known before."""

    def generate_trace_id(self) -> int:
        known = _next.get()
        return known.trace_id if known else super().generate_trace_id()

    def generate_span_id(self) -> int:
        known = _next.get()
        return known.span_id if known else super().generate_span_id()


class Export:
    """The one way to the collector. Not the global one of the libraries: what they trace themselves stays theirs."""

    def __init__(self) -> None:
        ours = Resource({SERVICE_NAME: "servergem"})
        self._provider = TracerProvider(resource=ours.merge(Resource.create()), id_generator=_Ids())
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("servergem")

    def close(self) -> None:
        self._provider.force_flush(LAST_WORDS)
        self._provider.shutdown()

    def received(self, delivery_id: str, name: str, began: int) -> None:
        before = _next.set(beginning(delivery_id))
        try:
            kind, words = SpanKind.SERVER, {"delivery": delivery_id}
            self._tracer.start_span(name, context.Context(), kind, words, start_time=began).end()
        finally:
            _next.reset(before)

    def of_delivery(self, delivery_id: str) -> AbstractContextManager[object]:
        return trace.use_span(NonRecordingSpan(beginning(delivery_id)))

    def under(self, carried: str) -> AbstractContextManager[object]:
        if (found := PLACE.fullmatch(carried)) is None:
            return nullcontext()
        whose, where, flags = (int(digits, 16) for digits in found.groups())
        return trace.use_span(NonRecordingSpan(SpanContext(whose, where, True, TraceFlags(flags))))

    def carried(self) -> str:
        here = trace.get_current_span().get_span_context()
        if not here.is_valid:
            return ""
        return f"00-{here.trace_id:032x}-{here.span_id:016x}-{here.trace_flags:02x}"

    @contextmanager
    def span(self, name: str, outside: bool, attributes: Mapping[str, str]) -> Iterator[None]:
        if not self.carried():
            yield
            return
        words = {key: redact(text) for key, text in attributes.items()}
        kind = SpanKind.CLIENT if outside else SpanKind.INTERNAL
        with self._tracer.start_as_current_span(
            redact(name), kind=kind, attributes=words, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except Exception as error:
                # Not recorded by the SDK, which would put the whole traceback there, unredacted.
                told = redact(f"{type(error).__name__}: {error}")[:LONGEST]
                span.set_status(Status(StatusCode.ERROR, told))
                raise


def beginning(delivery_id: str) -> SpanContext:
    """Where the trace of a delivery begins: the same in each process, before and after a kill."""
    digest = hashlib.sha256(f"servergem delivery {delivery_id}".encode()).digest()
    whose, where = int.from_bytes(digest[:16]), int.from_bytes(digest[16:24])
    return SpanContext(whose, where, True, TraceFlags(TraceFlags.SAMPLED))
