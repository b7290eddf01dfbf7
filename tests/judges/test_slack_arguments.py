"""Slack's own TypeScript types judge what we send to each method of its Web API."""

from pathlib import Path
from typing import Any, cast

import pytest

from adapters.slack.calls import Api, Failure, Json, Method
from adapters.slack.deliver import SlackChannel, whisper
from adapters.slack.workspaces import Workspaces
from core.directory.people import Identity
from core.ports import Delivered, Notice
from core.rows import Delivery, MessageRef, Recipient
from tests.adapters.slack import cards
from tests.judges.typescript import MISSING, Values, available, judged

pytestmark = pytest.mark.skipif(not available(), reason=MISSING)

FINN = Identity("slack", "T1", "U1")
PERSON = Recipient("slack", "finn@example.com")
SHOWN = MessageRef(platform="slack", fields={"channel": "D1", "ts": "1.2", "team": "T1"})
TYPES = {
    Method.POST: "ChatPostMessageArguments",
    Method.UPDATE: "ChatUpdateArguments",
    Method.WHISPER: "ChatPostEphemeralArguments",
    Method.OPEN_DM: "ConversationsOpenArguments",
    Method.HISTORY: "ConversationsHistoryArguments",
}
HEAD = f"import type {{ {', '.join(TYPES.values())} }} from '@slack/web-api';"


class Kept:
    """A workspace in which everything works, and which keeps what it was sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[Method, Json]] = []

    async def api(self, team: str, enterprise: str = "") -> Api:
        return cast("Api", self)

    async def call(self, method: Method, **arguments: Any) -> Json | Failure:
        self.sent.append((method, arguments))
        conversation = {"id": "D1"} if method is Method.OPEN_DM else "D1"
        return {"ok": True, "channel": conversation, "ts": "1.3", "messages": []}


async def sent() -> list[tuple[Method, Json]]:
    """What it takes to post a card, to edit one, to look for one, and to tell something."""
    kept = Kept()
    channel = SlackChannel(cast("Workspaces", kept))
    card = cards.card()
    for refs, uncertain in (((), False), ((SHOWN,), False), ((), True)):
        delivery = Delivery(card.request, PERSON, 7, 0, 0, refs=refs, uncertain=uncertain)
        assert isinstance(await channel.show(card, PERSON, FINN, delivery), Delivered)
    notice = Notice(kind="reminder", request="R1", title="New ERP", text="It is due.")
    assert isinstance(await channel.tell(notice, PERSON, FINN), Delivered)
    assert isinstance(await whisper(cast("Api", kept), "C1", "U1", "Bob was first."), Delivered)
    return kept.sent


async def test_every_call_has_the_arguments_of_its_method(tmp_path: Path) -> None:
    """And the judge finds an argument that the method does not have."""
    calls = await sent()
    assert {method for method, _ in calls} >= set(TYPES)
    values = [(TYPES[method], arguments) for method, arguments in calls if method in TYPES]
    wrong = {"channel": "D1", "limit": 5, "include_metadata": True}
    files: dict[str, Values] = {
        "calls": (HEAD, values),
        "wrong": (HEAD, [("ConversationsHistoryArguments", wrong)]),
    }
    said = judged(tmp_path, files)
    assert said["calls"] == ""
    assert "error TS" in said["wrong"]
