"""Clicks on every platform in the worst of conditions: none is lost, none counts twice, and in
the end all cards everywhere say the same. The whole product, over the simulated platforms."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.company import Company, Json, company
from tests.e2e.looking import (
    buttons,
    event_types,
    everything_is_delivered,
    says,
    slack_cards,
    teams_cards,
    trail_holds,
)
from tests.e2e.served import command
from tests.e2e.tap import Tap, tapped

MANAGER, FINN, FAYE = "mara@example.com", "finn@example.com", "faye@example.com"
"""Finn and Faye are both of Finance: Finn has his cards in Teams, Faye in Slack."""
TITLE = "Rack"
RACK: Json = {
    "title": TITLE,
    "requester": "alice@example.com",
    "action": {"type": "purchase_order", "params": {"amount": 50_000}},
}
OUTWARD = {
    "slack": ("chat.postMessage", "chat.update"),
    "teams": ("POST activities", "PUT activities"),
}


@dataclass
class Side:
    """One platform, with somebody of Finance who clicks there and somebody who does not."""

    platform: str
    co: Company

    @property
    def person(self) -> str:
        return FAYE if self.platform == "slack" else FINN

    @property
    def other(self) -> str:
        return FINN if self.platform == "slack" else FAYE

    async def card(self) -> Json:
        find = self.co.slack_card if self.platform == "slack" else self.co.teams_card
        return await find(self.person, TITLE)

    async def click(self, card: Json, label: str = "Approve") -> Json:
        press = self.co.slack_click if self.platform == "slack" else self.co.teams_click
        return await press(self.person, card, label)

    async def faults(self, *kinds: Json, to_bot: Json | None = None) -> None:
        """Let the calls outward meet these faults, one after the other; none ends them."""
        calls = {call: list(kinds) for call in OUTWARD[self.platform]} if kinds else {}
        await self.co.faults(**{self.platform: calls}, to_bot=to_bot or {})

    def tap(self) -> Any:
        """What the platform sends, heard on its way."""
        place = self.co.play.place
        url = place.slack_url if self.platform == "slack" else place.teams_url
        return tapped(url, self.co.http)

    def send_through(self, tap: Tap) -> None:
        name = "slack_url" if self.platform == "slack" else "teams_url"
        setattr(self.co.play.place, name, tap.url)


@pytest.fixture(params=["slack", "teams"])
def platform(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    # What is tried again is tried soon, so that nobody waits for the test.
    monkeypatch.setattr("storage.backoff.FIRST", 50)
    return str(request.param)


@pytest.fixture
async def side(platform: str, tmp_path: Path) -> AsyncIterator[Side]:
    async with company(tmp_path) as co:
        yield Side(platform, co)


async def asked(co: Company) -> Json:
    """A request that waits for Finance, with all cards posted."""
    key = await co.key("submit", "read")
    request = await co.submit(key, RACK)
    await decide(co, MANAGER, request)
    await co.slack_card(FAYE, TITLE)
    await co.teams_card(FINN, TITLE)
    await co.until(lambda: everything_is_delivered(co))
    return request


async def decide(co: Company, person: str, request: Json, decision: str = "approve") -> int:
    key = await co.key("decide", person=person)
    body = {"decision": decision, "comment": "So be it"}
    status, _ = await co.call("POST", f"/v1/requests/{request['id']}/decisions", key, body)
    return status


async def status(co: Company, request: Json) -> str:
    found = await co.storage.store.snapshot(request["id"])
    assert found is not None
    return found.state.status.value


async def converges(co: Company, request: Json, headline: str) -> None:
    """In the end every card says this and none can be pressed, and the trail is whole."""
    await co.until(lambda: everything_is_delivered(co))
    state = await co.state()
    cards = [*slack_cards(state, TITLE).values(), *teams_cards(state, TITLE).values()]
    assert len(cards) >= 3, "the manager's, Finn's and Faye's"
    for newest in (there[-1] for there in cards):
        assert says(newest, headline), json.dumps(newest)
        assert buttons(newest) == []
    assert await trail_holds(co, request["id"])


def names(person: str) -> str:
    return {FINN: "Finn Fischer", FAYE: "Faye Foster"}[person]


# --- twice, late, out of order -------------------------------------------------------------


async def test_a_click_that_is_delivered_twice_counts_once(side: Side) -> None:
    request = await asked(side.co)
    await side.faults(to_bot={"twice": True})
    assert (await side.click(await side.card()))["ok"]
    assert (await event_types(side.co, request["id"]))["voted"] == 2, "Mara's and this one"
    await converges(side.co, request, f"Approved by Mara Miller, {names(side.person)}")


async def test_a_click_that_is_delivered_again_much_later_changes_nothing(side: Side) -> None:
    request = await asked(side.co)
    async with side.tap() as tap:
        side.send_through(tap)
        await side.click(await side.card())
        assert await decide(side.co, side.other, request, "reject") == 409
        for _ in range(3):
            assert (await tap.again(tap.heard[-1]))[0] == 200
    assert (await event_types(side.co, request["id"]))["voted"] == 2
    await converges(side.co, request, f"Approved by Mara Miller, {names(side.person)}")


async def test_a_click_that_comes_too_late_is_told_so_and_changes_nothing(side: Side) -> None:
    request = await asked(side.co)
    card = await side.card()
    assert await decide(side.co, side.other, request, "reject") == 200
    answer = await side.click(card)
    assert answer["ok"], "no error"
    assert await status(side.co, request) == "rejected"
    await converges(side.co, request, f"Rejected by {names(side.other)}")
    state = await side.co.state()
    assert [d for d in state["deliveries"] if d["status"] != 200] == []
    # Slack tells it in a message of its own, Teams in the answer to the click.
    told = json.dumps([answer, state], ensure_ascii=False)
    assert "Nothing was changed" in told


async def test_opposite_clicks_at_the_same_moment_make_one_decision(side: Side) -> None:
    request = await asked(side.co)
    card = await side.card()
    await asyncio.gather(side.click(card), decide(side.co, side.other, request, "reject"))
    ended = await status(side.co, request)
    assert (await event_types(side.co, request["id"]))["voted"] == 2
    said = {
        "approved": f"Approved by Mara Miller, {names(side.person)}",
        "rejected": f"Rejected by {names(side.other)}",
    }
    await converges(side.co, request, said[ended])


# --- while the platform is in trouble ------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "429", "retry_after": 1},
        {"do": "500"},
        {"do": "5xx_after_accept"},
        {"do": "drop_answer"},
        {"do": "slow", "seconds": 0.3},
    ],
    ids=lambda fault: str(fault["do"]),
)
async def test_a_click_counts_at_once_whatever_the_platform_does_and_the_cards_follow(
    side: Side, fault: Json
) -> None:
    request = await asked(side.co)
    card = await side.card()
    await side.faults(fault, fault)
    assert (await side.click(card))["ok"]
    assert await status(side.co, request) == "approved"
    await converges(side.co, request, f"Approved by Mara Miller, {names(side.person)}")


async def test_all_troubles_together_lose_no_click(side: Side) -> None:
    request = await asked(side.co)
    card = await side.card()
    kinds = ("5xx_after_accept", "429", "drop_answer", "500")
    await side.faults(*({"do": do} for do in kinds), to_bot={"twice": True})
    await asyncio.gather(side.click(card), side.click(card))
    assert await status(side.co, request) == "approved"
    assert (await event_types(side.co, request["id"]))["voted"] == 2
    await converges(side.co, request, f"Approved by Mara Miller, {names(side.person)}")


# --- after a restart -----------------------------------------------------------------------


async def test_a_click_on_a_card_from_before_a_restart_counts(
    platform: str, tmp_path: Path
) -> None:
    async with company(tmp_path) as co:
        request = await asked(co)
        before = await Side(platform, co).card()
    async with company(tmp_path) as co:
        side = Side(platform, co)
        assert (await side.click(before))["ok"]
        assert await status(co, request) == "approved"
        await converges(co, request, f"Approved by Mara Miller, {names(side.person)}")


# --- what the operator sees ----------------------------------------------------------------

REVOKED = {
    "slack": ({"do": "error", "error": "token_revoked", "times": None}, "set SLACK_BOT_TOKEN"),
    "teams": (
        {"do": "error", "error": "BotNotRegistered", "times": None},
        "check MICROSOFT_APP_ID",
    ),
}


async def test_why_a_card_is_dead_stands_in_the_request_and_in_the_list(
    platform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The server looks again within this time when another process has changed something.
    monkeypatch.setattr("bot.relay.IDLE", 300)
    async with company(tmp_path) as co:
        side, request = Side(platform, co), await asked(co)
        fault, remedy = REVOKED[platform]
        await side.faults(fault)
        assert (await side.click(await side.card()))["ok"]
        assert await status(co, request) == "approved"
        reading = await co.key("read_all")

        async def dead() -> Json | None:
            found = (await co.get(reading, request["id"]))["deliveries"]
            mine = [d for d in found if d["recipient"] == side.person and d["state"] == "dead"]
            return mine[0] if mine else None

        shown = await co.until(dead)
        assert remedy in shown["reason"]
        _, printed = await command(co.database, "outbox", "list", "--json")
        listed = [i for i in json.loads(printed)["items"] if i["recipient"] == side.person]
        assert {item["reason"] for item in listed} == {shown["reason"]}
        await side.faults()
        code, _ = await command(co.database, "outbox", "retry")
        assert code == 0
        await converges(co, request, f"Approved by Mara Miller, {names(side.person)}")


async def test_a_press_on_an_old_card_heals_it(platform: str, tmp_path: Path) -> None:
    async with company(tmp_path) as co:
        side, request = Side(platform, co), await asked(co)
        fault, _ = REVOKED[platform]
        await side.faults(fault)
        assert await decide(co, side.other, request) == 200

        async def given_up() -> bool:
            cards, _ = await co.storage.deliveries.undelivered()
            return any(c.dead_reason and c.to.id == side.person for c in cards)

        await co.until(given_up)
        await side.faults()
        old = await side.card()
        assert buttons(old) != []
        assert (await side.click(old))["ok"]

        async def healed() -> bool:
            return buttons(await side.card()) == []

        await co.until(healed)
        assert says(await side.card(), f"Approved by Mara Miller, {names(side.other)}")
