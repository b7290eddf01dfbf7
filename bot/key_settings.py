"""Settings of API keys: how often one may call that has no rate of its own, and known proxies."""

import ipaddress
from dataclasses import dataclass
from typing import Final

from adapters.webhook.hosts import Network
from bot.slack_settings import Reader
from core.rate import FORM, Rate, read_rate

_RATE: Final = "COUNTERSIGN_RATE"
_PROXIES: Final = "COUNTERSIGN_TRUSTED_PROXIES"

USUAL: Final = Rate(calls=12_000, seconds=60, burst=2_000)
"""200 calls a second: a key that thousands of waiting agents share has no need of more, and a
program that calls in an endless loop is held up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeySettings:
    """`rate` is None for any; `proxies` are believed when they say whom they call for."""

    rate: Rate | None = USUAL
    proxies: tuple[Network, ...] = ()


DEFAULTS: Final = KeySettings()


def read_keys(reader: Reader) -> KeySettings:
    """Both have a default."""
    return KeySettings(rate=_rate(reader), proxies=_proxies(reader))


def _rate(reader: Reader) -> Rate | None:
    given = reader.text(_RATE).lower()
    if not given:
        return USUAL
    try:
        return read_rate(given)
    except ValueError:
        reader.wrong(_RATE, "is no rate", f"Use {FORM}.")
        return USUAL


def _proxies(reader: Reader) -> tuple[Network, ...]:
    written = filter(None, (each.strip() for each in reader.text(_PROXIES).split(",")))
    try:
        return tuple(ipaddress.ip_network(each) for each in written)
    except ValueError:
        remedy = "Write addresses or networks, 10.0.0.0/8 for example, between commas."
        reader.wrong(_PROXIES, "names something that is no network", remedy)
        return ()
