"""Out of office in chat: who acts for somebody while they are away, in names and sentences."""

from core.cards.moments import moment
from core.chat import answers
from core.chat.clicks import taker_of
from core.chat.port import AbsenceLine, Absences, Answer
from core.directory.people import Identity, Person
from core.events import Actor
from core.refusals import Refused
from core.rows import SeenRow
from core.service.absences import AbsenceService, Wish
from core.service.approvals import Approvals
from core.value import Millis


class Away:
    """`AbsenceService` for a person who is known by their chat account."""

    def __init__(self, approvals: Approvals, service: AbsenceService | None = None) -> None:
        self._service = AbsenceService(approvals) if service is None else service
        self._directory = approvals.world.directory
        self._clock = approvals.world.clock

    async def listed(self, identity: Identity, person: Person) -> Absences:
        """Theirs and those to them, the earliest first."""
        found = await self._service.listed(person.email, _actor(identity, person))
        directory = self._directory()
        lines = tuple(
            AbsenceLine(
                id=each.id,
                giver=directory.name(each.giver),
                taker=directory.name(each.taker),
                starts=each.starts,
                ends=each.ends,
                mine=each.giver == person.email,
            )
            for each in sorted(found, key=lambda s: (s.starts, s.id))
        )
        return Absences(items=lines, timezone=person.timezone, at=self._clock())

    async def set(
        self,
        identity: Identity,
        person: Person,
        to: str,
        starts: Millis | None,
        ends: Millis | None,
        once: SeenRow | None = None,
    ) -> Answer:
        """Let `to` act for the person."""
        try:
            taker = taker_of(to, identity, self._directory())
            wish = Wish(giver=person.email, taker=taker, starts=starts, ends=ends)
            made = await self._service.set(wish, _actor(identity, person), once=once)
        except Refused as refusal:
            return self._refused(refusal)
        since = moment(made.starts, person.timezone)
        until = "you end it" if made.ends is None else moment(made.ends, person.timezone)
        name = self._directory().name(taker)
        return Answer(text=f"{name} may act for you from {since} until {until}.")

    async def end(self, identity: Identity, person: Person, id: str) -> Answer:
        """End one; administrators may end anybody's."""
        try:
            over = await self._service.end(id, _actor(identity, person))
        except Refused as refusal:
            return self._refused(refusal)
        directory = self._directory()
        taker, giver = directory.name(over.taker), directory.name(over.giver)
        whom = "you" if over.giver == person.email else giver
        return Answer(text=f"{taker} no longer acts for {whom}. What is undecided is back.")

    def _refused(self, refusal: Refused) -> Answer:
        return Answer(text=answers.named(refusal, self._directory()), refused=refusal.reason)


def _actor(identity: Identity, person: Person) -> Actor:
    return Actor(via=identity.platform, person=person.email)
