"""The one directory of both sources: the file, and what is kept in the database.

Somebody of the file is the file's entirely: nothing that is kept under the same address counts. The
rest are those who are kept and active. A chat account in the file is its owner's, whatever is kept.
"""

from collections.abc import Callable, Set

from core.directory.kept import Kept, KeptPerson
from core.directory.people import Directory, Identity, Person


def merged(file: Directory, kept: Kept) -> Directory:
    """Everybody who counts now. A manager who does not is nobody's."""
    active = [p for p in kept.people.values() if p.active and p.deleted_at is None]
    if not active:
        return file
    mine = {p.email: p for p in active if p.email not in file.people}
    there = {*file.people, *mine}
    taken = {i for p in file.people.values() for i in p.identities}
    return Directory(
        [*file.people.values(), *(as_person(p, there, taken) for p in mine.values())],
        (g.name for g in kept.groups.values() if g.deleted_at is None),
    )


def ever_known(file: Directory, kept: Kept) -> Directory:
    """Everybody whom a policy may name: also who was kept and has left since, and groups in which
    nobody is. A policy must not become wrong because somebody left; whom it still finds is judged
    when it is applied."""
    if not kept.people and not kept.groups:
        return file
    gone: dict[str, Person] = {}
    for person in kept.people.values():
        gone[person.email] = Person(
            email=person.email,
            name=person.name,
            department=person.department,
            roles=person.roles,
            groups=person.groups,
        )
    present = merged(file, kept)
    left = (p for email, p in gone.items() if email not in present.people)
    return Directory([*present.people.values(), *left], (g.name for g in kept.groups.values()))


def as_person(
    kept: KeptPerson, there: Set[str] = frozenset(), taken: Set[Identity] = frozenset()
) -> Person:
    """Somebody as the rules see them. `there` are the addresses of all who count, `taken` chat
    accounts that are somebody else's."""
    return Person(
        email=kept.email,
        name=kept.name,
        manager=kept.manager if kept.manager in there else None,
        department=kept.department,
        roles=kept.roles,
        groups=kept.groups,
        timezone=kept.timezone,
        working_hours=kept.working_hours,
        identities=tuple(i for i in kept.identities if i not in taken),
        notify=kept.notify,
        conflicts=kept.formerly,
        formerly=kept.formerly,
    )


def circle(email: str, manager: str | None, lead: Callable[[str], str | None]) -> tuple[str, ...]:
    """The circle that would close if `manager` led `email`, as the addresses along it; () where
    none would. `lead` gives who leads an address now."""
    line = {email: None}
    while manager is not None and manager not in line:
        line[manager] = None
        manager = lead(manager)
    return (*line, email) if manager == email else ()
