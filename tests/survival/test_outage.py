"""A platform is gone for a day: when it is back, each card is set right by one call.

Two hundred cards are open when it goes, and each request changes several times meanwhile. Nothing
that was decided waits for a platform; nothing of the day's changes is sent one after the other.
"""

import socket
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from aiohttp import web

from playground.slack.workspace import Workspace
from tests.e2e.company import Company, Json, Time, company, slack_labels, teams_titles
from tests.e2e.looking import everything_is_delivered, says
from tests.survival.books import DECIDING, TITLE

REQUESTS = 100
"""Each of them has two cards in the platform that is gone."""

NEW = 10
"""Requests that are made while it is gone."""

HOUR = 3_600_000
MARA, ADA, IVAN, DANA = (f"{name}@example.com" for name in ("mara", "ada", "ivan", "dana"))
ALICE = "alice@example.com"
PAIR = {"slack": (MARA, ADA), "teams": (IVAN, DANA)}
NAMES = {"slack": "Mara Miller, Ada Admin", "teams": "Ivan Ito, Dana Director"}
POST = {"slack": "chat.postMessage", "teams": "POST activities"}
EDIT = {"slack": "chat.update", "teams": "PUT activities"}
RULES = """\
version: 1
defaults: {expires_in: 30d}
rules:
  - name: slack
    when: request.action.type == "slack"
    category: review
    stages:
      - {name: Both, approvers: [mara@example.com, ada@example.com], quorum: all}
  - name: teams
    when: request.action.type == "teams"
    category: review
    stages:
      - {name: Both, approvers: [ivan@example.com, dana@example.com], quorum: all}
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""


class Day:
    """A company with many open requests, and those who go on deciding over the API."""

    def __init__(self, co: Company, time: Time, platform: str) -> None:
        self.co = co
        self.platform = platform
        self._time = time
        self._keys: dict[str, str] = {}
        self.requests: dict[str, str] = {}

    async def ask(self, count: int) -> None:
        """So many new requests."""
        if not self._keys:
            self._keys["asks"] = await self.co.key("submit", "read")
            for who in PAIR[self.platform]:
                self._keys[who] = await self.co.key("decide", person=who)
        for number in range(len(self.requests), len(self.requests) + count):
            title = f"Storm-{number:05}"
            body = {"title": title, "requester": ALICE, "action": {"type": self.platform}}
            self.requests[title] = (await self.co.submit(self._keys["asks"], body))["id"]

    async def decide(self, who: str, titles: Sequence[str], method: str = "POST") -> None:
        """Approve, or with DELETE take it back."""
        body = {"decision": "approve"} if method == "POST" else None
        for title in titles:
            path = f"/v1/requests/{self.requests[title]}/decisions"
            status, found = await self.co.call(method, path, self._keys[who], body)
            assert status == 200, found

    async def pass_by(self, hours: float) -> None:
        """So much later, after everything that was tried then."""
        self._time.ahead += round(hours * HOUR)
        self.co.app.relay.wake()
        await self.co.until(self._nothing_is_tried)

    async def settled(self) -> None:
        await self.co.until(lambda: everything_is_delivered(self.co))

    async def _nothing_is_tried(self) -> bool:
        due = await self.co.storage.deliveries.next_due()
        # While something is sent, what is due next is the end of its lease.
        waiting = not self.co.app.relay._senders
        return waiting and (due is None or due > self._time())

    def cards(self) -> dict[str, list[Json]]:
        """Everybody's cards there, by title."""
        place, found = self.co.play.place, {title: list[Json]() for title in self.requests}
        if self.platform == "slack":
            workspace = Workspace(place)
            rooms = [workspace.messages(c.id).values() for c in workspace.conversations()]
            cards = [m for room in rooms for m in room if m.get("metadata")]
        else:
            messages = place.store.section("teams.activities").values()
            cards = [m for m in messages if m["from"] == "bot" and m["attachments"]]
        for card in cards:
            title = TITLE.search(str(card))
            assert title is not None, card
            found[title[0]].append(card)
        return found


async def live_through(day: Day, unplug: bool) -> None:
    """A day without the platform, and what becomes of it."""
    co, (first, second) = day.co, PAIR[day.platform]
    await day.ask(REQUESTS)
    await day.settled()
    before = list(day.requests)
    decided = before[::2]
    if unplug:
        await hang_up(co)
    else:
        await co.faults(**{day.platform: {"*": [{"do": "500", "status": 503, "times": None}]}})
    await day.decide(first, before)
    await day.pass_by(2)
    await day.decide(first, before, "DELETE")
    await day.ask(NEW)
    await day.pass_by(7)
    await day.decide(first, before)
    await day.decide(second, decided)
    await day.pass_by(15)
    since = co.play.place.store.calls(0)[-1]["n"]
    await (plug_in(co) if unplug else co.faults())
    await day.pass_by(0.1)
    await day.settled()
    made = Counter(c["method"] for c in co.play.place.store.calls(since) if c["status"] < 300)
    # Alice, who asked, is told the results in Slack.
    results = len(decided) if day.platform == "slack" else 0
    assert made[EDIT[day.platform]] == 2 * REQUESTS, made
    assert made[POST[day.platform]] == 2 * NEW + results, made
    check(day, set(decided), set(before))


def check(day: Day, decided: set[str], before: set[str]) -> None:
    """Both have one card of each request, which says what is true."""
    labels = slack_labels if day.platform == "slack" else teams_titles
    for title, cards in day.cards().items():
        assert len(cards) == 2, (title, len(cards))
        for card in cards:
            assert DECIDING.isdisjoint(labels(card)) is (title in decided), title
            final = says(card, f"Approved by {NAMES[day.platform]}")
            assert final is (title in decided), title
        # Who has approved it is not asked to again.
        waiting = 0 if title in decided else 1 if title in before else 2
        assert ["Approve" in labels(card) for card in cards].count(True) == waiting, title


async def hang_up(co: Company) -> None:
    """Nothing listens where the platforms were: connections are refused."""
    for site in list(co.play.runner.sites):
        await site.stop()
    assert co.play.runner.server is not None
    await co.play.runner.server.shutdown(1)


async def plug_in(co: Company) -> None:
    """They listen again, at the same address."""
    port = int(co.play.base_url.rpartition(":")[2])
    await web.SockSite(co.play.runner, socket.create_server(("127.0.0.1", port))).start()


@pytest.mark.parametrize(
    ("platform", "unplug"),
    [
        pytest.param("slack", False, id="Slack answers 503"),
        pytest.param("teams", True, id="Teams refuses connections"),
        pytest.param("slack", True, id="Slack refuses connections", marks=pytest.mark.soak),
        pytest.param("teams", False, id="Teams answers 503", marks=pytest.mark.soak),
    ],
)
async def test_after_a_day_without_a_platform_one_call_sets_each_card_right(
    tmp_path: Path, platform: str, unplug: bool
) -> None:
    (tmp_path / "policy.yaml").write_text(RULES)
    time = Time()
    async with company(tmp_path, policy=tmp_path / "policy.yaml", at=time) as co:
        await live_through(Day(co, time, platform), unplug)
