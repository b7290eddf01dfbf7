"""Who changed what around the approvals in a time: policy, freezes, keys, absences, the trail.

Made of the streams beside the requests and of what stands there today. Pure but for the port.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

import msgspec

from core.audit.chain import Link
from core.audit.checkpoint import Checkpoint
from core.directory.people import Directory
from core.events import Actor
from core.insight.quarter import Quarter
from core.rows import ApiKey, PolicyRow
from core.rules.absence import Standing
from core.service.access import ADMINS
from core.service.governing import POLICY_STREAM, SYSTEM_STREAM
from core.system_events import (
    AccountLinked,
    AccountUnlinked,
    ContentErased,
    DatabaseRestored,
    Frozen,
    HoldLifted,
    HoldSet,
    PersonAdded,
    PersonChanged,
    PersonDeactivated,
    PersonReactivated,
    PolicyChanged,
    SystemEvent,
    SystemRecorded,
    Unfrozen,
)
from core.value import Millis, Value

MOST_POLICIES: Final = 1_000
"""The newest so many versions are looked at."""
MOST_SHOWN: Final = 200
"""Most lines of one kind in a review; what is beyond them is counted."""

MOST_READ: Final = 2_000
"""The newest so many events of one kind of stream are read."""

_SYSTEM: Final = (Frozen, Unfrozen, ContentErased, HoldSet, HoldLifted, DatabaseRestored)
_SAY: Final = (
    PersonAdded,
    PersonChanged,
    PersonDeactivated,
    PersonReactivated,
    AccountLinked,
    AccountUnlinked,
)

_decoder = msgspec.json.Decoder(SystemRecorded)


class PolicyChange(Value, frozen=True):
    """A version that came into force; `by` is a person, a key's id, or how it came ("cli",
    "system"). `request` is the one by whose approval it is, if there was one."""

    at: Millis
    version: str
    before: str | None
    by: str
    request: str | None = None


class Switch(Value, frozen=True):
    """Approvals were frozen, or went on."""

    at: Millis
    frozen: bool
    by: str


class Erased(Value, frozen=True):
    """Content was erased, of so many requests."""

    at: Millis
    requests: int
    rows: int
    by: str


class Trail(Value, frozen=True):
    """How far the trail is signed: events with a position, the newest checkpoint, and how many
    events wait for the next."""

    events: int
    checkpoint: Checkpoint | None

    @property
    def waiting(self) -> int:
        return self.events - (0 if self.checkpoint is None else self.checkpoint.last)


class Governed(Value, frozen=True):
    """What happened in a quarter, the oldest first. `in_force` is the version at its beginning,
    None where none is known. `holds` are legal holds that were set and lifted, `say` what gave
    people another say in approvals, or another account to use it with. `made`, `rotated` and
    `revoked` are keys of the quarter, `keys` those that could be used at its end; `people` and
    `admins` are of today's directory."""

    in_force: str | None
    changes: tuple[PolicyChange, ...]
    switches: tuple[Switch, ...]
    erased: tuple[Erased, ...]
    holds: tuple[SystemRecorded, ...]
    say: tuple[SystemRecorded, ...]
    restored: tuple[Millis, ...]
    keys: tuple[ApiKey, ...]
    made: tuple[ApiKey, ...]
    rotated: tuple[ApiKey, ...]
    revoked: tuple[ApiKey, ...]
    absences: tuple[Standing, ...]
    people: int
    admins: tuple[str, ...]
    trail: Trail


class Records(Protocol):
    """Where it is read."""

    async def recorded(
        self, stream: str, kinds: Sequence[str], since: Millis, until: Millis, limit: int
    ) -> Sequence[Link]:
        """The newest records of these kinds in a stream that is not a request's, or in all that
        begin so where its name ends with a colon; the oldest first."""
        ...

    async def policies(self, limit: int) -> Sequence[PolicyRow]:
        """Versions that came into force, the newest first."""
        ...

    async def keys(self) -> Sequence[ApiKey]:
        """Every key ever made, the oldest first."""
        ...

    async def absences(self, since: Millis) -> Sequence[Standing]:
        """The standing delegations that end after this moment, by id."""
        ...

    async def trail(self) -> Trail:
        """How far the trail is signed."""
        ...


async def governed(records: Records, directory: Directory, quarter: Quarter) -> Governed:
    """What happened in a quarter."""
    policies = await records.policies(MOST_POLICIES)
    system = await _recorded(records, SYSTEM_STREAM, _SYSTEM, quarter)
    policy = await _recorded(records, POLICY_STREAM, (PolicyChanged,), quarter)
    say = await _recorded(records, "person:", _SAY, quarter)
    keys = await records.keys()
    return Governed(
        in_force=next((row.version for row in policies if row.at < quarter.since), None),
        changes=tuple(_changes(policy)),
        switches=tuple(
            Switch(at=each.at, frozen=isinstance(each.event, Frozen), by=_who(each.actor))
            for each in system
            if isinstance(each.event, Frozen | Unfrozen)
        ),
        erased=tuple(
            Erased(
                at=each.at,
                requests=len(each.event.requests),
                rows=each.event.rows,
                by=_who(each.actor),
            )
            for each in system
            if isinstance(each.event, ContentErased)
        ),
        holds=tuple(each for each in system if isinstance(each.event, HoldSet | HoldLifted)),
        say=tuple(each for each in say if _gives_another_say(each)),
        restored=tuple(e.at for e in system if isinstance(e.event, DatabaseRestored)),
        keys=tuple(key for key in keys if _usable(key, quarter.until)),
        made=tuple(key for key in keys if quarter.has(key.created_at)),
        rotated=tuple(key for key in keys if quarter.has(key.rotated_at)),
        revoked=tuple(key for key in keys if quarter.has(key.revoked_at)),
        absences=tuple(
            each for each in await records.absences(quarter.since) if each.starts < quarter.until
        ),
        people=len(directory),
        admins=directory.group(ADMINS),
        trail=await records.trail(),
    )


async def _recorded(
    records: Records, stream: str, events: Sequence[type[SystemEvent]], quarter: Quarter
) -> tuple[SystemRecorded, ...]:
    kinds = [str(event.__struct_config__.tag) for event in events]
    since, until = quarter.since, quarter.until
    links = await records.recorded(stream, kinds, since, until, MOST_READ)
    return tuple(_decoder.decode(link.body) for link in links)


def _gives_another_say(recorded: SystemRecorded) -> bool:
    """A new name or time zone gives nobody another say."""
    return not isinstance(recorded.event, PersonChanged) or recorded.event.after is not None


def _changes(records: Iterable[SystemRecorded]) -> Iterable[PolicyChange]:
    for each in records:
        if isinstance(each.event, PolicyChanged):
            yield PolicyChange(
                at=each.at,
                version=each.event.version,
                before=each.event.before,
                by=_who(each.actor),
                request=each.event.request,
            )


def _who(actor: Actor) -> str:
    return actor.person or actor.agent or actor.via


def _usable(key: ApiKey, at: Millis) -> bool:
    """Whether the key opened something just before this moment."""
    ends = (key.revoked_at, key.expires_at)
    return key.created_at < at and all(end is None or end >= at for end in ends)
