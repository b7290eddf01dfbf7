"""Traces: nothing without a collector, and names, ids and numbers with one."""

import builtins
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from bot.otel import OtelTracer
from bot.tracing import Kind, load
from tests.bot.logged import logged

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Kept:
    """A tracer whose spans stay here."""

    def __init__(self) -> None:
        self.spans = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self.spans))
        self.tracer = OtelTracer(provider, "1")

    @property
    def finished(self) -> tuple[ReadableSpan, ...]:
        return self.spans.get_finished_spans()


def test_without_a_collector_or_a_model_nothing_is_loaded() -> None:
    code = (
        "import sys; from bot.tracing import load; import bot.serve, adapters.ai.app; "
        "assert load(None, '1') is None; "
        "print([name for name in sys.modules if name.startswith(('opentelemetry', 'openai'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_collector_without_the_extra_is_told_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(builtins, "__import__", refusing("bot.otel"))
    with logged() as lines:
        assert load("http://127.0.0.1:4318", "1") is None
    [line] = lines
    assert (line["event"], line["log_level"]) == ("no_traces", "warning")
    assert "pip install 'countersign[tracing]'" in line["remedy"]


def refusing(module: str) -> Callable[..., Any]:
    real = builtins.__import__

    def find(name: str, *rest: Any, **more: Any) -> Any:
        if name == module:
            raise ImportError(name)
        return real(name, *rest, **more)

    return find


def test_a_collector_that_does_not_answer_keeps_no_server_from_stopping(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.otel.STOP_SECONDS", 0.1)
    tracer = load("http://127.0.0.1:9", "1.2.3")
    assert isinstance(tracer, OtelTracer)
    resource = tracer._provider.resource.attributes
    assert (resource["service.name"], resource["service.version"]) == ("countersign", "1.2.3")
    with tracer.span("call"):
        pass
    tracer.stop()


def test_a_call_belongs_to_the_trace_that_its_header_names() -> None:
    kept = Kept()
    with kept.tracer.span("call", Kind.SERVER, headers={"traceparent": PARENT}) as span:
        assert span.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"
        with kept.tracer.span("inner", about={"n": 1}):
            pass
    inner, outer = kept.finished
    assert (outer.kind, outer.parent and outer.parent.span_id) == (
        SpanKind.SERVER,
        0x00F067AA0BA902B7,
    )
    assert inner.parent is not None
    assert outer.context is not None
    assert inner.parent.span_id == outer.context.span_id
    assert dict(inner.attributes or {}) == {"n": 1}


@pytest.mark.parametrize("header", ["", "00-x", "ff-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_a_header_that_names_no_trace_begins_one(header: str) -> None:
    kept = Kept()
    # Also where a span of ours happens to be under way.
    with (
        kept.tracer.span("other"),
        kept.tracer.span("call", Kind.SERVER, headers={"traceparent": header}),
    ):
        pass
    assert [span.parent for span in kept.finished] == [None, None]


def test_what_an_exception_says_is_kept_out() -> None:
    kept = Kept()
    with pytest.raises(ValueError, match="Quarterly"), kept.tracer.span("call"):
        raise ValueError("Quarterly numbers")
    [span] = kept.finished
    assert span.status.status_code is StatusCode.ERROR
    assert dict(span.attributes or {}) == {"error.type": "ValueError"}
    assert "Quarterly" not in span.to_json()


def test_what_follows_from_something_is_linked_to_it() -> None:
    kept = Kept()
    with kept.tracer.span("call") as span:
        place = span.place
    with kept.tracer.span("deliver", Kind.CLIENT, follows=place):
        pass
    kept.tracer.past("tick", 1_000_000_000, {"countersign.claimed": 2})
    call, deliver, tick = kept.finished
    assert [link.context for link in deliver.links] == [call.context]
    assert (deliver.parent, tick.start_time) == (None, 1_000_000_000)
    assert tick.end_time is not None
    assert tick.end_time > 1_000_000_000
