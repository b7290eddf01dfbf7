"""A request as its trail tells it: the same card and history that chat shows, made here.

One answer holds the events and their texts, so what is shown is one revision throughout.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.webhook.answers import EventList
from bot.cli_client import Server, decoded
from bot.cli_options import Unreachable
from core.card import Card, Viewer
from core.cards import card
from core.chat.history import history
from core.directory.people import Directory, Person
from core.events import read_recorded
from core.evolve import fold
from core.request import RequestState
from core.value import Millis

if TYPE_CHECKING:
    from core.events import Recorded


class Addresses(Directory):
    """Everyone by their address: the server alone knows the names."""

    def __init__(self) -> None:
        super().__init__(())

    def person(self, email: str) -> Person:
        return Person(email=email, name=email)


@dataclass(frozen=True, slots=True)
class Trail:
    """A request's events, the texts they name, and the state that they lead to."""

    state: RequestState
    events: "tuple[Recorded, ...]"
    contents: dict[str, bytes]

    def card(self, timezone: str, now: Millis) -> Card:
        """The card for whoever holds the key, whose person only the server knows."""
        return card(self.state, self.contents, Viewer(timezone=timezone), Addresses(), now)

    def history(self, timezone: str) -> list[str]:
        """One sentence an event, oldest first."""
        told = history(self.state.id, self.events, self.contents, Addresses(), timezone)
        return told.split("\n")


def read_trail(server: Server, id: str) -> Trail:
    """The trail as it is now. Raises Refusal and Unreachable."""
    found = decoded(server.get(f"/v1/requests/{id}/events"), EventList)
    try:
        events = tuple(read_recorded(bytes(item.record)) for item in found.items)
        state = fold(RequestState(id=id), events)
    except (ValueError, TypeError, KeyError) as error:
        raise Unreachable(
            "The server's trail holds what this command does not know. "
            "Use the command of the server's version."
        ) from error
    contents = {name: bytes(body) for name, body in found.content.items()}
    return Trail(state=state, events=events, contents=contents)
