"""The outward side of e-mail: send the letter that a card needs, tell a notice, and say what
became of it.

Called by the relay only, one call at a time for each person. Raises nothing for what the mail
server answers, retries nothing, and decides nothing.
"""

from collections.abc import Callable
from email.errors import MessageError
from email.message import EmailMessage
from typing import Final

from adapters.email import letters, pace
from adapters.email.errors import NO_CHANNELS, NOT_KNOWN, UNWRITABLE
from adapters.email.identity import PLATFORM
from adapters.email.letters import Text
from adapters.email.links import Doors
from adapters.email.render import Link, Renderer
from adapters.email.wire import Wire
from core.card import Card
from core.directory.people import Identity
from core.pace import Lane, Sending
from core.ports import Dead, Delivered, Notice, Outcome, RetryAt
from core.rows import Delivery, MessageRef, Recipient
from core.tokens.links import present
from core.value import Millis

_THREAD: Final = "thread"


class EmailChannel:
    """`core.ports.Channel` for e-mail. `sender` is what stands in From."""

    def __init__(
        self,
        wire: Wire,
        renderer: Renderer,
        doors: Doors,
        sender: str,
        clock: Callable[[], Millis],
    ) -> None:
        self._wire = wire
        self._renderer = renderer
        self._doors = doors
        self._sender = sender
        self._clock = clock
        self._pace = pace.Pace()

    @property
    def platform(self) -> str:
        return PLATFORM

    def lanes(self, _what: Sending, _to: Recipient, _account: Identity | None) -> tuple[Lane, ...]:
        """None: most changes of a card need no letter, so the channel itself counts those that
        it sends."""
        return ()

    async def show(
        self, card: Card, to: Recipient, account: Identity | None, delivery: Delivery
    ) -> Outcome:
        """Send the letter that this card needs after those that were sent, if it needs one.

        What was sent stays as it is: the page behind its links says what is true by then."""
        refs = delivery.refs
        newest = refs[-1] if refs else None
        if to.kind != "person":
            return Dead(reason=NO_CHANNELS)
        if account is None:
            return Dead(reason=NOT_KNOWN) if newest is None else Delivered(ref=newest)
        kind = letters.due(card, refs, unsure=delivery.uncertain)
        if kind is None:
            return Delivered(ref=newest)
        person = account.account
        named = letters.name(kind.value, person, card.request, card.binding)
        link: Link | None = None
        if kind is letters.Kind.ASKS and card.binding is not None:
            link = self._doors.to(person, card.binding, named)
        first = newest is None and not delivery.uncertain
        text = self._renderer.card(card, kind, link, first=first)
        outcome = await self._send(person, card.request, named, text, refs, urgent=True)
        return Delivered(ref=letters.sent(kind, card, named)) if outcome == Delivered() else outcome

    async def tell(self, notice: Notice, _to: Recipient, account: Identity | None) -> Outcome:
        """A notice as a letter beside those about the card."""
        if account is None:
            return Dead(reason=NOT_KNOWN)
        person = account.account
        refs = () if notice.card is None else (notice.card,)
        named = letters.name(
            "notice", person, notice.key or [notice.kind, notice.facts], notice.request
        )
        if not notice.request:
            text = self._renderer.digest(notice, self._looking(person, named))
            return await self._send(person, "", named, text, refs, urgent=False)
        about = letters.asked(refs)
        link = None if about is None else self._doors.to(person, about, named)
        text = self._renderer.notice(notice, link)
        urgent = notice.kind not in pace.CAN_WAIT
        return await self._send(person, notice.request, named, text, refs, urgent=urgent)

    def _looking(self, person: str, letter: str) -> Callable[[str], str]:
        """The ways to several requests, each as it stands when it is opened."""
        return lambda request: self._doors.to(person, present(request), letter)(None)

    async def _send(
        self,
        person: str,
        request: str,
        id: str,
        text: Text,
        before: tuple[MessageRef, ...],
        *,
        urgent: bool,
    ) -> Outcome:
        try:
            message = self._message(person, request, id, text, before)
        except (ValueError, IndexError, MessageError):
            return Dead(reason=UNWRITABLE)
        now = self._clock()
        turn = self._pace.turn(id, now, urgent=urgent)
        if turn > now:
            return RetryAt(reason=pace.TURN, after=turn - now)
        outcome = await self._wire.send(message, person)
        if isinstance(outcome, RetryAt) and outcome.whole_channel and outcome.after:
            self._pace.pause(self._clock() + outcome.after)
        return outcome

    def _message(
        self, person: str, request: str, id: str, text: Text, before: tuple[MessageRef, ...]
    ) -> EmailMessage:
        message = letters.blank(self._sender, person, text.subject, id, self._clock())
        if request:
            root = letters.name(_THREAD, person, request)
            names = [ref.fields["id"] for ref in before if ref.fields.get("id")]
            letters.threaded(message, root, names, self._sender)
        return letters.written(message, text)
