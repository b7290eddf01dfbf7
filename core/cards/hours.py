"""What a card says of a stage that was asked outside working hours: until when its clock stops,
or who is on call."""

from core.calendars.calendar import Calendar, advance, working_at
from core.calendars.text import calendar_of_person
from core.cards.moments import moment
from core.cards.names import in_sentence
from core.directory.people import Directory
from core.request import Stage


def outside_hours(stage: Stage, directory: Directory, timezone: str) -> str | None:
    """One sentence without a full stop, in the reader's time zone; None for a stage that was
    asked within its hours, has none, or has no time to decide."""
    plan, opened = stage.plan, stage.opened_at
    hours = _hours(stage, directory)
    if opened is None or plan.sla is None or not hours or working_at(hours, opened):
        return None
    own = len(plan.entries)
    on_call = plan.outside_hours
    if on_call is not None and any(e.ref == on_call.ref for e in stage.entries[own : own + 1]):
        asked = stage.entries[own]
        names = in_sentence(asked.people, directory)
        return f"Asked outside working hours: {names}, on call, may decide too, and its time runs"
    begins = advance(hours, opened, 1) - 1
    return f"Asked outside working hours: its time counts from {moment(begins, timezone)}"


def _hours(stage: Stage, directory: Directory) -> tuple[Calendar, ...]:
    """The calendar of the policy, or the own hours of those whom the stage asked first."""
    plan = stage.plan
    if plan.calendar is not None:
        return (plan.calendar,)
    if not plan.approver_hours:
        return ()
    asked = dict.fromkeys(p for e in stage.entries[: len(plan.entries)] for p in e.people)
    people = (directory.person(email) for email in asked)
    found = (calendar_of_person(p.timezone, p.working_hours) for p in people if p is not None)
    return tuple(dict.fromkeys(found))
