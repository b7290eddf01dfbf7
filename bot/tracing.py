"""Traces, where they are wanted: loaded only when a collector's address is set.

A part that is traced gets a `Tracer` or None, and does nothing at all with None. What a span
holds are names, ids and numbers, never what people or agents wrote.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Protocol

import structlog

log = structlog.get_logger("tracing")

REMEDY = "install it with: pip install 'countersign[tracing]'; or remove the setting"


class Kind(StrEnum):
    """What a span is, as OpenTelemetry tells them apart."""

    SERVER = "server"
    CLIENT = "client"
    INTERNAL = "internal"


class Span(Protocol):
    """Something that takes time."""

    @property
    def trace_id(self) -> str:
        """32 hex digits."""
        ...

    @property
    def place(self) -> object:
        """What another span names when it follows from this one."""
        ...

    def put(self, name: str, value: str | int) -> None:
        """Say one more thing about it."""
        ...

    def fail(self, why: str) -> None:
        """It did not work; `why` is a name, not a sentence."""
        ...


class Tracer(Protocol):
    """Makes spans, each inside the one that is under way in the same task."""

    def span(
        self,
        name: str,
        kind: Kind = Kind.INTERNAL,
        *,
        headers: Mapping[str, str] | None = None,
        follows: object | None = None,
        about: Mapping[str, str | int] | None = None,
    ) -> AbstractContextManager[Span]:
        """A span as long as the context is open. With `headers` it belongs to the trace that
        they name (https://www.w3.org/TR/trace-context/), or else begins one; `follows` is the
        `place` of what led to it. An exception marks it as failed, by its type alone."""
        ...

    def past(self, name: str, began: int, about: Mapping[str, str | int]) -> None:
        """A span that began at this moment (nanoseconds since 1970) and ends now."""
        ...

    def stop(self) -> None:
        """Send what was not sent yet; blocks for a few seconds at most."""
        ...


def load(address: str | None, version: str) -> Tracer | None:
    """The tracer that sends to an OTLP collector at this address; None without one."""
    if address is None:
        return None
    try:
        from bot.otel import sending
    except ImportError:
        log.warning("no_traces", reason="OpenTelemetry is not installed", remedy=REMEDY)
        return None
    return sending(address, version)
