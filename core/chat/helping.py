"""A colleague who has less to do, suggested to whoever hands a request on. Nothing is done by
itself."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from msgspec.structs import replace

from core.chat.form import Form
from core.commands import Facts
from core.directory.people import Directory, Person
from core.request import RequestState
from core.rules.delegations import could_take
from core.service.workload import Workload

MOST: Final = 50
"""Colleagues whose work is compared."""

LOOKED_AT: Final = 300
"""Colleagues of whom it is found out whether they could decide it."""

LONG: Final = 10
"""A queue from which on its reader is reminded that they may hand something on."""

HAND_ON: Final = "If that is too much, hand something on: Delegate suggests who has less to do."
IN_TIME: Final = "If you cannot decide it in time, hand it on: Delegate suggests who could."


async def with_colleague(
    form: Form, state: RequestState, giver: Person, directory: Directory, workload: Workload
) -> Form:
    """The form to hand a request on, with who could decide it and has less to do than the giver;
    as it is where nobody has."""
    able = colleagues(state, giver, directory)
    if not able:
        return form
    load = dict(await workload.load([giver.email, *able], 1_000))
    least = min(able, key=lambda email: (load.get(email, 0), email))
    if load.get(least, 0) >= load.get(giver.email, 0):
        return form
    said = f"{directory.name(least)} could decide it too, and has less waiting."
    return replace(form, intro=said if form.intro is None else f"{form.intro} {said}")


def colleagues(state: RequestState, giver: Person, directory: Directory) -> Sequence[str]:
    """Those of the giver's department or groups who could decide it in their place, as far as the
    rules say today."""
    facts = Facts(people=directory.people)
    near = islice(_near(giver, directory), LOOKED_AT)
    return list(
        islice((p.email for p in near if could_take(state, giver.email, p.email, facts)), MOST)
    )


def _near(giver: Person, directory: Directory) -> Iterator[Person]:
    groups, department = set(giver.groups), giver.department
    for person in directory.people.values():
        same = department is not None and person.department == department
        if person.email != giver.email and (same or not groups.isdisjoint(person.groups)):
            yield person
