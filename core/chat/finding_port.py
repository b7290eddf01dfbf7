"""What a chat platform is asked about people who have no account there that is known.

An adapter implements `Finder`. Nothing here raises for what the platform answers.
"""

from typing import Protocol

from core.chat.linking_port import Member
from core.value import Millis, Value


class Later(Value, frozen=True):
    """The platform gave no answer. `reason` is for the operator, with what to do where waiting
    does not help (`lasting`); `after` is how long it wants to be left alone, in milliseconds,
    None where it did not say.
    """

    reason: str
    after: Millis | None = None
    lasting: bool = False


class Finder(Protocol):
    """Looks people up by their address."""

    async def find(self, email: str) -> tuple[Member, ...] | Later:
        """The accounts with this address, in all workspaces or tenants whose word counts for
        who their members are; of several none may be left out."""
        ...
