"""The way to the mail server: a few connections, each for one letter at a time.

A connection that worked is kept for the letters right behind and closed when none comes. Raises
nothing for what the server answers, and never tries again by itself.
"""

import asyncio
from contextlib import suppress
from email.message import EmailMessage
from typing import Any, Final

import aiosmtplib

from adapters.email.errors import outcome
from adapters.email.settings import MailSettings
from core.ports import Delivered, Outcome

TIMEOUT_SECONDS: Final = 20
"""For each answer of the server."""
SEND_SECONDS: Final = 28
"""For all of one letter: below what the relay gives it, so that it is known how far it came."""
AT_ONCE: Final = 4
"""Connections side by side: what providers commonly allow, with room for other programs."""
IDLE_SECONDS: Final = 5


class Wire:
    """Connections as the settings say; `keeps` false closes each behind its letter."""

    def __init__(self, settings: MailSettings, *, keeps: bool = True) -> None:
        self._settings = settings
        self._keeps = keeps
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._idle: list[_Client] = []
        self._ending: asyncio.TimerHandle | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    async def send(self, message: EmailMessage, to: str) -> Outcome:
        """Hand a letter to the mail server, for this one address."""
        client: _Client | None = None
        try:
            async with asyncio.timeout(SEND_SECONDS), self._slots:
                client = await self._connected()
                await client.send_message(message, recipients=[to], timeout=TIMEOUT_SECONDS)
                self._done(client)
                client = None
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as problem:
            return outcome(problem, begun=client is not None and client.begun)
        finally:
            if client is not None:
                client.close()  # nobody knows what it would say next
        return Delivered()

    async def greet(self) -> Outcome:
        """Whether the server lets us in; sends nothing."""
        client = self._client()
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await client.connect()
                await _leave(client)
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as problem:
            return outcome(problem, begun=False)
        finally:
            client.close()
        return Delivered()

    async def stop(self) -> None:
        """Say goodbye on the connections that are kept."""
        self._close_idle()
        await asyncio.gather(*self._leaving)

    async def _connected(self) -> "_Client":
        while self._idle:
            client = self._idle.pop()
            client.begun = False
            # Servers hang up on who is silent for long.
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.rset(timeout=TIMEOUT_SECONDS)
                return client
            client.close()
        client = self._client()
        await client.connect()
        return client

    def _client(self) -> "_Client":
        settings = self._settings
        return _Client(
            hostname=settings.host,
            port=settings.port,
            username=settings.user or None,
            password=settings.password or None,
            use_tls=settings.tls == "direct",
            start_tls=settings.tls == "starttls",
            timeout=TIMEOUT_SECONDS,
        )

    def _done(self, client: "_Client") -> None:
        self._idle.append(client)
        if not self._keeps:
            self._close_idle()
            return
        if self._ending is not None:
            self._ending.cancel()
        self._ending = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._close_idle)

    def _close_idle(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
        while self._idle:
            task = asyncio.create_task(_leave(self._idle.pop()))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)


class _Client(aiosmtplib.SMTP):
    """A connection that knows whether a letter's text was begun."""

    begun = False

    async def data(self, message: str | bytes, /, **given: Any) -> aiosmtplib.SMTPResponse:
        self.begun = True
        return await super().data(message, **given)


async def _leave(client: aiosmtplib.SMTP) -> None:
    with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
        await client.quit(timeout=TIMEOUT_SECONDS / 10)
    client.close()
