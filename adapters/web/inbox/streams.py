"""The stream that tells an open page that something changed. It carries nothing else."""

from typing import Final

from aiohttp import web

from adapters.web.inbox.desk import NOT_THERE, Desk
from adapters.web.inbox.live import Live, Looking
from adapters.web.pages import TurnedAway
from adapters.web.visit import Visit

HEADERS: Final = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # or nginx keeps events back until it has many
    "X-Content-Type-Options": "nosniff",
}
_MOST_ID: Final = 64


class Stream:
    """The handler."""

    def __init__(self, desk: Desk, live: Live) -> None:
        self._desk = desk
        self._live = live

    async def follow(self, visit: Visit) -> web.StreamResponse:
        """GET: told of changes of the visitor's lists, or of the request that is named."""
        about = visit.request.query.get("about", "")[:_MOST_ID]
        person, transport = visit.visitor.person.email, visit.request.transport
        looking = Looking(person, about, visit.holds, transport)
        if about:
            looking.tell(await self._stands(visit, about))
        if visit.request.method == "HEAD":
            return web.Response(headers=HEADERS)
        if self._live.is_stopping:
            # One that ends at once, after which a browser comes back.
            looking.end()
        elif not self._live.begin(looking):
            # https://html.spec.whatwg.org/multipage/server-sent-events.html: it does not come back
            return web.Response(status=204)
        try:
            response = web.StreamResponse(headers=HEADERS)
            await response.prepare(visit.request)
            await looking.send(response)
            return response
        finally:
            self._live.end(looking)

    async def _stands(self, visit: Visit, request: str) -> bytes:
        """At which version the request is: the page may have been made before a change that was
        told to nobody."""
        seen = await self._desk.chat.conversations.status(visit.visitor.identity, request)
        if seen.card is None:
            raise TurnedAway(NOT_THERE)
        return b'event: now\ndata: {"version": %d}\n\n' % seen.card.version
