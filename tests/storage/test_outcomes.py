"""Events as rows that figures are counted from."""

from core.events import Actor, AnyEvent, Delegated, Finished, Recorded, Voted, VoteWithdrawn
from core.request import Decision, RequestState, Status
from storage.outcomes import outcomes
from tests.core.builders import DANA, HOUR, MARA, NOW
from tests.core.shown import BOB, asked

REQUEST = asked()


def happened(*events: AnyEvent, at: int = NOW + HOUR) -> tuple[Recorded, ...]:
    return tuple(Recorded(event=e, actor=Actor(via="slack"), at=at) for e in events)


def vote(**fields: object) -> Voted:
    given = {
        "level": 1,
        "round": 1,
        "revision": 1,
        "commitment": "",
        "person": MARA,
        "decision": Decision.APPROVE,
    } | fields
    return Voted(**given)  # type: ignore[arg-type]  # test shorthand


def rows(*events: AnyEvent, state: RequestState | None = None) -> list[tuple[object, ...]]:
    return list(outcomes(state or REQUEST.state, happened(*events)))


def test_a_vote_is_one_row_with_how_long_it_took() -> None:
    assert rows(vote()) == [(MARA, "R1", 1, 1, 1, "approve", NOW + HOUR, HOUR)]


def test_who_was_handed_it_later_had_their_time_from_then() -> None:
    story = asked().delegates(MARA, BOB)
    handed = next(d.at for d in story.state.delegations)
    [(_, _, _, _, _, _, at, took)] = rows(vote(person=BOB, on_behalf_of=MARA), state=story.state)
    assert took == int(str(at)) - handed


def test_what_a_later_event_undid_has_no_time_that_is_known() -> None:
    assert rows(vote(round=2))[0][-1] is None
    assert rows(vote(revision=2))[0][-1] is None
    assert rows(vote(level=9))[0][-1] is None


def test_a_vote_that_was_taken_back_is_none() -> None:
    assert rows(VoteWithdrawn(level=1, round=1, person=MARA)) == [
        (MARA, "R1", 1, 1, 1, "withdrawn", NOW + HOUR, None)
    ]


def test_an_end_is_one_row_that_says_whether_a_person_approved_it() -> None:
    by_person = rows(Finished(status=Status.APPROVED, by=(DANA,)))
    by_itself = rows(Finished(status=Status.APPROVED, bypass="auto_approve"))
    expired = rows(Finished(status=Status.EXPIRED))
    assert [r[5] for r in (*by_person, *by_itself, *expired)] == ["approved", "passed", "expired"]
    assert by_person == [("", "R1", 0, 0, 0, "approved", NOW + HOUR, HOUR)]


def test_other_events_are_no_outcome() -> None:
    assert rows(Delegated(giver=MARA, taker=BOB)) == []
