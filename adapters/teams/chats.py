"""Conversations outward: the chat with a person, a thread in a channel, what is sent there.

Knows where things are (references.py) and how to get them there (connectors.py); raises
errors.Failure and decides nothing about retries.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from botbuilder.schema import Activity

from adapters.teams.connectors import Connectors
from adapters.teams.errors import Refused
from adapters.teams.references import Book, Fields
from core.directory.people import Identity

T = TypeVar("T")
_GONE = 404


class Chats:
    """Everything that is sent, by place: service_url, conversation, bot and tenant."""

    def __init__(self, connectors: Connectors, book: Book) -> None:
        self._connectors = connectors
        self._book = book

    def place(self, fields: Fields) -> Fields:
        """The place of a message that was posted before."""
        return {"bot": self._book.bot, **fields}

    async def elsewhere(self, account: str) -> Fields:
        """Service address, bot and tenant for a channel, or for someone not heard from."""
        return await self._book.elsewhere(account)

    async def with_person(self, account: Identity, send: Callable[[Fields], Awaitable[T]]) -> T:
        """Send in the chat with a person, which is opened if it is not known or is gone."""
        known = await self._book.person(account)
        if known is not None:
            try:
                return await send(known)
            except Refused as refused:
                if refused.status != _GONE:
                    raise
            await self._book.forget(account)
        return await send(await self._opened(account))

    async def _opened(self, account: Identity) -> Fields:
        place = await self._book.elsewhere("*")
        url, bot = place["service_url"], place["bot"]
        chat = await self._connectors.open_chat(url, bot, account.realm, account.account)
        fields = {**place, "tenant": account.realm, "conversation": chat}
        await self._book.opened(account, fields)
        return fields

    async def post(self, place: Fields, activity: Activity) -> str | None:
        """Post a message; its id."""
        return await self._connectors.post(place["service_url"], place["conversation"], activity)

    async def put(self, place: Fields, id: str, activity: Activity) -> None:
        """Put other content in a message."""
        activity.id = id
        await self._connectors.put(place["service_url"], place["conversation"], id, activity)

    async def open_thread(
        self, place: Fields, channel: str, activity: Activity
    ) -> tuple[str, str | None]:
        """Start a thread in a channel; its conversation id and the message's id."""
        url, bot, tenant = place["service_url"], place["bot"], place["tenant"]
        return await self._connectors.open_thread(url, bot, tenant, channel, activity)
