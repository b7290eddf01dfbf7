"""Random policies, people and changes of the directory, for the state machine."""

from collections.abc import Callable
from random import Random
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from core.calendars.rotation import Rotation
from core.directory.people import Directory, Person
from core.route import (
    Category,
    Entry,
    Glass,
    Grant,
    OnReject,
    OnTimeout,
    Quorum,
    Route,
    StagePlan,
)
from tests.core.builders import (
    ADA,
    ALICE,
    DANA,
    FAYE,
    FINN,
    HOUR,
    MARA,
    a_route,
    person,
)

BEN = "ben@example.com"
EVERYONE = (ALICE, MARA, FINN, FAYE, DANA, ADA, BEN)
people = st.sampled_from(EVERYONE)

START = {
    p.email: p
    for p in (
        person(ALICE, manager=MARA, department="Engineering", groups=("eng",)),
        person(MARA, manager=ADA, department="Engineering", groups=("eng",)),
        person(
            FINN,
            manager=DANA,
            department="Finance",
            roles=("analyst",),
            groups=("finance", "pool"),
        ),
        person(FAYE, manager=DANA, department="Finance", roles=("analyst",), groups=("finance",)),
        person(DANA, department="Executive", roles=("analyst", "officer"), groups=("pool",)),
        person(ADA, department="Legal", roles=("officer",), groups=("admins", "pool")),
        person(BEN, department="Sales", groups=("admins",)),
    )
}

GROUPS = {
    f"group:{name}": tuple(p.email for p in START.values() if name in p.groups)
    for name in ("finance", "pool", "admins", "eng")
}
TURNS = Rotation(people=(FINN, DANA, BEN), period=6 * HOUR, starts="2027-01-01T00:00")
ENTRIES = (
    *(Entry(ref=p, people=(p,)) for p in EVERYONE),
    *(Entry(ref=ref, people=members) for ref, members in GROUPS.items()),
    Entry(ref="group:pool", people=GROUPS["group:pool"], seats=2),
    Entry(ref="group:finance", people=GROUPS["group:finance"], seats=2),
    Entry(ref="manager_of:requester", people=(MARA,)),
    Entry(ref="on_call:finance", people=TURNS.people, rotation=TURNS),
    Entry(ref="group:admins", people=GROUPS["group:admins"], silent=True),
)
POOLS = tuple(e for e in ENTRIES if e.ref.startswith(("group:", "on_call:")))
ADMINS = (Entry(ref="group:admins", people=GROUPS["group:admins"]),)


def _plan(rng: Random, level: int, entries: tuple[Entry, ...]) -> StagePlan:
    """A stage; half of them are plain."""
    own = tuple(rng.sample(entries, rng.choice((1, 2, 2, 3))))
    seats = sum(entry.seats for entry in own)
    quorum: Quorum = rng.choice((1, 1, min(2, seats), min(3, seats), "all"))
    plan = StagePlan(level=level, name=f"S{level}", entries=own, quorum=quorum)
    if rng.random() < 0.5:
        return plan
    return replace(
        plan,
        reject_quorum=rng.choice((1, 1, 2)),
        required_role=rng.choice((None, None, "analyst")),
        required_department=rng.choice((None, None, None, "Finance")),
        escalate_to=tuple(
            tuple(rng.sample(ENTRIES, rng.choice((1, 2)))) for _ in range(rng.choice((0, 1, 2)))
        ),
        sla=rng.choice((None, HOUR, 5 * HOUR)),
        remind_at=rng.choice(((), (HOUR // 2,), (HOUR // 2, HOUR * 3 // 4))),
        on_timeout=rng.choice(tuple(OnTimeout)),
        in_order=rng.random() < 0.3,
        auto=rng.choice((None,) * 8 + ("approve", "approve", "reject")),
    )


def a_random_route(number: int) -> Route:
    """A policy's answer of any kind, mostly a review; the same for the same number.

    One number, and not one draw for each choice, since drawing takes most of a run's time.
    """
    rng = Random(number)
    granted = rng.random() < 0.2
    entries = POOLS if granted else ENTRIES
    route = a_route(
        *(_plan(rng, level + 1, entries) for level in range(rng.choice((1, 2, 2, 3, 5)))),
        grant=Grant(confidence=90, amount="100000") if granted else None,
        last_resort=rng.choice(((), ADMINS, ADMINS)),
        on_reject=rng.choice(tuple(OnReject)),
        keep_approvals=rng.random() < 0.5,
        editable=("amount",),
    )
    if rng.random() < 0.5:
        return route
    kinds = (Category.REVIEW,) * 8 + (Category.AUTO_APPROVE, Category.PROHIBITED)
    return replace(
        route,
        category=rng.choice(kinds),
        block_self_approval=rng.random() < 0.5,
        different_approvers=rng.random() < 0.5,
        different_departments=rng.random() < 0.3,
        minimum_unique_approvers=rng.choice((0, 0, 2, 3)),
        conflicted=rng.choice(((), (), (FINN,), (DANA, ADA))),
        max_rounds=rng.choice((1, 2, 3)),
        max_attempts=rng.choice((1, 3, 5)),
        glass=rng.choice((None, Glass(role="officer"))),
        decide_in=rng.choice((None, None, None, "web")),
    )


routes = st.integers(0, 2**24).map(a_random_route)


def _less(values: tuple[str, ...], gone: str) -> tuple[str, ...]:
    return tuple(value for value in values if value != gone)


CHANGES: tuple[Callable[[Person], Person | None], ...] = (
    lambda _: None,
    lambda p: START[p.email],
    lambda p: START[p.email],
    lambda p: replace(p, groups=_less(p.groups, "finance")),
    lambda p: replace(p, groups=_less(p.groups, "pool")),
    lambda p: replace(p, roles=()),
    lambda p: replace(p, department="Finance"),
    lambda p: replace(p, conflicts=(ALICE,)),
    lambda p: replace(p, conflicts=("group:eng",)),
    lambda p: replace(p, identities=()),
)


def changed(directory: Directory, email: str, change: Callable[[Person], Person | None]) -> Any:
    """The directory after something has happened to one person."""
    new = change(directory.people.get(email, START[email]))
    rest = [p for p in directory.people.values() if p.email != email]
    return Directory(rest if new is None else [*rest, new])
