"""Showing cards and telling notices in a simulated Slack that misbehaves as the real one does."""

from typing import Any

import pytest

from adapters.slack.app import build
from core.directory import Identity
from core.ports import (
    Dead,
    Delivered,
    Delivery,
    MessageRef,
    Notice,
    Outcome,
    Recipient,
    RetryAt,
)
from tests.adapters.slack import cards
from tests.adapters.slack.conftest import EVE, FINANCE, FINN, SECRET, TEAM, TOKEN, Recording, Rig

PERSON = Recipient(platform="slack", id="finn@example.com")
CHANNEL = Recipient(platform="slack", id=FINANCE, kind="channel")
ACCOUNT = Identity(platform="slack", realm=TEAM, account=FINN)

Refs = tuple[MessageRef, ...]


async def show(
    rig: Rig,
    refs: Refs = (),
    *,
    to: Recipient = PERSON,
    uncertain: bool = False,
    **fields: Any,
) -> Outcome:
    card = cards.card(**fields)
    delivery = Delivery(
        request=card.request,
        to=to,
        wanted=card.version,
        shown=0,
        attempts=0,
        refs=refs,
        uncertain=uncertain,
    )
    account = ACCOUNT if to is PERSON else None
    return await rig.platform.channel.show(card, to, account, delivery)


async def shown(rig: Rig, refs: Refs = (), **options: Any) -> MessageRef:
    """Show a card that must be delivered and return the message."""
    outcome = await show(rig, refs, **options)
    assert isinstance(outcome, Delivered), outcome
    assert outcome.ref is not None
    return outcome.ref


def titles(rig: Rig, conversation: str = FINN) -> list[str]:
    return [m["blocks"][0]["text"]["text"] for m in rig.messages(conversation)]


# --- posting and editing -------------------------------------------------------------------


async def test_a_card_is_posted_to_the_person_and_its_place_is_kept(rig: Rig) -> None:
    ref = await shown(rig)
    (message,) = rig.messages(FINN)
    assert ref.platform == "slack"
    assert ref.fields["channel"].startswith("D")
    assert ref.fields == {"channel": ref.fields["channel"], "ts": message["ts"], "team": TEAM}
    assert message["text"] == "New ERP system · 120,000 EUR · Waiting for Finance (stage 2 of 3)"


async def test_a_posted_card_previews_no_links_and_its_metadata_names_no_person(rig: Rig) -> None:
    await shown(rig)
    (call,) = rig.calls("chat.postMessage")
    assert (call["unfurl_links"], call["unfurl_media"]) == (False, False)
    assert call["metadata"] == {
        "event_type": "countersign_card",
        "event_payload": {"request": cards.REQUEST, "recipient": FINN, "version": 4},
    }
    assert "finn@example.com" not in str(call)


async def test_a_card_for_a_channel_is_posted_there(rig: Rig) -> None:
    ref = await shown(rig, to=CHANNEL)
    assert ref.fields["channel"] == FINANCE
    assert len(rig.messages(FINANCE)) == 1


async def test_a_shown_card_is_edited_with_blocks_and_text(rig: Rig) -> None:
    ref = await shown(rig)
    assert await shown(rig, (ref,), title="Newer") == ref
    (message,) = rig.messages(FINN)
    assert message["blocks"][0]["text"]["text"] == "Newer"
    assert message["text"].startswith("Newer · ")
    assert message["edited"] is False
    assert rig.calls("chat.update")[0]["parse"] == "none"


async def test_the_newest_message_is_the_one_that_is_edited(rig: Rig) -> None:
    first, second = await shown(rig, title="1"), await shown(rig, title="2")
    assert await shown(rig, (first, second), title="3") == second
    assert titles(rig) == ["1", "3"]


@pytest.mark.parametrize(
    "error",
    [
        "message_not_found",
        "cant_update_message",
        "edit_window_closed",
        "channel_not_found",
        "is_archived",
        "is_inactive",
    ],
)
async def test_a_card_that_cannot_be_edited_is_posted_again(rig: Rig, error: str) -> None:
    ref = await shown(rig, title="1")
    rig.fault("chat.update", do="error", error=error)
    again = await shown(rig, (ref,), title="2")
    assert again != ref
    assert titles(rig) == ["1", "2"]


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_too_long", "invalid_auth"])
async def test_another_error_of_an_edit_posts_nothing(rig: Rig, error: str) -> None:
    ref = await shown(rig)
    rig.fault("chat.update", do="error", error=error)
    outcome = await show(rig, (ref,))
    assert isinstance(outcome, Dead)
    assert outcome.reason.startswith(f"Slack answered {error}: ")
    assert len(rig.messages(FINN)) == 1


async def test_without_an_account_nothing_can_be_shown(rig: Rig) -> None:
    card = cards.card()
    delivery = Delivery(request=card.request, to=PERSON, wanted=4, shown=0, attempts=0)
    outcome = await rig.platform.channel.show(card, PERSON, None, delivery)
    assert outcome == Dead(
        reason="No Slack account is known for finn@example.com: "
        "add identities.slack to this person's entry in the directory"
    )


async def test_a_person_slack_does_not_know_is_final_with_the_remedy(rig: Rig) -> None:
    card = cards.card()
    delivery = Delivery(request=card.request, to=PERSON, wanted=4, shown=0, attempts=0)
    stranger = Identity(platform="slack", realm=TEAM, account="U00NOBODY")
    outcome = await rig.platform.channel.show(card, PERSON, stranger, delivery)
    assert isinstance(outcome, Dead)
    assert outcome.reason.startswith("Slack answered channel_not_found: correct identities.slack")


# --- when Slack misbehaves -----------------------------------------------------------------


async def test_a_rate_limit_is_obeyed_for_the_whole_channel_and_not_retried_here(rig: Rig) -> None:
    rig.fault("chat.postMessage", do="429", retry_after=7)
    assert await show(rig) == RetryAt(
        reason="Slack limits our rate (429)", after=7000, whole_channel=True
    )
    assert len(rig.calls("chat.postMessage")) == 1


async def test_a_post_whose_answer_is_lost_is_uncertain_and_found_again(rig: Rig) -> None:
    rig.fault("chat.postMessage", do="5xx_after_accept")
    outcome = await show(rig, title="1")
    assert outcome == RetryAt(reason="Slack answered HTTP 500", uncertain=True)
    ref = await shown(rig, uncertain=True, title="2")
    assert titles(rig) == ["2"]
    assert ref.fields["ts"] == rig.messages(FINN)[0]["ts"]
    assert len(rig.calls("chat.postMessage")) == 1


async def test_a_cut_connection_is_uncertain(rig: Rig) -> None:
    rig.fault("chat.postMessage", do="drop_answer")
    assert await show(rig) == RetryAt(reason="Slack could not be reached", uncertain=True)


async def test_an_uncertain_post_to_a_channel_is_found_again_where_that_may_be_read(
    rig: Rig,
) -> None:
    rig.fault("chat.postMessage", do="5xx_after_accept")
    await show(rig, to=CHANNEL, title="1")
    await shown(rig, to=CHANNEL, uncertain=True, title="2")
    assert titles(rig, FINANCE) == ["2"]


@pytest.mark.parametrize("error", ["missing_scope", "not_in_channel", "channel_not_found"])
async def test_where_old_messages_cannot_be_read_it_is_posted(rig: Rig, error: str) -> None:
    rig.fault("conversations.history", do="error", error=error)
    await shown(rig, to=CHANNEL, uncertain=True)
    assert len(rig.messages(FINANCE)) == 1


async def test_a_doubt_without_an_orphan_ends_in_one_post(rig: Rig) -> None:
    await shown(rig, uncertain=True)
    assert len(rig.messages(FINN)) == 1


async def test_only_the_card_of_this_request_and_recipient_is_taken_for_the_orphan(
    rig: Rig,
) -> None:
    await shown(rig, title="other", request="req_other")
    await shown(rig, title="this", uncertain=True)
    assert titles(rig) == ["other", "this"]


async def test_a_known_message_that_cannot_be_edited_is_not_found_again(rig: Rig) -> None:
    ref = await shown(rig, title="1")
    rig.fault("chat.update", do="error", error="edit_window_closed")
    again = await shown(rig, (ref,), uncertain=True, title="2")
    assert again != ref
    assert titles(rig) == ["1", "2"]


async def test_in_doubt_a_known_message_is_edited_without_a_search(rig: Rig) -> None:
    ref = await shown(rig)
    assert await shown(rig, (ref,), uncertain=True) == ref
    assert rig.calls("conversations.history") == []


@pytest.mark.parametrize("method", ["conversations.history", "conversations.open"])
async def test_a_search_that_fails_stays_in_doubt_and_posts_nothing(rig: Rig, method: str) -> None:
    rig.fault(method, do="429", retry_after=3)
    assert await show(rig, uncertain=True) == RetryAt(
        reason="Slack limits our rate (429)", after=3000, uncertain=True, whole_channel=True
    )
    assert rig.messages(FINN) == []


async def test_a_doubtful_edit_that_must_wait_stays_in_doubt(rig: Rig) -> None:
    ref = await shown(rig)
    rig.fault("chat.update", do="429", retry_after=1)
    outcome = await show(rig, (ref,), uncertain=True)
    assert isinstance(outcome, RetryAt)
    assert outcome.uncertain is True


async def test_slack_that_never_answers_is_given_up_after_the_time_limit(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rig.platform.stop()
    monkeypatch.setattr("adapters.slack.calls.TIMEOUT_SECONDS", 0.05)
    await rig.platform.start()
    rig.fault("chat.postMessage", do="hang")
    assert await show(rig) == RetryAt(reason="Slack did not answer in time", uncertain=True)


async def test_all_calls_for_one_card_together_are_given_up_after_the_time_limit(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.slack.deliver.SHOW_SECONDS", 0.05)
    rig.fault("conversations.history", do="hang")
    outcome = await show(rig, uncertain=True)
    assert outcome == RetryAt(reason="Slack did not answer in time", uncertain=True)
    assert rig.messages(FINN) == []


async def test_slack_that_cannot_be_reached_has_done_nothing() -> None:
    platform = build(
        Recording(), bot_token=TOKEN, signing_secret=SECRET, api_url="http://127.0.0.1:9/api"
    )
    await platform.start()
    card = cards.card()
    delivery = Delivery(request=card.request, to=CHANNEL, wanted=4, shown=0, attempts=0)
    outcome = await platform.channel.show(card, CHANNEL, None, delivery)
    await platform.stop()
    assert outcome == RetryAt(reason="Slack could not be reached", uncertain=False)


async def test_a_wrong_token_is_final_and_never_repeated_in_the_reason(rig: Rig) -> None:
    wrong = build(
        Recording(),
        bot_token="xoxb-wrong",
        signing_secret=SECRET,
        api_url=rig.slack.slack_api_url,
    )
    await wrong.start()
    card = cards.card()
    delivery = Delivery(request=card.request, to=CHANNEL, wanted=4, shown=0, attempts=0)
    outcome = await wrong.channel.show(card, CHANNEL, None, delivery)
    await wrong.stop()
    assert isinstance(outcome, Dead)
    assert outcome.reason.startswith("Slack answered invalid_auth: set SLACK_BOT_TOKEN")
    assert "xoxb" not in outcome.reason


# --- notices -------------------------------------------------------------------------------


def result(**fields: Any) -> Notice:
    given: dict[str, Any] = {
        "kind": "result",
        "request": cards.REQUEST,
        "title": "New ERP system",
        "text": "Approved by Dana Diaz.",
        "status": "approved",
    }
    return Notice(**given | fields)


def answer(**facts: str) -> Notice:
    return Notice(
        kind="answer", request=cards.REQUEST, title="New ERP", text="Too late.", facts=facts
    )


async def test_a_result_is_a_direct_message_with_the_request_id(rig: Rig) -> None:
    assert await rig.platform.channel.tell(result(), PERSON, ACCOUNT) == Delivered()
    (message,) = rig.messages(FINN)
    assert [b.get("text", {}).get("text") for b in message["blocks"]] == [
        "*New ERP system*\nApproved by Dana Diaz.",
        None,
    ]
    assert message["blocks"][1]["elements"][0]["text"] == f"Request {cards.REQUEST}"
    assert message["text"] == "New ERP system: Approved by Dana Diaz."


async def test_a_result_of_any_length_is_delivered(rig: Rig) -> None:
    notice = result(title="<!channel>" * 500, text="&" * 20_000)
    assert await rig.platform.channel.tell(notice, PERSON, ACCOUNT) == Delivered()


async def test_an_answer_is_shown_to_the_clicker_alone_where_they_clicked(rig: Rig) -> None:
    to = Recipient(platform="slack", id=FINN, kind="account")
    notice = answer(channel=FINANCE, user=FINN, ts="1.2")
    assert await rig.platform.channel.tell(notice, to, None) == Delivered()
    (shown,) = rig.ephemerals
    assert (shown["user"], shown["channel"]) == (FINN, FINANCE)
    assert shown["blocks"][0]["text"]["text"] == "Too late."
    assert rig.messages(FINANCE) == []


async def test_an_answer_reaches_who_left_the_channel_directly(rig: Rig) -> None:
    to = Recipient(platform="slack", id=EVE, kind="account")
    notice = answer(channel=FINANCE, user=EVE, ts="1.2")
    assert await rig.platform.channel.tell(notice, to, None) == Delivered()
    assert titles(rig, EVE) == ["New ERP: Too late."]


@pytest.mark.parametrize("error", ["not_in_channel", "channel_not_found", "is_archived"])
async def test_an_answer_that_cannot_be_shown_there_is_told_directly(rig: Rig, error: str) -> None:
    rig.fault("chat.postEphemeral", do="error", error=error)
    notice = answer(channel=FINANCE, user=FINN, ts="1.2")
    assert await rig.platform.channel.tell(notice, PERSON, ACCOUNT) == Delivered()
    assert titles(rig) == ["New ERP: Too late."]


async def test_an_answer_without_facts_is_told_directly(rig: Rig) -> None:
    to = Recipient(platform="slack", id=FINN, kind="account")
    assert await rig.platform.channel.tell(answer(), to, None) == Delivered()
    assert titles(rig) == ["New ERP: Too late."]


async def test_an_answer_to_nobody_is_final(rig: Rig) -> None:
    assert isinstance(await rig.platform.channel.tell(answer(), PERSON, None), Dead)


async def test_a_rate_limited_answer_waits(rig: Rig) -> None:
    rig.fault("chat.postEphemeral", do="429", retry_after=2)
    notice = answer(channel=FINANCE, user=FINN)
    outcome = await rig.platform.channel.tell(notice, PERSON, ACCOUNT)
    assert isinstance(outcome, RetryAt)
    assert outcome.after == 2000


async def test_nothing_asks_slack_who_we_are(rig: Rig) -> None:
    await shown(rig, uncertain=True)
    await rig.platform.channel.tell(result(), PERSON, ACCOUNT)
    assert rig.calls("auth.test") == []
    assert rig.platform.channel.platform == "slack"
