"""Whose accounts the people are that a message names: Teams tells some, and is asked for others.

A name says nothing, since everybody may call themselves anything.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from adapters.teams.identity import Inbound
from adapters.teams.speech import Named, Spoken

SECONDS: Final = 5.0
"""For all of a message's people together: its sender waits for an answer."""

Ask = Callable[[str, str, str], Awaitable[str]]
"""The object id of a member, by service address, conversation and Teams id; "" if unknown."""


class People:
    """Finds accounts by the ids that stand in mentions."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def accounts(self, where: Inbound, spoken: Spoken) -> Mapping[str, str]:
        """The account for each word that names somebody; who is not known is not in it."""
        try:
            async with asyncio.timeout(SECONDS):
                found = {w: await self._account(where, n) for w, n in spoken.names.items()}
        except TimeoutError:
            found = {word: named.oid for word, named in spoken.names.items()}
        return {word: account for word, account in found.items() if account}

    async def _account(self, where: Inbound, named: Named) -> str:
        if named.oid:
            return named.oid
        conversation = where.channel or where.conversation
        return await self._ask(where.service_url, conversation, named.id)
