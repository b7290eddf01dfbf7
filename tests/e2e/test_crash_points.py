"""The server is killed (SIGKILL) at every point where something could be lost or doubled.

What was answered with 201 or acknowledged with 200 is there afterwards; every recipient has
one card, which comes to say what is true. Teams cannot be asked what was posted, so there a
crash between sending and saving may leave a second card, whose buttons answer honestly.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from tests.e2e.company import SMALL, Json
from tests.e2e.looking import (
    Cards,
    buttons,
    event_types,
    everything_is_delivered,
    says,
    slack_cards,
    teams_cards,
    trail_holds,
)
from tests.e2e.served import Served, served

MANAGER = "mara@example.com"
ADA, IVAN = "ada@example.com", "ivan@example.com"
GONE = (aiohttp.ClientError, ConnectionError)
"""What a caller sees of a server that dies under the call."""


def small(title: str) -> Json:
    """A purchase: one card for the manager, one for the channel, both in Slack."""
    return {**SMALL, "title": title}


def other(title: str) -> Json:
    """What no rule names: a card for Ada in Slack and one for Ivan in Teams."""
    return {"title": title, "requester": "alice@example.com", "action": {"type": "other"}}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path) as running:
        yield running


async def used_up(town: Served) -> None:
    """Wait until every fault that was set has met its call."""

    async def none_left() -> bool:
        left = town.play.place.faults.snapshot()
        return not left["slack"] and not left["teams"]

    await town.until(none_left)


async def settled(town: Served) -> Json:
    """What the platforms show once everything is delivered."""
    await town.until(lambda: everything_is_delivered(town))
    return await town.state()


def one_each(cards: Cards, places: int) -> bool:
    """Whether there is exactly one card in each of so many places."""
    return len(cards) == places and all(len(there) == 1 for there in cards.values())


async def test_a_crash_right_after_the_201_loses_no_request_and_no_card(town: Served) -> None:
    key = await town.key("submit", "read")
    titles = [f"Chairs-{n:02}" for n in range(30)]
    made: dict[str, str] = {}
    enough = asyncio.Event()

    async def submit(title: str) -> None:
        with suppress(*GONE):
            found = await town.submit(key, small(title), Idempotency_Key=title)
            made[title] = found["id"]
            if len(made) >= 10:
                enough.set()

    asking = [asyncio.create_task(submit(title)) for title in titles]
    await asyncio.wait_for(enough.wait(), 15)
    await town.kill()
    await asyncio.gather(*asking)
    answered = dict(made)
    await town.restart()
    for title in titles:
        await submit(title)
    assert len(answered) >= 10
    assert {title: made[title] for title in answered} == answered
    assert len(set(made.values())) == 30
    state = await settled(town)
    for title in titles:
        assert one_each(slack_cards(state, title), 2), title
        assert await trail_holds(town, made[title])


async def test_a_crash_between_commit_and_send_posts_the_card_after_the_restart(
    town: Served,
) -> None:
    key = await town.key("submit", "read")
    await town.faults(
        slack={"chat.postMessage": [{"do": "hang"}]},
        teams={"POST activities": [{"do": "hang"}]},
    )
    asked = await town.submit(key, other("Sofa"))
    await used_up(town)
    await town.kill()
    await town.faults()
    await town.restart()
    state = await settled(town)
    assert one_each(slack_cards(state, "Sofa"), 1)
    assert one_each(teams_cards(state, "Sofa"), 1)
    assert (await town.get(key, asked["id"]))["status"] == "pending"


async def test_a_crash_between_send_and_save_adopts_the_card_in_slack(town: Served) -> None:
    """Whether the answer was on its way, cut off, or said that it failed although it had not."""
    key, manager = await town.key("submit"), await town.key("decide", person=MANAGER)
    titles = ["Lamp", "Vase", "Plant"]
    kinds = ("drop_answer", "5xx_after_accept", "slow")  # a place is sent to in this order
    posts = [{"do": do, "seconds": 0.3, "times": 2} for do in kinds]
    await town.faults(slack={"chat.postMessage": posts})
    asked = [await town.submit(key, small(title)) for title in titles]
    await used_up(town)
    await town.kill()
    await town.until(lambda: _posted(town, titles))
    before = _messages(await town.state(), titles)
    await town.restart()
    assert _messages(await settled(town), titles) == before
    for one in asked:
        path = f"/v1/requests/{one['id']}/decisions"
        assert (await town.call("POST", path, manager, {"decision": "approve"}))[0] == 200
    state = await settled(town)
    assert _messages(state, titles) == before
    for title in titles:
        for (card,) in slack_cards(state, title).values():
            assert buttons(card) == []
            assert says(card, "Approved by Mara Miller")


async def _posted(town: Served, titles: list[str]) -> bool:
    state = await town.state()
    return all(one_each(slack_cards(state, title), 2) for title in titles)


def _messages(state: Json, titles: list[str]) -> set[tuple[str, str]]:
    """Which messages show these."""
    cards = [slack_cards(state, title) for title in titles]
    return {(c["channel"], c["ts"]) for one in cards for there in one.values() for c in there}


async def test_a_crash_between_send_and_save_in_teams_leaves_at_most_one_card_more_that_is_honest(
    town: Served,
) -> None:
    key, admin = await town.key("submit", "read"), await town.key("decide", person=ADA)
    await town.faults(teams={"POST activities": [{"do": "slow", "seconds": 0.3}]})
    asked = await town.submit(key, other("Desk"))
    await used_up(town)
    await town.kill()
    await town.restart()
    (cards,) = teams_cards(await settled(town), "Desk").values()
    assert len(cards) == 2
    path = f"/v1/requests/{asked['id']}/decisions"
    reject = {"decision": "reject", "comment": "Use the old one"}
    assert (await town.call("POST", path, admin, reject))[0] == 200
    (cards,) = teams_cards(await settled(town), "Desk").values()
    assert says(cards[1], "Rejected by Ada Admin")
    assert buttons(cards[1]) == []
    answer = await town.teams_click(IVAN, cards[0], "Approve")
    assert answer["ok"], answer
    assert "Rejected by Ada Admin. Nothing was changed." in str(answer["body"])
    assert (await town.get(key, asked["id"]))["status"] == "rejected"


async def test_a_click_that_was_acknowledged_survives_a_crash_right_after(town: Served) -> None:
    key = await town.key("submit", "read")
    first, second = await town.submit(key, other("Shelf")), await town.submit(key, other("Stool"))
    in_slack, in_teams = await town.slack_card(ADA, "Shelf"), await town.teams_card(IVAN, "Stool")
    answers = await asyncio.gather(
        town.slack_click(ADA, in_slack, "Approve"), town.teams_click(IVAN, in_teams, "Approve")
    )
    await town.kill()
    assert [answer["status"] for answer in answers] == [200, 200]
    await town.restart()
    for asked, who in ((first, ADA), (second, IVAN)):
        decided = await town.get(key, asked["id"])
        assert (decided["status"], decided["decision"]["by"]) == ("approved", [who])
        assert (await event_types(town, asked["id"]))["voted"] == 1
        assert await trail_holds(town, asked["id"])
    state = await settled(town)
    for title in ("Shelf", "Stool"):
        for cards in (slack_cards(state, title), teams_cards(state, title)):
            newest = [there[-1] for there in cards.values()]
            assert [buttons(card) for card in newest] == [[]]
            assert all(says(card, "Approved by") for card in newest)


MOST = 190
"""Requests of one run: the playground's page shows 200 messages of a conversation."""


class Load:
    """Agents that ask and people who click, each request decided by one person in one way."""

    def __init__(
        self, town: Served, submitting: str, deciding: str, seed: int, each_round: int
    ) -> None:
        self._town = town
        self._each_round = each_round
        self._submitting = submitting
        self._deciding = deciding
        self._random = random.Random(seed)
        self.made: dict[str, str] = {}
        self.decided: dict[str, str] = {}
        self._count = 0

    async def until_killed(self, seconds: float) -> None:
        """Work for a while, then kill the server in the middle of it."""
        enough = self._count + self._each_round
        working = [asyncio.create_task(self._ask(enough)) for _ in range(3)]
        working += [asyncio.create_task(self._decide()) for _ in range(3)]
        await asyncio.sleep(seconds)
        await self._town.kill()
        await asyncio.gather(*working)

    def moment(self) -> float:
        """How long to work before the next kill."""
        return self._random.uniform(0.1, 0.5)

    async def _ask(self, enough: int) -> None:
        with suppress(*GONE):
            while self._town.process is not None and self._count < enough:
                self._count += 1
                title = f"Load no. {self._count:04}"
                found = await self._town.submit(self._submitting, other(title))
                self.made[title] = found["id"]
                await asyncio.sleep(0.02)

    async def _decide(self) -> None:
        with suppress(*GONE):
            while self._town.process is not None:
                waiting = [title for title in self.made if title not in self.decided]
                if waiting:
                    await self._one(self._random.choice(waiting))
                await asyncio.sleep(0.01)

    async def _one(self, title: str) -> None:
        """Decide one request its own way; only what was acknowledged is noted."""
        town, request = self._town, self.made[title]
        state = await town.state()
        way = int(title[-4:]) % 3
        if way == 0:
            body = {"decision": "approve"}
            path = f"/v1/requests/{request}/decisions"
            status, _ = await town.call("POST", path, self._deciding, body)
            if status == 200:
                self.decided[title] = ADA
        elif way == 1:
            for card in _open(slack_cards(state, title)):
                if (await town.slack_click(ADA, card, "Approve"))["status"] == 200:
                    self.decided[title] = ADA
        else:
            for card in _open(teams_cards(state, title)):
                if (await town.teams_click(IVAN, card, "Approve"))["ok"]:
                    self.decided[title] = IVAN


def _open(cards: Cards) -> list[Json]:
    """The newest card of each place that can still be decided on."""
    return [there[-1] for there in cards.values() if "Approve" in buttons(there[-1])]


async def storm(town: Served, kills: int, seed: int) -> None:
    """Kill the server that often under load; then nothing is lost and all cards agree."""
    submitting = await town.key("submit", "read")
    deciding = await town.key("decide", person=ADA)
    load = Load(town, submitting, deciding, seed, MOST // kills)
    for _ in range(kills):
        await load.until_killed(load.moment())
        await town.restart()
    state = await settled(town)
    assert len(load.made) > kills, "nothing was asked: the load was none"
    assert len(load.decided) > kills, "nothing was decided: the load was none"
    for title, request in load.made.items():
        found = await town.get(submitting, request)
        who = load.decided.get(title)
        if who is not None:
            assert (found["status"], found["decision"]["by"]) == ("approved", [who]), title
        assert (await event_types(town, request))["voted"] == int(found["status"] == "approved")
        assert await trail_holds(town, request)
        final = found["status"] == "approved"
        assert one_each(slack_cards(state, title), 1), title
        for cards in (slack_cards(state, title), teams_cards(state, title)):
            (there,) = cards.values()
            assert (buttons(there[-1]) == []) is final, title
            assert says(there[-1], "Approved by") is final, title


async def test_kills_at_random_moments_under_load_lose_nothing(town: Served) -> None:
    await storm(town, kills=6, seed=20261121)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(8))
async def test_many_kills_at_random_moments_under_load_lose_nothing(
    town: Served, seed: int
) -> None:
    await storm(town, kills=40, seed=seed)


@pytest.mark.soak
async def test_a_dead_servers_cards_are_taken_over_within_three_quarters_of_a_minute(
    town: Served,
) -> None:
    key = await town.key("submit", "read")
    await town.faults(slack={"chat.postMessage": [{"do": "hang", "times": 2}]})
    await town.submit(key, small("Bench"))
    await used_up(town)
    await town.kill()
    await town.faults()
    await town.start()
    assert not await everything_is_delivered(town)
    await asyncio.sleep(45)
    await settled(town)
    assert one_each(slack_cards(await town.state(), "Bench"), 2)
