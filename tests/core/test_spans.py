"""Lengths of time as people say them."""

import pytest

from core.web.spans import DAY, HOUR, MINUTE, overdue, until

NOW = 1_800_000_000_000


@pytest.mark.parametrize(
    ("away", "said"),
    [
        (0, "now"),
        (MINUTE - 1, "now"),
        (MINUTE, "in 1 min"),
        (HOUR - 1, "in 59 min"),
        (47 * HOUR, "in 47 h"),
        (2 * DAY, "in 2 days"),
        (-3 * HOUR, "3 h ago"),
    ],
)
def test_a_moment_is_so_far_away(away: int, said: str) -> None:
    assert until(NOW + away, NOW) == said


def test_what_is_overdue_says_by_how_much_once_it_is_a_minute() -> None:
    assert overdue(NOW - 90 * MINUTE, NOW) == "Overdue by 1 h"
    assert overdue(NOW - 1, NOW) == "Overdue"
