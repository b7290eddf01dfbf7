"""Purchase requests made by hand: functions for `Store.transact` with the core's own types."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from core.content import Content
from core.events import Actor, AnyEvent, Finished, Recorded, StageOpened, Submitted, Voted
from core.evolve import fold
from core.request import Decision, RequestState, Status
from core.route import Category, Entry, Route, StagePlan
from core.rows import Changes, IdempotencyRow, Loaded, OutboxRow, Reads, Recipient
from storage import Storage

AT = 1_780_000_000_000
DAY = 86_400_000
ALICE, BOB, CAROL, DAN = (f"{name}@example.com" for name in ("alice", "bob", "carol", "dan"))
BOB_IN_SLACK = Recipient(platform="slack", id=BOB)
CAROL_IN_TEAMS = Recipient(platform="teams", id=CAROL)

Function = Callable[[Loaded], Changes[str]]
T = TypeVar("T")


def rid(number: int) -> str:
    """A request id; a higher number is a later request."""
    return f"01KB{number:022d}"


def body_of(id: str) -> Content:
    """The content row of a request made here."""
    return Content(id=f"{id}.r1", salt="5" * 32, body=b'{"title":"A new chair"}')


def route(category: Category = Category.REVIEW, rule: str = "purchases") -> Route:
    """Bob first, in his own time, then Carol within a second."""
    people = ((1, "Manager", BOB, None), (2, "Finance", CAROL, 1000))
    plans = tuple(
        StagePlan(level=level, name=name, entries=(Entry(ref=who, people=(who,)),), sla=sla)
        for level, name, who, sla in people
    )
    return Route(rule=rule, policy_version="a" * 64, category=category, stages=plans)


def recorded(event: AnyEvent, at: int = AT) -> Recorded:
    return Recorded(event=event, actor=Actor(via="api", agent="key1"), at=at)


def submit(
    id: str,
    *,
    requester: str = ALICE,
    agent_key: str = "key1",
    owner: str | None = None,
    category: Category = Category.REVIEW,
    expires_at: int = AT + DAY,
    audience: tuple[Recipient, ...] = (),
    outbox: tuple[OutboxRow, ...] = (),
    idempotency: IdempotencyRow | None = None,
    previous: str | None = None,
    rule: str = "purchases",
) -> Function:
    """Make a request whose first stage waits for Bob; the result is its id."""
    submitted = Submitted(
        agent="procurement",
        agent_key=agent_key,
        owner=owner,
        requester=requester,
        previous=previous,
        action_type="purchase_order",
        route=route(category, rule),
        content=f"{id}.r1",
        commitment="c" * 64,
        expires_at=expires_at,
    )
    opened = StageOpened(level=1, round=1, entries=(Entry(ref=BOB, people=(BOB,)),))

    def run(loaded: Loaded) -> Changes[str]:
        events = (recorded(submitted), recorded(opened))
        return Changes(
            result=id,
            state=fold(loaded.state, events),
            events=events,
            content=(body_of(id),),
            audience=audience,
            outbox=outbox,
            idempotency=idempotency,
        )

    return run


def happen(
    *events: AnyEvent,
    audience: tuple[Recipient, ...] = (),
    outbox: tuple[OutboxRow, ...] = (),
    at: int = AT + 1,
) -> Function:
    """Let these events happen to a request; the result is its version then, as text."""

    def run(loaded: Loaded) -> Changes[str]:
        new = tuple(recorded(event, at) for event in events)
        state = fold(loaded.state, new)
        return Changes(
            result=str(state.version), state=state, events=new, audience=audience, outbox=outbox
        )

    return run


def vote(person: str = BOB, level: int = 1) -> Voted:
    return Voted(
        level=level,
        round=1,
        revision=1,
        commitment="c" * 64,
        person=person,
        decision=Decision.APPROVE,
    )


CANCELLED = Finished(status=Status.CANCELLED, by=(ALICE,))


def notice(dedupe: str, request: str, to: Recipient = BOB_IN_SLACK) -> OutboxRow:
    return OutboxRow(
        id=f"notice-{dedupe}",
        dedupe=dedupe,
        kind="result",
        request=request,
        to=to,
        facts={"channel": "C1"},
    )


def once(id: str, key: str) -> tuple[Function, Reads]:
    """Submit under an Idempotency-Key: the result is the id of the request that it made."""
    row = IdempotencyRow(holder="key1", key=key, body_hash="b" * 64, request=id, status=201, at=AT)
    make = submit(id, idempotency=row)

    def run(loaded: Loaded) -> Changes[str]:
        if loaded.idempotency is not None:
            return Changes(result=loaded.idempotency.request)
        return make(loaded)

    return run, Reads(idempotency=("key1", key))


async def state_of(storage: Storage, id: str) -> RequestState:
    found = await storage.store.snapshot(id)
    assert found is not None
    return found.state


class Held:
    """Keeps the writer busy until released, so that what is queued meanwhile is one batch."""

    def __init__(self) -> None:
        self._begun = threading.Event()
        self._go = threading.Event()

    def __call__(self, loaded: Loaded) -> Changes[None]:
        self._begun.set()
        assert self._go.wait(10)
        return Changes(result=None)

    async def begun(self) -> None:
        """Return when the writer is held."""
        assert await asyncio.to_thread(self._begun.wait, 10)

    def release(self) -> None:
        self._go.set()


async def together(storage: Storage, calls: Sequence[Awaitable[T]]) -> list[T | BaseException]:
    """Run the calls so that the writer finds them all waiting at once."""
    held = Held()
    first = asyncio.ensure_future(storage.store.transact("", held))
    await held.begun()
    tasks = [asyncio.ensure_future(call) for call in calls]
    await asyncio.sleep(0)
    held.release()
    await first
    return await asyncio.gather(*tasks, return_exceptions=True)
