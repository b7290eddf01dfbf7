"""Brings a table of people in: all of it, or nothing.

Who comes from an identity provider is left to it, as are the people of the directory file: a table
that names them is refused, with each line that does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from msgspec.structs import replace

from core.directory import changes
from core.directory.changes import Change
from core.directory.csv_text import PeopleTable, Row
from core.directory.groups import group_added
from core.directory.kept import CSV, SCIM, KeptGroup, KeptPerson
from core.directory.merging import circle
from core.directory.people import Identity
from core.directory.refusing import NotKept
from core.directory.text import nearest_address
from core.source import Kind, Mistakes, Node, Reader

_FIELDS: Final = {
    "name": "name",
    "manager": "manager",
    "department": "department",
    "roles": "roles",
    "groups": "groups",
    "timezone": "timezone",
    "working_hours": "working_hours",
    "notify": "notify",
    "slack_user": "identities",
    "teams_object": "identities",
}
"""The field that a column is about."""

_TOP: Final = Node(kind=Kind.NOTHING, line=1, column=1)


@dataclass(frozen=True, slots=True)
class Brought:
    """What the table changes of one person: before (None for who is new) and after."""

    before: KeptPerson | None
    after: KeptPerson

    @property
    def fields(self) -> tuple[str, ...]:
        """What is another than before."""
        return () if self.before is None else changes.different(self.before, self.after)


@dataclass(slots=True)
class Outcome:
    """What a table changes, in its order; then who is missing in it."""

    brought: list[Brought] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    same: int = 0


def brought_in(
    change: Change, table: PeopleTable, new_id: Callable[[], str], *, missing_leave: bool
) -> Outcome:
    """Bring the table in; with `missing_leave` whoever was brought in before and is not in it
    counts no more. Raises Mistakes, with every line that cannot be."""
    there = {p.email: p for p in change.ledger.everyone()}
    reader = Reader(list(table.mistakes))
    wished = [_wished(row, table, there.get(row.person.email), new_id) for row in table.rows]
    _check(change, reader, table.rows, wished, there)
    groups = _groups(change, reader, table, wished)
    if missing_leave and not table.rows and not reader.mistakes:
        message = "the table names nobody, so that everybody would be missing in it"
        reader.wrong(_TOP, message, "Bring in a table that is whole")
    if reader.mistakes:
        raise Mistakes(reader.mistakes)
    outcome = Outcome(groups=groups)
    for name in groups:
        group_added(change, KeptGroup(id=new_id(), name=name))
    for row, person in zip(table.rows, wished, strict=True):
        _bring(change, reader, row, there.get(person.email), person, outcome)
    if missing_leave:
        _leave(change, {person.email for person in wished}, there, outcome)
    if reader.mistakes:
        raise Mistakes(reader.mistakes)
    return outcome


def _wished(
    row: Row, table: PeopleTable, before: KeptPerson | None, new_id: Callable[[], str]
) -> KeptPerson:
    """The person as the table has them; of what it has no column for, as they are."""
    person = row.person
    if before is None:
        before = KeptPerson(id=new_id(), email=person.email, name=person.name)
    fields: dict[str, Any] = {
        name: getattr(person, name) for column, name in _FIELDS.items() if column in table.columns
    }
    fields["groups"] = tuple(dict.fromkeys(fields.get("groups", before.groups)))
    return replace(before, **fields, active=True)


def _check(
    change: Change,
    reader: Reader,
    rows: Sequence[Row],
    wished: Sequence[KeptPerson],
    there: dict[str, KeptPerson],
) -> None:
    """Whether the lines can stand beside the file, what SCIM keeps, and each other."""
    file = change.file.people
    final = {**there, **{person.email: person for person in wished}}
    known_people = {**file, **final}
    owners: dict[Identity, str] = {}
    for entry in file.values():
        owners.update(dict.fromkeys(entry.identities, entry.email))
    # Who stood here before comes first: it is the line that has to be mended.
    named = {person.email for person in wished}
    for kept in sorted(final.values(), key=lambda p: p.email in named):
        for identity in kept.identities:
            owners.setdefault(identity, kept.email)

    def lead(email: str) -> str | None:
        found = None if email in file else final.get(email)
        return None if found is None else found.manager

    for row, person in zip(rows, wished, strict=True):
        known = there.get(person.email)
        if person.email in file:
            message = f"{person.email} stands in the directory file"
            reader.wrong(row.place, message, "Remove the line, or the entry in the file")
        elif known is not None and known.source == SCIM:
            message = f"{person.email} is kept by the identity provider"
            reader.wrong(row.place, message, "Remove the line, and change them there")
        if person.manager is not None and person.manager not in known_people:
            remedy = nearest_address(person.manager, known_people, "Add that person")
            message = f"manager '{person.manager}' of {person.email} is not in the directory"
            reader.wrong(row.place, message, remedy)
        line = circle(person.email, person.manager, lead)
        if line:
            message = f"managers go in a circle: {' -> '.join(line)}"
            reader.wrong(row.place, message, "Change or remove the manager of one of them")
        for identity in person.identities:
            if owners[identity] != person.email:
                message = f"this {identity.platform} account belongs to {owners[identity]}"
                reader.wrong(row.place, message, "Give each account to exactly one person")


def _groups(
    change: Change, reader: Reader, table: PeopleTable, wished: Sequence[KeptPerson]
) -> list[str]:
    """The groups that are new here. Names that differ only in capitals are a mistake, also from
    one of the file, which is the one that the policy means."""
    of_file = {name for p in change.file.people.values() for name in p.groups}
    folded_file = {name.casefold(): name for name in of_file}
    found: dict[str, str] = {}
    new: list[str] = []
    for row, person in zip(table.rows, wished, strict=True):
        for name in person.groups:
            folded = name.casefold()
            if folded not in found:
                known = change.ledger.group_named(name)
                usual = name if name in of_file else folded_file.get(folded, name)
                found[folded] = usual if known is None else known.name
                new += [name] if known is None else []
            if found[folded] != name:
                message = f"there is a group '{found[folded]}', and '{name}' is almost the same"
                reader.wrong(row.place, message, f"Write '{found[folded]}'")
    return new


def _bring(
    change: Change,
    reader: Reader,
    row: Row,
    before: KeptPerson | None,
    person: KeptPerson,
    outcome: Outcome,
) -> None:
    try:
        if before is None:
            outcome.brought.append(Brought(None, changes.added(change, person)))
            return
        after = changes.changed(change, person)
    except NotKept as refusal:
        reader.wrong(row.place, refusal.sentence.rstrip("."), "Correct the line")
        return
    if after is before or not changes.different(before, after):
        outcome.same += 1
    else:
        outcome.brought.append(Brought(before, after))


def _leave(change: Change, named: set[str], there: dict[str, KeptPerson], outcome: Outcome) -> None:
    """Only who came in a table can be missing in one."""
    for email, person in there.items():
        is_missing = email not in named and email not in change.file.people
        if is_missing and person.active and person.source == CSV:
            after = changes.changed(change, replace(person, active=False), because="missing")
            outcome.brought.append(Brought(person, after))
