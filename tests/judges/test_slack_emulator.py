"""Our way to Slack against a Slack that others made: a card's whole life, notices, modals.

The emulator has the scopes of our manifest and refuses every call that needs another one.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from adapters.slack import home, modals, render
from adapters.slack.calls import Api, Failure, Method, Wire
from adapters.slack.deliver import SlackChannel, whisper
from adapters.slack.workspaces import OneWorkspace
from core.card import Card
from core.chat import home_place
from core.directory.people import Identity
from core.ports import Delivered, Notice, Outcome
from core.rows import Delivery, MessageRef, Recipient
from tests.adapters.slack import cards, homes
from tests.judges import slack_emulator
from tests.judges.slack_emulator import APP, BARE, TOKEN, ask

pytestmark = pytest.mark.skipif(
    slack_emulator.missing() is not None, reason=slack_emulator.missing() or ""
)
Json = dict[str, Any]
PERSON = Recipient(platform="slack", id="finn@example.com")


@dataclass
class Place:
    """A workspace with our channel in it, and whom and where it writes."""

    url: str
    wire: Wire
    api: Api
    channel: SlackChannel
    finn: Identity
    room: Recipient

    async def show(
        self, card: Card, *refs: MessageRef, to: Recipient = PERSON, uncertain: bool = False
    ) -> MessageRef:
        delivery = Delivery(
            request=card.request,
            to=to,
            wanted=card.version,
            shown=0,
            attempts=0,
            refs=refs,
            uncertain=uncertain,
        )
        account = self.finn if to is PERSON else None
        return ref_of(await self.channel.show(card, to, account, delivery))

    async def messages(self, channel: str) -> list[Json]:
        """What Slack holds, the newest first."""
        found = await self.api.call(Method.HISTORY, channel=channel, include_all_metadata=True)
        assert not isinstance(found, Failure), found
        return list(found["messages"])


def ref_of(outcome: Outcome) -> MessageRef:
    assert isinstance(outcome, Delivered), outcome
    assert outcome.ref is not None
    return outcome.ref


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with slack_emulator.emulator() as address:
        yield address


@pytest.fixture
async def place(url: str) -> AsyncIterator[Place]:
    people = (await ask(url, "users.list"))["members"]
    rooms = (await ask(url, "conversations.list"))["channels"]
    finn = next(one for one in people if one["name"] == "finn")
    wire = Wire(url)
    await wire.open()
    workspaces = OneWorkspace(wire, TOKEN)
    await workspaces.start()
    yield Place(
        url=url,
        wire=wire,
        api=Api(wire, TOKEN),
        channel=SlackChannel(workspaces),
        finn=Identity("slack", finn["team_id"], finn["id"]),
        room=Recipient("slack", next(r["id"] for r in rooms if r["name"] == "finance"), "channel"),
    )
    await wire.close()


async def test_a_card_is_posted_to_a_person_and_edited_in_its_place(place: Place) -> None:
    first = await place.show(cards.card(request="A1"))
    approved = cards.card(request="A1", version=8, headline="Approved")
    second = await place.show(approved, first)
    shown = (await place.messages(first.fields["channel"]))[0]
    assert second == first
    assert shown["ts"] == first.fields["ts"]
    assert "Approved" in shown["text"]
    assert shown["blocks"] == render.blocks(approved)


async def test_a_card_whose_place_was_never_recorded_is_found_and_edited(place: Place) -> None:
    lost = await place.show(cards.card(request="A2"))
    found = await place.show(cards.card(request="A2", version=8), uncertain=True)
    assert found == lost
    kept = await place.messages(lost.fields["channel"])
    about = [m for m in kept if m["metadata"]["event_payload"]["request"] == "A2"]
    assert len(about) == 1
    assert about[0]["metadata"]["event_payload"]["recipient"] == place.finn.account


async def test_a_card_that_is_gone_is_posted_again(place: Place) -> None:
    first = await place.show(cards.card(request="A3"))
    where = {name: first.fields[name] for name in ("channel", "ts")}
    assert (await ask(place.url, "chat.delete", TOKEN, **where))["ok"]
    again = await place.show(cards.card(request="A3", version=8), first)
    assert again.fields["channel"] == first.fields["channel"]
    assert again.fields["ts"] != first.fields["ts"]


async def test_a_card_stands_in_a_rules_channel(place: Place) -> None:
    ref = await place.show(cards.card(request="A4"), to=place.room)
    assert ref.fields["channel"] == place.room.id
    shown = await ask(place.url, "conversations.history", channel=place.room.id)
    assert shown["messages"][0]["metadata"]["event_payload"]["request"] == "A4"


async def test_notices_and_answers_reach_one_person(place: Place) -> None:
    notice = Notice(kind="reminder", request="A5", title="New ERP", text="It is due at noon.")
    outcome = await place.channel.tell(notice, PERSON, place.finn)
    assert isinstance(outcome, Delivered)
    told = await whisper(place.api, place.room.id, place.finn.account, "Bob was first.")
    assert isinstance(told, Delivered)


async def test_a_modal_is_opened_once_updated_and_stacked(place: Place) -> None:
    made = await ask(place.url, "views.generateTriggerId", TOKEN, user_id=place.finn.account)
    trigger = made["trigger_id"]
    opened = await place.api.call(
        Method.OPEN_VIEW, trigger_id=trigger, view=modals.sentence("One moment.")
    )
    assert not isinstance(opened, Failure), opened
    again = await place.api.call(
        Method.OPEN_VIEW, trigger_id=trigger, view=modals.sentence("One moment.")
    )
    assert isinstance(again, Failure)
    assert again.error == "exchanged_trigger_id"
    changed = await place.api.call(
        Method.UPDATE_VIEW,
        view_id=opened["view"]["id"],
        hash=opened["view"]["hash"],
        view=modals.sentence("Done."),
    )
    assert not isinstance(changed, Failure), changed
    assert "Done." in str(changed["view"]["blocks"])
    stale = await place.api.call(
        Method.UPDATE_VIEW,
        view_id=opened["view"]["id"],
        hash=opened["view"]["hash"],
        view=modals.sentence("Too late."),
    )
    assert isinstance(stale, Failure)
    assert stale.error == "hash_conflict"


async def test_the_home_tab_is_published_and_a_late_one_does_not_replace_it(place: Place) -> None:
    user, page = place.finn.account, home.view(homes.page(homes.item()), home_place.Place())
    first = await place.api.call(Method.PUBLISH, user_id=user, view=page)
    assert not isinstance(first, Failure), first
    shown = first["view"]["hash"]
    second = await place.api.call(Method.PUBLISH, user_id=user, view=page, hash=shown)
    assert not isinstance(second, Failure), second
    late = await place.api.call(Method.PUBLISH, user_id=user, view=page, hash=shown)
    assert isinstance(late, Failure)
    assert late.error == "hash_conflict"


async def test_a_missing_scope_is_named(place: Place) -> None:
    refused = await Api(place.wire, BARE).call(Method.POST, channel=place.room.id, text="x")
    assert refused == Failure(error="missing_scope", status=200, needed="chat:write")


async def test_an_unknown_person_is_told_as_such(place: Place) -> None:
    stranger = await place.api.call(Method.OPEN_DM, users="U0NOBODY")
    assert isinstance(stranger, Failure)
    assert stranger.error == "user_not_found"


async def test_the_emulator_knows_the_app(place: Place) -> None:
    assert (await ask(place.url, "auth.test", TOKEN))["app_id"] == APP
