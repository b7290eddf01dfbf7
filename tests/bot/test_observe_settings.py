"""Settings of what a server tells of itself."""

import pytest

from bot.observe_settings import DEFAULTS
from bot.settings import ObserveSettings, Secret, SettingsError, read_settings


def read(**values: str) -> ObserveSettings:
    return read_settings(values).observe


def wrong(**values: str) -> dict[str, str]:
    """What is wrong, by setting."""
    with pytest.raises(SettingsError) as caught:
        read_settings(values)
    assert not any(value in str(caught.value) for value in values.values())
    return {each.key: each.problem for each in caught.value.problems}


def test_metrics_are_on_and_nobody_is_called() -> None:
    assert read() == DEFAULTS == ObserveSettings(metrics=True)


def test_everything_set_is_taken() -> None:
    found = read(
        COUNTERSIGN_METRICS="off",
        COUNTERSIGN_METRICS_TOKEN="0123456789abcdef",
        COUNTERSIGN_DEADMAN_URL="https://hc.example.com/ping/abc",
        OTEL_EXPORTER_OTLP_ENDPOINT="http://collector:4318/",
    )
    assert found == ObserveSettings(
        metrics=False,
        metrics_token=Secret("0123456789abcdef"),
        deadman_url=Secret("https://hc.example.com/ping/abc"),
        traces_to="http://collector:4318",
    )
    assert "abc" not in repr(found)


def test_traces_are_off_where_the_sdk_is() -> None:
    found = read(OTEL_EXPORTER_OTLP_ENDPOINT="http://collector:4318", OTEL_SDK_DISABLED="TRUE")
    assert found.traces_to is None


@pytest.mark.parametrize("token", ["short", "0123456789 abcdef", "0123456789abcdé0"])
def test_a_token_that_can_be_guessed_or_not_be_sent_is_refused(token: str) -> None:
    assert list(wrong(COUNTERSIGN_METRICS_TOKEN=token)) == ["COUNTERSIGN_METRICS_TOKEN"]


@pytest.mark.parametrize(
    "url",
    ["http://hc.example.com/x1", "hc.example.com/x1", "https:///x1", "https://[x1", "ftp://h/x1"],
)
def test_the_watching_service_is_called_safely_or_not_at_all(url: str) -> None:
    assert list(wrong(COUNTERSIGN_DEADMAN_URL=url)) == ["COUNTERSIGN_DEADMAN_URL"]


def test_a_watching_service_on_this_machine_needs_no_tls() -> None:
    found = read(COUNTERSIGN_DEADMAN_URL="http://127.0.0.1:8000/ping")
    assert found.deadman_url == Secret("http://127.0.0.1:8000/ping")


def test_metrics_are_on_or_off() -> None:
    assert list(wrong(COUNTERSIGN_METRICS="maybe")) == ["COUNTERSIGN_METRICS"]
