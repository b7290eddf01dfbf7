"""Some weeks in the life of the sample company, for a demo in which something has happened.

`python -m bot.sample.history` fills the empty database of a demo through the service itself, by a
clock that goes through the weeks up to now: every request is routed, decided, reminded of and
escalated as if it had been made then. No chat is connected, so nobody gets a card for it. The
same seed and moment give the same weeks.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random
from typing import Any, Final

from bot import clock, ids, log
from bot.app import App, Sources, compose
from bot.books import Books
from bot.environment import environment
from bot.files import load
from bot.sample import DIRECTORY, POLICY
from bot.settings import read_settings
from core.content import sha256
from core.events import Actor
from core.ports import Delivered, RetryAt
from core.refusals import Refused
from core.request import Decision, RequestState, Status
from core.rows import ApiKey, ListFilter
from core.rules.waiting import waited_for
from core.service.access import Caller
from core.service.acts import Acts
from core.submission import Submission
from core.value import Millis
from storage.database import Storage, open_storage
from storage.migrate import upgrade

MINUTE: Final[Millis] = 60_000
HOUR: Final[Millis] = 60 * MINUTE
DAY: Final[Millis] = 24 * HOUR
WEEKS: Final = 6
EACH_DAY: Final = 11
"""Requests on a working day, about."""
SEED: Final = 20_260_105
OPENS, CLOSES = 7, 18
"""The hours (UTC) between which people work."""
CHUNK: Final = 100
MONDAY: Final = 3
"""Day 0, the 1st of January 1970, was a Thursday."""
FRIDAY: Final = 4

HASTE: Final = {"mara": 35, "finn": 130, "faye": 45, "dana": 260, "dev": 150, "ada": 80}
"""Minutes in which half of somebody's decisions are made; for everybody else 200."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What is asked for: by which agent, what, for how much, and how often beside the others."""

    agent: str
    action: str
    titles: tuple[str, ...]
    amounts: tuple[int, int] | None
    often: int


KINDS: Final = (
    Kind(
        agent="purchasing-agent",
        action="purchase_order",
        titles=("Printer paper", "Coffee beans", "Cables", "Sticky notes", "Batteries"),
        amounts=(5, 50),
        often=26,
    ),
    Kind(
        agent="purchasing-agent",
        action="purchase_order",
        titles=("Office chair", "Monitor", "Headsets", "Desk lamps", "Whiteboard"),
        amounts=(60, 1_000),
        often=30,
    ),
    Kind(
        agent="travel-agent",
        action="purchase_order",
        titles=("Train to Munich", "Hotel in Oslo", "Flight to London", "Fair tickets"),
        amounts=(90, 2_400),
        often=22,
    ),
    Kind(
        agent="purchasing-agent",
        action="purchase_order",
        titles=("Server rack", "Training for the team", "Phone system", "Software licences"),
        amounts=(1_100, 60_000),
        often=16,
    ),
    Kind(
        agent="purchasing-agent",
        action="purchase_order",
        titles=("Warehouse scanners", "Rebuild of the second floor"),
        amounts=(105_000, 190_000),
        often=2,
    ),
    Kind(
        agent="support-agent",
        action="send_newsletter",
        titles=("Newsletter to all customers", "Notice about maintenance"),
        amounts=None,
        often=3,
    ),
    Kind(
        agent="support-agent",
        action="delete_customer",
        titles=("Delete the account of a customer",),
        amounts=None,
        often=1,
    ),
)

Act = Callable[[], Awaitable[None]]


class Past:
    """The company at one moment after the other."""

    def __init__(self, end: Millis) -> None:
        self._end, self._now = end, end - 7 * WEEKS * DAY
        self._random = Random(SEED)  # noqa: S311 - a sample, and no secret
        self._waiting: list[tuple[Millis, int, Act]] = []
        self._arranged = 0
        self.asked = 0

    def clock(self) -> Millis:
        """The moment that it is."""
        return self._now

    async def live(self, app: App, agents: Mapping[str, Caller]) -> None:
        """All the weeks, in the order in which things happen."""
        self._app, self._acts, self._agents = app, Acts(app.approvals), agents
        self._plan()
        while self._waiting:
            at, _, act = heappop(self._waiting)
            await self._until(at)
            # What people try too late, the service refuses.
            with suppress(Refused):
                await act()
        await self._until(self._end)

    async def _until(self, moment: Millis) -> None:
        """Whatever is due before then happens when it is due."""
        store = self._app.approvals.world.store
        due = await store.next_wake(0)
        while due is not None and due < moment:
            self._now = max(self._now, due)
            await self._app.scheduler.sweep()
            due = await store.next_wake(due)
        self._now = max(self._now, moment)

    def _at(self, moment: Millis, act: Act) -> None:
        """Arrange what is done at a moment, unless that is still to come."""
        if moment < self._end:
            self._arranged += 1
            heappush(self._waiting, (moment, self._arranged, act))

    def _plan(self) -> None:
        """When which request is made: fewer at first, since the agents were new."""
        rng, today = self._random, self._end // DAY
        for day in range(today - 7 * WEEKS, today + 1):
            if (day + MONDAY) % 7 > FRIDAY:
                continue
            grown = 0.5 + 0.5 * (day - today + 7 * WEEKS) / (7 * WEEKS)
            for _ in range(round(rng.gauss(EACH_DAY, 2.5) * grown)):
                moment = day * DAY + rng.randrange(OPENS * HOUR, CLOSES * HOUR)
                self._at(moment, self._asking(rng.choices(KINDS, [k.often for k in KINDS])[0]))

    # --- what agents do --------------------------------------------------------------------

    def _asking(self, kind: Kind) -> Act:
        rng = self._random
        title = rng.choice(kind.titles)
        params: dict[str, Any] = {"purpose": title, "case": rng.randrange(10**6)}
        if kind.amounts is not None:
            low, high = kind.amounts
            # More small ones than big ones.
            params["amount"] = round(low * (high / low) ** rng.random())
        wish = Submission(
            action_type=kind.action,
            params=params,
            title=title,
            requester=rng.choice(("alice@example.com", "olga@example.com")),
            currency="EUR" if kind.amounts else None,
            risk_score=min(99, round(rng.lognormvariate(3, 0.6))),
        )

        async def ask() -> None:
            made = await self._app.approvals.submit(wish, self._agents[kind.agent], None)
            self.asked += 1
            self._go_on(made.snapshot.state)

        return ask

    def _go_on(self, state: RequestState) -> None:
        """What comes next of a request: somebody's decision, a revision, or its execution."""
        rng, agent = self._random, self._agents[state.agent]
        if state.status is Status.CHANGES_REQUESTED:
            self._at(self._later(2 * HOUR), self._revising(state, agent))
        elif state.status is Status.APPROVED and rng.random() < 0.9:
            well = rng.random() < 0.97
            self._at(
                self._now + rng.randrange(MINUTE, HOUR), self._reporting(state, agent, well=well)
            )
        elif state.is_open and rng.random() < 0.02:
            self._at(self._later(HOUR), self._cancelling(state, agent))
        elif state.is_open and (people := waited_for(state)):
            person = rng.choice(people)
            haste = HASTE.get(person.partition("@")[0], 200) * MINUTE
            self._at(self._later(haste), self._deciding(state, person))

    def _revising(self, state: RequestState, agent: Caller) -> Act:
        async def revise() -> None:
            amount = round(int(state.amount or 100) * 0.9)
            wish = Submission(
                action_type=state.action_type,
                params={"purpose": "As you asked, for a tenth less", "amount": amount},
                title="The same for a tenth less",
                currency=state.currency,
            )
            self._go_on((await self._acts.revise(agent, state.id, wish, None)).state)

        return revise

    def _reporting(self, state: RequestState, agent: Caller, *, well: bool) -> Act:
        async def report() -> None:
            await self._acts.execution(agent, state.id, "succeeded" if well else "failed", None)

        return report

    def _cancelling(self, state: RequestState, agent: Caller) -> Act:
        async def cancel() -> None:
            await self._acts.cancel(agent, state.id, "It is not needed any more.")

        return cancel

    # --- what people do --------------------------------------------------------------------

    def _deciding(self, state: RequestState, person: str) -> Act:
        rng = self._random
        how, said = Decision.APPROVE, None
        if (chance := rng.random()) < 0.09:
            how, said = Decision.REJECT, "Not in this quarter."
        elif chance < 0.15 and state.amount is not None:
            how, said = Decision.REQUEST_CHANGES, "Ask for a discount first, please."
        edits = None
        if how is Decision.APPROVE and state.route is not None and state.route.editable:
            edits = {"amount": int(state.amount or 0) - 1} if rng.random() < 0.12 else None

        async def decide() -> None:
            who = Actor(via="slack", person=person)
            caller = Caller("", "", "", ("decide",), person=person, chat=who)
            found = await self._acts.decide(
                caller, state.id, how, said, None, state.revision, None, edits
            )
            self._go_on(found.state)

        return decide

    def _later(self, usual: Millis) -> Millis:
        """In about so long; at night and at the weekend nobody works."""
        moment = self._now + round(usual * self._random.lognormvariate(0, 0.9))
        while not _works(moment):
            moment = (moment // HOUR + 1) * HOUR + self._random.randrange(40 * MINUTE)
        return moment


def _works(moment: Millis) -> bool:
    weekday, hour = (moment // DAY + MONDAY) % 7, moment % DAY // HOUR
    return weekday <= FRIDAY and OPENS <= hour < CLOSES


async def make(url: str, until: Millis) -> int:
    """Fill a database with the weeks before a moment; how many requests were made. Nothing is done
    where anything was asked for before."""
    upgrade(url)
    policy, directory = load(POLICY, DIRECTORY)
    storage = open_storage(url)
    try:
        if (await storage.store.listed(ListFilter(limit=1))).items:
            return 0
        books = Books(policy, directory, from_file=True)
        settings = read_settings({"COUNTERSIGN_DATABASE_URL": url})
        past = Past(until)
        sources = Sources(clock=past.clock, new_id=ids.new_id, new_salt=ids.new_salt)
        app = compose(settings, books, storage, sources)
        await app.governance.adopt(policy, Actor(via="system"))
        await past.live(app, await _agents(storage, past.clock(), until))
        await _let_rest(storage, until)
        return past.asked
    finally:
        await storage.close()


async def _agents(storage: Storage, since: Millis, until: Millis) -> dict[str, Caller]:
    """Keys that end with the past, and whose secrets nobody has."""
    found: dict[str, Caller] = {}
    for name in sorted({kind.agent for kind in KINDS}):
        key = ApiKey(
            id=ids.new_id(),
            name=name,
            scopes=("submit",),
            hash=sha256(ids.new_salt().encode()),
            created_at=since,
            expires_at=until,
        )
        await storage.keys.add_key(key)
        found[name] = Caller(key.id, key.name, key.hash, key.scopes)
    return found


async def _let_rest(storage: Storage, now: Millis) -> None:
    """Nobody had a card, and nobody needs one of what is over."""
    while claimed := await storage.deliveries.claim_cards(now, now + HOUR, CHUNK):
        for each in claimed:
            found = await storage.store.snapshot(each.request)
            over = found is not None and not found.state.is_open
            outcome = Delivered() if over else RetryAt(reason="nobody was there", after=HOUR)
            await storage.deliveries.settle_card(each, each.wanted, outcome, now)


def main() -> None:
    """Fill the database of the environment."""
    log.configure("critical", as_json=False)
    made = asyncio.run(make(environment()["COUNTERSIGN_DATABASE_URL"], clock.now()))
    sys.stdout.write(f"{made}\n")


if __name__ == "__main__":
    main()
