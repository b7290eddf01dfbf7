"""`bot.tracing.Tracer` by OpenTelemetry, which is an extra: only `bot.tracing.load` imports this.

The provider is our own and never the library's global one. What the library reads from the
environment by itself (OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS, ...)
counts here as well.
"""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, format_trace_id
from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from bot.tracing import Kind

STOP_SECONDS: Final = 3.0
_KINDS: Final = {
    Kind.SERVER: SpanKind.SERVER,
    Kind.CLIENT: SpanKind.CLIENT,
    Kind.INTERNAL: SpanKind.INTERNAL,
}
_W3C: Final = TraceContextTextMapPropagator()


class _Span:
    def __init__(self, span: OtelSpan) -> None:
        self._span = span

    @property
    def trace_id(self) -> str:
        return format_trace_id(self._span.get_span_context().trace_id)

    @property
    def place(self) -> object:
        return self._span.get_span_context()

    def put(self, name: str, value: str | int) -> None:
        self._span.set_attribute(name, value)

    def fail(self, why: str) -> None:
        self._span.set_status(Status(StatusCode.ERROR))
        self._span.set_attribute("error.type", why)


class OtelTracer:
    """Spans of a provider."""

    def __init__(self, provider: TracerProvider, version: str) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("countersign", version)

    @contextmanager
    def span(
        self,
        name: str,
        kind: Kind = Kind.INTERNAL,
        *,
        headers: Mapping[str, str] | None = None,
        follows: object | None = None,
        about: Mapping[str, str | int] | None = None,
    ) -> Iterator[_Span]:
        """See `bot.tracing.Tracer`."""
        # What an exception says may be what somebody wrote: it is never recorded.
        with self._tracer.start_as_current_span(
            name,
            context=None if headers is None else _W3C.extract(headers),
            kind=_KINDS[kind],
            attributes=about,
            links=[Link(follows)] if isinstance(follows, SpanContext) else (),
            record_exception=False,
            set_status_on_exception=False,
        ) as opened:
            span = _Span(opened)
            try:
                yield span
            except Exception as error:
                span.fail(type(error).__name__)
                raise

    def past(self, name: str, began: int, about: Mapping[str, str | int]) -> None:
        """See `bot.tracing.Tracer`."""
        self._tracer.start_span(name, attributes=about, start_time=began).end()

    def stop(self) -> None:
        """See `bot.tracing.Tracer`. A collector that does not answer is not waited for."""
        ending = threading.Thread(target=self._provider.shutdown, daemon=True)
        ending.start()
        ending.join(STOP_SECONDS)


def sending(address: str, version: str) -> OtelTracer:
    """Spans that go to the OTLP collector at this address, over HTTP, in batches."""
    named = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": "countersign"}
    provider = TracerProvider(
        resource=Resource.create({**named, "service.version": version}), shutdown_on_exit=False
    )
    exporter = OTLPSpanExporter(endpoint=f"{address}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return OtelTracer(provider, version)
