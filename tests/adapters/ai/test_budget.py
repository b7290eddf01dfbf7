"""The day's budget and the circuit breaker: pure, over every order of calls."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.ai.breaker import PROBED, Breaker
from adapters.ai.budget import DAY, Budget, Reserved, Use
from adapters.ai.settings import ModelSettings

MORNING = 20_000 * DAY + 3_600_000


def test_no_more_is_reserved_than_the_day_has() -> None:
    budget = Budget(100, None)
    first = budget.reserve(MORNING, Use(60))
    assert isinstance(first, Reserved)
    assert budget.reserve(MORNING, Use(41)) == DAY - 3_600_000
    budget.settle(first, Use(10))
    assert budget.spent(MORNING) == Use(10)
    assert isinstance(budget.reserve(MORNING, Use(90)), Reserved)
    assert budget.reserve(MORNING, Use(1)) == DAY - 3_600_000


def test_money_is_bounded_as_tokens_are() -> None:
    budget = Budget(None, 1_000)
    assert isinstance(budget.reserve(MORNING, Use(10**9, 1_000)), Reserved)
    assert budget.reserve(MORNING, Use(0, 1)) == DAY - 3_600_000


def test_a_new_day_has_all_of_it_and_a_clock_set_back_gives_no_day_twice() -> None:
    budget = Budget(100, None)
    late = budget.reserve(MORNING, Use(100))
    assert isinstance(late, Reserved)
    tomorrow = MORNING + DAY
    whole = budget.reserve(tomorrow, Use(100))
    assert isinstance(whole, Reserved)
    budget.settle(late, Use(100))  # of yesterday
    budget.settle(whole, Use(70))
    assert budget.spent(tomorrow) == Use(70)
    assert budget.spent(MORNING) == Use(70)
    assert not isinstance(budget.reserve(MORNING, Use(31)), Reserved)


def test_what_the_records_say_raises_the_count_and_never_lowers_it() -> None:
    budget = Budget(100, 100)
    budget.heard(MORNING, Use(90, 5))
    assert not isinstance(budget.reserve(MORNING, Use(11)), Reserved)
    budget.heard(MORNING, Use(10, 50))
    assert budget.spent(MORNING) == Use(90, 50)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 100), st.booleans()), max_size=30))
def test_whatever_is_under_way_the_day_never_costs_more(
    calls: list[tuple[int, int, bool]],
) -> None:
    budget, open_ones, used = Budget(100, None), [], 0
    for most, share, ends in calls:
        found = budget.reserve(MORNING, Use(most))
        if isinstance(found, Reserved):
            open_ones.append((found, most * share // 100))
        if ends and open_ones:
            reserved, real = open_ones.pop(0)
            budget.settle(reserved, Use(real))
            used += real
    assert budget.spent(MORNING).tokens == used
    assert used + sum(reserved.use.tokens for reserved, _ in open_ones) <= 100


def failing(times: int) -> Breaker:
    breaker = Breaker(failures=3, first=100, longest=300)
    for _ in range(times):
        assert breaker.ask(0) == 0
        breaker.failed(0)
    return breaker


def test_it_opens_after_failures_in_a_row_and_lets_one_call_try() -> None:
    assert failing(2).ask(0) == 0
    breaker = failing(3)
    assert (breaker.ask(0), breaker.ask(99)) == (100, 1)
    assert breaker.ask(100) == 0
    assert breaker.ask(100) == PROBED  # one at a time
    breaker.succeeded()
    assert [breaker.ask(100), breaker.ask(100)] == [0, 0]


def test_a_success_between_failures_counts_them_anew() -> None:
    breaker = failing(2)
    breaker.succeeded()
    breaker.failed(0)
    assert breaker.ask(0) == 0


def test_it_stays_open_longer_after_each_probe_that_fails() -> None:
    breaker, now, waits = failing(3), 0, []
    for _ in range(4):
        waits.append(wait := breaker.ask(now))
        now += wait
        assert breaker.ask(now) == 0
        breaker.failed(now)
    assert waits == [100, 200, 300, 300]


def test_calls_that_end_after_it_opened_open_it_no_further() -> None:
    breaker = failing(3)
    breaker.failed(1)
    breaker.failed(2)
    assert breaker.ask(99) == 1


def test_a_probe_that_was_not_made_leaves_room_for_another() -> None:
    breaker = failing(3)
    assert breaker.ask(100) == 0
    breaker.abandoned()
    assert breaker.ask(100) == 0


def test_a_provider_that_wants_to_be_left_alone_is() -> None:
    breaker = Breaker()
    breaker.hold(0, 500)
    breaker.hold(0, 20)
    assert (breaker.ask(1), breaker.ask(500)) == (499, 0)


def test_what_an_answer_costs_is_rounded_up() -> None:
    priced = ModelSettings(model="m", price_in="2.50", price_out="10")
    assert priced.cost(1_000_000, 100_000) == 2_500_000 + 1_000_000
    assert priced.cost(1, 0) == 3
    assert ModelSettings(model="m").cost(10, 10) == 0


def test_where_it_is_asked_is_said_without_a_password() -> None:
    given = ModelSettings(model="m", base_url="https://me:secret@models.example:8443/v1")
    assert given.where == "https://models.example:8443/v1"
    assert ModelSettings(model="m").where == "OpenAI"
