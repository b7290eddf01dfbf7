"""Telling results and answers in a simulated Slack, wherever their reader can be reached."""

import json
from typing import Any

import pytest

from core.directory.people import Identity
from core.ports import Dead, Delivered, Notice, RetryAt
from core.rows import Recipient
from tests.adapters.slack import cards
from tests.adapters.slack.conftest import EVE, FINANCE, FINN, TEAM, Rig
from tests.adapters.slack.limits import assert_message

PERSON = Recipient(platform="slack", id="finn@example.com")
ACCOUNT = Identity(platform="slack", realm=TEAM, account=FINN)


def told(rig: Rig, user: str) -> list[str]:
    """What stands in this person's direct messages."""
    return [m["blocks"][0]["text"]["text"] for m in rig.messages(user)]


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


async def delivered(rig: Rig, notice: Notice) -> Delivered:
    outcome = await rig.platform.channel.tell(notice, PERSON, ACCOUNT)
    assert isinstance(outcome, Delivered), outcome
    return outcome


async def test_a_result_is_a_direct_message_with_the_request_id(rig: Rig) -> None:
    await delivered(rig, result())
    (message,) = rig.messages(FINN)
    assert [b.get("text", {}).get("text") for b in message["blocks"]] == [
        "*New ERP system*\nApproved by Dana Diaz.",
        None,
    ]
    assert message["blocks"][1]["elements"][0]["text"] == f"Request {cards.REQUEST}"
    assert message["text"] == "New ERP system: Approved by Dana Diaz."


async def test_a_result_of_any_length_is_delivered(rig: Rig) -> None:
    await delivered(rig, result(title="<!channel>" * 500, text="&" * 20_000))
    (message,) = rig.messages(FINN)
    assert_message(message["blocks"])
    assert "<!channel>" not in json.dumps(message["blocks"])
    assert "&amp;&amp;" in json.dumps(message["blocks"])


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
    assert told(rig, EVE) == ["New ERP: Too late."]


@pytest.mark.parametrize(
    "error",
    [
        "not_in_channel",
        "channel_not_found",
        "is_archived",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
        "thread_not_found",
        "invalid_blocks",
        "a_code_of_next_year",
    ],
)
async def test_an_answer_that_cannot_be_shown_there_is_told_directly(rig: Rig, error: str) -> None:
    rig.fault("chat.postEphemeral", do="error", error=error)
    notice = answer(channel=FINANCE, user=FINN, ts="1.2")
    assert await rig.platform.channel.tell(notice, PERSON, ACCOUNT) == Delivered()
    assert told(rig, FINN) == ["New ERP: Too late."]


async def test_an_answer_without_facts_is_told_directly(rig: Rig) -> None:
    to = Recipient(platform="slack", id=FINN, kind="account")
    assert await rig.platform.channel.tell(answer(), to, None) == Delivered()
    assert told(rig, FINN) == ["New ERP: Too late."]


async def test_an_answer_to_nobody_is_final(rig: Rig) -> None:
    assert isinstance(await rig.platform.channel.tell(answer(), PERSON, None), Dead)


async def test_a_rate_limited_answer_waits(rig: Rig) -> None:
    rig.fault("chat.postEphemeral", do="429", retry_after=2)
    notice = answer(channel=FINANCE, user=FINN)
    outcome = await rig.platform.channel.tell(notice, PERSON, ACCOUNT)
    assert isinstance(outcome, RetryAt)
    assert outcome.after == 2000


async def test_telling_asks_slack_nothing_about_ourselves(rig: Rig) -> None:
    await rig.platform.channel.tell(result(), PERSON, ACCOUNT)
    assert [c["method"] for c in rig.slack.place.store.calls()] == ["chat.postMessage"]


# --- other kinds ---------------------------------------------------------------------------

ASKING = (
    "reminder",
    "nudge",
    "escalated",
    "delegated",
    "given_back",
    "reassigned",
    "changes_requested",
    "revised",
    "comment",
    "question",
    "a_kind_of_tomorrow",
)


@pytest.mark.parametrize("kind", [*ASKING, "held", "break_glass"])
async def test_a_notice_leads_to_the_present_card(rig: Rig, kind: str) -> None:
    await delivered(rig, result(kind=kind, text="Bob <!channel> waits for you.", status=None))
    (message,) = rig.messages(FINN)
    assert_message(message["blocks"])
    assert "Bob &lt;!channel&gt; waits for you." in str(message["blocks"])
    found = rig.state["conversations"].values()
    (channel,) = (c["id"] for c in found if c["user"] == FINN)
    await rig.act(FINN, "click", channel=channel, ts=message["ts"], action_id="countersign_show")
    (shown,) = rig.ephemerals
    assert shown["blocks"][0]["text"]["text"] == "New ERP system"
    assert rig.conversations.asked == [("status", ACCOUNT, cards.REQUEST)]


@pytest.mark.parametrize(
    ("kind", "header"), [("break_glass", "🚨 Break-glass"), ("held", "🛑 Held")]
)
async def test_what_nobody_must_overlook_has_a_header(rig: Rig, kind: str, header: str) -> None:
    await rig.platform.channel.tell(result(kind=kind), PERSON, ACCOUNT)
    (message,) = rig.messages(FINN)
    assert message["blocks"][0] == {
        "type": "header",
        "block_id": "countersign_loud",
        "text": {"type": "plain_text", "text": header, "emoji": False},
    }
    assert message["text"] == f"{header}: New ERP system: Approved by Dana Diaz."


@pytest.mark.parametrize("kind", ["result", "token_revoked"])
async def test_what_ends_a_matter_asks_for_nothing(rig: Rig, kind: str) -> None:
    await rig.platform.channel.tell(result(kind=kind), PERSON, ACCOUNT)
    (message,) = rig.messages(FINN)
    assert "accessory" not in message["blocks"][0]


async def test_a_notice_reaches_a_channel(rig: Rig) -> None:
    to = Recipient(platform="slack", id=FINANCE, kind="channel")
    told = await rig.platform.channel.tell(result(kind="break_glass"), to, None)
    assert isinstance(told, Delivered)
    assert len(rig.messages(FINANCE)) == 1


@pytest.mark.parametrize("kind", [*ASKING, "held", "break_glass", "result"])
async def test_a_notice_of_any_length_and_kind_is_delivered(rig: Rig, kind: str) -> None:
    await delivered(rig, result(kind=kind, title="<!channel>" * 500, text="*b*\n\u202e&" * 5000))
    (message,) = rig.messages(FINN)
    assert_message(message["blocks"])


async def test_an_alert_is_about_no_request_and_leads_to_the_dashboard(rig: Rig) -> None:
    about = {"kind": "alert", "request": "", "status": None, "title": "Alert: <!here> is stuck"}
    await delivered(rig, result(**about, link="https://a.example/dashboard"))
    await delivered(rig, result(**about))
    first, second = rig.messages(FINN)
    assert first["blocks"][0]["text"]["text"].startswith("🔔 Alert: &lt;!here&gt; is stuck")
    assert "accessory" not in first["blocks"][0]
    said = [element["text"] for element in first["blocks"][1]["elements"]]
    assert said == ["<https://a.example/dashboard|Open the dashboard>"]
    assert len(second["blocks"]) == 1
