"""What is no HTTP, or expects what there is not, is refused in the manner of all refusals.

aiohttp would answer in plain text and repeat the bytes that it could not read, among which a
key may be.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec
from aiohttp import HttpVersion11, web

from adapters.webhook.problems import HttpReason, problem, response

Lost: TypeAlias = "Callable[[Connection], None]"


class Connection(web.RequestHandler):
    """A connection of a client; `lost` is told of its end."""

    __slots__ = ("_lost", "_unsent")

    def __init__(self, manager: web.Server, lost: Lost, **options: Any) -> None:
        super().__init__(manager, **options)
        self._lost = lost
        self._unsent = 0

    @property
    def is_idle(self) -> bool:
        """Whether it waits for its client's next call, and answers none."""
        return self._waiter is not None and not self._waiter.done()

    def is_stuck(self) -> bool:
        """Whether its client has taken nothing of an answer since this was asked last."""
        before = self._unsent
        self._unsent = 0 if self.transport is None else self.transport.get_write_buffer_size()
        return self._unsent > 0 and self._unsent == before

    def abort(self) -> None:
        """End it at once, whatever was not sent yet."""
        if self.transport is not None:
            self.transport.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Its client is gone."""
        super().connection_lost(exc)
        self._lost(self)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Log it as aiohttp does, and say what it means; nothing more is read from there."""
        super().handle_error(request, status, exc, message)
        answer = _refusal(status)
        answer.force_close()
        return answer


async def expected(request: web.Request) -> web.StreamResponse | None:
    """Answer an `Expect` header: None when the call goes on (RFC 9110, section 10.1.1)."""
    if request.version < HttpVersion11:
        return None
    if request.headers.get("Expect", "").lower() != "100-continue":
        return _refusal(417)
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    # What was sent so far is no part of the answer; aiohttp tells by this that none has begun.
    request.writer.output_size = 0
    return None


def _refusal(status: int) -> web.Response:
    found = problem(HttpReason.BAD_REQUEST if status < 500 else HttpReason.INTERNAL_ERROR)
    return response(msgspec.structs.replace(found, status=status))
