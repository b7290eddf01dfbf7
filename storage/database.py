"""One database opened: the ports over its one writer and its readers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from storage.accounts import SqlAccounts
from storage.callback_secrets import SqlCallbackSecrets
from storage.callbacks import SqlCallbacks
from storage.checkpoints import SqlTrail
from storage.condition import SqlCondition
from storage.deliveries import SqlDeliveries
from storage.engine import Engines, open_engines
from storage.erasure import SqlErasure
from storage.history import SqlHistory
from storage.installs import SqlInstallations
from storage.keys import SqlKeys
from storage.origin import SqlOrigin
from storage.posted import SqlMessages
from storage.readers import Readers
from storage.reading import Reading
from storage.references import SqlReferences
from storage.signals import Signals
from storage.statistics import SqlStatistics
from storage.store import SqlStore
from storage.tallies import SqlTallies
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
    accounts: SqlAccounts
    installations: SqlInstallations
    messages: SqlMessages
    tallies: SqlTallies
    statistics: SqlStatistics
    history: SqlHistory
    condition: SqlCondition
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
    return Storage(
        store=SqlStore(writer, readers, reading, dialect),
        keys=SqlKeys(writer, readers, dialect),
        references=SqlReferences(writer, readers, dialect),
        deliveries=SqlDeliveries(writer, readers, reading, dialect, jitter),
        callbacks=SqlCallbacks(writer, readers, dialect, jitter),
        callback_secrets=SqlCallbackSecrets(writer, readers, dialect),
        trail=SqlTrail(writer, readers, dialect),
        erasure=SqlErasure(writer, readers, dialect),
        accounts=SqlAccounts(writer, readers, dialect),
        installations=SqlInstallations(writer, readers, dialect),
        tallies=SqlTallies(readers, dialect),
        statistics=SqlStatistics(readers, dialect),
        history=SqlHistory(writer, readers, reading, dialect),
        condition=SqlCondition(readers, dialect),
        messages=SqlMessages(readers, dialect),
        signals=None if engines.is_sqlite else Signals(engines, replica),
        origin=SqlOrigin(writer, readers),
        _engines=engines,
        _writer=writer,
        _readers=readers,
    )
