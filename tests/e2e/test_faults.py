"""The platforms throttle, fail, hang and lose answers: decisions go on, cards converge.

A fault of one place or platform delays no other, and nobody gets a card twice where the
platform can be asked what it shows.
"""

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.company import Company, Json, Time, company
from tests.e2e.looking import (
    Cards,
    buttons,
    everything_is_delivered,
    says,
    slack_cards,
    teams_cards,
)
from tests.e2e.served import command

MANAGER = "mara@example.com"
ADA, IVAN = "ada@example.com", "ivan@example.com"
FAYE, DANA, ALICE = "faye@example.com", "dana@example.com", "alice@example.com"
MINUTE = 60_000
CARDS = {"slack": slack_cards, "teams": teams_cards}
POST = {"slack": "chat.postMessage", "teams": "POST activities"}
EDIT = {"slack": "chat.update", "teams": "PUT activities"}
PLACE = {"slack": "channel", "teams": "conversation"}
"""The argument by which a platform's calls name the place."""


def order(title: str, amount: int = 900) -> Json:
    """A purchase; above 10,000 Finance too, above 100,000 a director too."""
    action = {"type": "purchase_order", "params": {"amount": amount}}
    return {"title": title, "requester": ALICE, "action": action}


def other(title: str) -> Json:
    """What no rule names: a card for Ada in Slack and one for Ivan in Teams."""
    return {"title": title, "requester": ALICE, "action": {"type": "other"}}


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def co(tmp_path: Path, time: Time) -> AsyncIterator[Company]:
    async with company(tmp_path, at=time) as running:
        yield running


async def decide(co: Company, person: str, request: Json, decision: str = "approve") -> float:
    """Decide over the API; the seconds it took."""
    key = await co.key("decide", person=person)
    body = {"decision": decision, "comment": "So be it"}
    start = asyncio.get_running_loop().time()
    status, found = await co.call("POST", f"/v1/requests/{request['id']}/decisions", key, body)
    assert status == 200, found
    return asyncio.get_running_loop().time() - start


async def settled(co: Company) -> Json:
    """What the platforms show once everything is delivered."""
    await co.until(lambda: everything_is_delivered(co))
    return await co.state()


async def all_say(co: Company, platform: str, titles: list[str], text: str) -> bool:
    state = await co.state()
    newest = [there[-1] for t in titles for there in CARDS[platform](state, t).values()]
    return len(newest) >= len(titles) and all(says(card, text) for card in newest)


def counts(cards: Cards) -> list[int]:
    """How many cards there are in each place."""
    return sorted(len(there) for there in cards.values())


# --- throttling ----------------------------------------------------------------------------


async def refused(co: Company, platform: str) -> Json:
    """The first post that was answered with 429."""

    async def look() -> Json | None:
        return next((c for c in co.calls(platform, POST[platform]) if c["status"] == 429), None)

    found: Json = await co.until(look)
    return found


def check_pause(co: Company, platform: str, first: Json, cards: int) -> None:
    """For a second nothing went to the place that asked for it, and the others went on."""
    until = first["at"] + 0.995  # our clock counts whole milliseconds
    posts = [c for c in co.calls(platform, POST[platform]) if c["n"] > first["n"]]
    place = first["args"][PLACE[platform]]
    there = [c["at"] for c in posts if c["args"][PLACE[platform]] == place]
    elsewhere = [c["at"] for c in posts if c["args"][PLACE[platform]] != place]
    assert len(there) == cards
    assert min(there) >= until
    assert elsewhere
    assert max(elsewhere) < until


async def test_a_pause_that_slack_asks_for_is_kept_there_and_delays_no_other_place(
    co: Company,
) -> None:
    key = await co.key("submit")
    await co.faults(slack={POST["slack"]: [{"do": "429", "retry_after": 1}]})
    await co.submit(key, order("Chair"))
    first = await refused(co, "slack")
    for title in ("Table", "Lamp"):
        await co.submit(key, order(title))
    state = await settled(co)
    check_pause(co, "slack", first, cards=3)
    for title in ("Chair", "Table", "Lamp"):
        assert counts(slack_cards(state, title)) == [1, 1]


async def test_a_pause_that_teams_asks_for_is_kept_there_and_delays_no_other_place(
    co: Company,
) -> None:
    key = await co.key("submit")
    await co.faults(teams={POST["teams"]: [{"do": "429", "retry_after": 1}]})
    await co.submit(key, other("Chair"))
    first = await refused(co, "teams")
    await co.submit(key, other("Table"))
    to_finance = await co.submit(key, order("Rack", 50_000))
    await decide(co, MANAGER, to_finance)
    state = await settled(co)
    check_pause(co, "teams", first, cards=2)
    for title in ("Chair", "Table", "Rack"):
        assert counts(teams_cards(state, title)) == [1]


# --- answers that lie or never come --------------------------------------------------------


@pytest.mark.parametrize("fault", ["5xx_after_accept", "drop_answer"])
async def test_a_post_that_was_accepted_without_saying_so_is_found_again(
    co: Company, fault: str
) -> None:
    key = await co.key("submit")
    await co.faults(**{p: {POST[p]: [{"do": fault}]} for p in CARDS})
    asked = await co.submit(key, other("Sofa"))
    state = await settled(co)
    assert counts(slack_cards(state, "Sofa")) == [1]
    assert counts(teams_cards(state, "Sofa")) == [2], "Teams cannot be asked what it shows"
    await decide(co, ADA, asked)
    state = await settled(co)
    assert counts(slack_cards(state, "Sofa")) == [1]
    for platform, cards in CARDS.items():
        assert await all_say(co, platform, ["Sofa"], "Approved by Ada Admin")
        (there,) = cards(state, "Sofa").values()
        assert buttons(there[-1]) == []


@pytest.mark.parametrize("fault", ["5xx_after_accept", "drop_answer", "500"])
async def test_an_edit_that_fails_is_made_again_and_nothing_is_posted(
    co: Company, fault: str
) -> None:
    key = await co.key("submit")
    asked = await co.submit(key, other("Sofa"))
    await settled(co)
    await co.faults(**{p: {EDIT[p]: [{"do": fault}]} for p in CARDS})
    await decide(co, ADA, asked)
    state = await settled(co)
    for platform, cards in CARDS.items():
        assert counts(cards(state, "Sofa")) == [1]
        assert await all_say(co, platform, ["Sofa"], "Approved by Ada Admin")


@pytest.mark.parametrize(("hung", "well"), [("slack", "teams"), ("teams", "slack")])
async def test_a_platform_that_hangs_delays_no_decision_and_not_the_other_platform(
    co: Company, hung: str, well: str
) -> None:
    key = await co.key("submit", "read")
    titles = [f"Box-{n}" for n in range(5)]
    asked = [await co.submit(key, other(title)) for title in titles]
    await settled(co)
    await co.faults(**{hung: {"*": [{"do": "hang", "times": None}]}})
    waiting = asyncio.create_task(co.get(key, asked[0]["id"], wait=10))
    start = asyncio.get_running_loop().time()
    if well == "teams":
        answer = await co.teams_click(IVAN, await co.teams_card(IVAN, "Box-0"), "Approve")
    else:
        answer = await co.slack_click(ADA, await co.slack_card(ADA, "Box-0"), "Approve")
    assert answer["status"] == 200
    took = [await decide(co, ADA, request) for request in asked[1:]]
    assert (await waiting)["status"] == "approved"
    await co.until(lambda: all_say(co, well, titles, "Approved by"))
    assert max(took) < 1
    assert asyncio.get_running_loop().time() - start < 4
    assert not await all_say(co, hung, titles[:1], "Approved by")
    await co.faults()
    state = await settled(co)
    for platform, cards in CARDS.items():
        assert await all_say(co, platform, titles, "Approved by")
        assert all(counts(cards(state, title)) == [1] for title in titles)


async def test_one_slow_place_delays_no_other(co: Company) -> None:
    key = await co.key("submit")
    await co.faults(slack={POST["slack"]: [{"do": "slow", "seconds": 1.0}]})
    await co.submit(key, other("Chair"))

    async def begun() -> bool:
        return not co.play.place.faults.snapshot()["slack"]

    await co.until(begun)
    start = asyncio.get_running_loop().time()
    await co.submit(key, order("Table"))
    await co.slack_card(MANAGER, "Table")
    assert asyncio.get_running_loop().time() - start < 0.9
    assert slack_cards(await co.state(), "Chair") == {}
    assert counts(slack_cards(await settled(co), "Chair")) == [1]


async def test_a_login_that_fails_delays_the_cards_in_teams_and_loses_none(co: Company) -> None:
    key = await co.key("submit")
    await co.faults(teams={"token": [{"do": "500"}]})
    await co.submit(key, other("Chair"))
    await co.slack_card(ADA, "Chair")
    assert counts(teams_cards(await settled(co), "Chair")) == [1]


async def test_cards_that_wait_longer_than_a_lease_for_a_slow_place_are_sent_once(
    co: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.relay.LEASE", 1000)
    monkeypatch.setattr("bot.relay.SEND_WITHIN", 600)
    key = await co.key("submit")
    await co.faults(teams={POST["teams"]: [{"do": "slow", "seconds": 0.3, "times": 6}]})
    titles = [f"Box-{n}" for n in range(6)]
    await asyncio.gather(*[co.submit(key, other(title)) for title in titles])
    state = await settled(co)
    assert [counts(teams_cards(state, title)) for title in titles] == [[1]] * 6


# --- a long outage -------------------------------------------------------------------------


async def pass_by(co: Company, time: Time, minutes: int) -> None:
    """So many minutes later, with the relay awake and done with what it tries."""
    time.ahead += minutes * MINUTE
    co.app.relay.changed([])

    async def nothing_is_due_or_under_way() -> bool:
        due = await co.storage.deliveries.next_due()
        return (due is None or due > time()) and not leases(co)

    await co.until(nothing_is_due_or_under_way)


def leases(co: Company) -> int:
    """How many cards and notices are being sent."""
    connection = sqlite3.connect(co.database.removeprefix("sqlite:///"), timeout=5)
    held = "SELECT count(*) FROM {} WHERE lease_until IS NOT NULL"
    found = [connection.execute(held.format(t)).fetchone()[0] for t in ("deliveries", "outbox")]
    connection.close()
    return sum(found)


async def test_after_a_day_without_platforms_every_card_is_set_right_by_one_call(
    co: Company, time: Time
) -> None:
    key = await co.key("submit", "read")
    titles = [f"Rack-{n}" for n in range(8)]
    asked = [await co.submit(key, order(title, 120_000)) for title in titles]
    await settled(co)
    await co.faults(**{p: {"*": [{"do": "500", "times": None}]} for p in CARDS})
    for person in (MANAGER, FAYE, DANA):
        for request in asked:
            await decide(co, person, request)
        await pass_by(co, time, 40)
    for _ in range(7):
        await pass_by(co, time, 180)
    log = co.play.place.store.calls(0)
    tries = Counter(c["method"] for c in log if c["status"] == 500)
    # 8 requests, at most 7 cards and a result each, ten tries: nobody is hammered.
    assert 0 < sum(tries.values()) <= 8 * 8 * 12 * 2, tries
    await co.faults()
    await pass_by(co, time, 6)
    state = await settled(co)
    check_converged(co, state, titles, since=log[-1]["n"])
    found = [await co.get(key, request["id"]) for request in asked]
    assert {d["state"] for one in found for d in one["deliveries"]} == {"shown"}
    results = [m for m in await co.slack_messages(ALICE) if "Approved by" in json.dumps(m)]
    assert len(results) == len(titles)


def check_converged(co: Company, state: Json, titles: list[str], since: int) -> None:
    """Each recipient has the one final card, for which one edit or one post was enough."""
    for title in titles:
        assert counts(slack_cards(state, title)) == [1] * 4, "Mara, Faye, Dev and the channel"
        assert counts(teams_cards(state, title)) == [1] * 2, "Finn and Dana"
        for cards in (slack_cards(state, title), teams_cards(state, title)):
            for (card,) in cards.values():
                assert buttons(card) == []
                assert says(card, "Approved by Mara Miller, Faye Foster, Dana Director")
    made = Counter(c["method"] for c in co.play.place.store.calls(since))
    each = len(titles)
    assert made["chat.update"] == 2 * each
    assert made["chat.postMessage"] == 2 * each + each, "Faye and Dev, and Alice's results"
    assert made["POST activities"] == 2 * each
    assert made["PUT activities"] == 0


# --- what cannot be edited, and what can never work ----------------------------------------


async def test_a_deleted_message_is_posted_again(co: Company) -> None:
    key = await co.key("submit", "read")
    asked = await co.submit(key, other("Sofa"))
    await settled(co)
    card = await co.slack_card(ADA, "Sofa")
    token = co.play.place.world.slack.bot_token
    gone = {"channel": card["channel"], "ts": card["ts"]}
    headers = {"Authorization": f"Bearer {token}"}
    async with co.http.post(
        f"{co.play.slack_api_url}chat.delete", json=gone, headers=headers
    ) as deleted:
        assert (await deleted.json())["ok"]
    await co.faults(
        teams={EDIT["teams"]: [{"do": "error", "error": "ActivityNotFoundInConversation"}]}
    )
    await decide(co, ADA, asked, "reject")
    state = await settled(co)
    assert counts(slack_cards(state, "Sofa")) == [1]
    assert counts(teams_cards(state, "Sofa")) == [2]
    for platform in CARDS:
        assert await all_say(co, platform, ["Sofa"], "Rejected by Ada Admin")


async def test_what_cannot_work_is_a_dead_letter_that_can_be_seen_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The server looks again within this time when another process has changed something.
    monkeypatch.setattr("bot.relay.IDLE", 300)
    async with company(tmp_path) as co:
        key = await co.key("submit", "read")
        wrong = {"do": "error", "error": "invalid_auth", "times": None}
        await co.faults(slack={POST["slack"]: [wrong]})
        asked = await co.submit(key, other("Sofa"))
        await co.teams_card(IVAN, "Sofa")

        async def given_up() -> Json | None:
            found = (await co.get(key, asked["id"]))["deliveries"]
            return next((d for d in found if d["state"] == "dead"), None)

        dead = await co.until(given_up)
        assert (dead["platform"], dead["recipient"]) == ("slack", ADA)
        assert "invalid_auth: set SLACK_BOT_TOKEN" in dead["reason"]
        code, printed = await command(co.database, "outbox", "list", "--json")
        (item,) = json.loads(printed)["items"]
        assert (code, item["request"], item["recipient"]) == (0, asked["id"], ADA)
        assert (item["state"], item["reason"]) == ("dead", dead["reason"])
        await co.faults()
        assert await command(co.database, "outbox", "retry") == (0, "1 will be tried again.\n")
        await co.slack_card(ADA, "Sofa")
        await settled(co)
        assert {d["state"] for d in (await co.get(key, asked["id"]))["deliveries"]} == {"shown"}
        assert await command(co.database, "outbox", "list") == (0, "Everything is delivered.\n")
