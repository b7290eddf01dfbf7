"""A press on what is out of date: the present card for the presser, and the old one healed."""

from typing import Any

import pytest

from adapters.slack import threads
from core.chat.port import Answer, Chat
from core.ports import Delivered, Notice
from core.refusals import Reason
from core.rows import MessageRef, Recipient
from tests.adapters.slack import cards
from tests.adapters.slack.conftest import EVE, FINANCE, FINN, TEAM, Recording, Rig
from tests.adapters.slack.limits import assert_message
from tests.adapters.slack.pressing import CHANNEL, PERSON, posted, press, pressed, reason, told
from tests.ports import NothingToHeal, a_chat

Json = dict[str, Any]

OVER = Answer(
    text="Rejected by Finn Fischer. Nothing was changed.",
    refused=Reason.FINISHED,
    card=cards.rejected(),
)
NOT_YOURS = Answer(text="Not yours.", refused=Reason.NOT_AN_APPROVER, card=cards.card())


@pytest.fixture
def healing() -> NothingToHeal:
    return NothingToHeal()


@pytest.fixture
def chat(conversations: Recording, healing: NothingToHeal) -> Chat:
    return a_chat(conversations, healing=healing)


def message(where: dict[str, str]) -> MessageRef:
    fields = {"channel": where["channel"], "ts": where["ts"], "team": TEAM}
    key = threads.key(where["channel"], where["ts"])
    return MessageRef(platform="slack", fields=fields, key=key)


async def click(rig: Rig, where: dict[str, str], what: str) -> None:
    spot = {"channel": where["channel"], "ts": where["ts"]}
    await rig.act(FINN, "click", **spot, action_id=f"countersign_{what}")


async def test_a_form_that_would_not_count_gives_the_present_card_instead(rig: Rig) -> None:
    rig.conversations.form_answer = OVER
    await press(rig, "reject")
    assert rig.modal(FINN) is None
    (shown,) = rig.ephemerals
    assert_message(shown["blocks"])
    assert told(rig) == [OVER.text]
    assert "Rejected by Finn Fischer" in str(shown["blocks"][2])
    assert all(block["type"] != "actions" for block in shown["blocks"])


async def test_where_the_card_cannot_be_shown_the_sentence_is(rig: Rig) -> None:
    rig.conversations.form_answer = OVER
    where = await posted(rig)
    await rig.send(pressed("countersign_reject", '[1,["r",1,"c",1,0]]', where))
    assert told(rig) == [OVER.text]
    assert len(rig.ephemerals[0]["blocks"]) == 1


@pytest.mark.parametrize(("to", "place"), [(PERSON, ""), (CHANNEL, FINANCE)])
async def test_the_old_card_is_brought_up_to_date(
    rig: Rig, healing: NothingToHeal, to: Any, place: str
) -> None:
    rig.conversations.click_answer = OVER
    rig.conversations.form_answer = OVER
    where = await posted(rig, to)
    await click(rig, where, "approve")
    await click(rig, where, "reject")
    assert healing.told == [
        (cards.REQUEST, message(where), place),
        (cards.REQUEST, message(where), place),
    ]


async def test_what_is_refused_for_another_reason_is_not_out_of_date(
    rig: Rig, healing: NothingToHeal
) -> None:
    rig.conversations.click_answer = NOT_YOURS
    await press(rig, "approve")
    rig.conversations.click_answer = Answer(text="You approved this.", card=cards.card())
    await press(rig, "approve")
    assert healing.told == []


async def test_a_form_that_was_overtaken_is_replaced_by_the_present_card(
    rig: Rig, healing: NothingToHeal
) -> None:
    where = await posted(rig)
    await click(rig, where, "reject")
    form = rig.modal(FINN)
    assert form is not None
    rig.conversations.click_answer = OVER
    await rig.act(FINN, "submit", view_id=form["id"], values=reason("No."))
    shown = rig.modal(FINN)
    assert shown is not None
    assert (shown["id"], shown["title"]["text"]) == (form["id"], "Request")
    assert shown["blocks"][0]["text"]["text"] == OVER.text
    assert healing.told == [(cards.REQUEST, message(where), "")]


async def test_a_card_that_one_person_saw_alone_is_nothing_to_heal(
    rig: Rig, healing: NothingToHeal
) -> None:
    await rig.act(FINN, "command", command="/approvals", text=f"status {cards.REQUEST}")
    (shown,) = rig.ephemerals
    rig.conversations.form_answer = OVER
    await rig.act(FINN, "click", ephemeral=shown["id"], action_id="countersign_reject")
    assert healing.told == []
    assert told(rig) == [OVER.text]
    assert len(rig.ephemerals) == 1


async def test_an_answer_of_the_relay_brings_the_present_card(rig: Rig) -> None:
    where = await posted(rig, CHANNEL)
    facts = {"channel": where["channel"], "user": FINN, "team": TEAM}
    notice = Notice(
        kind="answer", request="R1", title="ERP", text=OVER.text, facts=facts, shown=OVER.card
    )
    to = Recipient(platform="slack", id=FINN, kind="account")
    assert await rig.platform.channel.tell(notice, to, None) == Delivered()
    (shown,) = rig.ephemerals
    assert_message(shown["blocks"])
    assert shown["blocks"][0]["text"]["text"] == OVER.text
    assert "Rejected by Finn Fischer" in str(shown["blocks"][2])


async def test_who_is_not_reached_there_gets_the_sentence_and_no_card_that_grows_old(
    rig: Rig,
) -> None:
    where = await posted(rig, CHANNEL)
    facts = {"channel": where["channel"], "user": EVE, "team": TEAM}
    notice = Notice(
        kind="answer", request="R1", title="ERP", text=OVER.text, facts=facts, shown=OVER.card
    )
    to = Recipient(platform="slack", id=EVE, kind="account")
    assert isinstance(await rig.platform.channel.tell(notice, to, None), Delivered)
    (message,) = rig.messages(EVE)
    assert [b["text"]["text"] for b in message["blocks"]] == [f"ERP: {OVER.text}"]
