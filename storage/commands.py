"""What waits for the writer, and what came of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from core.request import RequestState
from core.rows import Changes, Loaded, Reads, Wake
from core.value import Millis


@dataclass(slots=True, frozen=True, eq=False)
class Transact:
    """Load a request, call a pure function, store what it wants."""

    request_id: str
    fn: Callable[[Loaded], Changes[Any]]
    reads: Reads
    future: asyncio.Future[Any]


@dataclass(slots=True, frozen=True, eq=False)
class Run:
    """Call a function with the writer's connection, inside a transaction."""

    fn: Callable[[Connection], Any]
    future: asyncio.Future[Any]


@dataclass(slots=True, frozen=True, eq=False)
class TickDue:
    """Claim what is due by `now`, beyond `after`, and call a pure function for each."""

    now: Millis
    limit: int
    after: Wake
    fn: Callable[[Loaded], Changes[Any]]
    reads: Reads
    future: asyncio.Future[Any]


Command = Transact | Run | TickDue


@dataclass(slots=True, frozen=True)
class Answer:
    """What one command's caller is to get: a result, or an exception."""

    command: Command
    result: Any = None
    error: Exception | None = None


@dataclass(slots=True, frozen=True)
class Done:
    """What a commit leads to: the callers' answers and the states that changed.

    `queued` says that notices were queued: a refused click has an answer, but no new state.
    """

    answers: list[Answer]
    changed: list[RequestState]
    queued: bool = False
