"""Reads the working hours and the rotations that a policy names.

What could not be read stays known by its name, as None: that it was named is not one more
mistake.
"""

from collections.abc import Callable, Mapping

from core.calendars.calendar import Calendar, never_open
from core.calendars.public_holidays import known_holidays
from core.calendars.rotation import Rotation, read_period, read_start
from core.calendars.text import known_timezone, read_date, read_hours, read_weekdays
from core.directory.people import Directory
from core.directory.text import nearest_address, read_email
from core.policy import keys as policy_keys
from core.policy.values import read_text, read_word
from core.source import Fields, Kind, Node, Reader, nearest, said

APPROVER = "approver"
NONE = "none"
RESERVED = (APPROVER, NONE)
"""Words that say something else where a calendar is named."""

Calendars = Mapping[str, Calendar | None]
Rotations = Mapping[str, Rotation | None]

_MONDAY_TO_FRIDAY = (0, 1, 2, 3, 4)


def read_calendars(fields: Fields) -> Calendars:
    """The calendars by name."""
    found: dict[str, Calendar | None] = {}
    for name, key, node in _named(fields, "calendars", policy_keys.CALENDAR):
        if name in RESERVED:
            message = f"'{name}' cannot be the name of a calendar"
            fields.reader.wrong(key, message, "Use another name")
        found[name] = _calendar(fields.reader, name, node)
    return found


def read_rotations(fields: Fields, directory: Directory | None, zone: str) -> Rotations:
    """The rotations by name; `zone` is the time zone of those that give none."""
    return {
        name: _rotation(fields.reader, name, node, directory, zone)
        for name, _, node in _named(fields, "on_call", policy_keys.ROTATION)
    }


def read_calendar_name(fields: Fields, calendars: Calendars, default: str | None) -> str | None:
    """The name of a calendar or `approver`; None for `none`, which is elapsed time."""
    node, name = fields.get("calendar"), fields.name("calendar")
    if node is None or name is None:
        return default
    if name == NONE:
        return None
    if name not in calendars and name != APPROVER:
        otherwise = f"Write 'calendars: {{{name}: ...}}' at the top, or name approver or none"
        remedy = nearest(name, [*calendars, *RESERVED], otherwise)
        fields.reader.wrong(node, f"there is no calendar '{name}'", remedy)
        return default
    return name


def _named(fields: Fields, key: str, keys: Mapping[str, object]) -> list[tuple[str, Node, Node]]:
    """Each name of a mapping with the nodes of the name and of what it names."""
    node = fields.get(key)
    if node is None:
        return []
    if node.kind is not Kind.MAPPING:
        inner = ", ".join(keys)
        fields.reader.wrong(node, f"'{key}' is {said(node)}", f"Write {{NAME: {{{inner}}}}}")
        return []
    found: dict[str, tuple[str, Node, Node]] = {}
    for place, value in node.entries:
        name = fields.reader.name(place, f"a name in '{key}'")
        if name is None:
            continue
        if name in found:
            remedy = f"Remove it here or in line {found[name][1].line}"
            fields.reader.wrong(place, f"'{name}' stands here twice", remedy)
        found.setdefault(name, (name, place, value))
    return list(found.values())


def _calendar(reader: Reader, name: str, node: Node) -> Calendar | None:
    fields = reader.mapping(node, f"the calendar '{name}'", policy_keys.CALENDAR)
    zone_node = fields.need("timezone", "Write a time zone, such as Europe/Berlin")
    hours_node = fields.need("hours", 'Write from when to when, such as "09:00-17:00"')
    zone = read_word(fields, "timezone", known_timezone)
    hours = read_word(fields, "hours", read_hours)
    closed = _dates(fields)
    holidays = read_word(fields, "holidays", known_holidays)
    weekdays = _weekdays(fields)
    if zone_node is None or hours_node is None or zone is None or hours is None:
        return None
    found = Calendar(name, zone, hours[0], hours[1], weekdays, holidays, closed)
    if never_open(found):
        message = f"the calendar '{name}' has no working day in a whole year"
        reader.wrong(node, message, "Correct 'weekdays', 'holidays' or 'closed'")
        return None
    return found


def _weekdays(fields: Fields) -> tuple[int, ...]:
    node = fields.get("weekdays")
    if node is None:
        return _MONDAY_TO_FRIDAY
    names = fields.reader.names(node, "'weekdays'")
    if node.kind is not Kind.LIST or len(names) != len(node.items):
        return _MONDAY_TO_FRIDAY
    try:
        return read_weekdays(names)
    except ValueError as error:
        fields.reader.wrong(node, "'weekdays' are not days of the week, each once", str(error))
        return _MONDAY_TO_FRIDAY


def _dates(fields: Fields) -> tuple[str, ...]:
    node = fields.get("closed")
    items = () if node is None else fields.reader.one_or_more(node, "'closed'")
    read = (_item(fields.reader, item, "a day of 'closed'", read_date) for item in items)
    return tuple(sorted({day for day in read if day is not None}))


def _item(reader: Reader, node: Node, what: str, read: Callable[[str], str]) -> str | None:
    text = reader.name(node, what)
    return None if text is None else read_text(reader, node, text, "closed", read)


def _rotation(
    reader: Reader, name: str, node: Node, directory: Directory | None, zone: str
) -> Rotation | None:
    fields = reader.mapping(node, f"the rotation '{name}'", policy_keys.ROTATION)
    people = _people(fields, directory)
    fields.need("rotate", "Write daily, weekly or a duration such as 12h")
    fields.need("from", "Write when the first turn began: 2026-01-05T09:00")
    period = read_word(fields, "rotate", read_period)
    starts = read_word(fields, "from", read_start)
    own = read_word(fields, "timezone", known_timezone)
    if not people or period is None or starts is None:
        return None
    return Rotation(people=people, period=period, starts=starts, timezone=own or zone)


def _people(fields: Fields, directory: Directory | None) -> tuple[str, ...]:
    node = fields.need("people", "List who takes turns, in their order")
    items = () if node is None else fields.reader.one_or_more(node, "'people'")
    if node is not None and node.kind is Kind.LIST and not items:
        fields.reader.wrong(node, "'people' is empty", "List who takes turns, in their order")
    found: list[str] = []
    for item in items:
        email = read_email(fields.reader, item, "a person on call")
        if email is None:
            continue
        if directory is not None and directory.person(email) is None:
            remedy = nearest_address(email, directory.people, "Add that person to the directory")
            fields.reader.wrong(item, f"'{email}' is not in the directory", remedy)
        elif email in found:
            fields.reader.wrong(item, f"'{email}' takes turns twice", "Name each person once")
        else:
            found.append(email)
    return tuple(found)
