"""When a request is likely to be decided: by the mean of late, and from when until when."""

import pytest

from core.chat.expecting import likely
from core.request import Decision, RequestState
from core.service.estimate import Estimate, Samples, Times, estimated, estimated_between
from tests.core.builders import ALICE, DAY, FINANCE, HOUR, MANAGER, MARA, NOW, a_route
from tests.core.desk import Desk, account
from tests.core.shown import asked
from tests.core.spec import submitted

ROUTE = a_route(MANAGER, FINANCE)
FIRST, SECOND = ("purchase-order", "Manager"), ("purchase-order", "Finance")
TEN = tuple(HOUR * number for number in range(1, 11))
SAMPLES: Samples = {FIRST: TEN, SECOND: TEN}
MEANS: Times = {FIRST: 5 * HOUR, SECOND: 5 * HOUR}


def waiting(expires_in: int = 30 * DAY) -> RequestState:
    return submitted(route=ROUTE, expires_at=NOW + expires_in).state


def hours(state: RequestState, at: int, samples: Samples = SAMPLES) -> tuple[float, ...] | None:
    found = estimated_between(state, samples, at)
    return None if found is None else tuple((moment - NOW) / HOUR for moment in found)


def test_it_is_what_nine_of_ten_took_and_adds_up_over_the_stages() -> None:
    assert hours(waiting(), NOW) == (2, 18)
    only_second = submitted(route=ROUTE, expires_at=NOW + 30 * DAY)
    only_second.votes(MARA, Decision.APPROVE)
    assert hours(only_second.state, NOW) == (1, 9)


@pytest.mark.parametrize(
    ("passed", "expected"),
    [(1, (3, 19)), (4, (6, 19)), (9, (11, 19)), (10, None)],
)
def test_what_has_waited_already_is_compared_with_what_took_longer(
    passed: int, expected: tuple[float, float] | None
) -> None:
    assert hours(waiting(), NOW + passed * HOUR) == expected


def test_nothing_is_said_of_too_little_and_of_what_is_over() -> None:
    assert hours(waiting(), NOW, {FIRST: TEN, SECOND: TEN[:4]}) is None
    assert hours(waiting(), NOW, {FIRST: TEN}) is None
    over = submitted(route=ROUTE)
    over.votes(MARA, Decision.REJECT, reason="No")
    assert hours(over.state, NOW) is None


def test_it_ends_when_the_request_does() -> None:
    assert hours(waiting(expires_in=3 * HOUR), NOW) == (2, 3)


def test_the_mean_always_lies_within() -> None:
    one_took_long: Samples = {FIRST: TEN, SECOND: TEN}
    late: Times = {FIRST: 30 * HOUR, SECOND: HOUR}
    found = estimated(waiting(), late, one_took_long, NOW)
    assert found == Estimate(NOW + 31 * HOUR, (NOW + 2 * HOUR, NOW + 31 * HOUR))
    assert estimated(waiting(), MEANS, {}, NOW) == Estimate(NOW + 10 * HOUR)
    assert estimated(waiting(), {}, SAMPLES, NOW) is None


def test_the_sentence() -> None:
    between = Estimate(NOW, (NOW, NOW + HOUR))
    assert likely(between, "Europe/Berlin") == (
        "Likely decided between Fri 15 Jan 2027, 09:00 CET and Fri 15 Jan 2027, 10:00 CET."
    )
    by = "Likely decided by Fri 15 Jan 2027, 08:00 UTC."
    assert likely(Estimate(NOW), "UTC") == likely(Estimate(NOW, (NOW, NOW)), "UTC") == by


async def test_who_asks_is_told_in_chat_and_nobody_else() -> None:
    desk = Desk(asked(route=ROUTE))
    desk.stage_times, desk.stage_samples = MEANS, SAMPLES
    mine = await desk.chat.status(account(ALICE), desk.state.id)
    assert mine.card is not None
    assert "Likely decided between Fri 15 Jan 2027" in (mine.card.note or "")
    theirs = await desk.chat.status(account(MARA), desk.state.id)
    assert theirs.card is not None
    assert "Likely" not in (theirs.card.note or "")
