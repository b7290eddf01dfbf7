"""The trail as it is kept: positions, checkpoints, and the records in their order."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, Dialect, Row, bindparam, func, insert, select

from core.audit.checkpoint import MOST_EVENTS, Checkpoint, Leaf, Signed
from core.value import Millis, encode
from storage.audit_tables import checkpoints, positions, sequencer
from storage.readers import Readers
from storage.sequencer import PAGE, Numbered, Sequencer
from storage.tables import events
from storage.writer import Writer

_checkpoint, _position, _event = checkpoints.c, positions.c, events.c
_SIGNED = (_checkpoint.body, _checkpoint.signature)
_NEWEST = select(*_SIGNED).order_by(_checkpoint.number.desc()).limit(1)
_AFTER = (
    select(*_SIGNED)
    .where(_checkpoint.number > bindparam("after"))
    .order_by(_checkpoint.number)
    .limit(bindparam("most"))
)
_HOLDING = (
    select(_checkpoint.number)
    .where(_checkpoint.last >= bindparam("position"))
    .order_by(_checkpoint.number)
    .limit(1)
)
_MADE_FROM = select(func.min(_checkpoint.number)).where(_checkpoint.at >= bindparam("moment"))
_HAS = select(_checkpoint.number).where(_checkpoint.number == bindparam("its_number"))
_LEAVES_OF = select(_checkpoint.leaves).where(_checkpoint.number == bindparam("number"))
_NUMBERED = select(sequencer.c.position).where(sequencer.c.name == "events")
_IN_ORDER = (
    select(_position.position)
    .join(events, (_event.stream == _position.stream) & (_event.seq == _position.seq))
    .where(_position.position.between(bindparam("first"), bindparam("last")))
    .order_by(_position.position)
)
_HASHES = _IN_ORDER.add_columns(_event.hash, func.length(_event.body).label("size"))
_RECORDS = _IN_ORDER.add_columns(_event.body)

_decode = msgspec.json.Decoder(Checkpoint).decode


class Standing(NamedTuple):
    """How far the trail is: the newest position given, and the newest checkpoint."""

    position: int
    checkpoint: Signed | None


class SqlTrail:
    """The trail in SQLite or PostgreSQL."""

    def __init__(self, writer: Writer, readers: Readers, dialect: Dialect) -> None:
        self._writer = writer
        self._readers = readers
        self._sequencer = Sequencer(dialect)

    async def number(self, most: int = PAGE) -> Numbered:
        """Give positions to the next events; `busy` if another replica does it now."""
        return await self._writer.run(lambda c: self._sequencer.number(c, most))

    async def standing(self) -> Standing:
        """How far the trail is."""
        return await self._readers.read(_standing)

    async def leaves(self, after: int, most: int = MOST_EVENTS) -> Sequence[Leaf]:
        """What a checkpoint counts of the events beyond position `after`, in order."""
        values = {"first": after + 1, "last": after + most}
        rows = await self._readers.read(lambda c: c.execute(_HASHES, values).all())
        return [Leaf(position=row[0], hash=row[1], size=row[2]) for row in rows]

    async def add(self, signed: Signed, leaves: Sequence[Leaf]) -> bool:
        """Keep a checkpoint; False if another replica has made the one of this number."""
        checkpoint = signed.checkpoint
        row = {
            "number": checkpoint.number,
            "first": checkpoint.first,
            "last": checkpoint.last,
            "at": checkpoint.at,
            "body": encode(checkpoint),
            "signature": signed.signature,
            "leaves": b"".join(bytes.fromhex(leaf.hash) for leaf in leaves),
        }

        def add(connection: Connection) -> bool:
            if connection.execute(_HAS, {"its_number": checkpoint.number}).first() is not None:
                return False
            connection.execute(insert(checkpoints), row)
            return True

        # Who is overtaken in between is refused by the key, runs again and finds it.
        return await self._writer.run(add)

    async def checkpoints(self, after: int, limit: int) -> Sequence[Signed]:
        """The checkpoints numbered above `after`, in order."""
        values = {"after": after, "most": limit}
        rows = await self._readers.read(lambda c: c.execute(_AFTER, values).all())
        return [_signed(row) for row in rows]

    async def holding(self, position: int) -> int | None:
        """The number of the checkpoint that holds an event, None if none does yet."""
        values = {"position": position}
        found: int | None = await self._readers.read(lambda c: c.execute(_HOLDING, values).scalar())
        return found

    async def made_from(self, moment: Millis) -> int | None:
        """The number of the first checkpoint made then or later, None if none was."""
        values = {"moment": moment}
        found: int | None = await self._readers.read(
            lambda c: c.execute(_MADE_FROM, values).scalar()
        )
        return found

    async def counted(self, checkpoint: Checkpoint) -> tuple[bytes, Sequence[bytes]]:
        """The hashes a checkpoint was made over, 32 bytes each, and the records there now."""
        span = {"first": checkpoint.first, "last": checkpoint.last}

        def read(connection: Connection) -> tuple[bytes, Sequence[bytes]]:
            number = {"number": checkpoint.number}
            leaves: bytes = connection.execute(_LEAVES_OF, number).scalar_one()
            return leaves, [row.body for row in connection.execute(_RECORDS, span)]

        return await self._readers.read(read)


def _standing(connection: Connection) -> Standing:
    newest = connection.execute(_NEWEST).one_or_none()
    position = connection.execute(_NUMBERED).scalar_one()
    return Standing(position, None if newest is None else _signed(newest))


def _signed(row: Row[bytes, str]) -> Signed:
    return Signed(checkpoint=_decode(row.body), signature=row.signature)
