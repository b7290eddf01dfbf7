"""Where Teams can be reached: what each conversation told us, kept through the core's port.

Personal chats are kept under the person, channels under the channel's id, and the tenant's
last service address under "*", for people we have not heard from. Writes only what changed.
"""

from adapters.teams.identity import PLATFORM, Inbound
from core.directory.people import Identity
from core.ports import Clock, References

Fields = dict[str, str]


class Book:
    """The conversation references of one tenant. `bot` is the bot's own account there."""

    def __init__(
        self, references: References, tenant: str, app_id: str, service_url: str, clock: Clock
    ) -> None:
        self._references = references
        self._tenant = tenant
        self.bot = f"28:{app_id}"
        self._service_url = service_url
        self._clock = clock
        self._kept: dict[Identity, Fields] = {}

    async def person(self, identity: Identity) -> Fields | None:
        """The chat with a person, None when there is none that we know of."""
        return await self._references.reference(identity)

    async def elsewhere(self, account: str) -> Fields:
        """Service address and bot id for a channel, or for a person without a known chat."""
        for name in dict.fromkeys((account, "*")):
            found = await self._references.reference(self._identity(name))
            if found is not None:
                return found
        return {"service_url": self._service_url, "bot": self.bot, "tenant": self._tenant}

    async def heard(self, inbound: Inbound, *, again: bool = False) -> Identity | None:
        """Keep where an activity came from, with `again` even if it seems known; whose it is."""
        self.bot = inbound.bot or self.bot
        place = {"service_url": inbound.service_url, "bot": self.bot, "tenant": inbound.tenant}
        await self._keep(self._identity("*"), place, again=False)
        if inbound.personal and inbound.person is not None:
            chat = {**place, "conversation": inbound.conversation, "user": inbound.user}
            await self._keep(inbound.person, chat, again=again)
            return inbound.person
        if not inbound.channel:
            return None
        channel = self._identity(inbound.channel)
        await self._keep(channel, {**place, "conversation": inbound.channel}, again=again)
        return channel

    async def opened(self, identity: Identity, fields: Fields) -> None:
        """Keep a chat that we opened ourselves."""
        await self._keep(identity, fields, again=True)

    async def gone(self, inbound: Inbound) -> None:
        """Forget a conversation that the app was removed from."""
        if inbound.personal and inbound.person is not None:
            await self.forget(inbound.person)
        elif inbound.channel:
            await self.forget(self._identity(inbound.channel))

    async def forget(self, identity: Identity) -> None:
        """Forget where an account is."""
        self._kept.pop(identity, None)
        await self._references.keep_reference(identity, None, self._clock())

    async def _keep(self, identity: Identity, fields: Fields, *, again: bool) -> None:
        if not again and self._kept.get(identity) == fields:
            return
        await self._references.keep_reference(identity, fields, self._clock())
        self._kept[identity] = fields

    def _identity(self, account: str) -> Identity:
        return Identity(platform=PLATFORM, realm=self._tenant, account=account)
