"""Settings of API keys: the rate of those that have none of their own, and known proxies."""

from ipaddress import ip_network

import pytest

from bot.key_settings import DEFAULTS, USUAL, KeySettings
from bot.settings import SettingsError, read_settings
from core.rate import Rate


def read(**values: str) -> KeySettings:
    return read_settings({f"COUNTERSIGN_{name}": value for name, value in values.items()}).keys


def test_where_nothing_is_said_a_key_has_more_than_any_honest_agent_needs() -> None:
    assert read() == DEFAULTS == KeySettings(rate=USUAL, proxies=())
    assert USUAL.calls / USUAL.seconds >= 200


@pytest.mark.parametrize(
    ("written", "rate"),
    [
        ("600/m", Rate(calls=600, seconds=60, burst=100)),
        (" 5/S BURST 50 ", Rate(calls=5, seconds=1, burst=50)),
        ("off", None),
    ],
)
def test_a_rate_is_read(written: str, rate: Rate | None) -> None:
    assert read(RATE=written).rate == rate


def test_proxies_are_networks_between_commas() -> None:
    found = read(TRUSTED_PROXIES="10.0.0.0/8, 192.0.2.1,fd00::/8,").proxies
    assert found == (ip_network("10.0.0.0/8"), ip_network("192.0.2.1/32"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("RATE", "0/m"),
        ("RATE", "lots"),
        ("TRUSTED_PROXIES", "proxy"),
        ("TRUSTED_PROXIES", "::1/999"),
    ],
)
def test_what_is_neither_keeps_a_server_from_starting(name: str, written: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(**{name: written})
    [problem] = refused.value.problems
    assert problem.key == f"COUNTERSIGN_{name}"
    assert problem.remedy
