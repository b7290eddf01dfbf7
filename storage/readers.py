"""Reads, away from the event loop and from the writer: a few threads, a connection each.

A read that comes back saw one moment of the database, and everything answered before it
began.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from storage.engine import READERS, Engines
from storage.errors import StorageError, Unavailable

T = TypeVar("T")


class Readers:
    """Runs read functions, each in a transaction of its own."""

    def __init__(self, engines: Engines) -> None:
        self._engine = engines.reader
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="storage-reader")
        # To fetch one from the pool for each read takes as long as a small read itself.
        self._idle: deque[Connection] = deque()

    async def read(self, fn: Callable[[Connection], T]) -> T:
        """What `fn` returns; raises Unavailable when the database cannot be reached."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, fn)

    def close(self) -> None:
        """Wait for the reads under way, then let the connections go."""
        self._threads.shutdown()
        self._let_go()

    def _run(self, fn: Callable[[Connection], T]) -> T:
        try:
            try:
                return self._once(fn)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                # It had died while idle, and so may the others.
                self._let_go()
                return self._once(fn)
        except DBAPIError as error:
            if error.connection_invalidated or type(error.orig).__name__ == "OperationalError":
                raise Unavailable("The database cannot be read now.") from error
            raise StorageError(
                f"The database refused a read ({type(error.orig).__name__})."
            ) from error

    def _once(self, fn: Callable[[Connection], T]) -> T:
        connection = self._newest() or self._engine.connect()
        try:
            with connection.begin():
                result = fn(connection)
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return result

    def _newest(self) -> Connection | None:
        """One that waits, used last: under little load the others are left alone."""
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _let_go(self) -> None:
        while (connection := self._newest()) is not None:
            connection.close()
