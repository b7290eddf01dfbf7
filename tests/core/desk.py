"""The chat service over a store in memory: who clicks, what they are told, what is stored."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from core.audit.chain import GENESIS, Link, chain
from core.card import Verb
from core.chat.conversations import ChatService
from core.chat.port import Answer, Click
from core.commands import Binding
from core.content import Rationale
from core.directory.people import Directory, Identity
from core.policy.policy import Policy
from core.request import RequestState, Status
from core.rows import (
    FIRST,
    NO_READS,
    WHOLE_QUEUE,
    Changes,
    Listed,
    ListFilter,
    Loaded,
    OutboxRow,
    PolicyRow,
    QueuePart,
    Reads,
    Snapshot,
    Ticked,
    Wake,
)
from core.rules.absence import Standing
from core.rules.waiting import waited_for
from core.service.approvals import Approvals, World
from core.service.estimate import Samples, Times
from core.value import Millis
from tests.core.builders import a_policy, a_rule, shown
from tests.core.shown import BOTH, COMPANY, Told

T = TypeVar("T")

POLICY = a_policy(a_rule(editable=("amount", "vendor")))


class MemoryStore:
    """As much of `core.ports.Store` as a conversation needs, with nothing that could fail."""

    def __init__(self) -> None:
        self.states: dict[str, RequestState] = {}
        self.bodies: dict[str, dict[str, bytes]] = {}
        self.trail: dict[str, list[Link]] = {}
        self.outbox: dict[str, OutboxRow] = {}
        self.rules: dict[str, Standing] = {}
        self.keys: set[tuple[str, str]] = set()
        self.frozen = False

    async def transact(
        self, request_id: str, fn: Callable[[Loaded], Changes[T]], reads: Reads | None = None
    ) -> T:
        given = reads or Reads()
        changes = fn(
            Loaded(
                state=self.states.get(request_id, RequestState(id=request_id)),
                contents=dict(self.bodies.get(request_id, {})) if given.content else {},
                standing=tuple(self.rules.values()) if given.rules else (),
                frozen=self.frozen,
                seen=given.seen in self.keys,
            )
        )
        if changes.state is not None:
            self.states[request_id] = changes.state
        self.bodies.setdefault(request_id, {}).update({c.id: c.body for c in changes.content})
        known = self.trail.setdefault(request_id, [])
        before = known[-1].hash if known else GENESIS
        known += chain(request_id, len(known), before, changes.events)
        for row in changes.outbox:
            self.outbox.setdefault(row.dedupe, row)
        self.rules |= {s.id: s for s in changes.standing}
        if changes.seen is not None:
            self.keys.add((changes.seen.platform, changes.seen.key))
        return changes.result

    async def snapshot(self, request_id: str) -> Snapshot | None:
        state = self.states.get(request_id)
        return None if state is None else Snapshot(state=state, contents=self.bodies[request_id])

    async def state(self, request_id: str) -> RequestState | None:
        return self.states.get(request_id)

    async def links(self, stream: str) -> Sequence[Link]:
        return self.trail.get(stream, [])

    async def waiting(
        self, person: str, limit: int, part: QueuePart = WHOLE_QUEUE
    ) -> tuple[Sequence[Snapshot], int]:
        found = [s for s in self._asking(person) if _in_part(s, part)]
        later = [s for s in found if (s.deadline or 0, s.id) > (part.after or (-1, ""))]
        return [self._read(s) for s in later[:limit]], len(found)

    async def waiting_rules(self, person: str, limit: int) -> Sequence[tuple[str, int]]:
        rules = Counter(s.route.rule for s in self._asking(person) if s.route is not None)
        return rules.most_common(limit)

    def _asking(self, person: str) -> list[RequestState]:
        found = [s for s in self.states.values() if person in waited_for(s)]
        return sorted(found, key=lambda s: (s.deadline or 0, s.id))

    def _read(self, state: RequestState) -> Snapshot:
        return Snapshot(state=state, contents=self.bodies[state.id])

    async def standing(self, person: str | None = None) -> Sequence[Standing]:
        return [
            s for s in self.rules.values() if s.ends is None and person in (s.giver, s.taker, None)
        ]

    async def concerning(self, person: str, after: str, limit: int) -> Sequence[str]:
        return sorted(each for each in self.states if each > after)[:limit]

    async def turned(self, id: str, at: Millis, lease_until: Millis | None = None) -> None: ...

    async def claim_turning(
        self, now: Millis, lease_until: Millis, limit: int
    ) -> Sequence[Standing]:
        return ()

    async def open_ids(self, after: str, limit: int) -> Sequence[str]:
        return ()

    async def chain(self, request_id: str) -> Sequence[str]:
        return (request_id,)

    async def is_frozen(self) -> bool:
        return self.frozen

    async def listed(self, filter: ListFilter) -> Listed:
        own = [s for s in self.states.values() if s.requester == filter.requester]
        own = [s for s in own if filter.cursor is None or s.id < filter.cursor]
        newest = sorted(own, key=lambda s: s.id, reverse=True)
        shown = tuple(self._read(s) for s in newest[: filter.limit])
        return Listed(
            items=shown, next_cursor=shown[-1].state.id if len(newest) > len(shown) else None
        )

    async def policies(self, limit: int) -> Sequence[PolicyRow]:
        return ()

    async def policy_text(self, version: str) -> PolicyRow | None:
        return None

    async def stage_times(self) -> Mapping[tuple[str, str], Millis]:
        return {}

    async def stage_samples(self) -> Mapping[tuple[str, str], Sequence[Millis]]:
        return {}

    async def past(self, before: str | None, limit: int) -> Sequence[Snapshot]:
        return ()

    async def tick_due(
        self,
        now: Millis,
        limit: int,
        fn: Callable[[Loaded], Changes[Any]],
        reads: Reads = NO_READS,
        after: Wake = FIRST,
    ) -> Ticked:
        return Ticked()

    async def next_wake(self, after: Millis) -> Millis | None:
        return None

    async def left_pending(self, ids: Sequence[str]) -> Sequence[str]:
        return [each for each in ids if self.states[each].status is not Status.PENDING]

    async def versions(self, ids: Sequence[str]) -> Mapping[str, int]:
        return {each: self.states[each].version for each in ids if each in self.states}

    def on_commit(self, listener: Callable[[Sequence[RequestState]], None]) -> None: ...


def _in_part(state: RequestState, part: QueuePart) -> bool:
    rule = None if state.route is None else state.route.rule
    due = part.due_before is None or (state.deadline or 0) < part.due_before
    return due and part.rule in (None, rule)


class NoWait:
    """A wait that nobody here begins."""

    async def wait(self, milliseconds: Millis) -> None: ...

    def close(self) -> None: ...


class Desk:
    """The service, its store and its clock."""

    def __init__(self, story: Told, policy: Policy = POLICY) -> None:
        self.store = MemoryStore()
        self.store.states["R1"] = story.state
        self.store.bodies["R1"] = dict(story.contents)
        self.store.trail["R1"] = chain("R1", 0, GENESIS, story.history)
        self.store.rules = {s.id: s for s in story.standing}
        self.directory: Directory = story.directory
        self.now = story.now
        self.policy = policy
        self.stage_times: Times = {}
        self.stage_samples: Samples = {}
        self.revived: list[tuple[str, str]] = []
        self.record: Callable[[Rationale | None], str | None] = lambda _: None
        ids = numbers()
        self.chat = ChatService(
            Approvals(
                World(
                    store=self.store,
                    directory=lambda: self.directory,
                    policy=lambda: self.policy,
                    policy_of=self._policy_of,
                    revive=self._revive,
                    platforms=BOTH,
                    clock=lambda: self.now,
                    new_id=lambda: next(ids),
                    new_salt=lambda: "33" * 16,
                    waiting=lambda _request: NoWait(),
                    stage_times=lambda: self.stage_times,
                    stage_samples=lambda: self.stage_samples,
                    record=lambda advice: self.record(advice),
                )
            )
        )

    @property
    def state(self) -> RequestState:
        return self.store.states["R1"]

    def told(self) -> list[tuple[str, str]]:
        """Kind and recipient of everything that was queued."""
        return [(row.kind, row.to.id) for row in self.store.outbox.values()]

    async def click(self, who: str, verb: Verb, **fields: object) -> Answer:
        """A click by this person on the present card, unless a binding is given."""
        given = {"identity": account(who), "binding": self.bound(), "verb": verb} | fields
        return await self.chat.click(Click(**given))  # type: ignore[arg-type] # test shorthand

    async def form(self, who: str, verb: Verb, place: str = "") -> Answer:
        return await self.chat.form(account(who), self.bound(), verb, place)

    def bound(self) -> Binding:
        """What the present card is bound to; of a request without one, the request alone."""
        if self.state.current is None:
            return Binding(
                request="R1", revision=self.state.revision, commitment="", level=0, round=0
            )
        return shown(self.state)

    async def _policy_of(self, version: str) -> Policy:
        return self.policy

    async def _revive(self, platform: str, recipient: str, now: Millis) -> int:
        self.revived.append((platform, recipient))
        return 0


def account(who: str) -> Identity:
    """The Slack account of somebody in the company, or one that is nobody's."""
    person = COMPANY.person(who)
    found = None if person is None else person.identity("slack")
    return found or Identity(platform="slack", realm="T1", account=who)


def numbers() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"new-{number}"
