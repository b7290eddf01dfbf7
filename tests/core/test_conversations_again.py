"""What a platform delivers again has one effect for ever, and is answered with what is true."""

import pytest
from msgspec.structs import replace

from core.card import Verb
from core.refusals import Reason
from core.request import Decision
from core.route import Entry
from tests.core.builders import ADA, ALICE, DANA, FINN, HOUR, MARA, stage
from tests.core.test_conversations import BOARD, desk


@pytest.mark.parametrize("undone_by", [Verb.WITHDRAW, Verb.REJECT])
async def test_a_click_that_arrives_again_does_not_bring_back_what_was_undone(
    undone_by: Verb,
) -> None:
    here = desk(stage(1, "Board", MARA, DANA, quorum=2, reject_quorum=2))
    first = await here.click(MARA, Verb.APPROVE, once="chat|1")
    assert await here.click(MARA, Verb.APPROVE, once="chat|1") == first
    await here.click(MARA, undone_by, once="chat|2", reason="Not yet")
    before = here.state
    again = await here.click(MARA, Verb.APPROVE, once="chat|1")
    assert (again.refused, here.state) == (Reason.STALE_CARD, before)
    await here.click(MARA, Verb.APPROVE, once="chat|3")
    assert [v.decision for v in here.state.stages[0].votes] == [Decision.APPROVE]


@pytest.mark.parametrize("verb", [Verb.COMMENT, Verb.ASK, Verb.ESCALATE])
async def test_what_counts_each_time_counts_once_for_each_message(verb: Verb) -> None:
    here = desk(stage(1, "Board", MARA, DANA, quorum=2, escalate_to=(_one(FINN), _one(ADA))))
    first = await here.click(ALICE, verb, once="chat|1", reason="Why?")
    assert first.refused is None
    here.now += 2 * HOUR
    before, told = here.state, here.told()
    again = await here.click(ALICE, verb, once="chat|1", reason="Why?")
    assert (again.refused, again.text) == (None, first.text)
    assert (here.state, here.told()) == (before, told)
    assert (await here.click(ALICE, verb, once="chat|2", reason="Why?")).refused is None
    assert here.state != before


@pytest.mark.parametrize(
    ("who", "verb", "alone"),
    [
        (ALICE, Verb.NUDGE, "nudged_recently"),
        (ALICE, Verb.ESCALATE, "nobody_left_to_ask"),
        (MARA, Verb.REQUEST_CHANGES, "waiting_for_revision"),
        (MARA, Verb.WITHDRAW, "no_vote"),
    ],
)
async def test_who_is_answered_twice_is_not_refused_for_what_they_did_themselves(
    who: str, verb: Verb, alone: str
) -> None:
    board = stage(1, "Board", MARA, DANA, quorum=2, escalate_to=(_one(FINN),))
    here = desk(board, last_resort=())
    await here.click(MARA, Verb.APPROVE)
    first = await here.click(who, verb, once="chat|1", reason="x")
    before = here.state
    again = await here.click(who, verb, once="chat|1", reason="x")
    assert (again.refused, again.text, here.state) == (None, first.text, before)
    other = await here.click(who, verb, once="chat|2", reason="x")
    assert other.refused is Reason(alone)


async def test_the_second_click_of_two_does_not_bring_back_what_was_undone_either() -> None:
    here = desk(BOARD)
    for once in ("chat|1", "chat|2"):
        await here.click(MARA, Verb.APPROVE, once=once)
    await here.click(MARA, Verb.WITHDRAW, once="chat|3")
    before = here.state
    late = await here.click(MARA, Verb.APPROVE, once="chat|2")
    assert (late.refused, here.state) == (Reason.STALE_CARD, before)


def _one(person: str) -> tuple[Entry, ...]:
    return (Entry(ref=person, people=(person,)),)


async def test_one_message_about_two_requests_has_an_effect_on_each() -> None:
    here = desk(BOARD)
    here.store.states["R2"] = replace(here.state, id="R2")
    other = replace(here.bound(), request="R2")
    await here.click(MARA, Verb.APPROVE, once="chat|1")
    await here.click(MARA, Verb.APPROVE, binding=other, once="chat|1")
    assert [len(s.stages[0].votes) for s in here.store.states.values()] == [1, 1]


async def test_a_message_id_that_no_database_keeps_is_noted_all_the_same() -> None:
    here = desk(stage(1, "Board", MARA, DANA, quorum=2))
    await here.click(MARA, Verb.APPROVE, once="chat\0|1")
    ((_, key),) = here.store.keys
    assert key.isprintable()
