"""One channel for the suite: a rig says in the suite's words what its platform calls otherwise,
the calls that post and edit, what a message shows, and how it is read.
"""

from abc import ABC, abstractmethod
from typing import Any

from core.directory.people import Identity
from core.ports import Channel
from core.rows import MessageRef, Recipient

Json = dict[str, Any]


class Rig(ABC):
    """One platform. `finn` is reachable, `stranger` is not, `room` is a channel."""

    platform: str
    post: str
    edit: str
    remedies: Json
    """What a dead letter tells the operator: by `stranger`, `credentials`, `no account`."""
    says_cut: str
    """How a card says that something did not fit."""
    finn: Identity
    stranger: Identity
    room: str
    copies: int
    """How many cards there may be after a post whose answer was lost."""

    edits = True
    """Whether a message that was posted can be changed; else another one says the end."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel

    @abstractmethod
    def fault(self, call: str, do: str, **fields: object) -> None:
        """Make the next such call of the platform misbehave."""

    @abstractmethod
    def mend(self) -> None:
        """No call misbehaves any more."""

    @abstractmethod
    def calls(self, call: str) -> list[Json]:
        """Every call of this kind that the platform received."""

    @abstractmethod
    async def vanish(self) -> None:
        """Let the platform be there no more."""

    def to(self, id: str = "finn@example.com", kind: str = "person") -> Recipient:
        return Recipient(platform=self.platform, id=id, kind=kind)

    @abstractmethod
    def messages(self, room: bool = False) -> list[Json]:
        """What the bot posted to Finn, or into the channel, oldest first."""

    @abstractmethod
    def id(self, ref: MessageRef) -> str:
        """The message that a reference names, as `messages` names it."""

    @abstractmethod
    def buttons(self, message: Json) -> list[str]:
        """What can be pressed, without what is in the menu beside."""

    @abstractmethod
    def menu(self, message: Json) -> list[str]:
        """What can be chosen in the menu beside the buttons."""

    @abstractmethod
    def read(self, message: Json) -> str:
        """All text as its reader sees it."""

    @abstractmethod
    def markup(self, message: Json) -> list[str]:
        """The texts in which the platform looks for markup, mentions and links."""

    @abstractmethod
    async def delete(self, ref: MessageRef) -> None:
        """Let the message disappear."""
