"""What chat adapters ask about signing in in a browser, in values that know no platform.

`core.web.signing_in.SigningIn` implements `Signing`. Nothing here raises for what a person did.
"""

from typing import Protocol

from core.directory.people import Identity
from core.refusals import Reason
from core.value import Value


class Way(Value, frozen=True):
    """What to tell the one who asked, and nobody else. `url` is a link that signs its reader in,
    once, within minutes; "" where there is none. `refused` is None when it was made."""

    text: str
    url: str = ""
    refused: Reason | None = None


class Signing(Protocol):
    """How somebody who is known in chat comes to their pages."""

    async def link(self, identity: Identity) -> Way:
        """A one-time link for the person with this account."""
        ...
