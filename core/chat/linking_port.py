"""What chat adapters ask about whose an account is, in values that know no platform.

`linking.LinkingService` implements `Linking`. Nothing here raises for what a person did.
"""

from typing import Protocol

from core.directory.people import Identity
from core.refusals import Reason
from core.value import Value


class Member(Value, frozen=True):
    """An account as its platform describes it now.

    `full` is false for guests, bots and members of other organisations, `active` for who was
    deactivated. `email` is None where the platform does not say; `confirmed` says that it knows
    the address to be theirs.
    """

    identity: Identity
    email: str | None = None
    confirmed: bool = False
    full: bool = True
    active: bool = True

    @property
    def is_sure(self) -> bool:
        """Whether the address may say whose the account is."""
        return self.active and self.full and self.confirmed


class Told(Value, frozen=True):
    """What to tell the one who asked; `refused` is None when it was done."""

    text: str
    refused: Reason | None = None


class Letter(Value, frozen=True):
    """A message to one mailbox, as plain text. `to` is an address of the directory."""

    to: str
    subject: str
    text: str


class Linking(Protocol):
    """Whose an account is, and how it becomes somebody's."""

    def knows(self, identity: Identity) -> bool:
        """Whether this account is somebody's."""
        ...

    async def about(self, identity: Identity) -> Told:
        """Whose this account is, and how it becomes somebody's."""
        ...

    async def start(self, identity: Identity, email: str) -> Told:
        """Send a code to the mailbox, if it is that of a person of the directory; the answer
        does not say whether it is."""
        ...

    async def redeem(self, identity: Identity, code: str) -> Told:
        """Link the account to the person for whom this code was made."""
        ...

    def may_match(self, identity: Identity) -> bool:
        """Whether to ask the platform for this account's address: matching is on, the account
        is nobody's or rests on its address, and `match` was not told of it lately."""
        ...

    async def match(self, member: Member) -> None:
        """Link the account to the one person with its address, if all that is as it must be."""
        ...

    async def changed(self, member: Member) -> None:
        """The platform says that this account is another now: deactivated, or with another
        address."""
        ...
