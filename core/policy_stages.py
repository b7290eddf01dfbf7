"""Reads one stage of a policy document, and the small values that stages and rules share.

A stage that could not be read whole comes back all the same, for finding more mistakes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core import policy_keys
from core.conditions import ConditionSyntaxError, compile_condition
from core.duration import parse_duration
from core.policy import Condition, StageRule
from core.policy_people import SEATS, Asked, People
from core.request import Quorum
from core.source import Fields, Kind, Mistake, Node, said
from core.value import Millis


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds where a rule or stage says nothing; `node` is where `expires_in` stands."""

    expires_in: Millis
    sla: Millis | None
    node: Node | None


def read_stages(node: Node, people: People, defaults: Defaults) -> tuple[StageRule, ...]:
    """The stages of a rule, in order; their names must differ, since decisions name them."""
    stages: list[StageRule] = []
    seen: dict[str, Node] = {}
    for item in people.reader.listed(node, "'stages'"):
        fields = people.reader.mapping(item, "a stage", policy_keys.STAGE, policy_keys.UNSUPPORTED)
        stage = _stage(fields, people, defaults)
        stages.append(stage)
        unique_name(fields, stage.name, seen, "stage of this rule")
    return tuple(stages)


def unique_name(fields: Fields, name: str, seen: dict[str, Node], what: str) -> None:
    """Note a mistake when the name was used before; `seen` holds where each one stands."""
    node = fields.get("name")
    if node is None or not name:
        return
    first = seen.setdefault(name, node)
    if first is not node:
        message = f"another {what} is called '{name}' (line {first.line})"
        fields.reader.wrong(node, message, "Give each its own name")


def read_condition(fields: Fields) -> Condition | None:
    """The compiled `when`; mistakes are noted where they stand inside the condition."""
    node, text = fields.get("when"), fields.text("when")
    if node is None or text is None:
        return None
    try:
        return compile_condition(text)
    except ConditionSyntaxError as error:
        for mistake in (error, *error.others):
            line, column = node.place(mistake.line, mistake.column)
            noted = Mistake(line, column, f"'when': {mistake.message}", mistake.remedy)
            fields.reader.mistakes.append(noted)
        return None


def read_duration(fields: Fields, key: str) -> Millis | None:
    """A duration in milliseconds, None when the key is absent."""
    node, text = fields.get(key), fields.text(key)
    if node is None or text is None:
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        fields.reader.wrong(node, f"'{key}' is {said(node)}, not a duration", str(error))
        return None


def _stage(fields: Fields, people: People, defaults: Defaults) -> StageRule:
    fields.need("name", "Name the stage, as people will read it on the card")
    sla = read_duration(fields, "sla")
    approvers = _approvers(fields, people)
    quorum = _quorum(fields)
    role, department = fields.name("required_role"), fields.name("required_department")
    asked = Asked(
        fields.node,
        tuple((ref, seats) for ref, seats in approvers if ref is not None),
        quorum,
        fields.get("quorum"),
        role,
        fields.get("required_role"),
        department,
        fields.get("required_department"),
    )
    # One bad approver says it already; what follows from it would only confuse.
    if approvers and len(asked.entries) == len(approvers):
        people.check(asked)
    return StageRule(
        name=fields.name("name") or "",
        approvers=tuple(ref for ref, _ in asked.entries),
        seats=tuple(seats for _, seats in asked.entries),
        when=read_condition(fields),
        quorum=quorum,
        required_role=role,
        required_department=department,
        escalate_to=_escalate_to(fields, people, asked),
        sla=defaults.sla if sla is None else sla,
    )


def _approvers(fields: Fields, people: People) -> list[tuple[str | None, int]]:
    """Each entry's reference (None when it is bad) and seats."""
    node = fields.need("approvers", "Name who decides, for example [group:finance]")
    if node is None:
        return []
    items = fields.reader.one_or_more(node, "'approvers'")
    if node.kind is Kind.LIST and not items:
        fields.reader.wrong(node, "'approvers' is empty", "Name somebody or a group")
    entries = [_approver(item, people) for item in items]
    total = sum(seats for _, seats in entries)
    if total > SEATS:
        message = f"the approvers have {total} seats"
        fields.reader.wrong(node, message, f"A stage has at most {SEATS} seats")
        return []
    return entries


def _approver(node: Node, people: People) -> tuple[str | None, int]:
    if node.kind is not Kind.MAPPING:
        return people.reference(node, "an approver"), 1
    reader = people.reader
    fields = reader.mapping(node, "an approver", policy_keys.APPROVER, policy_keys.UNSUPPORTED)
    group, approver = fields.get("group"), fields.get("approver")
    if (group is None) == (approver is None):
        remedy = "Write {group: NAME, seats: N} or {approver: ADDRESS}"
        reader.wrong(node, "an approver needs either 'group' or 'approver'", remedy)
        return None, 1
    reference = people.group(group) if group else None
    reference = people.reference(approver, "'approver'") if approver else reference
    seats_node = fields.get("seats")
    seats = None if seats_node is None else reader.whole(seats_node, "'seats'", 1, SEATS)
    if seats_node and seats and seats > 1 and reference and not reference.startswith("group:"):
        reader.wrong(seats_node, "one person has one seat", "Remove 'seats' or name a group")
        return reference, 1
    return reference, seats or 1


def _quorum(fields: Fields) -> Quorum:
    node = fields.get("quorum")
    if node is None:
        return 1
    if node.kind is Kind.TEXT and node.value == "all":
        return "all"
    if node.kind is Kind.INTEGER:
        return fields.reader.whole(node, "'quorum'", 1, SEATS) or 1
    fields.reader.wrong(node, f"'quorum' is {said(node)}", "Write a whole number from 1, or all")
    return 1


def _escalate_to(fields: Fields, people: People, asked: Asked) -> tuple[str, ...]:
    node = fields.get("escalate_to")
    if node is None:
        return ()
    items: Sequence[Node] = fields.reader.one_or_more(node, "'escalate_to'")
    found = people.references(items, "an item of 'escalate_to'")
    if found and len(found) == len(items):
        people.check_escalation(node, found, asked)
    return tuple(found)
