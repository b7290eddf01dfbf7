"""Reads whom a policy names: addresses, groups, managers and those on call.

The directory may be None when it could not be read; then only the form is checked.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from core.calendars.rotation import Rotation
from core.directory.people import Directory
from core.directory.text import nearest_address, read_email
from core.policy.calendars import Rotations
from core.policy.policy import people_of
from core.source import Node, Reader, nearest

REQUESTERS_MANAGER = "manager_of:requester"

_FORMS = "Write an e-mail address, group:NAME, manager_of:requester or on_call:NAME"


@dataclass(frozen=True, slots=True)
class People:
    """Reads references against a directory and the rotations; `named` are those it accepted,
    with where they stand."""

    reader: Reader
    directory: Directory | None
    rotations: Rotations = field(default_factory=dict)
    named: list[tuple[Node, str]] = field(default_factory=list)
    _meant: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def reference(self, node: Node, what: str, *, always: bool = False) -> str | None:
        """A reference in its one spelling; with `always` it must not depend on the request."""
        text = self.reader.name(node, what)
        if text is None:
            return None
        kind, colon, name = (part.strip() for part in text.partition(":"))
        if not colon:
            return self._noted(node, self._address(node, text))
        if kind == "group":
            return self._noted(node, self._group(node, name))
        if kind == "manager_of":
            return self._noted(node, self._manager(node, name, always))
        if kind == "on_call":
            return self._noted(node, self._on_call(node, name))
        self.reader.wrong(node, f"'{text}' names nobody", _FORMS)
        return None

    def group(self, node: Node) -> str | None:
        """The reference of a group's bare name."""
        name = self.reader.name(node, "'group'")
        return None if name is None else self._noted(node, self._group(node, name))

    def references(self, nodes: Iterable[Node], what: str, *, always: bool = False) -> list[str]:
        """The references that could be read."""
        read = (self.reference(node, what, always=always) for node in nodes)
        return [reference for reference in read if reference is not None]

    def possible(self, reference: str) -> tuple[str, ...]:
        """Whom a reference could mean, whoever asks and whenever."""
        if self.directory is None:
            return ()
        if reference not in self._meant:
            self._meant[reference] = self._everyone(reference, self.directory)
        return self._meant[reference]

    def _everyone(self, reference: str, directory: Directory) -> tuple[str, ...]:
        if reference == REQUESTERS_MANAGER:
            managers = (person.manager for person in directory.people.values())
            return tuple(dict.fromkeys(m for m in managers if m and directory.person(m)))
        turns = {name: found for name, found in self.rotations.items() if found is not None}
        return people_of(reference, directory, None, turns)

    def rotation(self, reference: str) -> Rotation | None:
        """The rotation that a reference names, if it names one."""
        kind, _, name = reference.partition(":")
        return self.rotations.get(name) if kind == "on_call" else None

    def complete(self, references: Iterable[str]) -> bool:
        """Whether everyone meant is known: a directory, and rotations without mistakes."""
        return self.directory is not None and all(
            not ref.startswith("on_call:") or self.rotation(ref) is not None for ref in references
        )

    def _noted(self, node: Node, reference: str | None) -> str | None:
        if reference is not None:
            self.named.append((node, reference))
        return reference

    def _address(self, node: Node, text: str) -> str | None:
        if "@" not in text:
            known = self.directory is not None and self.directory.has_group(text)
            remedy = f"Write group:{text}" if known else _FORMS
            if text in self.rotations:
                remedy = f"Write on_call:{text}"
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

    def _on_call(self, node: Node, name: str) -> str | None:
        if name in self.rotations:
            return f"on_call:{name}"
        otherwise = f"Write 'on_call: {{{name}: ...}}' at the top"
        self.reader.wrong(
            node, f"there is no rotation '{name}'", nearest(name, self.rotations, otherwise)
        )
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
