"""Callbacks as pure functions: which events an agent is told of, and when a failed one is tried
again."""

import pytest
from msgspec.structs import replace

from core.callbacks import LONGEST_WAIT, TYPES, WINDOW, callback_rows, host_of, next_try
from core.content import Text, row
from core.events import (
    SYSTEM,
    AnyEvent,
    ChangesRequested,
    Finished,
    Recorded,
    Reminded,
    Revised,
    TokenMinted,
    TokenRevoked,
)
from core.request import RequestState, Status
from core.route import Category, Route
from core.rows import CallbackRow

URL = "https://Hooks.example.com:8443/in?key=s3cret"
ADDRESS = row("R.c1", "00" * 16, Text(text=URL))
THERE = {ADDRESS.id: ADDRESS.body}
BEFORE = RequestState(id="R", version=4, revision=1, agent_key="k1", callback=ADDRESS.id)
ROUTE = Route(rule="r", policy_version="1", category=Category.REVIEW, stages=())


def told(*events: AnyEvent, before: RequestState = BEFORE, at: int = 1_000) -> list[CallbackRow]:
    records = [Recorded(event=each, actor=SYSTEM, at=at) for each in events]
    return list(callback_rows(before, before, records, THERE))


def revised(number: int) -> Revised:
    return Revised(
        revision=number,
        action_type="a",
        route=ROUTE,
        content="R.r2",
        commitment="c",
        before="b",
    )


def test_each_row_says_what_was_true_right_after_its_event() -> None:
    rows = told(
        Reminded(level=1, people=()),
        revised(2),
        Finished(status=Status.APPROVED),
        TokenMinted(jti="j", kid="k", iat=0, exp=1),
    )
    assert [(r.sequence, r.type, r.status, r.revision) for r in rows] == [
        (6, "request.revised", "pending", 2),
        (7, "request.approved", "approved", 2),
    ]
    assert {(r.request, r.key, r.host, r.at) for r in rows} == {
        ("R", "k1", "hooks.example.com", 1_000)
    }


def test_every_type_is_of_the_closed_set_and_every_ending_has_one() -> None:
    endings = [Status.APPROVED, Status.REJECTED, Status.EXPIRED, Status.CANCELLED]
    rows = told(
        *(Finished(status=each) for each in (*endings, Status.PROHIBITED)),
        ChangesRequested(level=1, by="mara@example.com"),
        revised(2),
        TokenRevoked(jti="j"),
    )
    assert {r.type for r in rows} == set(TYPES)
    assert rows[-1].status == "approved"


def test_a_state_that_an_older_server_wrote_is_told_of_too() -> None:
    forgot = replace(BEFORE, callback=None)
    assert [r.type for r in told(Finished(status=Status.APPROVED), before=forgot)] == [
        "request.approved"
    ]


def test_the_same_place_at_another_time_is_another_message() -> None:
    [first], [again] = (told(Finished(status=Status.EXPIRED)) for _ in range(2))
    [restored] = told(Finished(status=Status.CANCELLED), at=2_000)
    assert first.id == again.id != restored.id


def test_nobody_is_told_without_an_address_or_once_it_was_erased() -> None:
    done = [Recorded(event=Finished(status=Status.APPROVED), actor=SYSTEM, at=1)]
    assert callback_rows(BEFORE, BEFORE, done, {}) == ()
    another = RequestState(id="S", version=4)
    assert callback_rows(another, another, done, THERE) == ()


def test_a_row_holds_nothing_of_the_address_but_its_host() -> None:
    assert "s3cret" not in repr(told(Finished(status=Status.APPROVED)))
    assert host_of("https://[broken") == ""


def test_waits_double_up_to_an_hour_and_end_after_a_day() -> None:
    now, waits = 0, []
    attempts = 0
    while (at := next_try(attempts := attempts + 1, 0, now, None, 1.0)) is not None:
        waits.append(at - now)
        now = at
    assert waits[:4] == [5_000, 10_000, 20_000, 40_000]
    assert waits == sorted(waits[:-1]) + waits[-1:]
    assert max(waits) == LONGEST_WAIT
    assert now == WINDOW
    assert 25 < len(waits) < 40


@pytest.mark.parametrize(("jitter", "wait"), [(0.0, 2_500), (0.5, 3_750), (1.0, 5_000), (9, 5_000)])
def test_jitter_takes_up_to_half_of_our_own_waits(jitter: float, wait: int) -> None:
    assert next_try(1, 0, 100, None, jitter) == 100 + wait


def test_what_a_receiver_asks_for_is_obeyed_within_the_day() -> None:
    assert next_try(1, 0, 100, 90_000, 0.0) == 90_100
    assert next_try(1, 0, WINDOW - 10, 90_000, 0.0) == WINDOW
    assert next_try(1, 0, WINDOW, 0, 0.0) is None


def test_who_asks_to_be_called_again_at_once_is_called_so_only_a_few_times() -> None:
    waits = [next_try(attempts, 0, 100, 0, 1.0) for attempts in range(1, 6)]
    assert waits == [100, 100, 100, 40_100, 80_100]
    assert next_try(4, 0, 100, 90_000, 1.0) == 90_100
