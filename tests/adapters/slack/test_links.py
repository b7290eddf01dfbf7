"""A notice leads to its reader's own card by a link, for one question to Slack in all."""

import json

import pytest

from core.ports import Delivered, Notice
from core.rows import MessageRef, Recipient
from tests.adapters.slack.conftest import FINN, TEAM, Json, Rig
from tests.adapters.slack.limits import assert_message
from tests.adapters.slack.test_tell import ACCOUNT

FINNS = Recipient(platform="slack", id="finn@example.com")


def reminder(kind: str = "reminder", **fields: str) -> Notice:
    where = {"channel": "D0FINN", "ts": "1800000000.000100", "team": TEAM} | fields
    card = MessageRef(platform="slack", fields=where)
    return Notice(kind=kind, request="R1", title="New ERP", text="This waits.", card=card)


async def told(rig: Rig, notice: Notice) -> Json:
    assert isinstance(await rig.platform.channel.tell(notice, FINNS, ACCOUNT), Delivered)
    message: Json = rig.messages(FINN)[-1]
    # But for the link, which is of our own making, nothing in it means anything to Slack.
    harmless = json.loads(json.dumps(message["blocks"]))
    for block in (b for b in harmless if "elements" in b):
        block["elements"] = [e for e in block["elements"] if e["text"] not in links(message)]
    assert_message(harmless)
    return message


def links(message: Json) -> list[str]:
    texts = [e["text"] for b in message["blocks"] for e in b.get("elements", [])]
    return [text for text in texts if text.startswith("<")]


@pytest.mark.parametrize("kind", ["reminder", "nudge", "escalated", "reassigned"])
async def test_a_notice_links_to_the_readers_card(rig: Rig, kind: str) -> None:
    message = await told(rig, reminder(kind))
    address = f"{rig.slack.base_url}/slack/archives/D0FINN/p1800000000000100"
    assert links(message) == [f"<{address}|Open your card>"]
    assert message["blocks"][0]["accessory"]["text"]["text"] == "Show the request"


async def test_slack_is_asked_for_the_workspaces_address_once(rig: Rig) -> None:
    for _ in range(3):
        await told(rig, reminder())
    assert len(rig.calls("auth.test")) == 1
    assert rig.calls("chat.getPermalink") == []


async def test_without_the_address_the_notice_arrives_all_the_same(rig: Rig) -> None:
    rig.fault("auth.test", do="500", status=500)
    assert links(await told(rig, reminder())) == []
    assert len(links(await told(rig, reminder()))) == 1, "it is asked for again"


@pytest.mark.parametrize(
    "fields", [{"channel": "D1|x> <!channel"}, {"ts": "1"}, {"ts": "../1.2"}, {"channel": ""}]
)
async def test_what_is_no_message_of_slack_is_not_linked(rig: Rig, fields: dict[str, str]) -> None:
    assert links(await told(rig, reminder(**fields))) == []


async def test_an_address_that_is_no_workspaces_is_not_linked(rig: Rig) -> None:
    object.__setattr__(rig.slack.place, "base_url", "https://evil.example/?<!channel>")
    assert links(await told(rig, reminder())) == []


async def test_what_is_over_links_to_nothing(rig: Rig) -> None:
    assert links(await told(rig, reminder("result"))) == []
