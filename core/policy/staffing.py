"""Finds stages that nobody could decide, and people who would be asked in vain.

Who could be meant is looked up in the directory, whoever asks and whenever: what is wrong
here is wrong for every request.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.policy.people import REQUESTERS_MANAGER, People
from core.route import Entry, Quorum
from core.rules.eligibility import meets
from core.rules.quorum import filled, needed
from core.source import Fields, Node


@dataclass(frozen=True, slots=True)
class Asked:
    """A stage as far as it was read; mistakes point at the nodes of its fields.

    `entries` are references with their seats and whether they are silent.
    """

    fields: Fields
    entries: tuple[tuple[str, int, bool], ...]
    quorum: Quorum
    reject_quorum: int
    role: str | None
    department: str | None


@dataclass(frozen=True, slots=True)
class Staffing:
    """Checks the people of a stage against the directory."""

    people: People

    def check(self, asked: Asked) -> None:
        """Find out whether the people named could ever decide the stage."""
        if all(silent for _, _, silent in asked.entries):
            remedy = "Remove 'silent' from one of them"
            asked.fields.reader.wrong(
                asked.fields.values["approvers"], "all approvers are silent: none is told", remedy
            )
        if not self.people.complete(ref for ref, _, _ in asked.entries):
            return
        entries = self._entries(asked)
        if not self._covered(asked, entries):
            return
        able = self.able(asked)
        if not any(entry.people for entry in able):
            self._nobody(asked)
        elif self._quorum_possible(asked, able):
            self._check_reject_quorum(asked, able)

    def able(self, asked: Asked) -> tuple[Entry, ...]:
        """The stage's entries with those of their people who have its role and department."""
        return self._qualified(self._entries(asked), asked.role, asked.department)

    def check_helpers(self, node: Node, key: str, references: Sequence[str], asked: Asked) -> bool:
        """Find out whether anyone of a level of escalation could decide the stage."""
        if not self.people.complete(references):
            return False
        entries = tuple(Entry(ref, self.people.possible(ref)) for ref in references)
        if any(e.people for e in self._qualified(entries, asked.role, asked.department)):
            return True
        message = f"nobody in '{key}' has the role or department of this stage"
        remedy = "Name somebody who has them, or remove it"
        self.people.reader.wrong(node, message, remedy)
        return False

    def check_levels(
        self, levels: Iterable[tuple[Node, Sequence[str]]], asked: Asked
    ) -> list[Node]:
        """Find levels of escalation that go in a circle: they name only what was named before.

        The answer are those that ask nobody new as the directory is today.
        """
        entries = self.able(asked)
        told = {p for entry in entries for p in self._surely(entry.ref, entry.people)}
        named = {entry.ref for entry in entries}
        vain: list[Node] = []
        for node, references in levels:
            if not references or not self.check_helpers(node, "escalate_to", references, asked):
                continue
            pairs = [Entry(ref, self.people.possible(ref)) for ref in references]
            level = self._qualified(pairs, asked.role, asked.department)
            if named.issuperset(references):
                message = "this level of 'escalate_to' names only who was asked before"
                remedy = "Name somebody else, or remove this level"
                self.people.reader.wrong(node, message, remedy)
            elif told.issuperset(person for entry in level for person in entry.people):
                vain.append(node)
            told |= {p for entry in level for p in self._surely(entry.ref, entry.people)}
            named |= {entry.ref for entry in level}
        return vain

    def _surely(self, reference: str, people: tuple[str, ...]) -> tuple[str, ...]:
        """Those who are asked in any case: of managers and rotations that is one of them."""
        one_of_them = reference == REQUESTERS_MANAGER or self.people.rotation(reference)
        return () if one_of_them and len(people) > 1 else people

    def _entries(self, asked: Asked) -> tuple[Entry, ...]:
        return tuple(
            Entry(ref, self.people.possible(ref), seats) for ref, seats, _ in asked.entries
        )

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
        asked.fields.reader.wrong(asked.fields.node, message, remedy)

    def _covered(self, asked: Asked, entries: tuple[Entry, ...]) -> bool:
        """Whether the role is held by anyone named, and the department has anyone named."""
        role, department = asked.role, asked.department
        covered = True
        if role is not None and not _anyone(self._qualified(entries, role)):
            message = f"nobody among the approvers has the role '{role}'"
            remedy = "Name approvers who have it, or mend the directory"
            asked.fields.reader.wrong(asked.fields.values["required_role"], message, remedy)
            covered = False
        if department is not None and not _anyone(self._qualified(entries, None, department)):
            message = f"nobody among the approvers is in the department '{department}'"
            remedy = "Name approvers from that department, or mend the directory"
            node = asked.fields.values["required_department"]
            asked.fields.reader.wrong(node, message, remedy)
            covered = False
        return covered

    def _qualified(
        self, entries: Iterable[Entry], role: str | None, department: str | None = None
    ) -> tuple[Entry, ...]:
        if role is None and department is None:
            return tuple(entries)
        directory = self.people.directory
        known = {} if directory is None else directory.people

        def able(entry: Entry) -> tuple[str, ...]:
            return tuple(p for p in entry.people if meets(known[p], role, department))

        return tuple(Entry(entry.ref, able(entry), entry.seats) for entry in entries)

    def _quorum_possible(self, asked: Asked, able: tuple[Entry, ...]) -> bool:
        node = asked.fields.get("quorum") or asked.fields.node
        seats = sum(entry.seats for entry in able)
        wanted = needed(able, asked.quorum)
        if wanted > seats:
            message = f"quorum {wanted} is more than the seats of the approvers ({seats})"
            remedy = "Lower it, name more approvers, or write {group: NAME, seats: 2}"
            asked.fields.reader.wrong(node, message, remedy)
            return False
        # More candidates than seats never make an entry easier to fill.
        few = tuple(Entry(entry.ref, entry.people[:seats], entry.seats) for entry in able)
        reachable = filled(few, [person for entry in few for person in entry.people])
        if reachable < wanted:
            message = (
                f"quorum {asked.quorum} needs {wanted} people, but only {reachable} can decide"
            )
            asked.fields.reader.wrong(node, message, "Lower it or name more approvers")
        return reachable >= wanted

    def _check_reject_quorum(self, asked: Asked, able: tuple[Entry, ...]) -> None:
        """One more rejection than can be spared already makes the approval impossible."""
        node = asked.fields.get("reject_quorum")
        if node is None or asked.reject_quorum == 1:
            return
        heads = self.heads(able)
        most = 1 if asked.quorum == "all" else heads - needed(able, asked.quorum) + 1
        if asked.reject_quorum > most:
            message = (
                f"reject_quorum {asked.reject_quorum} is more than can be waited for: "
                f"after {most} no approval is possible any more"
            )
            asked.fields.reader.wrong(node, message, f"Write {most}, or remove it")

    def heads(self, able: Iterable[Entry]) -> int:
        """How many different people these entries ask at once, at most."""
        sure: set[str] = set()
        others: set[str] = set()
        for entry in able:
            surely = self._surely(entry.ref, entry.people)
            sure.update(surely)
            if entry.people and not surely:
                others.add(entry.ref)
        return len(sure) + len(others)


def _anyone(entries: Iterable[Entry]) -> bool:
    return any(entry.people for entry in entries)
