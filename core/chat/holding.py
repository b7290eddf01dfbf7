"""Whose card is not pushed, because their daily digest tells of it; and who must not wait for it.

Nothing is late because of a digest: a card waits only if the digest comes at least `LEAD` before
it has to be decided. Whoever is asked because others were not there in time has the card at once,
and so has everyone whom somebody asks by name.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from core.cards.headlines import decide_by
from core.chat.audience import NOWHERE
from core.chat.digest_times import digest_telling
from core.directory.people import Directory, Person
from core.events import Delegated, Escalated, Reassigned, Recorded
from core.request import RequestState, Stage
from core.rows import Delivery, Recipient
from core.rules.digests import LEAD, reads_digests
from core.rules.standins import stand_in_for
from core.rules.waiting import waited_for
from core.value import Millis

Held = Mapping[Recipient, Millis | None]
"""As `core.rows.Changes.held`."""


def held_cards(
    before: RequestState,
    after: RequestState,
    events: Sequence[Recorded],
    everyone: Iterable[Recipient],
    directory: Directory,
    now: Millis,
) -> Held:
    """Whose card waits after these events, and until when."""
    readers = [(to, p) for to, p in _people(everyone, directory) if reads_digests(p, after)]
    if not readers:
        return {}
    waiting = set(waited_for(after))
    anew = waiting if _opened(before, after) else waiting - set(waited_for(before))
    at_once = _asked_by_name(events) | _helpers(after, waiting)
    held: dict[Recipient, Millis | None] = {}
    for to, person in readers:
        until, email = digest_telling(person, now), person.email
        if email in anew:
            if email not in at_once and in_time(after, until):
                held[to] = until
        elif email not in waiting or not _sooner(before, after) or in_time(after, until):
            # Whoever was asked before has a card, or a digest tells them in time.
            held[to] = None
    return held


def in_time(state: RequestState, until: Millis) -> bool:
    """Whether a digest at this moment leaves time to decide."""
    by = decide_by(state)
    return by is None or until + LEAD <= by


def _people(
    everyone: Iterable[Recipient], directory: Directory
) -> Iterator[tuple[Recipient, Person]]:
    """The people of the directory among these, where they can be reached."""
    for to in everyone:
        person = directory.person(to.id) if to.kind == "person" else None
        if person is not None and to.platform != NOWHERE:
            yield to, person


def _opened(before: RequestState, after: RequestState) -> bool:
    """Whether another stage, another round of it or another revision is open now."""
    return _open(before) != _open(after)


def _open(state: RequestState) -> tuple[int, int, int]:
    stage = state.current
    if stage is None:
        return (0, 0, state.revision)
    return (stage.plan.level, stage.round, state.revision)


def _sooner(before: RequestState, after: RequestState) -> bool:
    """Whether it has to be decided earlier than before."""
    earlier, later = decide_by(after), decide_by(before)
    return earlier is not None and later is not None and earlier < later


def _asked_by_name(events: Sequence[Recorded]) -> set[str]:
    """Whom an escalation asks, or somebody who handed it to them or put them in a place."""
    found: set[str] = set()
    for recorded in events:
        match recorded.event:
            case Escalated(told=told):
                found.update(told)
            case Reassigned(new=new):
                found.add(new)
            case Delegated(taker=taker, standing=None):
                found.add(taker)
    return found


def _helpers(state: RequestState, waiting: Iterable[str]) -> set[str]:
    """Those of whom it waits who only help out: who is on call, or was asked for want of others."""
    stage = state.current
    if stage is None:
        return set()
    own = _own(stage)
    seats = ((person, stand_in_for(state, stage, person) or person) for person in waiting)
    return {person for person, seat in seats if seat not in own}


def _own(stage: Stage) -> set[str]:
    """Whom the policy itself asks first, and who was put in their places."""
    entries = stage.entries[: len(stage.plan.entries)]
    return {person for entry in entries for person in entry.people}


def is_held(known: Iterable[Delivery], person: str) -> bool:
    """Whether this person reads of the request in their digest and has no card of it."""
    return any(d.in_digest for d in known if d.to.kind == "person" and d.to.id == person)
