"""What is no HTTP, or expects what there is not, is refused in the manner of all refusals.

aiohttp would answer in plain text and repeat the bytes that it could not read, among which a
key may be.
"""

import msgspec
from aiohttp import HttpVersion11, web

from adapters.webhook.problems import HttpReason, problem, response


class Connection(web.RequestHandler):
    """A connection of a client."""

    __slots__ = ()

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
