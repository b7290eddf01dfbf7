"""The dead man's switch: a call to the operator's watching service as long as all is well.

When the calls stop, the service tells the operator: also when the whole machine is gone, which
no server can tell of itself. https://healthchecks.io/docs/ describes such a service.
"""

import asyncio
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.secret import Secret

SECONDS: Final = 10.0

log = structlog.get_logger("deadman")


class DeadMan:
    """Calls one address. The address is a secret: whoever knows it could say that all is well."""

    def __init__(self, url: Secret, seconds: float = SECONDS) -> None:
        self._url = url
        self._host = urlsplit(url.reveal()).hostname or ""
        self._timeout = ClientTimeout(total=seconds)
        self._under_way: asyncio.Task[None] | None = None

    def tell(self, all_well: bool) -> None:
        """Call it if all is well, beside whatever else goes on; never two calls at once."""
        if all_well and (self._under_way is None or self._under_way.done()):
            self._under_way = asyncio.create_task(self.call(), name="deadman")

    async def call(self) -> None:
        """One call; what fails is logged, and the next minute is another chance."""
        try:
            async with (
                ClientSession(timeout=self._timeout, trust_env=True) as http,
                http.get(self._url.reveal(), allow_redirects=False) as answer,
            ):
                if not 200 <= answer.status < 300:
                    log.warning("deadman_refused", host=self._host, status=answer.status)
        except (ClientError, TimeoutError, OSError, ValueError) as error:
            # What such an error says may hold the address.
            log.warning("deadman_not_reached", host=self._host, reason=type(error).__name__)

    async def stop(self) -> None:
        """Give up a call that is under way."""
        if self._under_way is not None:
            self._under_way.cancel()
            with suppress(asyncio.CancelledError):
                await self._under_way
