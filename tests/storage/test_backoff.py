"""Waiting between attempts to deliver."""

import pytest

from storage.backoff import backoff


@pytest.mark.parametrize(
    ("attempts", "wait"),
    [(1, 1_000), (2, 2_000), (3, 4_000), (9, 256_000), (10, 300_000), (10_000, 300_000)],
)
def test_the_wait_doubles_from_a_second_up_to_five_minutes(attempts: int, wait: int) -> None:
    assert backoff(attempts, jitter=1.0) == wait


@pytest.mark.parametrize(("jitter", "wait"), [(0.0, 2_000), (0.5, 3_000), (1.0, 4_000)])
def test_jitter_takes_up_to_half_away(jitter: float, wait: int) -> None:
    assert backoff(3, jitter) == wait


@pytest.mark.parametrize("jitter", [-5.0, 7.0])
def test_a_jitter_out_of_range_keeps_the_wait_in_range(jitter: float) -> None:
    assert 2_000 <= backoff(3, jitter) <= 4_000


def test_a_first_attempt_counts_as_one_failure() -> None:
    assert backoff(0, 1.0) == 1_000
