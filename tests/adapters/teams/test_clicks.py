"""Buttons pressed in Teams: decided once, answered with what is true, never with an error page."""

import pytest

from core.card import Verb
from core.chat.port import Answer, Click
from core.refusals import Reason
from core.rows import Recipient
from tests.adapters.teams.cards import (
    ASK_TWICE,
    BINDING,
    DATA,
    REJECT,
    REQUEST,
    VIEW,
    a_card,
    a_rejected_card,
    actions,
    texts,
)
from tests.adapters.teams.conftest import FINANCE, FINN, Json, Rig, delivery, person, reference
from tests.adapters.teams.fakes import Recording

CARD = "application/vnd.microsoft.card.adaptive"
MESSAGE = "application/vnd.microsoft.activity.message"
WHY = "Please say why: a rejection needs a reason."
ERROR = "application/vnd.microsoft.error"


async def test_approve_is_decided_by_the_account_of_the_token_and_answered_with_the_new_card(
    rig: Rig, conversations: Recording
) -> None:
    conversations.click_answer = Answer(text="Recorded.", card=a_card(headline="Now: Director"))
    ref = await rig.shown()
    answer = await rig.press(ref, {"verb": "approve"})
    assert answer["ok"], answer
    assert answer["body"]["type"] == CARD
    assert "Now: Director" in texts(answer["body"]["value"])
    where = {"conversation": ref.fields["conversation"], "activity": ref.fields["activity"]}
    (once,) = conversations.onces
    assert once.startswith(f"{where['conversation']}|")
    assert conversations.clicks == [
        Click(identity=person(FINN), binding=BINDING, verb=Verb.APPROVE, once=once, evidence=where)
    ]


async def test_a_comment_written_above_approve_goes_with_it(
    rig: Rig, conversations: Recording
) -> None:
    ref = await rig.shown()
    written = {"comment": " Fine by me "}
    answer = await rig.press(ref, {"verb": "approve"}, inputs=written)
    assert answer["ok"], answer
    await rig.press(await rig.shown(), {"verb": "reject"}, inputs={**written, "reason": "No"})
    assert [click.reason for click in conversations.clicks] == ["Fine by me", "No"]


async def test_the_same_press_delivered_twice_gets_the_same_answer_twice(
    rig: Rig, conversations: Recording
) -> None:
    answer = await rig.press(await rig.shown(), {"verb": "approve"}, to_bot=["twice"])
    assert answer["ok"], answer
    assert answer["again"]["status"] == 200
    assert answer["again"]["body"] == answer["body"]
    first, again = conversations.onces
    assert first == again != ""
    await rig.press(await rig.shown(), {"verb": "reject"}, inputs={"reason": "No"})
    assert conversations.onces[2] not in ("", first)


async def test_reject_carries_the_reason_written_on_the_card(
    rig: Rig, conversations: Recording
) -> None:
    ref = await rig.shown()
    answer = await rig.press(ref, {"verb": "reject"}, inputs={"reason": "  Too expensive "})
    assert answer["ok"], answer
    assert conversations.clicks[0].verb is Verb.REJECT
    assert conversations.clicks[0].reason == "Too expensive"


async def test_the_client_itself_asks_for_the_reason_before_it_sends(
    rig: Rig, conversations: Recording
) -> None:
    answer = await rig.press(await rig.shown(), {"verb": "reject"})
    assert answer["error"] == "Please say why: a rejection needs a reason."
    assert conversations.clicks == []


@pytest.mark.parametrize("reason", [None, "", "   \n\t ", 7, ["x"], {"a": 1}])
async def test_a_rejection_without_a_reason_says_nothing_in_its_place_and_gets_the_form(
    rig: Rig, conversations: Recording, reason: object
) -> None:
    conversations.click_answer = Answer(text=WHY, refused=Reason.REASON_REQUIRED, card=a_card())
    data = {**DATA, "verb": "reject", "reason": reason}
    status, body = await rig.post(rig.invoke({"verb": "reject"}, data))
    assert (status, body["statusCode"], body["type"]) == (200, 200, CARD)
    assert texts(body["value"])[:2] == [WHY, "New ERP system"]
    assert "reject it" in texts(body["value"])
    assert conversations.clicks[0].reason is None
    assert conversations.asked == [("form reject", person(FINN), BINDING)]


async def test_who_may_not_reject_is_told_so_rather_than_asked_for_a_reason(
    rig: Rig, conversations: Recording
) -> None:
    conversations.click_answer = Answer(text=WHY, refused=Reason.REASON_REQUIRED, card=a_card())
    conversations.form_answer = Answer(text="It waits for others.", refused=Reason.NOT_AN_APPROVER)
    _, body = await rig.post(rig.invoke({"verb": "reject"}, {**DATA, "verb": "reject"}))
    assert body == {"statusCode": 200, "type": MESSAGE, "value": "It waits for others."}


async def test_a_refused_click_shows_the_present_card_with_the_sentence_on_top(
    rig: Rig, conversations: Recording
) -> None:
    conversations.click_answer = Answer(
        text="This card is out of date.", refused=Reason.STALE_CARD, card=a_rejected_card()
    )
    answer = await rig.press(await rig.shown(), {"verb": "approve"})
    card = answer["body"]["value"]
    assert card["body"][0]["style"] == "warning"
    assert texts(card["body"][0]) == ["This card is out of date."]
    assert actions(card) == []


async def test_who_may_not_see_the_request_gets_the_sentence_and_no_card(
    rig: Rig, conversations: Recording
) -> None:
    conversations.click_answer = Answer(
        text="This account is not linked.", refused=Reason.UNKNOWN_ACCOUNT
    )
    answer = await rig.press(await rig.shown(), {"verb": "approve"})
    assert answer["body"] == {
        "statusCode": 200,
        "type": MESSAGE,
        "value": "This account is not linked.",
    }


async def test_a_risky_request_asks_once_more_and_only_the_second_button_decides(
    rig: Rig, conversations: Recording
) -> None:
    ref = await rig.shown(a_card(buttons=(ASK_TWICE, REJECT, VIEW)))
    card = rig.said(ref.fields["conversation"])[0]["attachments"][0]["content"]
    first = actions(card)[0]
    assert (first["type"], first["title"]) == ("Action.ShowCard", "Approve")
    assert "Approve this high-risk request?" in texts(first["card"])
    await rig.press(ref, {"title": "Yes, approve", "verb": "approve"})
    assert [click.verb for click in conversations.clicks] == [Verb.APPROVE]


async def test_open_shows_a_requests_present_card_and_decides_nothing(
    rig: Rig, conversations: Recording
) -> None:
    data = {"verb": "show", "request": REQUEST}
    _, body = await rig.post(rig.invoke({"verb": "show"}, data))
    assert body["type"] == CARD
    assert conversations.asked == [("status", person(FINN), REQUEST)]
    assert conversations.clicks == []


UNKNOWN: list[tuple[Json, object]] = [
    ({"verb": "renew"}, {**DATA, "verb": "renew"}),
    ({"verb": "approve"}, {**DATA, "verb": "reject"}),
    ({"verb": "approve"}, DATA),
    ({"verb": "approve"}, {}),
    ({"verb": "approve"}, "text"),
    ({"verb": "approve"}, [DATA]),
    ({"verb": ["approve"]}, {**DATA, "verb": ["approve"]}),
    ({}, None),
]


@pytest.mark.parametrize(("action", "data"), UNKNOWN)
async def test_a_button_that_cannot_be_read_is_answered_honestly_and_changes_nothing(
    rig: Rig, conversations: Recording, action: Json, data: object
) -> None:
    status, body = await rig.post(rig.invoke(action, data))
    assert (status, body["type"]) == (200, MESSAGE)
    assert "nothing was changed" in body["value"]
    assert conversations.clicks == []


@pytest.mark.parametrize(
    "value", [None, 5, "x", [], {}, {"action": None}, {"action": {"type": "Action.Http"}}]
)
async def test_an_invoke_with_any_value_is_answered(rig: Rig, value: object) -> None:
    status, body = await rig.post(rig.invoke({}, None, {"value": value}))
    assert (status, body["type"]) == (200, MESSAGE)


async def test_without_the_persons_object_id_nothing_is_decided(
    rig: Rig, conversations: Recording
) -> None:
    data = {**DATA, "verb": "approve"}
    sender = {"id": "29:1finn", "name": "Finn Fischer"}
    _, body = await rig.post(rig.invoke({"verb": "approve"}, data, {"from": sender}))
    assert (body["statusCode"], body["type"]) == (400, ERROR)
    assert conversations.clicks == []


async def test_what_fails_inside_is_an_error_body_and_never_an_error_page(
    rig: Rig, conversations: Recording, caplog: pytest.LogCaptureFixture
) -> None:
    conversations.breaks = True
    status, body = await rig.post(rig.invoke({"verb": "approve"}, {**DATA, "verb": "approve"}))
    assert (status, body["statusCode"], body["type"]) == (200, 500, ERROR)
    assert "disk" not in str(body)
    assert "the disk is full" in caplog.text


async def test_other_invokes_are_not_implemented(rig: Rig) -> None:
    status, _ = await rig.post(rig.invoke({}, None, {"name": "composeExtension/query"}))
    assert status == 501


async def test_names_and_addresses_in_the_data_say_nothing_about_who_clicked(
    rig: Rig, conversations: Recording
) -> None:
    lies = {
        "place": FINANCE,
        "from": "dana@example.com",
        "person": "dana@example.com",
        "identity": {"account": "x"},
    }
    await rig.post(rig.invoke({"verb": "approve"}, {**lies, **DATA, "verb": "approve"}))
    assert conversations.clicks[0].identity == person(FINN)
    assert conversations.clicks[0].place == ""
    assert conversations.clicks[0].answer_to is None


async def test_a_press_on_a_channels_card_says_which_channel_it_was(
    rig: Rig, conversations: Recording
) -> None:
    to = Recipient(platform="teams", id=FINANCE, kind="channel")
    posted = reference(await rig.platform.channel.show(a_card(), to, None, delivery()))
    where = {"conversation": FINANCE, "activity": posted.fields["activity"]}
    approved = await rig.act(FINN, "execute", **where, action={"verb": "approve"})
    assert approved["ok"], approved
    show = {"type": "Action.Execute", "verb": "show", "data": {"verb": "show", "request": REQUEST}}
    await rig.act(FINN, "execute", **where, action=show)
    reject = rig.invoke({"verb": "form"}, {**DATA, "verb": "form", "act": "reject"})
    thread = {"id": f"{FINANCE};messageid=1", "conversationType": "channel", "isGroup": True}
    await rig.post({**reject, "conversation": {**reject["conversation"], **thread}})
    assert [click.place for click in conversations.clicks] == [FINANCE]
    assert [asked[0] for asked in conversations.asked] == ["status", "form reject"]
    assert conversations.places == [FINANCE, FINANCE]


async def test_a_press_in_a_personal_chat_is_in_no_channel(
    rig: Rig, conversations: Recording
) -> None:
    channel = {"channel": {"id": FINANCE}}
    show = rig.invoke({"verb": "show"}, {"verb": "show", "request": REQUEST})
    await rig.post({**show, "channelData": {**show["channelData"], **channel}})
    assert conversations.places == [""]


async def test_no_warning_is_logged_for_a_real_click(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await rig.press(await rig.shown(), {"verb": "approve"})
    ours = [r for r in caplog.records if r.levelname not in {"DEBUG", "INFO"}]
    assert ours == []
    assert "Bearer" not in caplog.text
    assert "eyJ" not in caplog.text
