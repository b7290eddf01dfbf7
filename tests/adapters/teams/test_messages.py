"""What people write to the bot, and buttons of clients that send them as messages."""

import pytest

from adapters.teams.answers import ELSEWHERE, answered
from core.card import Card, Verb
from core.chat.port import Answer
from core.refusals import Reason
from core.rows import Recipient
from tests.adapters.teams.cards import (
    BINDING,
    DATA,
    REQUEST,
    VIEW,
    a_card,
    a_rejected_card,
    actions,
    parts,
    texts,
)
from tests.adapters.teams.conftest import (
    EVE,
    FINANCE,
    FINN,
    Json,
    Rig,
    content,
    delivery,
    person,
    reference,
)
from tests.adapters.teams.fakes import Recording


def assert_decides_nothing(card: Json) -> None:
    """A card that nobody edits afterwards: it can be read, and says where to decide."""
    assert [action["title"] for action in actions(card)] == ["View full action"]
    assert {a["verb"] for a in parts(card, "Action.Execute")} <= {"page"}
    assert "To decide, use the card you were sent." in texts(card["body"])


async def test_status_shows_the_present_card_and_points_to_the_one_that_decides(
    rig: Rig, conversations: Recording
) -> None:
    await rig.act(FINN, "message", text=f"status {REQUEST}")
    reply = (await rig.replies(rig.chat(FINN), 1))[0]
    assert texts(content(reply)).count("Waiting for Finance (stage 2 of 3)") == 1
    assert "Waiting" not in texts(content(reply))
    assert_decides_nothing(content(reply))
    assert conversations.asked == [("status", person(FINN), REQUEST)]


@pytest.mark.parametrize("shown", [a_card(buttons=(VIEW,)), a_rejected_card()])
async def test_status_points_nobody_to_a_card_who_could_not_decide(
    rig: Rig, conversations: Recording, shown: Card
) -> None:
    conversations.status_answer = Answer(text="", card=shown)
    await rig.act(FINN, "message", text=f"status {REQUEST}")
    card = content((await rig.replies(rig.chat(FINN), 1))[0])
    assert shown.headline in texts(card)
    assert ELSEWHERE not in texts(card)


async def test_status_of_something_unknown_is_the_cores_sentence(
    rig: Rig, conversations: Recording
) -> None:
    conversations.status_answer = Answer(
        text="There is no request x that you may see.", refused=Reason.UNKNOWN_REQUEST
    )
    await rig.act(FINN, "message", text="status x")
    said = (await rig.replies(rig.chat(FINN), 1))[0]["text"]
    assert said == "There is no request x that you may see."


async def test_a_question_delivered_twice_is_answered_each_time_so_that_no_crash_swallows_it(
    rig: Rig, conversations: Recording
) -> None:
    answer = await rig.act(FINN, "message", text="queue", to_bot=["twice"])
    assert answer["again"]["status"] == 200
    await rig.platform.stop()
    assert len(rig.said(rig.chat(FINN))) == 2
    assert conversations.seen == []


async def test_the_same_id_in_another_conversation_is_another_message(rig: Rig) -> None:
    press = {**DATA, "verb": "approve"}
    message = {"type": "message", "name": None, "value": press, "id": "17"}
    here = rig.invoke({}, None, message)
    thread = {**here["conversation"], "id": f"{FINANCE};messageid=1", "conversationType": "channel"}
    for activity in (here, {**here, "conversation": thread}, here):
        assert (await rig.post(activity))[0] == 200
    await rig.platform.stop()
    assert [seen for seen in rig.conversations.seen if rig.conversations.seen.count(seen) == 1] == [
        ("teams", f"{FINANCE};messageid=1|17")
    ]
    assert len(rig.said(rig.chat(FINN))) == 1


async def test_status_asked_in_a_channel_says_which_channel_it_was(
    rig: Rig, conversations: Recording
) -> None:
    await rig.act(FINN, "message", conversation=FINANCE, text=f"@Countersign status {REQUEST}")
    await rig.act(FINN, "message", text=f"status {REQUEST}")
    assert conversations.places == [FINANCE, ""]


async def test_a_refused_submit_in_a_channel_shows_its_card_to_the_clicker_alone(
    rig: Rig, conversations: Recording
) -> None:
    conversations.click_answer = Answer(
        text="It is already rejected.", refused=Reason.FINISHED, card=a_rejected_card()
    )
    to = Recipient(platform="teams", id=FINANCE, kind="channel")
    posted = reference(await rig.platform.channel.show(a_card(), to, None, delivery()))
    where = {"conversation": FINANCE, "activity": posted.fields["activity"]}
    data = {**DATA, "verb": "approve"}
    answer = await rig.act(FINN, "submit", **where, action={"data": data})
    assert answer["ok"], answer
    assert (await rig.replies(FINANCE, 2))[1]["text"] == "I answered you in our own chat."
    assert texts(content(rig.said(rig.chat(FINN))[0]))[0] == "It is already rejected."


async def test_what_only_one_person_may_see_never_goes_into_a_channel(
    rig: Rig, conversations: Recording
) -> None:
    text = f"@Countersign status {REQUEST}"
    answer = await rig.act(FINN, "message", conversation=FINANCE, text=text)
    assert answer["ok"], answer
    assert (await rig.replies(FINANCE, 1))[0]["text"] == "I answered you in our own chat."
    assert "New ERP system" in texts(content(rig.said(rig.chat(FINN))[0]))
    assert "New ERP system" not in str(rig.said(FINANCE))


async def test_who_has_not_installed_the_app_is_told_to_ask_in_a_chat(rig: Rig) -> None:
    await rig.act(EVE, "message", conversation=FINANCE, text=f"@Countersign status {REQUEST}")
    said = (await rig.replies(FINANCE, 1))[0]["text"]
    assert said == "I can tell you that only in our own chat: open one with me and ask there."


async def test_help_in_a_channel_is_answered_in_the_same_thread(rig: Rig) -> None:
    await rig.act(EVE, "message", conversation=FINANCE, text="@Countersign help")
    reply = (await rig.replies(FINANCE, 1))[0]
    assert reply["text"].startswith("I understand:")
    assert ";messageid=" in rig.calls("POST activities")[0]["args"]["conversation"]


async def test_a_reply_that_teams_throttles_is_tried_again(rig: Rig) -> None:
    rig.fault("POST activities", "429", retry_after=1)
    await rig.act(FINN, "message", text="help")
    assert len(await rig.replies(rig.chat(FINN), 1)) == 1


async def test_a_reply_that_may_have_arrived_is_not_sent_twice(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.fault("POST activities", "5xx_after_accept")
    await rig.act(FINN, "message", text="help")
    await rig.platform.stop()
    assert len(rig.said(rig.chat(FINN))) == 1
    assert "A reply in Teams was not sent: Teams answered 500" in caplog.text


async def submit(rig: Rig, action: str, **inputs: str) -> None:
    ref = await rig.shown()
    where = {"conversation": ref.fields["conversation"], "activity": ref.fields["activity"]}
    data = {**DATA, "verb": action}
    answer = await rig.act(FINN, "submit", **where, action={"data": data}, inputs=inputs)
    assert answer["ok"], answer


async def test_approve_from_a_client_without_execute_counts_and_is_confirmed(
    rig: Rig, conversations: Recording
) -> None:
    await submit(rig, "approve")
    assert [c.verb for c in conversations.clicks] == [Verb.APPROVE]
    assert conversations.clicks[0].identity == person(FINN)
    assert conversations.clicks[0].binding == BINDING
    assert (await rig.replies(rig.chat(FINN), 2))[1]["text"] == "Recorded."


async def test_reject_from_a_client_without_execute_carries_its_reason(
    rig: Rig, conversations: Recording
) -> None:
    await submit(rig, "reject", reason="Too expensive")
    assert conversations.clicks[0].verb is Verb.REJECT
    assert conversations.clicks[0].reason == "Too expensive"


async def test_a_refused_submit_is_answered_with_the_sentence_and_the_present_card(
    rig: Rig, conversations: Recording
) -> None:
    conversations.click_answer = Answer(
        text="It is already rejected.", refused=Reason.FINISHED, card=a_rejected_card()
    )
    await submit(rig, "approve")
    card = content((await rig.replies(rig.chat(FINN), 2))[1])
    assert texts(card)[0] == "It is already rejected."
    assert "actions" not in card


async def test_a_submit_without_a_reason_gets_the_form_with_the_error(
    rig: Rig, conversations: Recording
) -> None:
    why = "Please say why: a rejection needs a reason."
    conversations.click_answer = Answer(text=why, refused=Reason.REASON_REQUIRED, card=a_card())
    message = {"type": "message", "name": None, "value": {**DATA, "verb": "reject"}}
    status, _ = await rig.post(rig.invoke({}, None, message))
    assert status == 200
    card = content((await rig.replies(rig.chat(FINN), 1))[0])
    assert texts(card)[:2] == [why, "New ERP system"]
    assert "reject it" in texts(card)
    assert parts(card, "Action.Execute")[0]["data"] == {**DATA, "verb": "reject", "apart": True}


async def test_a_replayed_submit_is_asked_again_but_answered_once(
    rig: Rig, conversations: Recording
) -> None:
    message = {"type": "message", "name": None, "value": {**DATA, "verb": "approve"}}
    activity = rig.invoke({}, None, message)
    for _ in range(3):
        assert (await rig.post(activity))[0] == 200
    await rig.platform.stop()
    # Deciding again is harmless: the core gives a repeated click the answer it had.
    assert conversations.clicks == [conversations.clicks[0]] * 3
    assert len(rig.said(rig.chat(FINN))) == 1


async def test_a_replayed_open_decides_nothing_and_is_answered_each_time(rig: Rig) -> None:
    value = {"verb": "show", "request": REQUEST}
    activity = rig.invoke({}, None, {"type": "message", "name": None, "value": value})
    for _ in range(2):
        assert (await rig.post(activity))[0] == 200
    await rig.platform.stop()
    assert len(rig.said(rig.chat(FINN))) == 2


@pytest.mark.parametrize("value", [{}, {"verb": "explode"}, [1], "text", 5, {**DATA, "level": "2"}])
async def test_a_submit_that_cannot_be_read_is_answered_honestly(
    rig: Rig, conversations: Recording, value: object
) -> None:
    message = {"type": "message", "name": None, "value": value}
    assert (await rig.post(rig.invoke({}, None, message)))[0] == 200
    said = (await rig.replies(rig.chat(FINN), 1))[0]["text"]
    assert "nothing was changed" in said
    assert conversations.clicks == []


async def test_outside_text_in_a_message_is_plain_and_shown_once(
    rig: Rig, conversations: Recording
) -> None:
    conversations.status_answer = Answer(text="No {{DATE( <at>x</at> \u202e", card=None)
    await rig.act(FINN, "message", text="status x")
    said = (await rig.replies(rig.chat(FINN), 1))[0]["text"]
    assert said == "No {\u2060{DATE( <\u2060at>x<\u2060/at> ⟦U+202E⟧"


def test_the_card_of_a_status_is_only_for_who_asked() -> None:
    assert answered(Answer(text="", card=a_card()), private=True).private
