"""Reads whom a stage asks: its approvers with their seats, and the levels of escalation."""

from collections.abc import Sequence

from core.policy import keys as policy_keys
from core.policy.people import People
from core.source import Fields, Kind, Node

SEATS = 100
"""The most seats of one stage: matching people to seats takes the square of it."""

LEVELS = 10
"""The most levels of escalation of one stage."""

WAIT = "wait"

Approver = tuple[str | None, int, bool]
"""A reference (None when it is bad), its seats, and whether it is silent."""


def read_approvers(fields: Fields, people: People) -> list[Approver]:
    """The approvers in order; none when they cannot be used at all."""
    node = fields.need("approvers", "Name who decides, for example [group:finance]")
    if node is None:
        return []
    items = fields.reader.one_or_more(node, "'approvers'")
    if node.kind is Kind.LIST and not items:
        fields.reader.wrong(node, "'approvers' is empty", "Name somebody or a group")
    entries = [_approver(item, people) for item in items]
    total = sum(seats for _, seats, _ in entries)
    if total > SEATS:
        message = f"the approvers have {total} seats"
        fields.reader.wrong(node, message, f"A stage has at most {SEATS} seats")
        return []
    return entries


def read_levels(fields: Fields, people: People) -> list[tuple[Node, Sequence[str]]]:
    """The levels of escalation: each item is one, and an item that is a list asks several."""
    node = fields.get("escalate_to")
    if node is None:
        return []
    items = fields.reader.one_or_more(node, "'escalate_to'")
    if node.kind is Kind.LIST and not 0 < len(items) <= LEVELS:
        message = f"'escalate_to' has {len(items)} levels"
        fields.reader.wrong(node, message, f"Write 1 to {LEVELS} levels, or remove it")
        return []
    return [(item, _level(item, people)) for item in items]


def read_outside_hours(fields: Fields, people: People) -> str | None:
    """Who is asked too outside the calendar's hours; None for `wait`."""
    node = fields.get("outside_hours")
    if node is None or (node.kind is Kind.TEXT and node.value == WAIT):
        return None
    return people.reference(node, "'outside_hours'")


def _level(node: Node, people: People) -> Sequence[str]:
    if node.kind is not Kind.LIST:
        reference = people.reference(node, "an item of 'escalate_to'")
        return () if reference is None else (reference,)
    if not node.items:
        people.reader.wrong(node, "a level of 'escalate_to' is empty", "Name somebody or a group")
    found = people.references(node.items, "an item of 'escalate_to'")
    # One bad name says it already; what follows from it would only confuse.
    return tuple(found) if len(found) == len(node.items) else ()


def _approver(node: Node, people: People) -> Approver:
    if node.kind is not Kind.MAPPING:
        return people.reference(node, "an approver"), 1, False
    reader = people.reader
    fields = reader.mapping(node, "an approver", policy_keys.APPROVER)
    group, approver = fields.get("group"), fields.get("approver")
    if (group is None) == (approver is None):
        remedy = "Write {group: NAME, seats: N} or {approver: ADDRESS}"
        reader.wrong(node, "an approver needs either 'group' or 'approver'", remedy)
        return None, 1, False
    reference = people.group(group) if group else None
    reference = people.reference(approver, "'approver'") if approver else reference
    return reference, _seats(fields, reference), fields.flag("silent", False)


def _seats(fields: Fields, reference: str | None) -> int:
    node = fields.get("seats")
    seats = None if node is None else fields.reader.whole(node, "'seats'", 1, SEATS)
    if node and seats and seats > 1 and reference and not reference.startswith("group:"):
        remedy = "Remove 'seats' or name a group"
        fields.reader.wrong(node, "one person has one seat", remedy)
        return 1
    return seats or 1
