"""What replicas tell each other over PostgreSQL, so that none has to ask again and again.

A signal is sent by NOTIFY in the transaction that it tells of: it comes if and only if that
is committed. Nothing depends on it. Who missed some looks once for itself, and where nobody
listens, as on SQLite, everything is looked at in intervals.
https://www.postgresql.org/docs/current/sql-notify.html
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import Connection, Dialect, text

from core.request import RequestState, Status
from core.value import Millis
from storage.engine import Engines
from storage.errors import Unavailable

if TYPE_CHECKING:
    from psycopg import AsyncConnection

CHANNEL = "countersign"
MOST_IDS = 200
"""Ids in one signal: a payload must be shorter than 8000 bytes, and an id of ours has 26."""
LONGEST_ID = 32
QUIET_SECONDS = 20.0
"""After so long without a signal the server is asked whether it is still there."""
ANSWERS_WITHIN = 10.0

_NOTIFY = text(f"SELECT pg_notify('{CHANNEL}', :payload)")


class Signal(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a commit of another replica may mean here: requests that left `pending`, those that
    changed otherwise, and the earliest moment at which one of them is due. Each means that there
    may be something to deliver."""

    replica: str = ""
    left: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    wake: Millis | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Signal).decode


def payloads(replica: str, changed: Sequence[RequestState]) -> list[str]:
    """A commit's signals, as many as its ids need; at least one."""
    moments = (state.wake_at for state in changed)
    wake = min((moment for moment in moments if moment is not None), default=None)
    named = [state for state in changed if len(state.id) <= LONGEST_ID]
    parts = [named[n : n + MOST_IDS] for n in range(0, len(named), MOST_IDS)] or [[]]
    return [_encode(_signal(replica, part, wake)).decode() for part in parts]


def _signal(replica: str, part: Sequence[RequestState], wake: Millis | None) -> Signal:
    left, moved = list[str](), list[str]()
    for state in part:
        (moved if state.status is Status.PENDING else left).append(state.id)
    return Signal(replica, tuple(left), tuple(moved), wake)


class Sending:
    """The side of the one who commits: at the end of its transaction."""

    def __init__(self, dialect: Dialect, replica: str) -> None:
        self._is_on = dialect.name == "postgresql"
        self._replica = replica

    def send(
        self, connection: Connection, changed: Sequence[RequestState], *, queued: bool
    ) -> None:
        """Tell of what changed, or that only notices were queued; of nothing else."""
        if self._is_on and (changed or queued):
            found = payloads(self._replica, changed)
            connection.execute(_NOTIFY, [{"payload": each} for each in found])


class Signals:
    """The side of the one who listens, with a connection of its own."""

    def __init__(self, engines: Engines, replica: str) -> None:
        self._engine = engines.writer
        self._replica = replica

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[AsyncIterator[Signal]]:
        """The others' signals from now on. Raises Unavailable when the connection cannot be
        made; so do the signals when it breaks, after which some may have been missed."""
        import psycopg

        _, given = self._engine.dialect.create_connect_args(self._engine.url)
        options: dict[str, Any] = dict(given) | {
            "connect_timeout": 5,
            "tcp_user_timeout": 15_000,
            "application_name": "countersign-listener",
        }
        connection: AsyncConnection[Any] | None = None
        try:
            connection = await psycopg.AsyncConnection.connect(autocommit=True, **options)
            await connection.execute(f"LISTEN {CHANNEL}")
            yield self._heard(connection)
        except (psycopg.Error, OSError, TimeoutError) as error:
            raise Unavailable("The database sends no signals now.") from error
        finally:
            if connection is not None:
                with suppress(psycopg.Error, OSError):
                    await connection.close()

    async def _heard(self, connection: "AsyncConnection[Any]") -> AsyncIterator[Signal]:
        while True:
            async for notify in connection.notifies(timeout=QUIET_SECONDS):
                signal = _read(notify.payload)
                if signal is not None and not (signal.replica and signal.replica == self._replica):
                    yield signal
            async with asyncio.timeout(ANSWERS_WITHIN):
                await connection.execute("SELECT 1")


def _read(payload: str) -> Signal | None:
    """The signal; None for what another version or another program sent."""
    try:
        return _decode(payload)
    except msgspec.MsgspecError:
        return None
