"""Who looks at which page now, and telling them that something changed: no more than that.

A page that hears it asks again, and is answered what it may see. A commit costs a look-up of the
people it concerns, and nothing where nobody looks. A page is told at most once a second, and all
pages together so often that their asking again never gets in the way of a submission.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Final, Protocol

import structlog

SECOND: Final = 1.0
BEATS: Final = 20
"""Seconds between two signs of life of a page. Proxies close what is silent for a minute, and
some for half of one."""

MOST: Final = 5_000
MOST_OF_ONE: Final = 20
"""Open pages at once, of everybody and of one person: further ones are not told."""

BURST: Final = 100
A_SECOND: Final = 25
"""Pages that are told at once after a quiet time, and in each second after that."""
BUSY: Final = 200
IN_A_STORM: Final = 2
"""Where more than so many requests changed in a second, only so many pages are told in it: each
that asks again takes as much of the server as a few submissions."""

RETRY: Final = b"retry: 3000\n\n"
"""After so many milliseconds a browser comes back when it was cut off."""
ALIVE: Final = b": waiting\n\n"
CHANGED: Final = b"event: changed\ndata: {}\n\n"
OVER: Final = b"event: over\ndata: {}\n\n"

log = structlog.get_logger("pages")


class Writable(Protocol):
    """What is written to: the part of `web.StreamResponse` that is used."""

    async def write(self, data: bytes, /) -> None: ...


class Looking:
    """One open page: its person, and the request it shows, "" for a list. `holds` says whether
    its session still does."""

    __slots__ = ("_over", "_pending", "_woken", "about", "holds", "person", "transport")

    def __init__(
        self,
        person: str,
        about: str,
        holds: Callable[[], Awaitable[bool]],
        transport: asyncio.Transport | None = None,
    ) -> None:
        self.person = person
        self.about = about
        self.holds = holds
        self.transport = transport
        self._pending = b""
        self._over = False
        self._woken: asyncio.Future[None] | None = None

    def tell(self, chunk: bytes) -> None:
        """Have this written. Of what waits already the same is not written twice."""
        if not self._over and chunk not in self._pending:
            self._pending += chunk
            self._wake()

    def end(self, because: bytes = b"") -> None:
        """Write this last, and no more."""
        self.tell(because)
        self._over = True
        self._wake()

    @property
    def is_gone(self) -> bool:
        """Whether the browser has closed the connection."""
        return self.transport is not None and self.transport.is_closing()

    async def send(self, response: Writable) -> None:
        """Write until the end, or until the browser is gone."""
        with suppress(ConnectionError):
            await response.write(RETRY)
            while chunk := await self._next():
                await response.write(chunk)

    async def _next(self) -> bytes:
        if not self._pending and not self._over:
            self._woken = asyncio.get_running_loop().create_future()
            await self._woken
        chunk, self._pending = self._pending, b""
        return chunk

    def _wake(self) -> None:
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)


class Live:
    """All open pages of this process, by person and by request."""

    def __init__(self) -> None:
        self._people: dict[str, set[Looking]] = {}
        self._requests: dict[str, set[Looking]] = {}
        self._open: dict[Looking, int] = {}
        self._counts = Counter[int]()
        self._waiting: dict[Looking, None] = {}
        self._left = float(BURST)
        self._heard = 0
        self._beat = 0
        self._timer: asyncio.TimerHandle | None = None
        self._tasks = set[asyncio.Task[None]]()
        self._stopping = False

    def __len__(self) -> int:
        return len(self._open)

    @property
    def is_stopping(self) -> bool:
        """Whether the server stops: nobody is told anything any more."""
        return self._stopping

    @property
    def is_watched(self) -> bool:
        """Whether anybody looks at all."""
        return bool(self._open)

    def begin(self, looking: Looking) -> bool:
        """Tell this page from now on; False where there are too many, or the server stops."""
        theirs = self._people.get(looking.person, ())
        if self._stopping or len(self._open) >= MOST or len(theirs) >= MOST_OF_ONE:
            return False
        beat = min(range(BEATS), key=self._counts.__getitem__)
        self._open[looking] = beat
        self._counts[beat] += 1
        if looking.about:
            self._requests.setdefault(looking.about, set()).add(looking)
        # A list is told of all that concerns its person, a request's page of that request alone.
        self._people.setdefault(looking.person, set()).add(looking)
        self._keep_time()
        return True

    def end(self, looking: Looking) -> None:
        """The page is gone."""
        beat = self._open.pop(looking, None)
        if beat is None:
            return
        self._counts[beat] -= 1
        self._waiting.pop(looking, None)
        _discard(self._people, looking.person, looking)
        _discard(self._requests, looking.about, looking)

    def watches(self, request_id: str) -> bool:
        """Whether somebody looks at the page of this request."""
        return request_id in self._requests

    def changed(self, request_id: str, people: Iterable[str]) -> None:
        """This request has changed, and it concerns these."""
        self._heard += 1
        self._waiting |= dict.fromkeys(self._requests.get(request_id, ()))
        for person in people:
            for looking in self._people.get(person, ()):
                if not looking.about:
                    self._waiting[looking] = None

    def stop(self) -> None:
        """Let every page go; the browser comes back, to another server or to this one."""
        self._stopping = True
        for looking in list(self._open):
            looking.end()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def stopped(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- once a second --------------------------------------------------------------------

    def _keep_time(self) -> None:
        if self._timer is None and not self._stopping:
            self._timer = asyncio.get_running_loop().call_later(SECOND, self._second)

    def _second(self) -> None:
        self._timer = None
        self.tick()
        if self._open:
            self._keep_time()

    def tick(self) -> None:
        """What is done each second: tell who waits, and give a twentieth a sign of life.
        aiohttp tells no call that its browser is gone: those are looked for."""
        for looking in [each for each in self._open if each.is_gone]:
            looking.end()
        more, most = (IN_A_STORM, IN_A_STORM) if self._heard > BUSY else (A_SECOND, BURST)
        self._left, self._heard = min(self._left + more, most), 0
        for looking in list(self._waiting)[: int(self._left)]:
            del self._waiting[looking]
            self._left -= 1
            looking.tell(CHANGED)
        self._beat = (self._beat + 1) % BEATS
        due = [looking for looking, beat in self._open.items() if beat == self._beat]
        if due:
            task = asyncio.create_task(self._look_after(due))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _look_after(self, pages: Iterable[Looking]) -> None:
        """Signs of life, after a look whether each still may be told anything."""
        for looking in pages:
            if await _holds(looking):
                looking.tell(ALIVE)
            else:
                looking.end(OVER)


async def _holds(looking: Looking) -> bool:
    try:
        return await looking.holds()
    except Exception:
        # It says nothing but that something changed: what that is, is asked with the session.
        log.exception("session_not_looked_at")
        return True


def _discard(found: dict[str, set[Looking]], key: str, looking: Looking) -> None:
    theirs = found.get(key)
    if theirs is not None:
        theirs.discard(looking)
        if not theirs:
            del found[key]
