"""Requests as server-sent events: as they stand, and again after every change.

A change is read and rendered once for all who follow its request. Each stream holds at most one
piece that was not sent yet: whoever reads slowly is shown the newest state and misses those
between. A stream has no task and no timer of its own besides the call that it is.
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol

from aiohttp import web

from adapters.webhook.ports import Requests
from adapters.webhook.problems import Answered, HttpReason, problem
from adapters.webhook.rendered import Rendered
from core.directory.people import Directory
from core.refusals import Reason, Refused
from core.rows import Snapshot
from core.service.access import Caller, caller_may_see

MEDIA: Final = "text/event-stream"
MOST_OF_A_KEY: Final = 5_000
MOST: Final = 10_000
"""Streams at once, of one key and of all."""

BEATS: Final = 15
"""Seconds between two signs of life, after which a key is looked at again. Proxies close what is
silent for a minute, and some for half of one."""

SECOND: Final = 1.0

RETRY: Final = b"retry: 2000\n\n"
"""After so many milliseconds a client comes back when it was cut off."""

TOGETHER: Final = 200
"""Requests that are brought up to date at once."""

ALIVE: Final = b": waiting\n\n"
FINAL, GONE, SLOW, STOPPING = "final", "gone", "slow", "stopping"

HEADERS: Final = {
    "Content-Type": f"{MEDIA}; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # or nginx keeps events back until it has many
}

_VERSION = re.compile(r"[0-9]{1,9}")

Read = Callable[[str], Awaitable[Snapshot | None]]
Recheck = Callable[[Caller], Awaitable[None]]

_log = logging.getLogger(__name__)


class Writable(Protocol):
    """What a stream writes to: the part of `web.StreamResponse` that it uses."""

    async def write(self, data: bytes, /) -> None: ...


class Stream:
    """One client's stream. `version` is the newest that was shown, 0 for none."""

    __slots__ = (
        "_chunk",
        "_over",
        "_slow",
        "_transport",
        "_woken",
        "_writing",
        "caller",
        "version",
    )

    def __init__(self, caller: Caller, version: int, transport: asyncio.Transport | None) -> None:
        self.caller = caller
        self.version = version
        self._transport = transport
        self._writing = False
        self._slow = 0
        self._chunk = b""
        self._over = False
        self._woken: asyncio.Future[None] | None = None

    def show(self, found: Snapshot, rendered: Rendered) -> None:
        """Show the request as it stands, unless that was shown; the last event if it is over."""
        state = found.state
        if state.version > self.version:
            self.version = state.version
            body = rendered.seen(self.caller, found)
            self._put(b"event: request\nid: %d\ndata: %b\n\n" % (state.version, body))
        if state.outcome is not None:
            self.end(FINAL)

    def beat(self) -> None:
        """Give a sign of life; cut off who has not taken what was sent before the last one."""
        self._slow = self._slow + 1 if self._writing else 0
        if self._slow > 1 and self._transport is not None:
            self.end(SLOW)
            self._transport.abort()
        elif not self._chunk:
            self._put(ALIVE)

    @property
    def is_gone(self) -> bool:
        """Whether the client has closed the connection."""
        return self._transport is None or self._transport.is_closing()

    def end(self, because: str) -> None:
        """Send what is to be sent, a last event, and no more."""
        if not self._over:
            self._put(self._chunk + b'event: end\ndata: {"because":"%b"}\n\n' % because.encode())
            self._over = True

    async def send(self, response: "Writable") -> None:
        """Write until the end, or until the client is gone."""
        with suppress(ConnectionError):
            await response.write(RETRY)
            while await self._write_next(response):
                pass  # what was written is not kept meanwhile

    async def _write_next(self, response: "Writable") -> bool:
        chunk = await self._next()
        if chunk:
            self._writing = True
            await response.write(chunk)
            self._writing = False
        return bool(chunk)

    async def _next(self) -> bytes:
        """The next piece, nothing at the end."""
        if not self._chunk and not self._over:
            self._woken = asyncio.get_running_loop().create_future()
            await self._woken
        chunk, self._chunk = self._chunk, b""
        return chunk

    def _put(self, chunk: bytes) -> None:
        if not self._over:
            self._chunk = chunk
            if self._woken is not None and not self._woken.done():
                self._woken.set_result(None)


class Streams:
    """All streams of this process, by request id; it follows them (`bot.waiting.Follower`)."""

    def __init__(
        self,
        requests: Requests,
        read: Read,
        recheck: Recheck,
        directory: Callable[[], Directory],
    ) -> None:
        """`read` gives a request as it is stored, `recheck` raises Refused for a caller whose key
        may not be used any more."""
        self.rendered = Rendered(requests)
        self.recheck = recheck
        self._requests = requests
        self._read = read
        self._directory = directory
        self._open: dict[str, set[Stream]] = {}
        self._keys = Counter[str]()
        self._beats: list[set[Stream]] = [set() for _ in range(BEATS)]
        self._beat = 0
        self._beating: asyncio.TimerHandle | None = None
        self._changed: dict[str, None] = {}
        self._tasks = set[asyncio.Task[None]]()
        self._is_bringing = False
        self._stopping = False

    async def answer(
        self, request: web.Request, caller: Caller, request_id: str
    ) -> web.StreamResponse:
        """Answer with the stream, until it ends; raises what a GET of the request would raise,
        and Answered when there are too many."""
        self._admit(caller)
        stream = Stream(caller, _version(request), request.transport)
        beats = min(self._beats, key=len)
        self._open.setdefault(request_id, set()).add(stream)
        self._keys[caller.key_id] += 1
        try:
            found = await self._requests.view(caller, request_id)
            if stream.version > found.state.version:
                stream.version = 0  # that was no version of this request
            stream.show(found, self.rendered)
            del found
            if self._stopping:
                stream.end(STOPPING)
            response = web.StreamResponse(headers=HEADERS)
            await response.prepare(request)
            if request.method != "HEAD":
                beats.add(stream)
                self._keep_beating()
                await stream.send(response)
            return response
        finally:
            beats.discard(stream)
            self._forget(request_id, stream)

    def followed(self) -> Mapping[str, int]:
        """The requests followed, with the version that all their streams have at least."""
        return {its: min(s.version for s in each) for its, each in self._open.items()}

    def changed(self, ids: Iterable[str]) -> None:
        """Bring the streams of these up to date."""
        self._changed |= dict.fromkeys(each for each in ids if each in self._open)
        if self._changed and not self._is_bringing:
            self._is_bringing = True
            self._begin(self._bring_all())

    def stop(self) -> None:
        """Bring every stream up to date and end it; also those that begin from now on."""
        self._stopping = True
        self.changed(list(self._open))

    # --- changes --------------------------------------------------------------------------

    async def _bring_all(self) -> None:
        try:
            while self._changed:
                ids = list(self._changed)[:TOGETHER]
                for each in ids:
                    del self._changed[each]
                await asyncio.gather(*map(self._bring, ids))
        finally:
            self._is_bringing = False

    async def _bring(self, request_id: str) -> None:
        """Read a request once, and show it to all who follow it and may see it."""
        streams = list(self._open.get(request_id, ()))
        try:
            found, refused = await asyncio.gather(self._read(request_id), self._refused(streams))
            self._show(streams, found, refused)
        except Exception:
            # Their versions stay behind, and so the next look in intervals tries again.
            _log.exception("The streams of request %s could not be brought up to date", request_id)
        if self._stopping:
            for stream in streams:
                stream.end(STOPPING)

    def _show(
        self, streams: Sequence[Stream], found: Snapshot | None, refused: Mapping[str, Reason]
    ) -> None:
        directory = self._directory()
        for stream in streams:
            reason = refused.get(stream.caller.key_hash)
            if reason is not None:
                stream.end(reason.value)
            elif found is None or not caller_may_see(found.state, stream.caller, directory):
                stream.end(Reason.UNKNOWN_REQUEST.value)
            else:
                stream.show(found, self.rendered)

    async def _refused(self, streams: Iterable[Stream]) -> dict[str, Reason]:
        """The keys of these streams that may not be used any more, by their hash."""
        callers = {stream.caller.key_hash: stream.caller for stream in streams}
        found = await asyncio.gather(*map(self._key_refused, callers.values()))
        return {key: reason for key, reason in zip(callers, found, strict=True) if reason}

    async def _key_refused(self, caller: Caller) -> Reason | None:
        try:
            await self.recheck(caller)
        except Refused as refused:
            return refused.reason
        return None

    # --- signs of life --------------------------------------------------------------------

    def _keep_beating(self) -> None:
        if self._beating is None:
            self._beating = asyncio.get_running_loop().call_later(SECOND, self._next_beat)

    def _next_beat(self) -> None:
        """A fifteenth of the streams each second, so that the event loop is never held long.
        aiohttp tells no call that its client is gone: those are looked for."""
        self._beating = None
        if not any(self._beats):
            return
        for stream in [each for beat in self._beats for each in beat if each.is_gone]:
            stream.end(GONE)
        self._beat = (self._beat + 1) % BEATS
        if self._beats[self._beat]:
            self._begin(self.beat(list(self._beats[self._beat])))
        self._keep_beating()

    async def beat(self, streams: Sequence[Stream]) -> None:
        """Give a sign of life on these, and end those whose key is gone or who do not read."""
        try:
            refused = await self._refused(streams)
        except Exception:
            # A sign of life says nothing; before anything else is sent the key is looked at.
            _log.exception("The keys of streams could not be looked at")
            refused = {}
        for stream in streams:
            reason = refused.get(stream.caller.key_hash)
            if reason is not None:
                stream.end(reason.value)
            stream.beat()

    # --- bookkeeping ----------------------------------------------------------------------

    def _admit(self, caller: Caller) -> None:
        if self._keys[caller.key_id] >= MOST_OF_A_KEY:
            raise Answered(problem(HttpReason.TOO_MANY_STREAMS))
        if self._keys.total() >= MOST:
            raise Answered(problem(HttpReason.STREAMS_EXHAUSTED))

    def _forget(self, request_id: str, stream: Stream) -> None:
        streams = self._open[request_id]
        streams.discard(stream)
        if not streams:
            del self._open[request_id]
        self._keys[stream.caller.key_id] -= 1
        if not self._keys[stream.caller.key_id]:
            del self._keys[stream.caller.key_id]

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _version(request: web.Request) -> int:
    """The version that the client has seen already, 0 for none."""
    given = request.headers.get("Last-Event-ID", "")
    return int(given) if _VERSION.fullmatch(given) else 0
