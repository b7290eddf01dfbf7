"""`core.ports.Store` over the writer and the readers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Dialect

from core.audit.chain import Link
from core.request import RequestState
from core.rows import (
    FIRST,
    NO_READS,
    WHOLE_QUEUE,
    Changes,
    Listed,
    ListFilter,
    Loaded,
    PolicyRow,
    QueuePart,
    Reads,
    Snapshot,
    Ticked,
    Wake,
)
from core.rules.absence import Standing
from core.value import Millis
from storage.absences import Absences
from storage.due import Due
from storage.listing import listed, past
from storage.open_requests import OpenRequests
from storage.policies import Policies
from storage.queues import Queues
from storage.readers import Readers
from storage.reading import Reading
from storage.recorded import recorded
from storage.stage_times import StageTimes
from storage.texts import storable
from storage.together import Together
from storage.writer import Writer

T = TypeVar("T")


class SqlStore:
    """Requests in SQLite or PostgreSQL."""

    def __init__(
        self, writer: Writer, readers: Readers, reading: Reading, dialect: Dialect
    ) -> None:
        self._writer = writer
        self._readers = readers
        self._reading = reading
        self._snapshots = Together(
            readers, lambda c, ids: {found.state.id: found for found in reading.snapshots(c, ids)}
        )
        self._states = Together(readers, reading.states)
        self._due = Due(dialect)
        self._queues = Queues(dialect, reading)
        self._open = OpenRequests(dialect)
        self._absences = Absences(dialect)
        self._policies = Policies(dialect)
        self._times = StageTimes(dialect)

    async def transact(
        self, request_id: str, fn: Callable[[Loaded], Changes[T]], reads: Reads = NO_READS
    ) -> T:
        """Load, call the pure function, store what it returns.

        Raises what the function raises; StorageError when the database failed, of which only
        OutcomeUnknown leaves open whether anything was stored.
        """
        return await self._writer.transact(request_id, fn, reads)

    async def snapshot(self, request_id: str) -> Snapshot | None:
        """A request with its content and deliveries as of one moment."""
        if not storable(request_id):
            return None
        return await self._snapshots.one(request_id)

    async def state(self, request_id: str) -> RequestState | None:
        """A request's state alone: of what a snapshot reads the smallest part."""
        if not storable(request_id):
            return None
        return await self._states.one(request_id)

    async def listed(self, filter: ListFilter) -> Listed:
        """A page of requests, newest first."""
        return await self._readers.read(lambda c: listed(c, self._reading, filter))

    async def waiting(
        self, person: str, limit: int, part: QueuePart = WHOLE_QUEUE
    ) -> tuple[Sequence[Snapshot], int]:
        """What waits for a person's decision, earliest deadline first, and how many in all."""
        return await self._readers.read(lambda c: self._queues.waiting(c, person, limit, part))

    async def waiting_rules(self, person: str, limit: int) -> Sequence[tuple[str, int]]:
        """The rules that ask this person now, with how many requests, the most first."""
        return await self._readers.read(lambda c: self._queues.rules(c, person, limit))

    async def links(self, stream: str) -> Sequence[Link]:
        """The stored records of a stream (a request's id, or another stream's name), in order."""
        if not storable(stream):
            return ()
        return await self._readers.read(lambda c: self._reading.links(c, stream))

    async def recorded(
        self, stream: str, kinds: Sequence[str], since: Millis, until: Millis, limit: int
    ) -> Sequence[Link]:
        """See `storage.recorded.recorded`."""
        return await self._readers.read(lambda c: recorded(c, stream, kinds, since, until, limit))

    async def standing(self, person: str | None = None) -> Sequence[Standing]:
        """The standing delegations that are not over, of all people or by giver or taker."""
        return await self._readers.read(lambda c: self._absences.not_over(c, person))

    async def standing_since(self, moment: Millis) -> Sequence[Standing]:
        """The standing delegations that end after this moment, those that are over too, by id."""
        return await self._readers.read(lambda c: self._absences.since(c, moment))

    async def claim_turning(
        self, now: Millis, lease_until: Millis, limit: int
    ) -> Sequence[Standing]:
        """Lease standing delegations whose beginning or end has come and was not yet applied to
        what is open, earliest first. One that was changed is among them until it is applied
        again, one whose lease ended too."""
        return await self._writer.run(lambda c: self._absences.claim(c, now, lease_until, limit))

    async def turned(self, id: str, at: Millis, lease_until: Millis | None = None) -> None:
        """One was applied as of `at`; with the lease under which it was claimed, if it was."""
        await self._writer.run(lambda c: self._absences.turned(c, id, at, lease_until))

    async def concerning(self, person: str, after: str, limit: int) -> Sequence[str]:
        """Ids of open requests of which the person belongs to a stage, or stands in, beyond
        the id `after`, in order of their ids."""
        return await self._readers.read(lambda c: self._open.concerning(c, person, after, limit))

    async def open_ids(self, after: str, limit: int) -> Sequence[str]:
        """Ids of open requests beyond the id `after`, in order of their ids."""
        return await self._readers.read(lambda c: self._open.ids(c, after, limit))

    async def chain(self, request_id: str) -> Sequence[str]:
        """The ids of a request's chain of attempts, the first one first, itself included; none
        if it does not exist."""
        return await self._readers.read(lambda c: self._open.chain(c, request_id))

    async def is_frozen(self) -> bool:
        """Whether nothing may be approved or redeemed now."""
        return await self._readers.read(self._policies.frozen)

    async def policies(self, limit: int) -> Sequence[PolicyRow]:
        """The versions that were in force, newest first; one may come twice."""
        return await self._readers.read(lambda c: self._policies.newest(c, limit))

    async def policy_text(self, version: str) -> PolicyRow | None:
        """A version as it came into force last, None if it never was."""
        return await self._readers.read(lambda c: self._policies.version(c, version))

    async def stage_times(self) -> Mapping[tuple[str, str], Millis]:
        """How long stages took on the average of late, by (rule, stage name)."""
        return await self._readers.read(self._times.all)

    async def stage_samples(self) -> Mapping[tuple[str, str], Sequence[Millis]]:
        """Some of the times that stages took of late, by (rule, stage name), the shortest first."""
        return await self._readers.read(self._times.samples)

    async def past(self, before: str | None, limit: int) -> Sequence[Snapshot]:
        """Requests older than the id `before` with their content, without deliveries, newest
        first."""
        return await self._readers.read(lambda c: past(c, self._reading, before, limit))

    async def tick_due(
        self,
        now: Millis,
        limit: int,
        fn: Callable[[Loaded], Changes[Any]],
        reads: Reads = NO_READS,
        after: Wake = FIRST,
    ) -> Ticked:
        """Claim requests whose `wake_at` has come, earliest first and beyond `after`, and call
        the function for each in the transaction in which they are claimed; it may run again.

        What another replica has claimed is left out; one whose function raises keeps no other
        from it. Raises StorageError when the database failed.
        """
        return await self._writer.tick_due(now, limit, fn, reads, after)

    async def next_wake(self, after: Millis) -> Millis | None:
        """The first moment later than `after` at which a request is due or an absence turns."""
        return await self._readers.read(lambda c: self._due.next_wake(c, after))

    async def left_pending(self, ids: Sequence[str]) -> Sequence[str]:
        """Those of the requests that are no longer pending."""
        return await self._readers.read(lambda c: self._open.left_pending(c, ids))

    async def versions(self, ids: Sequence[str]) -> Mapping[str, int]:
        """The versions at which these requests are, by id; what is not there is left out."""
        return await self._readers.read(lambda c: self._open.versions(c, ids))

    def on_commit(self, listener: Callable[[Sequence[RequestState]], None]) -> None:
        """Call `listener` in the event loop after each commit with the states it changed."""
        self._writer.on_commit(listener)
