"""Who should have a card, and where people are reached: ids and platforms, no rendered text."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from msgspec.structs import replace

from core.directory.people import Directory
from core.request import RequestState
from core.rows import IN_DIGEST, Delivery, Recipient
from core.value import Millis

Platforms = frozenset[str]

NOWHERE = "none"
"""The platform of a delivery to somebody who has no account on any that is switched on."""


def audience(
    state: RequestState, directory: Directory, platforms: Platforms
) -> tuple[Recipient, ...]:
    """Everyone who was asked and is told of it, where they can be reached, and the rule's
    channels."""
    people = [r for person in pinged(state) for r in _places(person, directory, platforms)]
    channels = () if state.route is None else state.route.channels
    if channels and any(s.opened_at is not None for s in state.stages):
        people += [
            Recipient(platform=c.platform, id=c.id, kind="channel")
            for c in channels
            if c.platform in platforms
        ]
    return tuple(people)


def pinged(state: RequestState) -> tuple[str, ...]:
    """Everyone who was ever asked and is told of it, in that order, with their stand-ins.

    Whoever only has silent seats finds the request in their queue. Who stands in for them
    because they are out of office is silent too; whom they handed it to themselves is told.
    """
    opened = [s for s in state.stages if s.opened_at is not None]
    told = dict.fromkeys([p for s in opened for e in s.entries if not e.silent for p in e.people])
    if not state.delegations:
        return tuple(told)
    asked = {p for s in opened for p in s.assigned}
    # Delegations do not stand in the order of the chains that they form.
    known = -1
    while known < len(asked) + len(told):
        known = len(asked) + len(told)
        for given in state.delegations:
            if given.giver in asked:
                asked.add(given.taker)
                if given.giver in told or given.standing is None:
                    told[given.taker] = None
    return tuple(told)


def _places(email: str, directory: Directory, platforms: Platforms) -> Sequence[Recipient]:
    """Where an approver is reached; nowhere is said, so that it shows as undeliverable."""
    return reach(email, directory, platforms) or [Recipient(platform=NOWHERE, id=email)]


def reach(email: str, directory: Directory, platforms: Platforms) -> Sequence[Recipient]:
    """A person's first platform that is switched on, or all of them with `cards: all`."""
    person = directory.person(email)
    if person is None:
        return ()
    usable = [p for p in person.platforms if p in platforms]
    wanted = usable if person.cards == "all" else usable[:1]
    return [Recipient(platform=platform, id=email) for platform in wanted]


def planned(
    state: RequestState,
    before: Sequence[Delivery],
    everyone: Sequence[Recipient],
    held: Mapping[Recipient, Millis | None] = MappingProxyType({}),
) -> tuple[Delivery, ...]:
    """The deliveries as they stand right after a commit that changed the request.

    Every card it ever had is to show the new state, also where it was given up before; those of
    `held` wait for a digest.
    """
    waits = any(d.in_digest for d in before)
    pushed = {to for to in everyone if to not in held} if waits else ()
    found = {(d.to.platform, d.to.id): _wanting(d, state.version, d.to in pushed) for d in before}
    for to in everyone:
        place = (to.platform, to.id)
        if place in found:
            continue
        fresh = Delivery(request=state.id, to=to, wanted=state.version, shown=0, attempts=0)
        if (until := held.get(to)) is not None:
            fresh = replace(fresh, next_at=until, waiting_reason=IN_DIGEST)
        found[place] = fresh
    # In the store's order, so that an answer and its replay list them alike.
    return tuple(found[place] for place in sorted(found))


def _wanting(known: Delivery, version: int, pushed: bool) -> Delivery:
    if known.in_digest and pushed:
        return replace(known, wanted=version, next_at=0, waiting_reason=None)
    if known.dead_reason is None:
        return replace(known, wanted=version)
    return replace(known, wanted=version, dead_reason=None, attempts=0)
