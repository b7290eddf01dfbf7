"""Clicks on every platform in the worst of conditions: none is lost, none counts twice, and in
the end all cards everywhere say the same. The whole product, over the simulated platforms."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.channel_cannot import CANNOT, on_each_platform
from tests.contract.sides import FAYE, FINN, Side, opened
from tests.e2e.company import Company, Json
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

MANAGER = "mara@example.com"
TITLE = "Rack"
RACK: Json = {
    "title": TITLE,
    "requester": "alice@example.com",
    "action": {"type": "purchase_order", "params": {"amount": 50_000}},
}
MORE: dict[str, Json] = {"429": {"retry_after": 1}, "slow": {"seconds": 0.3}}
FAULTS = ("429", "500", "5xx_after_accept", "drop_answer", "slow")
"""What the platform may do to what is sent to it, by the playground's names."""
ALL_TOGETHER = ("5xx_after_accept", "429", "drop_answer", "500")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    on_each_platform(metafunc, {"fault": FAULTS})


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried again is tried soon, so that nobody waits for the test."""
    monkeypatch.setattr("storage.backoff.FIRST", 50)
    monkeypatch.setattr("adapters.email.errors.CLOSING_WAIT", 50)


@pytest.fixture
async def side(platform: str, tmp_path: Path) -> AsyncIterator[Side]:
    async with opened(platform, tmp_path) as found:
        yield found


async def asked(side: Side) -> Json:
    """A request that waits for Finance, with all cards posted."""
    co = side.co
    key = await co.key("submit", "read")
    request = await co.submit(key, RACK)
    await decide(co, MANAGER, request)
    await side.card(TITLE)
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
    request = await asked(side)
    await side.faults(to_bot={"twice": True})
    assert (await side.click(await side.card(TITLE)))["ok"]
    assert (await event_types(side.co, request["id"]))["voted"] == 2, "Mara's and this one"
    await converges(side.co, request, f"Approved by Mara Miller, {names(side.person)}")


async def test_a_click_that_is_delivered_again_much_later_changes_nothing(side: Side) -> None:
    request = await asked(side)
    again = await side.clicked_again(await side.card(TITLE))
    assert await decide(side.co, side.other, request, "reject") == 409
    for _ in range(3):
        assert await again() == 200
    assert (await event_types(side.co, request["id"]))["voted"] == 2
    await converges(side.co, request, f"Approved by Mara Miller, {names(side.person)}")


async def test_a_click_that_comes_too_late_is_told_so_and_changes_nothing(side: Side) -> None:
    request = await asked(side)
    card = await side.card(TITLE)
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
    request = await asked(side)
    card = await side.card(TITLE)
    await asyncio.gather(side.click(card), decide(side.co, side.other, request, "reject"))
    ended = await status(side.co, request)
    assert (await event_types(side.co, request["id"]))["voted"] == 2
    said = {
        "approved": f"Approved by Mara Miller, {names(side.person)}",
        "rejected": f"Rejected by {names(side.other)}",
    }
    await converges(side.co, request, said[ended])


# --- while the platform is in trouble ------------------------------------------------------


async def test_a_click_counts_at_once_whatever_the_platform_does_and_the_cards_follow(
    side: Side, fault: str
) -> None:
    request = await asked(side)
    card = await side.card(TITLE)
    kind = {"do": fault, **MORE.get(fault, {})}
    await side.faults(kind, kind)
    assert (await side.click(card))["ok"]
    assert await status(side.co, request) == "approved"
    await converges(side.co, request, f"Approved by Mara Miller, {names(side.person)}")


async def test_all_troubles_together_lose_no_click(side: Side) -> None:
    request = await asked(side)
    card = await side.card(TITLE)
    kinds = [do for do in ALL_TOGETHER if do not in CANNOT.get(side.platform, {})]
    await side.faults(*({"do": do} for do in kinds), to_bot={"twice": True})
    await asyncio.gather(side.click(card), side.click(card))
    assert await status(side.co, request) == "approved"
    assert (await event_types(side.co, request["id"]))["voted"] == 2
    await converges(side.co, request, f"Approved by Mara Miller, {names(side.person)}")


# --- after a restart -----------------------------------------------------------------------


async def test_a_click_on_a_card_from_before_a_restart_counts(
    platform: str, tmp_path: Path
) -> None:
    async with opened(platform, tmp_path) as side:
        request = await asked(side)
        before = await side.card(TITLE)
    async with opened(platform, tmp_path) as side:
        assert (await side.click(before))["ok"]
        assert await status(side.co, request) == "approved"
        await converges(side.co, request, f"Approved by Mara Miller, {names(side.person)}")


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
    async with opened(platform, tmp_path) as side:
        co, request = side.co, await asked(side)
        fault, remedy = REVOKED[platform]
        await side.faults(fault)
        assert (await side.click(await side.card(TITLE)))["ok"]
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
    async with opened(platform, tmp_path) as side:
        co, request = side.co, await asked(side)
        fault, _ = REVOKED[platform]
        await side.faults(fault)
        assert await decide(co, side.other, request) == 200

        async def given_up() -> bool:
            cards, _ = await co.storage.deliveries.undelivered()
            return any(c.dead_reason and c.to.id == side.person for c in cards)

        await co.until(given_up)
        await side.faults()
        old = await side.card(TITLE)
        assert buttons(old) != []
        assert (await side.click(old))["ok"]

        async def healed() -> bool:
            return buttons(await side.card(TITLE)) == []

        await co.until(healed)
        assert says(await side.card(TITLE), f"Approved by Mara Miller, {names(side.other)}")
