"""What the handlers of the inbox share: the ports they ask, and how their pages are answered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from adapters.web.pages import Message, Pages, TurnedAway
from adapters.web.visit import Visit
from core.chat.port import Chat
from core.value import Millis
from core.web.inbox_port import Details, SavedViews

NOT_THERE: Final = Message(
    404, "There is no such request", "It is not there, or it is with others now."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """The ports; `clock` gives now, `new_id` tells the forms of two pages from one another."""

    chat: Chat
    details: Details
    views: SavedViews
    pages: Pages
    clock: Callable[[], Millis]
    new_id: Callable[[], str]

    def shown(self, visit: Visit, name: str, status: int = 200, **values: Any) -> web.Response:
        """A page of the inbox; each gets the number by which its forms are known."""
        return self.pages.shown(visit, f"inbox/{name}", status, once=self.new_id(), **values)


def evidence(visit: Visit, surface: str) -> dict[str, str]:
    """What the trail keeps beside an act: the session, and on which kind of page it was made."""
    return {"surface": surface, "session": visit.visitor.session}


def once(visit: Visit, *what: str) -> str:
    """Tells a form from all others of this person; "" for one without its number."""
    number = visit.one("once")[:64]
    return ".".join([visit.visitor.person.email, number, *what]) if number else ""


def lines(text: str) -> str:
    """A text with the line ends that browsers give a form put back."""
    return text.replace("\r\n", "\n")


def known(refused: str | None) -> None:
    """Raises TurnedAway where the service says that this account is nobody's."""
    if refused is not None:
        raise TurnedAway(Message(403, "This page is not for you", refused))
