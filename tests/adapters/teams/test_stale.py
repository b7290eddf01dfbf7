"""A press on what is out of date: the present card for the presser, and the old one healed."""

import pytest

from core.card import Button, Verb
from core.chat.healing_port import OUT_OF_DATE
from core.chat.port import Answer, Chat
from core.refusals import Reason
from core.rows import MessageRef, Recipient
from tests.adapters.teams.cards import (
    DATA,
    REQUEST,
    a_card,
    a_form,
    a_rejected_card,
    actions,
    texts,
)
from tests.adapters.teams.conftest import (
    FINANCE,
    FINN,
    Rig,
    delivery,
    person,
    reference,
)
from tests.adapters.teams.fakes import Recording
from tests.ports import NothingToHeal, a_chat

OVER = Answer(
    text="Rejected by Eve Ende. Nothing was changed.",
    refused=Reason.FINISHED,
    card=a_rejected_card(headline="Rejected by Eve Ende"),
)
COMMENT = Button(verb=Verb.COMMENT, label="Comment")
NOT_YOURS = Answer(text="Not yours.", refused=Reason.NOT_AN_APPROVER, card=a_card())


@pytest.fixture
def healing() -> NothingToHeal:
    return NothingToHeal()


@pytest.fixture
def ports(conversations: Recording, healing: NothingToHeal) -> Chat:
    return a_chat(conversations, healing=healing)


def same(told: MessageRef, posted: MessageRef) -> bool:
    """Whether both name one message, as what is kept of it is compared."""
    names = ("conversation", "activity", "tenant")
    return all(told.fields[name] == posted.fields[name] for name in names)


async def test_the_loser_of_a_race_is_told_who_decided_and_the_card_is_healed(
    rig: Rig, healing: NothingToHeal
) -> None:
    rig.conversations.click_answer = OVER
    ref = await rig.shown()
    answer = await rig.press(ref, {"verb": "approve"})
    card = answer["body"]["value"]
    assert texts(card)[0] == OVER.text
    assert "Rejected by Eve Ende" in texts(card)
    assert actions(card) == []
    ((request, message, place),) = healing.told
    assert (request, message.platform, place) == (REQUEST, "teams", "")
    assert same(message, ref)


async def test_an_old_card_in_a_channel_is_healed_there(rig: Rig, healing: NothingToHeal) -> None:
    rig.conversations.click_answer = OVER
    to = Recipient(platform="teams", id=FINANCE, kind="channel")
    ref = reference(await rig.platform.channel.show(a_card(), to, None, delivery()))
    where = {"conversation": FINANCE, "activity": ref.fields["activity"]}
    await rig.act(FINN, "execute", **where, action={"verb": "approve"})
    ((_, message, place),) = healing.told
    assert place == FINANCE
    assert same(message, ref)


@pytest.mark.parametrize("reason", sorted(OUT_OF_DATE))
async def test_every_refusal_that_an_old_card_led_to_heals_it(
    rig: Rig, healing: NothingToHeal, reason: Reason
) -> None:
    rig.conversations.click_answer = Answer(text="Old.", refused=reason, card=a_card())
    await rig.press(await rig.shown(), {"verb": "approve"})
    assert len(healing.told) == 1


async def test_what_the_card_showed_truly_is_left_as_it_is(
    rig: Rig, healing: NothingToHeal
) -> None:
    ref = await rig.shown()
    await rig.press(ref, {"verb": "approve"})
    rig.conversations.click_answer = NOT_YOURS
    await rig.press(await rig.shown(), {"verb": "approve"})
    assert healing.told == []


async def test_a_form_that_would_not_count_heals_the_card_it_was_asked_from(
    rig: Rig, healing: NothingToHeal
) -> None:
    rig.conversations.form_answer = OVER
    ref = await rig.shown(a_card(more=(COMMENT,)))
    where = {"conversation": ref.fields["conversation"], "activity": ref.fields["activity"]}
    answer = await rig.act(FINN, "fetch", **where, action={"title": "Comment"})
    shown = answer["body"]["task"]["value"]["card"]["content"]
    assert texts(shown)[0] == OVER.text
    assert same(healing.told[0][1], ref)


async def test_a_form_that_came_too_late_heals_the_card_below_the_dialog(
    rig: Rig, healing: NothingToHeal
) -> None:
    rig.conversations.form_answer = Answer(text="", form=a_form(Verb.COMMENT), card=a_card())
    ref = await rig.shown(a_card(more=(COMMENT,)))
    where = {"conversation": ref.fields["conversation"], "activity": ref.fields["activity"]}
    await rig.act(FINN, "fetch", **where, action={"title": "Comment"})
    rig.conversations.click_answer = rig.conversations.form_answer = OVER
    await rig.act(FINN, "send", **where, action={"title": "Send"}, inputs={"reason": "x"})
    assert same(healing.told[0][1], ref)


async def test_a_client_without_execute_heals_too_and_is_answered(
    rig: Rig, healing: NothingToHeal
) -> None:
    rig.conversations.click_answer = OVER
    ref = await rig.shown()
    where = {"conversation": ref.fields["conversation"], "activity": ref.fields["activity"]}
    data = {**DATA, "verb": "approve"}
    await rig.act(FINN, "submit", **where, action={"type": "Action.Submit", "data": data})
    assert same(healing.told[0][1], ref)
    (_, reply) = await rig.replies(rig.chat(FINN), 2)
    assert texts(reply["attachments"][0]["content"])[0] == OVER.text


async def test_a_message_that_only_answered_somebody_is_no_card_to_heal(
    rig: Rig, healing: NothingToHeal
) -> None:
    rig.conversations.click_answer = OVER
    data = {**DATA, "verb": "comment", "apart": True, "reason": "x"}
    ref = await rig.shown()
    action = {"type": "Action.Execute", "verb": "comment", "data": data}
    await rig.press(ref, action)
    assert [click.verb for click in rig.conversations.clicks] == [Verb.COMMENT]
    assert healing.told == []


async def test_a_press_that_names_no_message_heals_nothing(
    rig: Rig, healing: NothingToHeal
) -> None:
    rig.conversations.click_answer = OVER
    data = {**DATA, "verb": "approve"}
    await rig.post(rig.invoke({"verb": "approve"}, data, {"replyToId": None}))
    assert healing.told == []
    assert [click.identity for click in rig.conversations.clicks] == [person(FINN)]
