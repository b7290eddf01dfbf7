"""Conversations outward: the chat with a person, a thread in a channel, what is sent there.

Knows where things are (references.py) and how to get them there (connectors.py); raises
errors.Failure and decides nothing about retries.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from botbuilder.schema import Activity

from adapters.teams import dialogs
from adapters.teams.connectors import Connectors
from adapters.teams.errors import Failure, NotServed, Refused, Silent, not_installed
from adapters.teams.graph import Graph
from adapters.teams.references import Book, Fields
from adapters.teams.render import MOST_VIEWERS
from core.card import Card
from core.directory.people import Identity

T = TypeVar("T")
_GONE = 404


class Chats:
    """Everything that is sent, by place: service_url, conversation, bot and tenant."""

    def __init__(
        self,
        connectors: Connectors,
        book: Book,
        graph: Graph | None,
        knows: Callable[[Identity], bool],
        *,
        opens_dialogs: bool,
    ) -> None:
        self._connectors = connectors
        self._book = book
        self._graph = graph
        self._knows = knows
        self._opens_dialogs = opens_dialogs

    async def viewers(self, card: Card) -> tuple[str, ...]:
        """Teams' ids of those who are to have a view of their own of a card that many see."""
        return await self._book.users(card.asked, MOST_VIEWERS)

    def place(self, fields: Fields) -> Fields:
        """The place of a message that was posted before."""
        return {"bot": self._book.bot, **fields}

    async def channel(self, id: str) -> Fields:
        """Service address, bot and tenant for a channel."""
        return await self._book.channel(id)

    async def with_person(self, account: Identity, send: Callable[[Fields], Awaitable[T]]) -> T:
        """Send in the chat with a person, which is opened if it is not known or is gone; where
        that is permitted, the app is installed for them if they have not got it.

        It is installed for people of the directory only: whoever shares a channel with the app
        can have it answer them, and is no reason to put it on their screen.
        """
        if not self._book.serves(account.realm):
            raise NotServed("this account is of a tenant that is not served")
        try:
            return await self._with_known(account, send)
        except Refused as refused:
            if self._graph is None or not not_installed(refused) or not self._knows(account):
                raise
            place, is_new = await self._installed(account, self._graph)
            try:
                return await send(place)
            except Refused as again:
                # Teams learns of an installation a moment later than Graph.
                if is_new and again.status in (403, _GONE):
                    raise Silent("the app was installed just now", maybe_done=False) from None
                raise

    async def _with_known(self, account: Identity, send: Callable[[Fields], Awaitable[T]]) -> T:
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
        place = await self._book.anywhere(account.realm)
        url, bot = place["service_url"], place["bot"]
        chat = await self._connectors.open_chat(url, bot, account.realm, account.account)
        return await self._kept(account, place, chat)

    async def _installed(self, account: Identity, graph: Graph) -> tuple[Fields, bool]:
        """The chat with a person who has the app by now, and whether they got it just now."""
        installed = await graph.install(account)
        place = await self._book.anywhere(account.realm)
        return await self._kept(account, place, installed.chat), installed.now

    async def _kept(self, account: Identity, place: Fields, chat: str) -> Fields:
        fields = {**place, "tenant": account.realm, "conversation": chat}
        await self._book.opened(account, fields)
        return fields

    async def post(self, place: Fields, activity: Activity) -> str | None:
        """Post a message; its id."""
        self._ready(activity)
        return await self._connectors.post(place["service_url"], place["conversation"], activity)

    async def member(self, service_url: str, conversation: str, id: str) -> str:
        """The Entra object id of somebody in a conversation; "" where Teams does not say it."""
        try:
            return await self._connectors.member(service_url, conversation, id)
        except Failure:
            return ""

    async def put(self, place: Fields, id: str, activity: Activity) -> None:
        """Put other content in a message."""
        activity.id = id
        self._ready(activity)
        await self._connectors.put(place["service_url"], place["conversation"], id, activity)

    async def open_thread(
        self, place: Fields, channel: str, activity: Activity
    ) -> tuple[str, str | None]:
        """Start a thread in a channel; its conversation id and the message's id."""
        url, bot, tenant = place["service_url"], place["bot"], place["tenant"]
        self._ready(activity)
        return await self._connectors.open_thread(url, bot, tenant, channel, activity)

    def _ready(self, activity: Activity) -> None:
        """Have a card's longer questions open in dialogs, where the clients have them."""
        for attached in activity.attachments or () if self._opens_dialogs else ():
            attached.content = dialogs.opening(attached.content)
