"""Who is there, as SCIM sees it: the people of the directory file, who cannot be changed, and those
who are kept; looked up by id, address and group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.directory.groups import file_id
from core.directory.kept import Kept, KeptGroup, KeptPerson, ScimNames
from core.directory.people import Directory, Person


@dataclass(frozen=True, slots=True)
class Entry:
    """One user: `person` as kept, or made of the file. `is_files`: nothing can be changed."""

    person: KeptPerson
    is_files: bool


class View:
    """One snapshot."""

    def __init__(self, file: Directory, kept: Kept) -> None:
        self.file, self.kept = file, kept
        there = sorted(
            (p for p in kept.people.values() if p.deleted_at is None), key=lambda p: p.id
        )
        self._people = {p.id: Entry(p, False) for p in there}
        shadowed = {p.email: p.id for p in there if p.email in file.people}
        for person in file.people.values():
            own = shadowed.get(person.email, file_id(person.email))
            self._people[own] = Entry(_of_file(own, person), True)
        self._ids = {entry.person.email: id_ for id_, entry in self._people.items()}
        self._groups = {g.id: g for g in kept.groups.values() if g.deleted_at is None}
        self._named = {g.name: g for g in self._groups.values()}
        self._members: dict[str, list[KeptPerson]] = {}
        for person_ in there:
            for name in person_.groups:
                self._members.setdefault(name, []).append(person_)

    @property
    def people(self) -> Mapping[str, Entry]:
        """Users by id, those who are kept first, the oldest first."""
        return self._people

    @property
    def groups(self) -> Mapping[str, KeptGroup]:
        """Groups by id."""
        return self._groups

    def id_of(self, email: str) -> str | None:
        """The id of whoever has this address."""
        return self._ids.get(email)

    def by_email(self, email: str) -> Entry | None:
        """Whoever has this address."""
        return self._people.get(self._ids.get(email, ""))

    def group_named(self, name: str) -> KeptGroup | None:
        """The group of this name."""
        return self._named.get(name)

    def members(self, group: str) -> Sequence[KeptPerson]:
        """Who is kept as a member of the group of this name."""
        return self._members.get(group, ())


def _of_file(own: str, person: Person) -> KeptPerson:
    return KeptPerson(
        id=own,
        email=person.email,
        name=person.name,
        source="file",
        manager=person.manager,
        department=person.department,
        roles=person.roles,
        timezone=person.timezone,
        scim=ScimNames(),
    )
