"""Cards and notices outward: posts, edits, and says how it went. Never raises for an answer.

Nothing can be looked up in Teams: when an earlier post may or may not have happened, the card
is posted again, and the buttons of the other one answer honestly.
"""

from adapters.teams import messages, notices
from adapters.teams.chats import Chats
from adapters.teams.errors import Failure, Refused, outcome
from adapters.teams.identity import PLATFORM
from adapters.teams.references import Fields
from core.card import Card
from core.directory.people import Identity
from core.pace import Lane, Sending
from core.ports import Dead, Delivered, Notice, Outcome
from core.rows import Delivery, MessageRef, Recipient

GONE = Dead(
    reason="what was posted in Teams can no longer be edited, and the person has no Teams account "
    "in the directory to post it to again"
)
NO_ACCOUNT = Dead(
    reason="no Teams account: add identities.teams with tenant and aad_object_id to the "
    "person's entry in the directory"
)
# Deleted, or in a conversation that the bot is no longer in: then it is posted again.
_NOT_EDITABLE = frozenset({403, 404})


class TeamsChannel:
    """Implements `core.ports.Channel` for one tenant."""

    def __init__(self, chats: Chats) -> None:
        self._chats = chats

    @property
    def platform(self) -> str:
        """The platform's name in the directory and in recipients."""
        return PLATFORM

    def lanes(self, _what: Sending, _to: Recipient, _account: Identity | None) -> tuple[Lane, ...]:
        """None: what Teams does not take at once it says by itself."""
        return ()

    async def show(
        self, card: Card, to: Recipient, account: Identity | None, delivery: Delivery
    ) -> Outcome:
        """Put the card in the newest message there is of it, or else post it.

        The newest message is edited whether or not the person still has an account.
        """
        try:
            newest = next((r for r in reversed(delivery.refs) if r.platform == PLATFORM), None)
            if newest is not None and await self._edited(card, newest):
                return Delivered(ref=newest)
            if to.kind == "channel":
                return Delivered(ref=await self._to_channel(card, to.id))
            if account is None:
                return NO_ACCOUNT if newest is None else GONE
            return Delivered(ref=await self._to_person(card, account))
        except Failure as failure:
            return outcome(failure, to.kind)

    async def tell(self, notice: Notice, to: Recipient, account: Identity | None) -> Outcome:
        """Tell a person one sentence in their chat."""
        if account is None:
            return NO_ACCOUNT
        try:
            await self._chats.with_person(
                account, lambda place: self._chats.post(place, notices.message(notice, place))
            )
        except Failure as failure:
            return outcome(failure, to.kind)
        return Delivered()

    async def _edited(self, card: Card, ref: MessageRef) -> bool:
        """Whether the message could be edited; False when it must be posted again."""
        place = self._chats.place(ref.fields)
        try:
            await messages.fitting(
                card, place, lambda m: self._chats.put(place, ref.fields["activity"], m)
            )
        except Refused as refused:
            if refused.status not in _NOT_EDITABLE:
                raise
            return False
        return True

    async def _to_person(self, card: Card, account: Identity) -> MessageRef | None:
        async def send(place: Fields) -> MessageRef | None:
            posted = await messages.fitting(card, place, lambda m: self._chats.post(place, m))
            return _ref(place, place["conversation"], posted)

        return await self._chats.with_person(account, send)

    async def _to_channel(self, card: Card, channel: str) -> MessageRef | None:
        place = {**await self._chats.elsewhere(channel), "conversation": channel}
        where, posted = await messages.fitting(
            card, place, lambda m: self._chats.open_thread(place, channel, m)
        )
        return _ref(place, where, posted)


def _ref(place: Fields, conversation: str, id: str | None) -> MessageRef | None:
    """The reference to a posted message; without an id it cannot be edited."""
    if id is None:
        return None
    fields = {
        "service_url": place["service_url"],
        "conversation": conversation,
        "activity": id,
        "tenant": place["tenant"],
    }
    return MessageRef(platform=PLATFORM, fields=fields)
