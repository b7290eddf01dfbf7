"""Cards and notices outward: posts, edits, and says how it went. Never raises for an answer.

Nothing can be looked up in Teams: when an earlier post may or may not have happened, the card
is posted again, and the buttons of the other one answer honestly.
"""

from adapters.teams import messages, notices, pace
from adapters.teams.chats import Chats
from adapters.teams.errors import Failure, Refused, outcome
from adapters.teams.identity import PLATFORM, is_group_chat, key
from adapters.teams.references import Fields
from core.card import Card
from core.chat.present import REALM
from core.directory.people import Identity
from core.pace import Lane, Sending
from core.ports import Dead, Delivered, Notice, Outcome
from core.rows import Delivery, MessageRef, Recipient

# Deleted, or in a conversation that the bot is no longer in: then it is posted again.
_NOT_EDITABLE = frozenset({403, 404})


class TeamsChannel:
    """Implements `core.ports.Channel` for one bot; `tenant` is its own."""

    def __init__(self, chats: Chats, tenant: str, *, paced: bool = True) -> None:
        self._chats = chats
        self._tenant = tenant
        self._paced = paced

    @property
    def platform(self) -> str:
        """The platform's name in the directory and in recipients."""
        return PLATFORM

    def lanes(self, _what: Sending, to: Recipient, account: Identity | None) -> tuple[Lane, ...]:
        """Teams' rate limits; none against a simulated Teams, which has none."""
        tenant = self._tenant if account is None else account.realm
        return pace.lanes(tenant, to.id) if self._paced else ()

    async def show(
        self, card: Card, to: Recipient, account: Identity | None, delivery: Delivery
    ) -> Outcome:
        """Put the card in the newest message there is of it, or else post it.

        The newest message is edited whether or not the person still has an account.
        """
        try:
            newest = next((r for r in reversed(delivery.refs) if r.platform == PLATFORM), None)
            if newest is not None and (await self._edited(card, newest) or card.erased):
                return Delivered(ref=newest)
            if to.kind == "channel":
                return Delivered(ref=await self._to_channel(card, to.id))
            if account is None:
                return _no_account(to, posted=newest is not None)
            return Delivered(ref=await self._to_person(card, account))
        except Failure as failure:
            return outcome(failure, to.kind)

    async def tell(self, notice: Notice, to: Recipient, account: Identity | None) -> Outcome:
        """Tell a person one sentence in their chat."""
        whose = account or _answered(notice, to)
        if whose is None:
            return _no_account(to)

        async def send(place: Fields) -> MessageRef | None:
            posted = await self._chats.post(place, notices.message(notice, place))
            return _ref(place, place["conversation"], posted, whose.account)

        try:
            return Delivered(ref=await self._chats.with_person(whose, send))
        except Failure as failure:
            return outcome(failure, to.kind)

    async def _edited(self, card: Card, ref: MessageRef) -> bool:
        """Whether the message could be edited; False when it must be posted again."""
        place = self._chats.place(ref.fields)
        viewers = await self._chats.viewers(card)
        try:
            await messages.fitting(
                card, place, lambda m: self._chats.put(place, ref.fields["activity"], m), viewers
            )
        except Refused as refused:
            if refused.status not in _NOT_EDITABLE:
                raise
            return False
        return True

    async def _to_person(self, card: Card, account: Identity) -> MessageRef | None:
        async def send(place: Fields) -> MessageRef | None:
            posted = await messages.fitting(card, place, lambda m: self._chats.post(place, m))
            return _ref(place, place["conversation"], posted, account.account)

        return await self._chats.with_person(account, send)

    async def _to_channel(self, card: Card, channel: str) -> MessageRef | None:
        """Start a thread in a channel; a group chat has none, so there it is a message."""
        place = {**await self._chats.channel(channel), "conversation": channel}
        viewers = await self._chats.viewers(card)
        if is_group_chat(channel):
            post = self._chats.post
            sent = await messages.fitting(card, place, lambda m: post(place, m), viewers)
            return _ref(place, channel, sent)
        where, posted = await messages.fitting(
            card, place, lambda m: self._chats.open_thread(place, channel, m), viewers
        )
        return _ref(place, where, posted)


def _answered(notice: Notice, to: Recipient) -> Identity | None:
    """The account that an answer goes to, which may be nobody's."""
    realm = notice.facts.get(REALM, "")
    if to.kind != "account" or not realm:
        return None
    return Identity(platform=PLATFORM, realm=realm, account=to.id)


def _no_account(to: Recipient, *, posted: bool = False) -> Dead:
    """`posted`: there is a message already, which cannot be edited."""
    gone = "what was posted in Teams can no longer be edited, and " if posted else ""
    return Dead(
        reason=f"{gone}no Teams account is known for this person ({to.id}): let them write link "
        f"to the app in Teams, run countersign people link {to.id}, or add identities.teams to "
        "their entry in the directory"
    )


def _ref(place: Fields, conversation: str, id: str | None, whose: str = "") -> MessageRef | None:
    """The reference to a posted message, in the chat with that account if there is one; without
    an id it cannot be edited."""
    if id is None:
        return None
    fields = {
        "service_url": place["service_url"],
        "conversation": conversation,
        "activity": id,
        "tenant": place["tenant"],
    }
    return MessageRef(platform=PLATFORM, fields=fields, key=key(whose or conversation, id))
