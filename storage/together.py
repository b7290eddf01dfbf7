"""Reads of one kind that wait together are one read.

While as many are under way as there may be, what is asked meanwhile waits and then goes in one
call: under load a statement answers many callers, alone nobody waits for company. A read begins
after everything it answers was asked, so each caller sees what was stored before they asked.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from sqlalchemy import Connection

from storage.errors import Unavailable
from storage.readers import Readers
from storage.statements import MOST_KEYS

UNDER_WAY = 2
"""Reads of one kind at the same time: while one waits for the database, another is decoded."""

V = TypeVar("V")
Waiting = dict[str, list[asyncio.Future[V | None]]]


class Together(Generic[V]):
    """Looks up single values by a text; for use in one event loop."""

    def __init__(
        self, readers: Readers, fetch: Callable[[Connection, Sequence[str]], Mapping[str, V]]
    ) -> None:
        """`fetch` gives what there is of the texts asked, of which none comes twice."""
        self._readers = readers
        self._fetch = fetch
        self._waiting: Waiting[V] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    async def one(self, key: str) -> V | None:
        """What is stored under the text, None for nothing; raises StorageError."""
        future: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(future)
        self._begin()
        return await future

    def _begin(self) -> None:
        """Read what waits, unless enough is under way."""
        if not self._waiting or len(self._under_way) >= UNDER_WAY:
            return
        keys = list(self._waiting)[:MOST_KEYS]
        asked = {key: self._waiting.pop(key) for key in keys}
        task = asyncio.create_task(self._answer(asked))
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._begin()

    async def _answer(self, asked: Waiting[V]) -> None:
        try:
            found = await self._readers.read(lambda c: self._fetch(c, list(asked)))
        except Exception as error:
            if len(asked) > 1 and not isinstance(error, Unavailable):
                # One that cannot be read must not fail those that happened to come along.
                for key, futures in asked.items():
                    await self._answer({key: futures})
                return
            for future in _open(asked):
                future.set_exception(error)
        else:
            for key, futures in asked.items():
                for future in futures:
                    if not future.done():  # its caller went away
                        future.set_result(found.get(key))


def _open(asked: Waiting[V]) -> list[asyncio.Future[V | None]]:
    return [future for futures in asked.values() for future in futures if not future.done()]
