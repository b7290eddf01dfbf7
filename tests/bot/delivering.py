"""A relay over a database of its own, with channels that note what they are told to send."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from bot.relay import Relay
from core.card import Card
from core.content import Content
from core.directory.people import Directory, Identity, Person
from core.pace import Lane, Sending
from core.ports import Delivered, Notice, Outcome
from core.rows import Changes, Delivery, Loaded, MessageRef, Recipient
from storage import Storage, open_storage
from storage.tables import DELIVERY_DUE, NOTICE_DUE
from tests.storage.fresh import migrate
from tests.storage.purchase import ALICE, BOB, CAROL, Function, body_of, rid, submit

NOW = 1_780_000_000_000
SHOWABLE = b'{"action":{"type":"purchase_order","params":{}},"title":"A new chair"}'


def person(email: str, *platforms: str) -> Person:
    """Somebody with an account on each of these platforms, in this order of preference."""
    accounts = tuple(Identity(platform=p, realm="T1", account=f"{p}-{email}") for p in platforms)
    return Person(email=email, name=email.split("@")[0].title(), identities=accounts)


@dataclass
class FakeChannel:
    """A platform: answers as `answer` says, and keeps what it was asked."""

    platform: str
    answer: Callable[[str], Awaitable[Outcome]]
    shown: list[tuple[Card, Recipient, Identity | None]] = field(default_factory=list)
    told: list[tuple[Notice, Recipient]] = field(default_factory=list)
    pace: Callable[[Sending, Recipient], tuple[Lane, ...]] = lambda _what, _to: ()

    def lanes(self, what: Sending, to: Recipient, _account: Identity | None) -> tuple[Lane, ...]:
        return self.pace(what, to)

    async def show(
        self, card: Card, to: Recipient, account: Identity | None, delivery: Delivery
    ) -> Outcome:
        self.shown.append((card, to, account))
        return await self.answer(card.request)

    async def tell(self, notice: Notice, to: Recipient, account: Identity | None) -> Outcome:
        self.told.append((notice, to))
        return await self.answer(notice.request)

    def always(self, outcome: Outcome) -> None:
        """Answer this to everything from now on."""

        async def answer(_request: str) -> Outcome:
            return outcome

        self.answer = answer


async def posted(request: str) -> Outcome:
    return Delivered(ref=MessageRef(platform="any", fields={"ts": request}))


@dataclass
class Desk:
    """The relay with everything around it; `now` is its clock."""

    path: Path
    storage: Storage
    slack: FakeChannel
    teams: FakeChannel
    relay: Relay = field(init=False)
    people: list[Person] = field(default_factory=list)
    now: int = NOW

    def __post_init__(self) -> None:
        self.relay = Relay(
            self.storage.store,
            self.storage.deliveries,
            {"slack": self.slack, "teams": self.teams},
            lambda: Directory(self.people),
            lambda: self.now,
        )
        self.storage.store.on_commit(self.relay.changed)

    async def ask(self, number: int, *audience: Recipient, showable: bool = True) -> None:
        """Make a request; one that is not `showable` has content no card can be made of."""
        made = submit(rid(number), audience=audience, expires_at=NOW * 2)
        content = Content(id=body_of(rid(number)).id, salt="5" * 32, body=SHOWABLE)

        def run(loaded: Loaded) -> Changes[str]:
            changes = made(loaded)
            return replace(changes, content=(content,)) if showable else changes

        await self.storage.store.transact(rid(number), run)

    async def happen(self, number: int, function: Function) -> None:
        await self.storage.store.transact(rid(number), function)

    async def cards(self, number: int) -> dict[tuple[str, str], Delivery]:
        """The request's deliveries by place."""
        found = await self.storage.store.snapshot(rid(number))
        assert found is not None
        return {(d.to.platform, d.to.id): d for d in found.deliveries}

    async def quiet(self) -> None:
        """Return when nothing is due by the clock and nothing is claimed."""
        self.relay.wake()  # the clock may have gone on
        await self.until(lambda: self._at_rest() and not self.relay._senders)

    def _at_rest(self) -> bool:
        connection = sqlite3.connect(self.path, timeout=5)
        busy = [
            connection.execute(
                f"SELECT count(*) FROM {table} WHERE {wanted} "
                "AND (next_at <= ? OR lease_until IS NOT NULL)",
                [self.now],
            ).fetchone()[0]
            for table, wanted in (("deliveries", DELIVERY_DUE), ("outbox", NOTICE_DUE))
        ]
        connection.close()
        return busy == [0, 0]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return when it holds; it is looked at again and again."""
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110 - what it looks at tells nobody
                await asyncio.sleep(0.002)


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Desk]:
    """Bob and Alice are on both platforms, Slack first; Carol is in Teams only."""
    path = folder / "relay.db"
    migrate(f"sqlite:///{path}")
    storage = open_storage(f"sqlite:///{path}")
    made = Desk(path, storage, FakeChannel("slack", posted), FakeChannel("teams", posted))
    made.people = [
        person(ALICE, "slack", "teams"),
        person(BOB, "slack", "teams"),
        person(CAROL, "teams"),
    ]
    try:
        yield made
    finally:
        await made.relay.stop(1)
        await storage.close()
