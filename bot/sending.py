"""What the relay sends: a card or a notice, made from the newest state when its turn comes.

An item knows how to send itself and how to record what became of it. It does not know when
it is its turn, catches nothing and never tries again by itself.
"""

from collections.abc import Container, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog
from msgspec.structs import replace

from bot.means import Means
from core.card import Card, Viewer
from core.cards import card
from core.cards.withheld import withheld
from core.chat import digest
from core.chat.audience import NOWHERE
from core.chat.digest import (
    DIGEST,
    KINDS,
    gathered,
    happened_at,
    newer_row,
    reaches,
    tells_of,
    told_too_late,
)
from core.chat.notices import notice
from core.chat.present import present
from core.chat.strangers import LINK_WORDS
from core.chat.telling import elsewhere
from core.directory.people import EMAIL, Directory, Identity
from core.pace import Lane, Sending
from core.ports import Channel, Dead, Delivered, InDigest, Notice, Outcome, RetryAt
from core.rows import Delivery, MessageRef, QueuedNotice, Recipient, Snapshot
from core.rules.digests import reads_digests
from core.rules.waiting import waited_for
from core.service.access import recipient_may_see
from core.service.reaching import is_elsewhere, named
from core.value import Millis

NO_ACCOUNT = (
    "no account on a platform that is switched on: in Slack they write /approvals link, or you "
    "run countersign people link EMAIL; or add identities to their entry in the directory, set "
    "SMTP_URL and COUNTERSIGN_PUBLIC_URL to ask by e-mail, or let this person decide over the API"
)
NOT_KNOWN = "not in the directory any more, so no letter is sent"
BYSTANDER = Viewer(person="")
"""Somebody who is asked nothing: sees what became of it and decides nothing."""

_CAN_WAIT = frozenset({"reminder", "nudge", "comment", *KINDS})
"""Notices after which nothing is decided sooner if they come a little sooner."""

log = structlog.get_logger("relay")


Sent = Outcome | InDigest
"""How an item ended."""


class Item(Protocol):
    """One claimed card or notice."""

    @property
    def to(self) -> Recipient: ...

    @property
    def request(self) -> str: ...

    @property
    def claimed(self) -> Delivery | QueuedNotice: ...

    @property
    def key(self) -> Hashable:
        """What tells it from all others, as long as it waits."""
        ...

    @property
    def urgent(self) -> bool:
        """Whether it goes before what only reminds."""
        ...

    def lanes(self) -> Sequence[Lane]:
        """The platform's limits that count it."""
        ...

    async def send(self) -> Sent:
        """Send it as things stand now; may raise anything."""
        ...

    async def settle(self, outcome: Sent, now: Millis) -> None:
        """Record how it ended; what is dead here is tried on the person's next platform."""
        ...


@dataclass(slots=True)
class CardItem:
    """A delivery: one recipient's card."""

    means: Means
    delivery: Delivery
    found: Snapshot | None = field(default=None, init=False)

    @property
    def to(self) -> Recipient:
        return self.delivery.to

    @property
    def request(self) -> str:
        return self.delivery.request

    @property
    def claimed(self) -> Delivery:
        return self.delivery

    @property
    def key(self) -> Hashable:
        return self.delivery.request, self.delivery.to

    @property
    def urgent(self) -> bool:
        return True

    def lanes(self) -> Sequence[Lane]:
        if self.delivery.in_digest:
            return ()  # nothing is sent
        return _lanes(Sending.EDIT if self.delivery.refs else Sending.POST, self.to, self.means)

    async def send(self) -> Sent:
        """Show the newest state."""
        to, means = self.to, self.means
        self.found = found = await means.store.snapshot(self.request)
        if self.delivery.in_digest and found is not None:
            return await self._held(found)
        if to.platform == NOWHERE:
            return Dead(reason=NO_ACCOUNT)
        channel = means.channels.get(to.platform)
        if channel is None or found is None:
            return Dead(reason=f"{to.platform} is switched off")
        directory = means.directory()
        account = _account(to, directory)
        if to.kind == "person" and account is None and not self.delivery.refs:
            return _no_account(to)
        viewer = _viewer(to, account, directory)
        view = card(found.state, found.contents, viewer, directory, means.clock())
        if not recipient_may_see(found.state, to, directory):
            view = withheld(view)
        view = means.with_record(view)
        if _is_anothers(self.delivery, account, directory):
            outcome = await self._move(channel, view, account)
        else:
            outcome = await channel.show(view, to, account, self.delivery)
        return _theirs(outcome, self.delivery, account)

    async def _held(self, found: Snapshot) -> Sent:
        """See to it that a digest tells of it, as long as it waits for the person."""
        to, means = self.to, self.means
        directory = means.directory()
        person = directory.person(to.id)
        if person is None or person.email not in waited_for(found.state):
            return InDigest()
        row = means.digest_of(person.email, means.clock())
        if row is None or not reads_digests(person, found.state):
            # In its turn: this one was claimed without regard to the platform's limits.
            return RetryAt(reason="it waits for no digest any more", after=0)
        await means.queue(row)
        return InDigest(until=row.due)

    async def _move(self, channel: Channel, view: Card, account: Identity | None) -> Outcome:
        """Show nothing of it where it lies, and all of it to the account that is theirs now."""
        emptied = await channel.show(withheld(view), self.to, None, self.delivery)
        if account is None or isinstance(emptied, RetryAt):
            return emptied
        own = tuple(ref for ref in self.delivery.refs if ref.account == named(account))
        return await channel.show(view, self.to, account, replace(self.delivery, refs=own))

    async def settle(self, outcome: Sent, now: Millis) -> None:
        """Record how it ended, and which version it then shows."""
        found = self.found
        if isinstance(outcome, Dead) and found is not None and found.state.is_open:
            await self._elsewhere(found)
        shown = 0 if found is None else found.state.version
        await self.means.deliveries.settle_card(self.delivery, shown, outcome, now)

    async def _elsewhere(self, found: Snapshot) -> None:
        """Want the card on the person's next platform, unless it is wanted there already."""
        to = _next_place(self.to, self.means)
        if to is None or to in [each.to for each in found.deliveries]:
            return
        await self.means.deliveries.add_card(self.request, to, found.state.version)
        _log_move("card_goes_elsewhere", self.request, self.to, to)


@dataclass(slots=True)
class NoticeItem:
    """A queued notice: something that happened, or an answer to a click."""

    means: Means
    queued: QueuedNotice

    @property
    def to(self) -> Recipient:
        return self.queued.row.to

    @property
    def request(self) -> str:
        return self.queued.row.request

    @property
    def claimed(self) -> QueuedNotice:
        return self.queued

    @property
    def key(self) -> Hashable:
        return self.queued.row.id

    @property
    def urgent(self) -> bool:
        return self.queued.row.kind not in _CAN_WAIT

    def lanes(self) -> Sequence[Lane]:
        kind = self.queued.row.kind
        return _lanes(Sending.ANSWER if kind == "answer" else Sending.POST, self.to, self.means)

    async def send(self) -> Sent:
        """Tell what is true now; what is so no longer needs no telling, and counts as told."""
        row, means = self.queued.row, self.means
        channel = means.channels.get(row.to.platform)
        if channel is None:
            return Dead(reason=f"{row.to.platform} is switched off")
        directory = means.directory()
        account = _account(row.to, directory)
        if row.to.kind == "person" and account is None:
            return _no_account(row.to)
        if row.kind in KINDS:
            told = await self._gathered(directory)
            return Delivered() if told is None else await channel.tell(told, row.to, account)
        found = await means.store.snapshot(row.request)
        if found is not None and await self._left_to_digest(found, directory):
            return InDigest()
        words = notice(row, found, directory)
        if words is None:
            return Delivered()
        words = replace(words, card=_card_of(found, row.to))
        if row.kind == "answer":
            shown = present(row, found, directory, means.clock())
            words = replace(words, shown=shown and means.with_record(shown))
        return await channel.tell(words, row.to, account)

    async def _gathered(self, directory: Directory) -> Notice | None:
        """What a notice of several requests says. What waits is listed by the newest digest of
        those that come late, for the others it is stale."""
        row, means = self.queued.row, self.means
        newer = newer_row(row, directory, means.platforms, means.clock())
        if newer is not None:
            await means.queue(newer)
        return await gathered(row, means.store, directory, only_news=newer is not None)

    async def _left_to_digest(self, found: Snapshot, directory: Directory) -> bool:
        """Whether the reader's digest tells of it; then see to it that there is one."""
        row, means, now = self.queued.row, self.means, self.means.clock()
        if not tells_of(row, found, directory, now):
            return False
        theirs = means.digest_of(row.to.id, happened_at(row, found, now))
        if theirs is None:
            return False
        of_their_own = row.to.id == found.state.requester
        if of_their_own and not await reaches(theirs, found.state, means.store):
            return False
        await means.queue(theirs)
        return True

    async def settle(self, outcome: Sent, now: Millis) -> None:
        """Record how it ended."""
        told = Delivered() if isinstance(outcome, InDigest) else outcome
        # An answer is for who clicked, where they clicked: nowhere else.
        if isinstance(told, Dead) and self.queued.row.kind != "answer":
            await self._elsewhere()
        await self.means.deliveries.settle_notice(self.queued, told, now)

    async def _elsewhere(self) -> None:
        """Queue it for the person's next platform; what no digest tells of then is pushed."""
        to = _next_place(self.to, self.means)
        if to is None:
            if self.queued.row.kind == DIGEST:
                await self._push()
            return
        own = elsewhere if self.queued.row.request else digest.elsewhere
        row = own(self.queued.row, to)
        await self.means.queue(row, self.request)
        _log_move(f"{row.kind}_goes_elsewhere", self.request, self.to, to)

    async def _push(self) -> None:
        """Show the cards that waited for this digest and cannot wait for the next one."""
        means, now = self.means, self.means.clock()
        person = means.directory().person(self.to.id)
        if person is None:
            return
        pushed = RetryAt(reason="its digest could not be delivered", after=0)
        for held in await told_too_late(person, means.store, now):
            await means.deliveries.settle_card(held, held.shown, pushed, now)


def _lanes(what: Sending, to: Recipient, means: Means) -> Sequence[Lane]:
    channel = means.channels.get(to.platform)
    return () if channel is None else channel.lanes(what, to, _account(to, means.directory()))


def _card_of(found: Snapshot | None, to: Recipient) -> MessageRef | None:
    """The newest message that shows the reader's own card there."""
    deliveries = () if found is None else found.deliveries
    refs = [ref for each in deliveries if each.to == to for ref in each.refs]
    return refs[-1] if refs else None


def _account(to: Recipient, directory: Directory) -> Identity | None:
    """The person's account today; None for whoever is no person of the directory."""
    person = directory.person(to.id) if to.kind == "person" else None
    return None if person is None else person.identity(to.platform)


def _is_anothers(delivery: Delivery, account: Identity | None, directory: Directory) -> bool:
    """Whether the card lies with an account that does not act as its person any more. Whoever
    has left the directory goes on to see what became of what they were shown."""
    if not delivery.refs or directory.person(delivery.to.id) is None:
        return False
    return is_elsewhere(delivery.refs[-1], account)


def _theirs(outcome: Outcome, delivery: Delivery, account: Identity | None) -> Outcome:
    """With whose direct message it is, for one that was posted just now."""
    posted = outcome.ref if isinstance(outcome, Delivered) else None
    if posted is None or posted in delivery.refs or delivery.to.kind != "person":
        return outcome
    return outcome if account is None else Delivered(ref=replace(posted, account=named(account)))


def _viewer(to: Recipient, account: Identity | None, directory: Directory) -> Viewer:
    if to.kind == "channel":
        return Viewer()
    person = directory.person(to.id)
    if person is None or account is None:
        return BYSTANDER
    return Viewer(person=person.email, timezone=person.timezone)


def _next_place(to: Recipient, means: Means) -> Recipient | None:
    """Where else this person can be reached: after the place that failed, in their order."""
    if to.kind != "person":
        return None
    person = means.directory().person(to.id)
    platform = None if person is None else _after(to.platform, person.platforms, means.channels)
    return None if platform is None else replace(to, platform=platform)


def _after(here: str, order: tuple[str, ...], switched_on: Container[str]) -> str | None:
    usable = [platform for platform in order if platform in switched_on]
    left = usable[usable.index(here) + 1 :] if here in usable else usable
    return left[0] if left else None


def _no_account(to: Recipient) -> Dead:
    if to.platform == EMAIL:
        return Dead(reason=NOT_KNOWN)
    link = LINK_WORDS.get(to.platform)
    how = "" if link is None else f"let them write {link}, run countersign people link {to.id}, or "
    remedy = f"{how}add identities.{to.platform} to their entry in the directory"
    return Dead(reason=f"no {to.platform.capitalize()} account is known: {remedy}")


def _log_move(event: str, request: str, there: Recipient, to: Recipient) -> None:
    log.warning(event, request=request, to=to.id, gave_up=there.platform, platform=to.platform)
