"""Where Teams can be reached: what each conversation told us, kept through the core's port.

Personal chats are kept under the person, channels under the channel's id, and each tenant's
last service address under "*", for people we have not heard from. Writes only what changed.
"""

from collections.abc import Iterable, Sequence
from itertools import islice

from adapters.teams.identity import PLATFORM, Inbound
from core.directory.people import Identity
from core.ports import Clock, References

Fields = dict[str, str]


class Book:
    """The conversation references of `tenants`, the bot's own tenant first. `bot` is the bot's
    account in Teams."""

    def __init__(
        self,
        references: References,
        tenants: Sequence[str],
        app_id: str,
        service_url: str,
        clock: Clock,
    ) -> None:
        self._references = references
        self._tenants = tenants
        self.bot = f"28:{app_id}"
        self._service_url = service_url
        self._clock = clock
        self._kept: dict[Identity, Fields] = {}

    def serves(self, tenant: str) -> bool:
        """Whether people of a tenant are written to."""
        return tenant in self._tenants

    async def person(self, identity: Identity) -> Fields | None:
        """The chat with a person, None when there is none that we know of."""
        return await self._references.reference(identity)

    async def channel(self, id: str) -> Fields:
        """Service address, bot id and tenant for a channel, known or not."""
        for tenant in self._tenants:
            found = await self._references.reference(_identity(tenant, id))
            if found is not None:
                return found
        return await self.anywhere(self._tenants[0])

    async def anywhere(self, tenant: str) -> Fields:
        """Service address, bot id and tenant for somebody of a tenant without a known chat."""
        found = await self._references.reference(_identity(tenant, "*"))
        return found or {"service_url": self._service_url, "bot": self.bot, "tenant": tenant}

    async def heard(self, inbound: Inbound, *, again: bool = False) -> Identity | None:
        """Keep where an activity came from, with `again` even if it seems known; whose it is."""
        self.bot = inbound.bot or self.bot
        place = {"service_url": inbound.service_url, "bot": self.bot, "tenant": inbound.tenant}
        await self._keep(_identity(inbound.tenant, "*"), place, again=False)
        if inbound.personal and inbound.person is not None:
            chat = {**place, "conversation": inbound.conversation, "user": inbound.user}
            await self._keep(inbound.person, chat, again=again)
            return inbound.person
        if inbound.person is not None and inbound.user:
            await self._keep(_named(inbound.person), {"user": inbound.user}, again=False)
        if not inbound.channel:
            return None
        channel = _identity(inbound.tenant, inbound.channel)
        await self._keep(channel, {**place, "conversation": inbound.channel}, again=again)
        return channel

    async def users(self, accounts: Iterable[Identity], most: int) -> tuple[str, ...]:
        """Teams' own ids of people, as far as we have heard from them: of at most so many."""
        found = []
        for account in islice((a for a in accounts if a.platform == PLATFORM), most):
            for name in (account, _named(account)):
                known = self._kept.get(name) or await self._references.reference(name) or {}
                if known.get("user"):
                    found.append(known["user"])
                    break
        return tuple(dict.fromkeys(found))

    async def opened(self, identity: Identity, fields: Fields) -> None:
        """Keep a chat that we opened ourselves."""
        await self._keep(identity, fields, again=True)

    async def gone(self, inbound: Inbound) -> None:
        """Forget a conversation that the app was removed from."""
        if inbound.personal and inbound.person is not None:
            await self.forget(inbound.person)
        elif inbound.channel:
            await self.forget(_identity(inbound.tenant, inbound.channel))

    async def forget(self, identity: Identity) -> None:
        """Forget where an account is."""
        self._kept.pop(identity, None)
        await self._references.keep_reference(identity, None, self._clock())

    async def _keep(self, identity: Identity, fields: Fields, *, again: bool) -> None:
        if not again and self._kept.get(identity) == fields:
            return
        await self._references.keep_reference(identity, fields, self._clock())
        self._kept[identity] = fields


def _named(account: Identity) -> Identity:
    """Under what the id is kept of a person who was heard outside their own chat."""
    return _identity(account.realm, f"user:{account.account}")


def _identity(tenant: str, account: str) -> Identity:
    return Identity(platform=PLATFORM, realm=tenant, account=account)
