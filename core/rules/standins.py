"""Who stands in for whom: the delegations of a request as chains of at most three people.

The absent person keeps their authority; whoever stands in uses it, and together they have
one vote.
"""

from collections.abc import Container, Iterable, Iterator
from itertools import islice

from core.request import Delegation, RequestState, Stage
from core.rules.absence import Standing
from core.value import Millis

DEPTH = 3
"""How often a delegation may be passed on: the giver, two between, the one who acts."""

MOST_WAYS = 50
"""How many ways of each length are looked at; shorter ones go before longer ones."""

Chain = tuple[str, ...]
"""Who acts first, whose seat it is last."""


def live(state: RequestState) -> Iterator[Delegation]:
    """The delegations in force."""
    return (d for d in state.delegations if not d.ended)


def chains(state: RequestState, stage: Stage, person: str) -> list[Chain]:
    """The ways in which a person stands in for somebody asked at a stage, shortest first."""
    if not state.delegations:
        return []
    # Several delegations between the same two people are one way.
    givers: dict[str, dict[str, None]] = {}
    for delegation in live(state):
        givers.setdefault(delegation.taker, {})[delegation.giver] = None
    assigned = stage.assigned
    found: list[Chain] = []
    reach: list[Chain] = [(person,)]
    for _ in range(DEPTH):
        # They never lead in a circle: none that would is taken up.
        further = ((*chain, giver) for chain in reach for giver in givers.get(chain[-1], ()))
        reach = list(islice(further, MOST_WAYS))
        found += [chain for chain in reach if chain[-1] in assigned]
    return found


def distances(state: RequestState, stage: Stage, but: Container[str] = ()) -> dict[str, int]:
    """Everyone who is asked at a stage or stands in for one who is, with the number of
    delegations between; those asked first, then who stands in for them, and so on.

    Who is in `but` stands in for nobody, nor does anybody through them.
    """
    found = dict.fromkeys(stage.assigned, 0)
    for links in range(1, DEPTH + 1):
        new = [d.taker for d in live(state) if d.giver in found]
        found |= {t: links for t in new if t not in found and t not in but}
    return found


def takers(state: RequestState, giver: str) -> set[str]:
    """Everyone who acts for a person, directly or through others."""
    found: set[str] = set()
    reach = {giver}
    while reach:
        reach = {d.taker for d in live(state) if d.giver in reach} - found
        found |= reach
    return found


def depth(state: RequestState, person: str) -> int:
    """How many delegations lead to this person already, on the longest way."""
    way, reach = 0, {person}
    while way <= DEPTH and (reach := {d.giver for d in live(state) if d.taker in reach}):
        way += 1
    return way


def standing_now(
    state: RequestState, standing: Iterable[Standing], now: Millis
) -> dict[str, Standing]:
    """The standing delegations that apply to this request at this moment, by id."""
    return {s.id: s for s in standing if s.active(now) and s.covers(state)}


def stand_in_for(state: RequestState, stage: Stage, person: str) -> str | None:
    """For whom a person acts at a stage at which they have no place of their own."""
    if person in stage.assigned:
        return None
    found = chains(state, stage, person)
    return found[0][-1] if found else None
