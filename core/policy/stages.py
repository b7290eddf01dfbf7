"""Reads one stage of a policy document.

A stage that could not be read whole comes back all the same, for finding more mistakes.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from core.policy import keys as policy_keys
from core.policy.approvers import SEATS, Approver, read_approvers, read_levels, read_outside_hours
from core.policy.calendars import read_calendar_name
from core.policy.people import REQUESTERS_MANAGER
from core.policy.policy import StageRule
from core.policy.reading import Reading
from core.policy.reminders import lengths, read_reminders
from core.policy.staffing import Asked, Staffing
from core.policy.values import (
    read_condition,
    read_on_timeout,
    read_one_of,
    read_sla,
    read_whole,
    unique_name,
)
from core.route import Entry, OnTimeout, Quorum
from core.source import Fields, Kind, Node, Reader, said
from core.value import Millis


@dataclass(frozen=True, slots=True)
class Staged:
    """A stage as read, with its fields and those who could ever decide it."""

    stage: StageRule
    fields: Fields
    able: tuple[Entry, ...] | None


def read_stages(node: Node, reading: Reading) -> tuple[Staged, ...]:
    """The stages of a rule, in order; their names must differ, since decisions name them."""
    stages: list[Staged] = []
    seen: dict[str, Node] = {}
    for item in reading.reader.listed(node, "'stages'"):
        fields = reading.reader.mapping(item, "a stage", policy_keys.STAGE)
        staged = _stage(fields, reading)
        stages.append(staged)
        unique_name(fields, staged.stage.name, seen, "stage of this rule")
    return tuple(stages)


def _stage(fields: Fields, reading: Reading) -> Staged:
    fields.need("name", "Name the stage, as people will read it on the card")
    approvers = read_approvers(fields, reading.people)
    asked = _asked(fields, approvers)
    # One bad approver says it already; what follows from it would only confuse.
    whole = bool(approvers) and len(asked.entries) == len(approvers)
    staffing = Staffing(reading.people)
    if whole:
        staffing.check(asked)
    levels = read_levels(fields, reading.people)
    for node in staffing.check_levels(levels, asked) if whole else ():
        message = "this level of 'escalate_to' asks nobody who was not asked before"
        reading.warn_at(node, message, "Name somebody else, or remove this level")
    sla = read_sla(fields) or reading.defaults.sla
    calendar = read_calendar_name(fields, reading.calendars, reading.defaults.calendar)
    stage = StageRule(
        name=fields.name("name") or "",
        approvers=tuple(ref for ref, _, _ in asked.entries),
        seats=tuple(seats for _, seats, _ in asked.entries),
        silent=tuple(silent for _, _, silent in asked.entries),
        when=read_condition(fields),
        quorum=asked.quorum,
        reject_quorum=asked.reject_quorum,
        required_role=asked.role,
        required_department=asked.department,
        escalate_to=tuple(tuple(references) for _, references in levels),
        sla=sla,
        remind_at=_remind_at(fields, reading, sla),
        calendar=calendar,
        outside_hours=_outside_hours(fields, reading, asked, calendar),
        on_timeout=read_on_timeout(fields) or reading.defaults.on_timeout,
        in_order=read_one_of(fields, "ask", ("all", "in_order")) == "in_order",
        balanced=_balanced(fields, asked),
        auto_approve_when=read_condition(fields, "auto_approve_when"),
        auto_reject_when=read_condition(fields, "auto_reject_when"),
    )
    complete = whole and reading.people.complete(stage.approvers)
    staged = Staged(stage, fields, staffing.able(asked) if complete else None)
    _warn(staged, reading)
    return staged


def _asked(fields: Fields, approvers: Iterable[Approver]) -> Asked:
    return Asked(
        fields=fields,
        entries=tuple((ref, seats, silent) for ref, seats, silent in approvers if ref is not None),
        quorum=_quorum(fields),
        reject_quorum=read_whole(fields, "reject_quorum", 1, 1, SEATS),
        role=fields.name("required_role"),
        department=fields.name("required_department"),
    )


def _balanced(fields: Fields, asked: Asked) -> bool:
    """Whether the people of its groups are asked one after the other, the least busy first."""
    if read_one_of(fields, "assign", ("balanced",)) is None:
        return False
    node, refs = fields.values["assign"], [ref for ref, _, _ in asked.entries]
    if "ask" in fields.values:
        message = "'assign' and 'ask' both say who is asked first"
        fields.reader.wrong(node, message, "Remove one of them")
    elif any(ref.startswith("on_call:") for ref in refs):
        message = "'assign' has no effect on who is on call"
        fields.reader.wrong(node, message, "Name a group, or remove it")
    elif refs and not any(ref.startswith("group:") for ref in refs):
        fields.reader.wrong(node, "'assign' needs a group to choose from", "Name one, or remove it")
    return True


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


def _remind_at(fields: Fields, reading: Reading, sla: Millis | None) -> tuple[Millis, ...]:
    own = read_reminders(fields)
    if own is not None:
        return lengths(reading.reader, own, sla)
    # What the defaults themselves get wrong is said there, once.
    where = fields.get("sla")
    if where is None:
        return lengths(Reader(), reading.defaults.remind_at, sla)
    return lengths(reading.reader, reading.defaults.remind_at, sla, where)


def _outside_hours(
    fields: Fields, reading: Reading, asked: Asked, calendar: str | None
) -> str | None:
    reference = read_outside_hours(fields, reading.people)
    if reference is None:
        return None
    node = fields.values["outside_hours"]
    if calendar is None:
        message = "'outside_hours' has no effect without a calendar"
        reading.reader.wrong(node, message, "Write a calendar, or remove it")
    Staffing(reading.people).check_helpers(node, "outside_hours", (reference,), asked)
    return reference


def _warn(staged: Staged, reading: Reading) -> None:
    """What may be meant and is unwise: a stage that hangs on one person, keys without effect."""
    stage, fields = staged.stage, staged.fields
    if staged.able is not None and not stage.escalate_to and _hangs_on_one(stage, staged.able):
        message = f"only one person can decide stage '{stage.name}'"
        reading.warn(fields, "approvers", message, "Name a deputy, a group or 'escalate_to'")
    if stage.sla is not None:
        if stage.sla in stage.remind_at:
            message = f"the last reminder of stage '{stage.name}' comes when its time is over"
            reading.warn(fields, "remind_at", message, "Write an earlier one, such as 90%")
        return
    idle = ("on_timeout",) if stage.remind_at else ("on_timeout", "calendar")
    for key in idle:
        if fields.get(key) is not None:
            message = f"'{key}' has no effect on stage '{stage.name}' without an sla"
            reading.warn(fields, key, message, "Write an sla, or remove it")


def _hangs_on_one(stage: StageRule, able: Iterable[Entry]) -> bool:
    """Whether there is one approver only. A requester's manager who does not answer in time
    is helped out by theirs, which nobody needs to write."""
    if all(ref == REQUESTERS_MANAGER for ref in stage.approvers):
        return stage.sla is None or stage.on_timeout is not OnTimeout.ESCALATE
    return len({person for entry in able for person in entry.people}) == 1
