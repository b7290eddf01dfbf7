"""Who learns what in chat: what does not exist, what may not be seen, and what is told to whom."""

from typing import Any

import pytest
from msgspec.structs import replace

from core.card import Verb
from core.refusals import Reason
from core.request import Status
from core.route import ChannelRef
from tests.core.builders import ALICE, DAY, FAYE, FINN, MANAGER, MARA, NOW, a_route
from tests.core.desk import Desk, account
from tests.core.shown import BOB, asked


def desk(**fields: Any) -> Desk:
    """A request of Alice's that waits for Mara."""
    return Desk(asked(route=a_route(MANAGER, **fields)))


async def test_an_account_that_is_nobodys_learns_nothing() -> None:
    answer = await desk().click("U-Mallory", Verb.APPROVE)
    assert (answer.refused, answer.card) == (Reason.UNKNOWN_ACCOUNT, None)


@pytest.mark.parametrize("verb", [Verb.APPROVE, Verb.COMMENT, Verb.VIEW, Verb.HISTORY])
async def test_who_may_not_see_it_gets_the_answer_of_what_does_not_exist(verb: Verb) -> None:
    here = desk()
    answer = await here.click(BOB, verb, reason="Hello")
    nothing = replace(here.bound(), request="R9")
    other = await here.click(BOB, verb, reason="Hello", binding=nothing)
    assert (answer.refused, answer.card) == (Reason.UNKNOWN_REQUEST, None)
    assert answer.text.replace("R1", "R9") == other.text


async def test_a_refusal_is_queued_for_who_clicked_where_the_channel_asks_for_that() -> None:
    here = desk()
    given: dict[str, Any] = {"answer_to": {"channel": "C1"}, "to": "U-Nobody"}
    for _ in range(2):
        await here.click(MARA, Verb.DELEGATE, **given)
    assert here.told() == [("answer", "U-Mara")]
    await here.click(FAYE, Verb.APPROVE, answer_to={"channel": "C1"}, evidence={"ts": "1"})
    assert here.told()[1] == ("answer", "U-Faye")


async def test_too_long_a_text_is_refused_with_both_lengths() -> None:
    answer = await desk().click(MARA, Verb.REJECT, reason="x" * 2001)
    assert answer.refused is Reason.TEXT_TOO_LONG
    assert "2001" in answer.text


async def test_to_whom_it_was_handed_may_look_afterwards_too() -> None:
    story = asked(route=a_route(MANAGER)).delegates(MARA, BOB).delegates(MARA, FINN)
    here = Desk(story)
    answer = await here.click(BOB, Verb.VIEW)
    assert answer.text == "Waiting for Manager (stage 1 of 1)"
    assert answer.card is not None


async def test_the_rules_channel_may_look() -> None:
    here = desk(channels=(ChannelRef(platform="slack", id="C1"),))
    assert (await here.click(BOB, Verb.VIEW, place="C1")).card is not None
    assert (await here.click(BOB, Verb.VIEW, place="C2")).card is None


async def test_the_rules_channel_may_be_named_with_its_workspace() -> None:
    here = desk(channels=(ChannelRef(platform="slack", id="T1/C1"),))
    assert (await here.click(BOB, Verb.VIEW, place="C1")).card is not None
    for place in ("C2", "T1", "T1/", "1", ""):
        assert (await here.click(BOB, Verb.VIEW, place=place)).card is None


async def test_who_wrote_in_the_channel_learns_nothing_outside_it() -> None:
    here = desk(channels=(ChannelRef(platform="slack", id="C1"),))
    assert (await here.click(BOB, Verb.COMMENT, place="C1", reason="Hello")).refused is None
    answer = await here.click(BOB, Verb.COMMENT, reason="Hello")
    assert (answer.refused, answer.card) == (Reason.UNKNOWN_REQUEST, None)


async def test_the_history_is_told_to_who_may_see_it() -> None:
    here = desk()
    await here.click(MARA, Verb.COMMENT, reason="Hello")
    answer = await here.click(ALICE, Verb.HISTORY)
    assert answer.text.split("\n")[-1].endswith("Mara wrote: “Hello”.")


async def test_what_is_due_comes_before_the_click() -> None:
    here = desk()
    here.now = NOW + DAY
    answer = await here.click(MARA, Verb.APPROVE)
    assert answer.text == "Expired: nobody decided in time. Nothing was changed."
    assert here.state.status is Status.EXPIRED


async def test_a_freeze_is_said() -> None:
    here = desk()
    here.store.frozen = True
    assert (await here.click(MARA, Verb.APPROVE)).refused is Reason.FROZEN
    assert (await here.click(MARA, Verb.REJECT, reason="No")).refused is None


async def test_a_queue_lists_what_waits() -> None:
    here = desk()
    found = await here.chat.queue(account(MARA))
    assert [(i.request, i.title, i.stage, i.amount, i.deadline) for i in found.items] == [
        ("R1", "New ERP system", "Manager", "120,000", NOW + DAY)
    ]
    assert (await here.chat.queue(account("U-Mallory"))).refused is not None


async def test_a_message_has_its_effect_once() -> None:
    here = desk()
    assert [await here.chat.first_time("teams", "m1") for _ in range(2)] == [True, False]


async def test_who_can_be_reached_again_is_tried_again() -> None:
    here = desk()
    await here.chat.reachable(account(MARA))
    await here.chat.reachable(account("C1"))
    assert here.revived == [("slack", MARA), ("slack", "C1")]
