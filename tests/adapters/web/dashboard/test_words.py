"""Figures in words: few cases get no percentage, and a percentage never rounds a case away."""

import pytest

from adapters.web.dashboard import words


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (0, 0, "none"),
        (2, 3, "2 of 3"),
        (18, 19, "18 of 19"),
        (41, 50, "41 of 50 (82%)"),
        (0, 20, "0 of 20 (0%)"),
        (1, 1000, "1 of 1,000 (under 1%)"),
        (999, 1000, "999 of 1,000 (over 99%)"),
        (1000, 1000, "1,000 of 1,000 (100%)"),
    ],
)
def test_a_share_says_of_how_many(part: int, whole: int, said: str) -> None:
    assert words.share(part, whole) == said


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (None, "none"),
        (500, "under a second"),
        (1_000, "1 second"),
        (12_400, "12 seconds"),
        (60_000, "1 minute"),
        (7_500_000, "2 hours 5 minutes"),
    ],
)
def test_a_length_of_time_is_said_in_its_units(length: int | None, said: str) -> None:
    assert words.took(length) == said


def test_a_day_is_a_utc_day() -> None:
    assert words.on_day(0) == "1 Jan 1970"
    assert words.on_day(20_760) == "3 Nov 2026"
