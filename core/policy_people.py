"""Whom a policy names: reads the references and finds those that can lead to nobody.

The directory may be None when it could not be read; then only the form is checked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.directory import Directory, Person
from core.directory_text import nearest_address, read_email
from core.policy import people_of
from core.quorum import filled, needed
from core.request import Entry, Quorum
from core.source import Node, Reader, nearest

REQUESTERS_MANAGER = "manager_of:requester"

SEATS = 100
"""The most seats of one stage: matching people to seats takes the square of it."""

_FORMS = "Write an e-mail address, group:NAME or manager_of:requester"


@dataclass(frozen=True, slots=True)
class Asked:
    """A stage as far as it was read, with the nodes that mistakes point at."""

    stage: Node
    entries: tuple[tuple[str, int], ...]
    quorum: Quorum
    quorum_node: Node | None
    role: str | None
    role_node: Node | None
    department: str | None
    department_node: Node | None


@dataclass(frozen=True, slots=True)
class People:
    """Reads references against a directory."""

    reader: Reader
    directory: Directory | None

    def reference(self, node: Node, what: str, *, always: bool = False) -> str | None:
        """A reference in its one spelling; with `always` it must not depend on the request."""
        text = self.reader.name(node, what)
        if text is None:
            return None
        kind, colon, name = (part.strip() for part in text.partition(":"))
        if not colon:
            return self._address(node, text)
        if kind == "group":
            return self._group(node, name)
        if kind == "manager_of":
            return self._manager(node, name, always)
        if kind == "on_call":
            remedy = "Name a group or a person"
            self.reader.wrong(node, "'on_call:' is not supported by this version", remedy)
        else:
            self.reader.wrong(node, f"'{text}' names nobody", _FORMS)
        return None

    def group(self, node: Node) -> str | None:
        """The reference of a group's bare name."""
        name = self.reader.name(node, "'group'")
        return None if name is None else self._group(node, name)

    def references(self, nodes: Iterable[Node], what: str, *, always: bool = False) -> list[str]:
        """The references that could be read."""
        read = (self.reference(node, what, always=always) for node in nodes)
        return [reference for reference in read if reference is not None]

    def check(self, asked: Asked) -> None:
        """Find out whether the people named could ever decide the stage."""
        if self.directory is None:
            return
        entries = tuple(Entry(ref, self._possible(ref), seats) for ref, seats in asked.entries)
        role, department = asked.role, asked.department
        able = self._qualified(entries, role, department)
        if not self._covered(asked, entries):
            return
        if not any(entry.people for entry in able):
            self._nobody(asked)
        else:
            self._check_quorum(asked, able)

    def check_escalation(self, node: Node, references: Sequence[str], asked: Asked) -> None:
        """Find out whether anyone the stage escalates to could decide it."""
        entries = tuple(Entry(ref, self._possible(ref)) for ref in references)
        able = self._qualified(entries, asked.role, asked.department)
        if self.directory is not None and not any(entry.people for entry in able):
            message = "nobody in 'escalate_to' has the role or department of this stage"
            self.reader.wrong(node, message, "Name somebody who has them, or remove it")

    def _nobody(self, asked: Asked) -> None:
        """Say that the stage could never be decided, and what is missing."""
        if asked.role is None and asked.department is None:
            # All else that leads to nobody was refused where it was read.
            message = "nobody can be asked: no person here has a manager in the directory"
            remedy = "Give people a 'manager' in the directory, or name approvers"
        else:
            message = (
                f"nobody among the approvers has the role '{asked.role}' in '{asked.department}'"
            )
            remedy = "Name somebody who has both"
        self.reader.wrong(asked.stage, message, remedy)

    def _address(self, node: Node, text: str) -> str | None:
        if "@" not in text:
            known = self.directory is not None and self.directory.has_group(text)
            remedy = f"Write group:{text}" if known else _FORMS
            self.reader.wrong(node, f"'{text}' names nobody", remedy)
            return None
        email = read_email(self.reader, node, "an approver")
        return email if email is not None and self._known(node, email) else None

    def _known(self, node: Node, email: str) -> bool:
        if self.directory is None or self.directory.person(email) is not None:
            return True
        remedy = nearest_address(email, self.directory.people, "Add that person to the directory")
        self.reader.wrong(node, f"'{email}' is not in the directory", remedy)
        return False

    def _group(self, node: Node, name: str) -> str | None:
        if self.directory is None or self.directory.has_group(name):
            return f"group:{name}"
        groups = {group for person in self.directory.people.values() for group in person.groups}
        otherwise = "Add the group to somebody's 'groups' in the directory"
        message = f"nobody in the directory is in group '{name}'"
        self.reader.wrong(node, message, nearest(name, groups, otherwise))
        return None

    def _manager(self, node: Node, name: str, always: bool) -> str | None:
        if name == "requester":
            if not always:
                return REQUESTERS_MANAGER
            message = f"'{REQUESTERS_MANAGER}' is not always somebody"
            self.reader.wrong(node, message, "Name a group or people")
            return None
        email = name.lower()
        if "@" not in email:
            self.reader.wrong(node, f"'manager_of:{name}' names nobody", _FORMS)
            return None
        if not self._known(node, email):
            return None
        reference = f"manager_of:{email}"
        if self.directory is not None and not people_of(reference, self.directory, None):
            message = f"'{email}' has no manager in the directory"
            self.reader.wrong(node, message, "Give them a manager, or name the person")
            return None
        return reference

    def _possible(self, reference: str) -> tuple[str, ...]:
        """Whom a reference could mean, whoever asks."""
        if self.directory is None:
            return ()
        if reference != REQUESTERS_MANAGER:
            return people_of(reference, self.directory, None)
        managers = (person.manager for person in self.directory.people.values())
        return tuple(dict.fromkeys(m for m in managers if m and self.directory.person(m)))

    def _covered(self, asked: Asked, entries: tuple[Entry, ...]) -> bool:
        """Whether the role is held by anyone named, and the department has anyone named."""
        covered = True
        wanted = (
            (
                asked.role_node,
                asked.role,
                "has the role",
                "Name approvers who have it",
                self._qualified(entries, asked.role),
            ),
            (
                asked.department_node,
                asked.department,
                "is in the department",
                "Name approvers from that department",
                self._qualified(entries, None, asked.department),
            ),
        )
        for node, value, relation, remedy, able in wanted:
            if node is not None and not any(entry.people for entry in able):
                message = f"nobody among the approvers {relation} '{value}'"
                self.reader.wrong(node, message, f"{remedy}, or mend the directory")
                covered = False
        return covered

    def _qualified(
        self, entries: Iterable[Entry], role: str | None, department: str | None = None
    ) -> tuple[Entry, ...]:
        people = {} if self.directory is None else self.directory.people

        def able(person: Person) -> bool:
            return (role is None or role in person.roles) and (
                department is None or department == person.department
            )

        return tuple(
            Entry(entry.ref, tuple(p for p in entry.people if able(people[p])), entry.seats)
            for entry in entries
        )

    def _check_quorum(self, asked: Asked, able: tuple[Entry, ...]) -> None:
        node = asked.quorum_node or asked.stage
        seats = sum(entry.seats for entry in able)
        wanted = needed(able, asked.quorum)
        if wanted > seats:
            message = f"quorum {wanted} is more than the seats of the approvers ({seats})"
            remedy = "Lower it, name more approvers, or write {group: NAME, seats: 2}"
            self.reader.wrong(node, message, remedy)
            return
        # More candidates than seats never make an entry easier to fill.
        few = tuple(Entry(entry.ref, entry.people[:seats], entry.seats) for entry in able)
        reachable = filled(few, [person for entry in few for person in entry.people])
        if reachable < wanted:
            message = (
                f"quorum {asked.quorum} needs {wanted} people, but only {reachable} can decide"
            )
            self.reader.wrong(node, message, "Lower it or name more approvers")
