"""Who keeps a fleet busy: agents that ask, people who decide, platforms that misbehave.

They go on while servers die and come back. Whatever was answered or acknowledged is written down
in the books; an answer that never came is no answer, and is asked for again.
"""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp

from playground.slack.workspace import Workspace
from playground.store import Json
from playground.teams.rooms import Rooms
from tests.e2e.company import slack_labels, teams_titles
from tests.survival.books import BROKEN, TITLE, Books, Click
from tests.survival.fleet import Fleet
from tests.survival.rules import ASKS, CALLER, IN_CHAT, KINDS

GONE = (aiohttp.ClientError, ConnectionError, TimeoutError, json.JSONDecodeError)
"""What a caller sees of a server that dies under the call."""

LATER = frozenset({500, 502, 503, 504})
"""Answers that say nothing of what became of the call."""

FINAL = frozenset({"approved", "rejected", "expired", "cancelled"})
RECENT = 15
"""How many of their newest messages a person looks at."""

TROUBLES: Mapping[str, tuple[str, ...]] = {
    "slack": ("chat.postMessage", "chat.update", "conversations.history"),
    "teams": ("POST activities", "PUT activities", "token"),
}
FAULTS: tuple[Json, ...] = (
    {"do": "429", "retry_after": 1},
    {"do": "500"},
    {"do": "500", "times": 3},
    {"do": "5xx_after_accept"},
    {"do": "drop_answer"},
    {"do": "slow", "seconds": 0.2},
    {"do": "hang"},
)


def now() -> int:
    """The wall clock, which is the servers' too, in ms."""
    return time.time_ns() // 1_000_000


class Crowd:
    """Everyone around a fleet; `most` requests are made in all, one about every `pause` seconds."""

    def __init__(
        self, town: Fleet, books: Books, chance: random.Random, most: int, pause: float
    ) -> None:
        self._town = town
        self._books = books
        self._chance = chance
        self._most = most
        self._pause = pause
        self._stopping = False
        self._keys: dict[str, str] = {}

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """All of them, working until the context ends."""
        self._keys["asking"] = await self._town.key("submit", "read", "decide")
        self._keys["deciding"] = await self._town.key("decide", person=CALLER)
        self._keys["running"] = await self._town.key("redeem")
        work = [self._agents(), self._runner(), self._caller(), self._trouble()]
        work += [self._person(), self._person(), self._person()]
        # One that fails ends the storm at once.
        async with asyncio.TaskGroup() as group:
            for each in work:
                group.create_task(each)
            try:
                yield
            finally:
                self._stopping = True

    async def finish_asking(self) -> None:
        """Ask again for everything of which it is not known whether it was taken."""
        while self._books.unsure:
            await self._submit(next(iter(self._books.unsure)))
            await asyncio.sleep(0.01)

    # --- agents ----------------------------------------------------------------------------

    async def _agents(self) -> None:
        count = 0
        while not self._stopping:
            unsure = list(self._books.unsure)
            if unsure and self._chance.random() < 0.5:
                await self._submit(self._chance.choice(unsure))
            elif count < self._most:
                count += 1
                title = f"Storm-{count:05}"
                self._books.kinds[title] = KINDS[count % len(KINDS)]
                self._books.unsure[title] = None
                await self._submit(title)
            await asyncio.sleep(self._chance.uniform(0, 2 * self._pause))

    async def _submit(self, title: str) -> None:
        """Ask; one that was not answered is asked again, with the same key."""
        body = {
            "title": title,
            "requester": ASKS,
            "action": {"type": self._books.kinds[title], "params": {"matter": title}},
        }
        found = await self._call(
            "POST", "/v1/requests", self._keys["asking"], body, Idempotency_Key=title
        )
        if found is None:
            return
        status, answer = found
        assert status == 201, (title, status, answer)
        known = self._books.accepted.setdefault(title, answer["id"])
        assert known == answer["id"], f"{title} is two requests"
        self._books.unsure.pop(title, None)

    async def _runner(self) -> None:
        """Looks what became of requests, withdraws some, and uses approvals, each once."""
        while not self._stopping:
            if self._books.accepted:
                title = self._chance.choice(list(self._books.accepted))
                if _number(title) % 18 == KINDS.index("either"):
                    await self._cancel(title)
                else:
                    await self._look(title)
            await asyncio.sleep(0.03)

    async def _look(self, title: str) -> None:
        path = f"/v1/requests/{self._books.accepted[title]}"
        found = await self._call("GET", path, self._keys["asking"])
        if found is None:
            return
        status, request = found
        assert status == 200, request
        if request["status"] in FINAL:
            self._books.ended[title].add(request["status"])
        if request["token"] is not None and title not in self._books.redeemed:
            action = {"type": self._books.kinds[title], "params": {"matter": title}}
            body = {"token": request["token"], "action": action}
            used = await self._call(
                "POST", "/v1/tokens/redeem", self._keys["running"], body, Idempotency_Key=title
            )
            if used is not None:
                assert used[0] == 200, (title, used)
                self._books.redeemed.add(title)

    async def _cancel(self, title: str) -> None:
        path = f"/v1/requests/{self._books.accepted[title]}/cancel"
        found = await self._call("POST", path, self._keys["asking"], {})
        if found is not None and found[0] == 200:
            self._books.cancelled.add(title)

    async def _call(
        self, method: str, path: str, key: str, body: Json | None = None, **headers: str
    ) -> tuple[int, Json] | None:
        """Status and answer; None where nobody knows what became of it."""
        try:
            status, found = await self._town.call(method, path, key, body, **headers)
        except GONE:
            return None
        return None if status in LATER else (status, found)

    # --- people ----------------------------------------------------------------------------

    async def _caller(self) -> None:
        """Decides over the API: every second one is rejected."""
        while not self._stopping:
            waiting = [
                title
                for title in self._books.accepted
                if self._books.kinds[title] == "called" and title not in self._books.called
            ]
            if waiting:
                title = self._chance.choice(waiting)
                rejects = _number(title) % 2 == 1
                body = {"decision": "reject" if rejects else "approve"}
                body |= {"comment": "Too dear"} if rejects else {}
                path = f"/v1/requests/{self._books.accepted[title]}/decisions"
                begun = now()
                found = await self._call("POST", path, self._keys["deciding"], body)
                if found is not None:
                    assert found[0] == 200, (title, found)
                    self._books.called.add(title)
                    self._books.clicks.append(
                        Click(title, CALLER, body["decision"], begun, now(), "api")
                    )
            await asyncio.sleep(0.05)

    async def _person(self) -> None:
        """Looks at somebody's messages and approves what can be approved there."""
        while not self._stopping:
            person = self._chance.choice(list(IN_CHAT))
            cards = [card for card in self._cards(person) if not self._ignored(card)]
            if cards:
                await self._approve(person, self._chance.choice(cards))
            await asyncio.sleep(self._chance.uniform(0.01, 0.08))

    def _ignored(self, card: Json) -> bool:
        """Of what has little time most is left to the clock."""
        number = _number(_title(card))
        return KINDS[number % len(KINDS)] == "hurry" and number % 27 != KINDS.index("hurry")

    def _cards(self, person: str) -> list[Json]:
        """The newest cards of a person on which Approve can be pressed."""
        place, known = self._town.play.place, self._town.people[person]
        if IN_CHAT[person] == "slack":
            workspace = Workspace(place)
            where = workspace.direct_message(known["slack_user"]).id
            messages = list(workspace.messages(where).values())[-RECENT:]
            return [m | {"channel": where} for m in messages if "Approve" in slack_labels(m)]
        rooms = Rooms(place)
        account = rooms.person(known["teams_oid"])
        assert account is not None
        where = rooms.personal(account).id
        activities = place.store.section("teams.activities").values()
        mine = [a for a in activities if a["conversation"] == where and a["attachments"]]
        return [a for a in mine[-RECENT:] if "Approve" in teams_titles(a)]

    async def _approve(self, person: str, card: Json) -> None:
        begun, platform = now(), IN_CHAT[person]
        if platform == "slack":
            answer = await self._town.slack_click(person, card, "Approve")
        else:
            answer = await self._town.teams_click(person, card, "Approve")
        if answer["ok"] and BROKEN not in json.dumps(answer["body"]):
            click = Click(_title(card), person, "approve", begun, now(), platform)
            self._books.clicks.append(click)

    # --- platforms -------------------------------------------------------------------------

    async def _trouble(self) -> None:
        """Something is always wrong somewhere."""
        faults = self._town.play.place.faults
        while not self._stopping:
            platform = self._chance.choice(list(TROUBLES))
            fault = self._chance.choice(FAULTS)
            faults.add(platform, self._chance.choice(TROUBLES[platform]), **fault)
            faults.switch("twice", self._chance.random() < 0.2)
            await asyncio.sleep(self._chance.uniform(0.1, 0.5))
        faults.clear()
        faults.switch("twice", False)


def _number(title: str) -> int:
    return int(title[-5:])


def _title(card: Json) -> str:
    found = TITLE.search(json.dumps(card))
    assert found is not None, card
    return found[0]
