"""One database opened: the ports over its one writer and its readers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from storage.accounts import SqlAccounts
from storage.alerts import SqlAlerts
from storage.callback_secrets import SqlCallbackSecrets
from storage.callbacks import SqlCallbacks
from storage.checkpoints import SqlTrail
from storage.concerned import SqlConcerned
from storage.condition import SqlCondition
from storage.deliveries import SqlDeliveries
from storage.engine import Engines, open_engines
from storage.erasure import SqlErasure
from storage.event_stream import SqlEventStream
from storage.evidence import SqlEvidence
from storage.figures import SqlFigures
from storage.history import SqlHistory
from storage.holds import SqlHolds
from storage.insight import SqlInsight
from storage.installs import SqlInstallations
from storage.keys import SqlKeys
from storage.origin import SqlOrigin
from storage.people_kept import SqlKeptPeople
from storage.posted import SqlMessages
from storage.readers import Readers
from storage.reading import Reading
from storage.references import SqlReferences
from storage.retention import SqlRetention
from storage.saved_views import SqlSavedViews
from storage.sessions import SqlSessions
from storage.signals import Signals
from storage.statistics import SqlStatistics
from storage.store import SqlStore
from storage.tallies import SqlTallies
from storage.workload import SqlWorkload
from storage.writer import Writer


@dataclass(frozen=True, slots=True)
class Storage:
    """The ports of `core.ports` over one database, for use in one event loop.

    `signals` are what other replicas commit; None where there are none.
    """

    store: SqlStore
    keys: SqlKeys
    references: SqlReferences
    deliveries: SqlDeliveries
    callbacks: SqlCallbacks
    callback_secrets: SqlCallbackSecrets
    trail: SqlTrail
    erasure: SqlErasure
    evidence: SqlEvidence
    event_stream: SqlEventStream
    holds: SqlHolds
    retention: SqlRetention
    accounts: SqlAccounts
    people: SqlKeptPeople
    sessions: SqlSessions
    saved_views: SqlSavedViews
    concerned: SqlConcerned
    installations: SqlInstallations
    messages: SqlMessages
    tallies: SqlTallies
    statistics: SqlStatistics
    history: SqlHistory
    insight: SqlInsight
    figures: SqlFigures
    condition: SqlCondition
    alerts: SqlAlerts
    workload: SqlWorkload
    signals: Signals | None
    origin: SqlOrigin
    _engines: Engines
    _writer: Writer
    _readers: Readers

    async def ping(self) -> None:
        """Raises StorageError unless the database answers a read."""
        await self._readers.read(lambda connection: connection.exec_driver_sql("SELECT 1"))

    async def close(self) -> None:
        """Finish what waits to be written, then let go of the database."""
        await self._writer.close()
        await asyncio.get_running_loop().run_in_executor(None, self._readers.close)
        self._engines.dispose()


def open_storage(dsn: str, jitter: Callable[[], float] = lambda: 1.0, replica: str = "") -> Storage:
    """Storage over a database whose tables are there (see `migrate.upgrade`).

    `jitter` gives numbers from 0 to 1 that spread retries; without it nothing is spread.
    `replica` is this process's name among those on the database, by which it knows its own
    signals; without one it hears them too.
    Raises StorageError for a DSN that cannot be used; connects at the first use.
    """
    engines = open_engines(dsn)
    dialect = engines.writer.dialect
    writer = Writer(engines, replica)
    readers = Readers(engines)
    reading = Reading(dialect)
    erasure = SqlErasure(writer, readers, dialect)
    condition = SqlCondition(readers, dialect)
    return Storage(
        store=SqlStore(writer, readers, reading, dialect),
        keys=SqlKeys(writer, readers, dialect),
        references=SqlReferences(writer, readers, dialect),
        deliveries=SqlDeliveries(writer, readers, reading, dialect, jitter),
        callbacks=SqlCallbacks(writer, readers, dialect, jitter),
        callback_secrets=SqlCallbackSecrets(writer, readers, dialect),
        trail=SqlTrail(writer, readers, dialect),
        erasure=erasure,
        evidence=SqlEvidence(readers, dialect),
        event_stream=SqlEventStream(writer, readers, dialect),
        holds=SqlHolds(writer, readers, dialect),
        retention=SqlRetention(writer, readers, erasure, dialect),
        accounts=SqlAccounts(writer, readers, dialect),
        people=SqlKeptPeople(writer, readers, dialect),
        sessions=SqlSessions(writer, readers, dialect),
        saved_views=SqlSavedViews(writer, readers, dialect),
        concerned=SqlConcerned(readers, dialect),
        installations=SqlInstallations(writer, readers, dialect),
        tallies=SqlTallies(readers, dialect),
        statistics=SqlStatistics(readers, dialect),
        history=SqlHistory(writer, readers, reading, dialect),
        insight=SqlInsight(writer, readers, reading, dialect),
        figures=SqlFigures(writer, readers, dialect),
        condition=condition,
        alerts=SqlAlerts(writer, readers, condition, dialect),
        workload=SqlWorkload(readers, dialect),
        messages=SqlMessages(readers, dialect),
        signals=None if engines.is_sqlite else Signals(engines, replica),
        origin=SqlOrigin(writer, readers),
        _engines=engines,
        _writer=writer,
        _readers=readers,
    )
