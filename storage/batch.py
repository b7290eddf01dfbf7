"""One batch of commands as they see each other: what was loaded, overlaid by what they did.

Pure: it touches no database. A command whose function raises, or wants something that cannot
be stored, leaves nothing behind.
"""

from dataclasses import dataclass, field
from typing import Any

from core.audit.chain import GENESIS, Link, chain
from core.request import RequestState
from core.rows import (
    IN_DIGEST,
    ApiKey,
    CallbackRow,
    Changes,
    Delivery,
    IdempotencyRow,
    Loaded,
    Recipient,
)
from core.value import encode
from storage.commands import Transact
from storage.people import people
from storage.rules import Rules
from storage.writes import Rows, outbox_row

Pair = tuple[str, str]

Named = tuple[str, int, int, str | None, bool]
"""Of a card that a command named: the recipient's kind, the version wanted, until when it waits
and for what, if nobody has it yet, and whether one that waits for a digest goes on waiting."""


@dataclass(slots=True)
class Head:
    """A request: as stored when the batch began, and as the batch's commands have left it.

    `bump` is the version every card of it is to show (0: as before), `cards` those named by
    a command, by (platform, recipient), each with what is written of it beside its key.
    """

    stored: RequestState
    state: RequestState
    hash: str = GENESIS
    bump: int = 0
    cards: dict[Pair, Named] = field(default_factory=dict)


@dataclass(slots=True)
class Batch:
    """What the commands of a batch read and wrote so far. `days` counts the submissions of a (key,
    day)."""

    heads: dict[str, Head] = field(default_factory=dict)
    contents: dict[str, dict[str, bytes]] = field(default_factory=dict)
    deliveries: dict[str, list[Delivery]] = field(default_factory=dict)
    idempotency: dict[Pair, IdempotencyRow] = field(default_factory=dict)
    keys: dict[str, ApiKey] = field(default_factory=dict)
    days: dict[Pair, int] = field(default_factory=dict)
    seen: set[Pair] = field(default_factory=set)
    rules: Rules = field(default_factory=Rules)
    rows: Rows = field(default_factory=Rows)

    def apply(self, command: Transact) -> Any:
        """Run the command's function and keep what it wants; its result. Raises what it raises."""
        head = self.heads.get(command.request_id)
        if head is None:
            nothing = RequestState(id=command.request_id)
            head = Head(stored=nothing, state=nothing)
        changes = command.fn(self._loaded(command, head))
        self._keep(command.request_id, head, changes)
        return changes.result

    def changed(self) -> list[RequestState]:
        """The states that are new since the batch began, each once."""
        return [head.state for head in self.heads.values() if head.state is not head.stored]

    def finish(self) -> Rows:
        """All rows to write, those of a request that changed several times only once."""
        for request_id, head in self.heads.items():
            if head.state is not head.stored:
                self._finish_request(head)
            if head.bump and head.stored.version:
                self.rows.bumped.append((request_id, head.bump))
            self.rows.cards += [(request_id, *place, *named) for place, named in head.cards.items()]
        self.rows.rules = self.rules.finish()
        return self.rows

    def _loaded(self, command: Transact, head: Head) -> Loaded:
        reads = command.reads
        previous = None if reads.follows is None else self.heads.get(reads.follows)
        key = None if reads.key_hash is None else self.keys.get(reads.key_hash)
        return Loaded(
            state=head.state,
            contents=dict(self.contents.get(command.request_id, {})) if reads.content else {},
            deliveries=tuple(self.deliveries.get(command.request_id, ())),
            idempotency=None
            if reads.idempotency is None
            else self.idempotency.get(reads.idempotency),
            key=key,
            submissions=self._submissions(key, reads.day),
            seen=reads.seen in self.seen,
            previous=previous.state if previous is not None and previous.state.version else None,
            **self.rules.loaded(reads),
        )

    def _submissions(self, key: ApiKey | None, day: str | None) -> int:
        return 0 if key is None or day is None else self.days.get((key.id, day), 0)

    def _keep(self, request_id: str, head: Head, changes: Changes[Any]) -> None:
        # Everything that can fail comes first, so that a failure leaves no trace.
        links = _links(request_id, head, changes)
        outbox = [outbox_row(row) for row in changes.outbox]
        standing = self.rules.prepared(changes)
        self.heads[request_id] = head
        if links and changes.state is not None:
            head.state = changes.state
            head.hash = links[-1].hash
            self.rows.events += [(request_id, k.seq, k.type, k.at, k.body, k.hash) for k in links]
        self.rules.keep(changes, standing)
        self._keep_cards(head, changes)
        self.rows.outbox += outbox
        if changes.callbacks:
            self.rows.callbacks += [_callback_row(row) for row in changes.callbacks]
        if changes.content:
            self.rows.content += [(request_id, c.id, c.salt, c.body) for c in changes.content]
            self.contents.setdefault(request_id, {}).update({c.id: c.body for c in changes.content})
        if (row := changes.idempotency) is not None:
            self.idempotency[row.holder, row.key] = row
            self.rows.idempotency.append(
                (row.holder, row.key, row.body_hash, row.request, row.status, row.at)
            )
        if (seen := changes.seen) is not None:
            self.seen.add((seen.platform, seen.key))
            self.rows.seen.append((seen.platform, seen.key, seen.at))
        if (counted := changes.counted) is not None:
            day = (counted.key, counted.day)
            self.days[day] = self.days.get(day, 0) + 1
            more, _ = self.rows.counted.get(day, (0, 0))
            self.rows.counted[day] = (more + 1, counted.limit)

    def _keep_cards(self, head: Head, changes: Changes[Any]) -> None:
        version = head.state.version
        if changes.events:
            # Also the cards of those who are no longer named: what they show would be false.
            head.bump = version
            head.cards = {at: (n[0], version, *n[2:]) for at, n in head.cards.items()}
        for to in changes.audience:
            earlier = head.cards.get((to.platform, to.id))
            head.cards[to.platform, to.id] = _named(to, version, changes, earlier)

    def _finish_request(self, head: Head) -> None:
        state, before = head.state, head.stored
        now, then = people(state), people(before)
        self.rows.people += [(state.id, *row) for row in now - then]
        self.rows.people_gone += [(state.id, *row) for row in then - now]
        if before.version:
            self.rows.changed_requests.append(_changed_row(head))
        else:
            self.rows.new_requests.append(_new_row(head))


def _named(to: Recipient, version: int, changes: Changes[Any], earlier: Named | None) -> Named:
    """What is written of a card, after what an earlier command of the batch said of it."""
    if to not in changes.held:
        return (to.kind, version, 0, None, False)
    until = changes.held[to]
    if earlier is not None:
        # To this command it was there already.
        return (to.kind, version, *earlier[2:])
    reason = None if until is None else IN_DIGEST
    return (to.kind, version, until or 0, reason, True)


def _links(request_id: str, head: Head, changes: Changes[Any]) -> list[Link]:
    """The chained records of the events; ValueError if they do not lead to the given state."""
    state, before = changes.state, head.state
    if not changes.events:
        if changes.audience and not before.version:
            raise ValueError(f"cards of request {request_id}, which does not exist")
        if state is not None and state != before:
            raise ValueError(f"the state of request {request_id} changed without an event")
        return []
    if state is None or state.id != request_id or state.route is None:
        raise ValueError(f"events of request {request_id} came without its state")
    if state.version != before.version + len(changes.events):
        raise ValueError(
            f"request {request_id} is at version {before.version}; {len(changes.events)} events "
            f"do not make it {state.version}"
        )
    return chain(request_id, before.version, head.hash, changes.events)


def _new_row(head: Head) -> tuple[Any, ...]:
    state = head.state
    category, rule = _route(state)
    return (
        state.id,
        state.version,
        state.status.value,
        category,
        state.requester,
        state.agent,
        state.agent_key,
        rule,
        state.created_at,
        state.wake_at,
        state.deadline,
        head.hash,
        encode(state),
        state.previous,
    )


def _changed_row(head: Head) -> tuple[Any, ...]:
    state = head.state
    category, rule = _route(state)
    return (
        state.id,
        head.stored.version,
        state.version,
        state.status.value,
        category,
        state.requester,
        rule,
        state.wake_at,
        state.deadline,
        head.hash,
        encode(state),
    )


def _route(state: RequestState) -> tuple[str, str]:
    if state.route is None:
        raise ValueError(f"request {state.id} has no route")
    return state.route.category.value, state.route.rule


def _callback_row(row: CallbackRow) -> tuple[Any, ...]:
    facts = (row.id, row.type, row.key, row.host, row.status, row.revision, row.at)
    return (row.request, row.sequence, *facts, "pending", 0, row.at, None, None, None)
