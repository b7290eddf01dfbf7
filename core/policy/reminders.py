"""Reads when the people of a stage are reminded: percentages of its sla, or lengths of time."""

import re
from collections.abc import Iterable

from core.calendars.duration import parse_duration, written
from core.policy.reading import Reminder
from core.policy.values import LONGEST
from core.source import Fields, Kind, Node, Reader, said
from core.value import Millis

MOST = 10
"""Reminders of one stage."""

_PERCENT = re.compile(r"([0-9]{1,4})%")
_FORMS = "Write a percentage of the sla or a length of time: [50%, 90%] or 30m"


def read_reminders(fields: Fields) -> tuple[Reminder, ...] | None:
    """The reminders as written; None when the key is absent."""
    node = fields.get("remind_at")
    if node is None:
        return None
    items = fields.reader.one_or_more(node, "'remind_at'")
    if len(items) > MOST:
        message = f"'remind_at' has {len(items)} reminders"
        fields.reader.wrong(node, message, f"Write at most {MOST}")
    read = (_reminder(fields.reader, item) for item in items)
    return tuple(reminder for reminder in read if reminder is not None)


def lengths(
    reader: Reader, reminders: Iterable[Reminder], sla: Millis | None, where: Node | None = None
) -> tuple[Millis, ...]:
    """The reminders of a stage as lengths on its clock, the earliest first.

    Mistakes are noted at the reminder; with `where` there instead, for the defaults'.
    """
    found = set[Millis]()
    for reminder in reminders:
        node = where or reminder.node
        if reminder.percent is not None and sla is None:
            message = f"'remind_at' {reminder.percent}% has no sla to be counted from"
            reader.wrong(node, message, "Write an sla, or a length of time such as 30m")
        elif reminder.length is not None and sla is not None and reminder.length > sla:
            message = (
                f"the reminder after {written(reminder.length)} comes after the sla "
                f"({written(sla)})"
            )
            reader.wrong(node, message, "Write a shorter time, or 'remind_at' for this stage")
        elif reminder.length is not None and reminder.length > LONGEST:
            message = f"the reminder after {written(reminder.length)} comes after a year"
            reader.wrong(node, message, "Write at most 366d")
        else:
            found.add(_length(reminder, sla or 0))
    return tuple(sorted(found))


def _length(reminder: Reminder, sla: Millis) -> Millis:
    return reminder.length or sla * (reminder.percent or 0) // 100


def _reminder(reader: Reader, node: Node) -> Reminder | None:
    text = reader.name(node, "an item of 'remind_at'") if node.kind is Kind.TEXT else None
    match = _PERCENT.fullmatch(text or "")
    if match is not None:
        if 1 <= int(match[1]) <= 100:
            return Reminder(node, percent=int(match[1]))
        reader.wrong(node, f"'remind_at' is '{text}'", "Write a percentage from 1% to 100%")
        return None
    try:
        return Reminder(node, length=parse_duration(text or ""))
    except ValueError:
        reader.wrong(node, f"an item of 'remind_at' is {said(node)}", _FORMS)
        return None
