"""Settings of what a server tells of itself: metrics, traces, and the ping that all is well."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from bot.secret import Secret
from bot.slack_settings import Reader

_METRICS: Final = "COUNTERSIGN_METRICS"
_TOKEN: Final = "COUNTERSIGN_METRICS_TOKEN"  # noqa: S105 - the name of a setting
_DEADMAN: Final = "COUNTERSIGN_DEADMAN_URL"
# https://opentelemetry.io/docs/specs/otel/protocol/exporter/
_TRACES: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
_DISABLED: Final = "OTEL_SDK_DISABLED"

_SHORTEST: Final = 16
"""Characters of a token that nobody guesses."""

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, kw_only=True, slots=True)
class ObserveSettings:
    """Without a `metrics_token` whoever reaches the server reads the metrics.

    `deadman_url` is called while all is well; its path is a secret. `traces_to` is the address
    of an OTLP collector, None where no traces are kept.
    """

    metrics: bool = True
    metrics_token: Secret | None = None
    deadman_url: Secret | None = None
    traces_to: str | None = None


DEFAULTS: Final = ObserveSettings()


def read_observe(reader: Reader) -> ObserveSettings:
    """Everything has a default."""
    off = reader.text(_DISABLED).lower() == "true"
    return ObserveSettings(
        metrics=reader.switch(_METRICS, "Use on or off.", unset=True),
        metrics_token=_token(reader),
        deadman_url=_deadman(reader),
        traces_to=None if off else reader.url(_TRACES),
    )


def _token(reader: Reader) -> Secret | None:
    given = reader.text(_TOKEN)
    if not given:
        return None
    if len(given) < _SHORTEST or not given.isascii() or any(map(str.isspace, given)):
        remedy = "Make one with: openssl rand -hex 32"
        reader.wrong(_TOKEN, f"is not {_SHORTEST} or more plain characters", remedy)
    return Secret(given)


def _deadman(reader: Reader) -> Secret | None:
    given = reader.text(_DEADMAN)
    if not given:
        return None
    try:
        parts = urlsplit(given)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    plain = host in _LOOPBACK and parts.scheme == "http"
    if not host or port == 0 or (parts.scheme != "https" and not plain):
        remedy = "Use the https address that the watching service gave you."
        reader.wrong(_DEADMAN, "is not an address that can be called safely", remedy)
    return Secret(given)
