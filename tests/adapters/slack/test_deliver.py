"""Showing cards and telling notices in a simulated Slack that misbehaves as the real one does."""

from typing import Any

import pytest

from adapters.slack.app import build
from core.directory.people import Identity
from core.ports import Dead, Delivered, Outcome, RetryAt
from core.rows import Delivery, MessageRef, Recipient
from tests.adapters.slack import cards
from tests.adapters.slack.conftest import FINANCE, FINN, SECRET, TEAM, TOKEN, Recording, Rig
from tests.ports import a_chat

PERSON = Recipient(platform="slack", id="finn@example.com")
CHANNEL = Recipient(platform="slack", id=FINANCE, kind="channel")
ACCOUNT = Identity(platform="slack", realm=TEAM, account=FINN)

Refs = tuple[MessageRef, ...]


async def show(
    rig: Rig,
    refs: Refs = (),
    *,
    to: Recipient = PERSON,
    account: Identity | None = ACCOUNT,
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
    account = account if to is PERSON else None
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


async def test_a_card_whose_content_was_erased_is_edited_and_never_posted_again(rig: Rig) -> None:
    ref = await shown(rig, title="1")
    assert await shown(rig, (ref,), title="(erased)", erased=True) == ref
    assert titles(rig) == ["(erased)"]
    rig.fault("chat.update", do="error", error="message_not_found")
    assert await shown(rig, (ref,), title="2", erased=True) == ref
    assert titles(rig) == ["(erased)"]


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_too_long", "invalid_auth"])
async def test_another_error_of_an_edit_posts_nothing(rig: Rig, error: str) -> None:
    ref = await shown(rig)
    rig.fault("chat.update", do="error", error=error)
    outcome = await show(rig, (ref,))
    assert isinstance(outcome, Dead)
    assert outcome.reason.startswith(f"Slack answered {error}: ")
    assert len(rig.messages(FINN)) == 1


NO_ACCOUNT = Dead(
    reason="no Slack account is known for this person (finn@example.com): let them write "
    "/approvals link in Slack, run countersign people link finn@example.com, or add "
    "identities.slack to their entry in the directory"
)


@pytest.mark.parametrize("uncertain", [False, True])
async def test_without_an_account_nothing_can_be_posted(rig: Rig, uncertain: bool) -> None:
    assert await show(rig, account=None, uncertain=uncertain) == NO_ACCOUNT
    assert rig.slack.place.store.calls() == []


@pytest.mark.parametrize("uncertain", [False, True])
async def test_the_card_of_a_person_who_left_is_still_edited(rig: Rig, uncertain: bool) -> None:
    first, second = await shown(rig, title="1"), await shown(rig, title="2")
    outcome = await show(rig, (first, second), account=None, uncertain=uncertain, title="Ended")
    assert outcome == Delivered(ref=second)
    assert titles(rig) == ["1", "Ended"]


async def test_a_card_of_a_person_who_left_that_cannot_be_edited_is_final(rig: Rig) -> None:
    ref = await shown(rig, title="1")
    rig.fault("chat.update", do="error", error="is_inactive")
    assert await show(rig, (ref,), account=None, title="2") == NO_ACCOUNT
    assert titles(rig) == ["1"]


async def test_an_edit_for_a_person_who_left_waits_when_slack_says_so(rig: Rig) -> None:
    ref = await shown(rig)
    rig.fault("chat.update", do="429", retry_after=4)
    assert await show(rig, (ref,), account=None) == RetryAt(
        reason="Slack limits our rate (429)", after=4000, whole_channel=True
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


@pytest.mark.parametrize(
    "error",
    [
        "missing_scope",
        "no_permission",
        "not_in_channel",
        "channel_not_found",
        "channel_is_limited_access",
    ],
)
async def test_where_old_messages_cannot_be_read_it_is_posted(rig: Rig, error: str) -> None:
    rig.fault("conversations.history", do="error", error=error)
    await shown(rig, to=CHANNEL, uncertain=True)
    assert len(rig.messages(FINANCE)) == 1


async def test_a_missing_scope_for_the_search_alone_does_not_keep_a_card_from_anyone(
    rig: Rig,
) -> None:
    rig.fault("conversations.open", do="error", error="missing_scope")
    await shown(rig, uncertain=True)
    assert len(rig.messages(FINN)) == 1


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
        a_chat(Recording()),
        bot_token=TOKEN,
        signing_secret=SECRET,
        api_url="http://127.0.0.1:9/api",
    )
    await platform.start()
    card = cards.card()
    delivery = Delivery(request=card.request, to=CHANNEL, wanted=4, shown=0, attempts=0)
    outcome = await platform.channel.show(card, CHANNEL, None, delivery)
    await platform.stop()
    assert outcome == RetryAt(reason="Slack could not be reached", uncertain=False)


async def test_a_wrong_token_is_final_and_never_repeated_in_the_reason(rig: Rig) -> None:
    wrong = build(
        a_chat(Recording()),
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


async def test_nothing_asks_slack_who_we_are(rig: Rig) -> None:
    await shown(rig, uncertain=True)
    assert rig.calls("auth.test") == []
    assert rig.platform.channel.platform == "slack"
