"""The page of one request over the service: the card's content and all that stands around it."""

from collections.abc import Iterator, Sequence
from heapq import nsmallest
from typing import Final

from core.card import Card, Viewer
from core.cards.moments import moment
from core.chat.audience import NOWHERE
from core.chat.form import Form
from core.chat.forms import form, has_form
from core.chat.history import history
from core.chat.port import Conversations
from core.chat.present import viewer
from core.directory.people import Directory, Identity, Person
from core.events import read_recorded
from core.refusals import Refused
from core.rows import Delivery, QueuedCallback, Snapshot
from core.service.access import person_may_see, unknown
from core.service.approvals import World
from core.service.submitting import can_be_followed
from core.text import one_line, visible
from core.web.inbox_port import Change, Colleague, Request, Told
from core.web.revisions import changes

MOST_NAMED: Final = 300
"""People in a list to choose from; whoever is not in it can be named by address."""

PLACES: Final = {
    "slack": "Slack",
    "teams": "Teams",
    "email": "E-mail",
    "webhook": "Webhook",
    NOWHERE: "Nowhere",
}


class DetailsService:
    """Implements `core.web.inbox_port.Details`."""

    def __init__(self, world: World, conversations: Conversations) -> None:
        self._world = world
        self._conversations = conversations

    async def look(self, identity: Identity, request_id: str) -> Request:
        """The request as it stands, for the person with this account."""
        directory = self._world.directory()
        person = directory.by_identity(identity)
        answer = await self._conversations.status(identity, request_id)
        # Who may see it at all is judged there, as for every other question.
        if answer.card is None or person is None:
            return Request(refused=answer.text)
        # Texts are there before the events that name them: read in this order, none is missing.
        links = await self._world.store.links(request_id)
        found = await self._world.store.snapshot(request_id)
        # Between the reads it may have gone to others.
        if found is None or not person_may_see(found.state, person.email, directory):
            return Request(refused=unknown(request_id).sentence)
        trail = [read_recorded(link.body) for link in links]
        zone = person.timezone
        said = history(request_id, trail, found.contents, directory, zone)
        made: Sequence[Change] = changes(found, trail, directory, zone)
        return Request(
            card=answer.card,
            forms=tuple(_forms(found, answer.card, viewer(person, identity), directory)),
            history=tuple(visible(line) for line in said.split("\n") if line),
            changes=tuple(made),
            told=tuple(_told(found, directory, zone)),
            again=_again(found, person),
        )

    def colleagues(self, identity: Identity) -> tuple[Colleague, ...]:
        """Whom this person may name, those of their own department first."""
        directory = self._world.directory()
        mine = directory.by_identity(identity)
        if mine is None:
            return ()
        others = (each for each in directory.people.values() if each.email != mine.email)
        first = nsmallest(
            MOST_NAMED, others, key=lambda p: (p.department != mine.department, p.name, p.email)
        )
        return tuple(Colleague(email=p.email, name=p.name) for p in first)

    def meant(self, identity: Identity, text: str) -> str:
        """The address of whom this person names, if that is certain; else the text itself.

        An address is nothing but an address: people may choose their names, also that of somebody
        else's mailbox.
        """
        directory, named = self._world.directory(), text.strip()
        mine = directory.by_identity(identity)
        if mine is None or "@" in named:
            return named
        wanted = named.casefold()
        found = [
            p.email
            for p in directory.people.values()
            if p.email != mine.email and p.name.casefold() == wanted
        ]
        return found[0] if len(found) == 1 else named


def _again(found: Snapshot, person: Person) -> bool:
    state = found.state
    asked = state.by_person and state.requester == person.email
    return asked and not state.is_open and can_be_followed(state)


def _forms(found: Snapshot, card: Card, looks: Viewer, directory: Directory) -> Iterator[Form]:
    """What the acts of this card ask for; none for an act that cannot be filled in."""
    for button in (*card.buttons, *card.more):
        if card.binding is None or not has_form(button.verb):
            continue
        try:
            yield form(found.state, found.contents, button.verb, looks, directory, card.binding)
        except Refused:
            continue  # what would be edited was erased


def _told(found: Snapshot, directory: Directory, timezone: str) -> Iterator[Told]:
    for delivery in found.deliveries:
        yield Told(
            to=_to(delivery, directory),
            where=PLACES.get(delivery.to.platform, delivery.to.platform),
            stands=_stands(delivery, timezone),
            late=delivery.dead_reason is not None,
        )
    if found.callbacks:
        yield _called(found.callbacks)


def _to(delivery: Delivery, directory: Directory) -> str:
    if delivery.to.kind == "channel":
        return f"Channel {visible(one_line(delivery.to.id.rpartition('/')[2]))}"
    return directory.name(delivery.to.id)


def _stands(delivery: Delivery, timezone: str) -> str:
    """How a card stands, in words."""
    if delivery.dead_reason is not None:
        return f"Could not be delivered: {visible(one_line(delivery.dead_reason))}"
    if delivery.in_digest:
        comes = f", {moment(delivery.next_at, timezone)}" if delivery.next_at else ""
        return f"Waits for their daily digest{comes}"
    if delivery.shown >= delivery.wanted:
        return "Shows what is true now"
    why = "" if delivery.waiting_reason is None else f": {one_line(delivery.waiting_reason)}"
    return f"{'Is being brought up to date' if delivery.shown else 'On its way'}{visible(why)}"


def _called(callbacks: Sequence[QueuedCallback]) -> Told:
    """What became of the agent's callbacks, in one line."""
    dead = [each for each in callbacks if each.state == "dead"]
    waiting = [each for each in callbacks if each.state == "pending"]
    stands = "Took every callback"
    if dead:
        stands = f"Could not be called back: {visible(one_line(dead[-1].reason or 'gave up'))}"
    elif waiting:
        why = "" if waiting[0].reason is None else f": {one_line(waiting[0].reason)}"
        stands = f"Is being called back{visible(why)}"
    host = visible(one_line(callbacks[-1].row.host))
    return Told(to=host, where="Callback", stands=stands, late=bool(dead))
