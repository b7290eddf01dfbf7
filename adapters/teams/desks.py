"""What people do with the cards that are no request's: their queue, a form, out of office.

Each part knows its own buttons; whatever none of them knows is a request's.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from adapters.teams import answers, dialogs
from adapters.teams.absences import AbsenceCards
from adapters.teams.answers import Reply
from adapters.teams.asking import Requests
from adapters.teams.home_acts import HomeActs
from adapters.teams.identity import Inbound
from core.chat.port import Chat
from core.directory.people import Identity

Data = Mapping[object, object]


class Part(Protocol):
    """Something that people do with cards of their own."""

    def concerns(self, data: Data) -> bool:
        """Whether these are a button's data of this part."""
        ...

    async def pressed(self, person: Identity, where: Inbound, data: Data) -> Reply:
        """What a press leads to: a card in place of the one that was pressed on, or words."""
        ...


class Desks:
    """All parts, asked one after the other."""

    def __init__(self, chat: Chat) -> None:
        self.home = HomeActs(chat)
        self.requests = Requests(chat.asking)
        self._parts: tuple[Part, ...] = (
            AbsenceCards(chat.conversations),
            self.home,
            self.requests,
        )

    async def message(self, person: Identity, where: Inbound, value: object) -> Reply | None:
        """The answer as a message; None to a press that is none of theirs."""
        data, part = self._of(value)
        return None if part is None else await part.pressed(person, where, data)

    async def invoked(self, person: Identity, where: Inbound, value: object) -> Any | None:
        """The answer to a press as an invoke's body; None to one that is none of theirs."""
        reply = await self.message(person, where, value)
        if reply is None:
            return None
        return answers.said(reply.text) if reply.card is None else answers.drawn(reply.card)

    async def dialog(self, person: Identity, where: Inbound, value: object) -> Any | None:
        """The same for a dialog; only the form is one."""
        data, part = self._of(value)
        if part is None:
            return None
        if part is self.requests:
            return await self.requests.dialog(person, where, data)
        reply = await part.pressed(person, where, data)
        if reply.card is None:
            return dialogs.ended(reply.text)
        return dialogs.shown(reply.text, reply.card, large=True)

    def _of(self, value: object) -> tuple[Data, Part | None]:
        data: Data = value if isinstance(value, Mapping) else {}
        return data, next((part for part in self._parts if part.concerns(data)), None)
