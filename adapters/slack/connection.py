"""One WebSocket to Slack: envelopes in, each acknowledged on it once its handler has committed.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

import aiohttp
import msgspec
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from adapters.slack.identity import text

Json = dict[str, Any]
Handle = Callable[[SocketModeRequest], Awaitable[BoltResponse]]

FINISH_SECONDS: Final = 5.0
"""How long what is being handled may take in the end: Slack waits 3 seconds for it."""
LINGER_SECONDS: Final = 10.0
"""How long Slack is given to hang up by itself, having asked for another connection."""

_log = logging.getLogger(__name__)


class Connection:
    """A connection. `known` is set once it was `greeted` or came to nothing, `over` when another
    one is to be made; `reason` then is Slack's word for why ("": the connection was lost)."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, handle: Handle) -> None:
        self._socket = socket
        self._handle = handle
        self._handled: set[asyncio.Task[None]] = set()
        self._reader = asyncio.create_task(self._read())
        self.greeted = False
        self.known = asyncio.Event()
        self.over = asyncio.Event()
        self.reason = ""

    async def settle(self, seconds: float) -> None:
        """Wait until it was greeted or came to nothing, which silence for that long is, too."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.known.wait()
        if not self.greeted:
            self.reason = self.reason or "no greeting"
            self._end()

    async def linger(self) -> None:
        """Go on until Slack hangs up, then finish."""
        await asyncio.wait({self._reader}, timeout=LINGER_SECONDS)
        await self.finish()

    async def finish(self) -> None:
        """Hang up as soon as nothing is being handled, within a few seconds."""
        try:
            async with asyncio.timeout(FINISH_SECONDS):
                while self._handled:
                    await asyncio.wait(self._handled)
        except TimeoutError:
            _log.warning("what Slack sent last is not answered; it is sent again")
        self._reader.cancel()
        for task in list(self._handled):
            task.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        await self._socket.close()

    async def _read(self) -> None:
        try:
            async for message in self._socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._take(message.data)
        except (aiohttp.ClientError, OSError) as problem:
            _log.info("the connection to Slack broke: %s", type(problem).__name__)
        finally:
            self._end()

    def _end(self) -> None:
        self.known.set()
        self.over.set()

    def _take(self, raw: str) -> None:
        try:
            message = msgspec.json.decode(raw, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            _log.warning("Slack sent something that is no JSON object")
            return
        match text(message, "type"):
            case "":
                _log.warning("Slack sent something that does not say what it is")
            case "hello":
                self.greeted = True
                self.known.set()
            case "disconnect":
                self.reason = text(message, "reason") or "disconnect"
                self._end()
            case _ if isinstance(message.get("payload"), dict) and text(message, "envelope_id"):
                envelope = SocketModeRequest.from_dict(message)
                assert envelope is not None, "it has all that it needs"
                task = asyncio.create_task(self._answer(envelope))
                self._handled.add(task)
                task.add_done_callback(self._handled.discard)

    async def _answer(self, envelope: SocketModeRequest) -> None:
        """Handle it, then acknowledge it; what failed is not, so that Slack sends it again."""
        try:
            answer = await self._handle(envelope)
            if answer.status != 200:
                _log.warning("an envelope of type %r is not acknowledged", envelope.type)
                return
            reply = SocketModeResponse(envelope.envelope_id, _payload(answer))
            # On this connection: it is here that Slack waits for it.
            await self._socket.send_str(json.dumps(reply.to_dict()))
        except (aiohttp.ClientError, ConnectionError) as problem:
            _log.info("an envelope was handled, not acknowledged: %s", type(problem).__name__)
        except Exception:
            _log.exception("an envelope of type %r was not handled", envelope.type)


def _payload(answer: BoltResponse) -> Json | None:
    if not answer.body:
        return None
    kind = answer.headers.get("content-type", [""])[0]
    if not kind.startswith("application/json"):
        return {"text": answer.body}
    body = json.loads(answer.body)
    return body if isinstance(body, dict) else None
