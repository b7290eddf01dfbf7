"""Group commit: many commands in one transaction, each isolated from the others' failure.

`Group.run` answers every command of a batch. If anything but a command's own function fails,
nothing of the batch is kept and each of its commands runs again alone, so that it fails or
succeeds for itself. It knows nothing of threads or event loops.
"""

import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.rows import Ticked, Wake
from storage.batch import Batch
from storage.commands import Answer, Command, Done, Run, TickDue, Transact
from storage.due import Due
from storage.engine import Engines
from storage.errors import Conflict, OutcomeUnknown, StorageError, Unavailable
from storage.loading import Loads
from storage.session import CommitBroke, Session
from storage.signals import Sending
from storage.streams import Streams
from storage.witness import was_committed, witness_of
from storage.writes import Overtaken, Writes

MOST_TRIES = 6
"""How often a command is run alone against other writers before its caller is told."""

TRANSIENT = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: the same again may succeed.
https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html"""


NO_ROOM = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
"""The disk, not the change, is to blame; the low byte of https://www.sqlite.org/rescode.html"""


class NotCommitted(Exception):
    """A commit broke and is known not to have happened; the text is the database's."""


class Group:
    """Runs batches on the one connection that writes."""

    def __init__(self, engines: Engines, replica: str = "") -> None:
        dialect = engines.writer.dialect
        self._is_sqlite = engines.is_sqlite
        self._session = Session(engines.writer)
        self._loads = Loads(dialect)
        self._writes = Writes(dialect)
        self._streams = Streams(dialect)
        self._due = Due(dialect)
        self._sending = Sending(dialect, replica)
        self._claimed: list[Wake] = []

    def close(self) -> None:
        self._session.close()

    def run(self, commands: Sequence[Command]) -> Done:
        """An answer for every command, given only once it is known what was stored."""
        if isinstance(commands[0], TickDue):
            return _joined([self._tick(c) for c in commands if isinstance(c, TickDue)])
        if self._is_sqlite:
            return self._run_or_split(commands)
        # A `Run` locks rows in an order of its own. In one transaction with a batch it could
        # wait in a circle with another replica's batch; alone it cannot.
        done = [self._run_or_split([c]) for c in commands if isinstance(c, Run)]
        transacts = [c for c in commands if isinstance(c, Transact)]
        if transacts:
            done.append(self._run_or_split(transacts))
        return _joined(done)

    def _tick(self, command: TickDue) -> Done:
        """All that it claims in one transaction; or, where one of them cannot be stored, each
        in its own."""
        self._claimed.clear()
        done = self._run_or_split([command])
        error = done.answers[0].error
        if error is None or isinstance(error, Unavailable | OutcomeUnknown) or not self._claimed:
            return done
        fn, reads, future = command.fn, command.reads, command.future
        alone = _joined(
            [self._run_or_split([Transact(its, fn, reads, future)]) for _, its in self._claimed]
        )
        ticked = _ticked(self._claimed, alone.answers)
        return replace(alone, answers=[Answer(command, ticked)])

    def _run_or_split(self, commands: Sequence[Command]) -> Done:
        tried: Exception | None = None
        try:
            return self._together(commands)
        except (Unavailable, OutcomeUnknown) as error:
            return _failed(commands, error)
        except Exception as error:
            if len(commands) == 1:
                tried = error
        done: list[Done] = []
        for index, command in enumerate(commands):
            try:
                done.append(self._alone(command, tried))
            except Unavailable as error:
                done.append(_failed(commands[index:], error))
                break
        return _joined(done)

    def _alone(self, command: Command, error: Exception | None = None) -> Done:
        """Run one command until it succeeds or fails for good; `error` if it was tried before.

        Raises Unavailable when nothing can be written now, whatever the command.
        """
        refused: Exception | None = None
        for tries in range(1, MOST_TRIES + 1):
            if error is None:
                try:
                    return self._together([command])
                except Unavailable:
                    raise
                except Exception as caught:
                    error = caught
            if not self._may_succeed(error):
                return _failed([command], _told(error))
            refused, error = error, None
            time.sleep(0.002 * tries)
        if isinstance(refused, NotCommitted):
            raise Unavailable(f"The database cannot be written now: {refused}.") from refused
        return _failed([command], Conflict("Other writers were faster every time; try again."))

    def _may_succeed(self, error: Exception) -> bool:
        """Whether the same command may succeed if it runs again at once."""
        if isinstance(error, Overtaken | NotCommitted):
            return True
        if not isinstance(error, DBAPIError):
            return False
        if error.connection_invalidated:
            return True
        # Another replica's row may now be loaded and answered. On SQLite the write lock was
        # held since before loading, so the same would happen again.
        others = isinstance(error, IntegrityError) and not self._is_sqlite
        return others or getattr(error.orig, "sqlstate", None) in TRANSIENT

    def _together(self, commands: Sequence[Command]) -> Done:
        """One transaction for all. Raises only if nothing of it was stored."""
        batch = Batch()
        answers: list[Answer] = []
        applied: list[Answer] = []
        try:
            with self._session.transaction() as connection:
                answers += [Answer(c, c.fn(connection)) for c in commands if isinstance(c, Run)]
                transacts = [c for c in commands if isinstance(c, Transact)]
                claims = [c for c in commands if isinstance(c, TickDue)]
                transacts += [t for c in claims for t in self._claim(connection, c)]
                if transacts:
                    batch = self._loads.load(connection, transacts)
                    applied = [_apply(batch, c) for c in transacts]
                    rows = batch.finish()
                    rows.events += self._streams.rows(connection, batch.rules.streams)
                    self._writes.write(connection, rows)
                    self._sending.send(connection, batch.changed(), queued=bool(rows.outbox))
                    answers += [] if claims else applied
                answers += [Answer(c, _ticked(self._claimed, applied)) for c in claims]
        except CommitBroke as error:
            self._find_out(batch, commands, error)
        return Done(answers, batch.changed(), queued=bool(batch.rows.outbox))

    def _claim(self, connection: Connection, command: TickDue) -> list[Transact]:
        """What is due as commands of this transaction."""
        self._loads.rules.hold_off_freeze(connection)
        now, limit, after = command.now, command.limit, command.after
        self._claimed[:] = self._due.claim(connection, now, limit, after)
        fn, reads, future = command.fn, command.reads, command.future
        return [Transact(its, fn, reads, future) for _, its in self._claimed]

    def _find_out(self, batch: Batch, commands: Sequence[Command], error: CommitBroke) -> None:
        """Return if the broken commit happened after all."""
        witness = witness_of(batch.rows)
        if witness is None:
            if any(isinstance(c, Run) for c in commands):
                raise OutcomeUnknown(_BROKE) from error
            # What it may have stored is stored again the same.
            raise NotCommitted(str(error)) from error
        found = was_committed(self._session, witness)
        if found is None:
            raise OutcomeUnknown(_BROKE) from error
        if not found:
            raise NotCommitted(str(error)) from error


_BROKE = "The connection broke during commit; it is not known whether the change was stored."


def _apply(batch: Batch, command: Transact) -> Answer:
    try:
        return Answer(command, batch.apply(command))
    except Exception as error:
        return Answer(command, error=error)


def _ticked(claimed: Sequence[Wake], answers: Sequence[Answer]) -> Ticked:
    errors = ((its, each.error) for (_, its), each in zip(claimed, answers, strict=True))
    failed = tuple((its, error) for its, error in errors if error is not None)
    return Ticked(claimed=tuple(claimed), failed=failed)


def _failed(commands: Iterable[Command], error: Exception) -> Done:
    return Done([Answer(command, error=error) for command in commands], [])


def _told(error: Exception) -> Exception:
    """What the caller gets: one of our errors, the driver's only as its cause."""
    if not isinstance(error, DBAPIError):
        return error
    told = StorageError(f"The database refused the change ({type(error.orig).__name__}).")
    if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in NO_ROOM:
        told = Unavailable(f"The database cannot be written now: {error.orig}.")
    told.__cause__ = error
    return told


def _joined(done: Sequence[Done]) -> Done:
    if len(done) == 1:
        return done[0]
    answers = [answer for one in done for answer in one.answers]
    changed = {state.id: state for one in done for state in one.changed}
    return Done(answers, list(changed.values()), queued=any(one.queued for one in done))
