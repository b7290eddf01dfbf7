"""Reads `alerts`: what is told to those who look after the approvals."""

from core.alerting.wanted import LONGEST, Alerts, Escalations, Rejections
from core.calendars.duration import written
from core.policy import keys as policy_keys
from core.policy.people import People
from core.policy.powers import read_told
from core.policy.rules import OFF
from core.policy.values import read_duration, read_whole
from core.source import Fields, Kind
from core.value import Millis

MOST_OPEN = 10_000
"""Open requests of one person are counted up to here."""

MOST_TIMES = 1_000


def read_alerts(fields: Fields, people: People) -> Alerts | None:
    """The alerts that are wanted; None where the key is absent."""
    node = fields.get("alerts")
    if node is None:
        return None
    found = fields.reader.mapping(node, "'alerts'", policy_keys.ALERTS)
    tell = found.need("tell", "Name people and channels that are told")
    references, channels = ((), ()) if tell is None else read_told(tell, people, always=True)
    usual = Alerts()
    return Alerts(
        tell=references,
        channels=channels,
        stuck=None if _off(found, "stuck") else read_duration(found, "stuck") or usual.stuck,
        rejections=_rejections(found),
        overloaded=None if _off(found, "overloaded") else _overloaded(found),
        escalations=_escalations(found),
        unknown_actions=found.flag("unknown_actions", True),
        trouble=found.flag("trouble", True),
    )


def _off(fields: Fields, key: str) -> bool:
    node = fields.get(key)
    return node is not None and node.kind is Kind.TEXT and node.value == OFF


def _overloaded(fields: Fields) -> int:
    return read_whole(fields, "overloaded", Alerts().overloaded or 0, 1, MOST_OPEN)


def _rejections(fields: Fields) -> Rejections | None:
    usual = Rejections()
    if _off(fields, "rejections"):
        return None
    node = fields.get("rejections")
    if node is None:
        return usual
    found = fields.reader.mapping(node, "'rejections'", policy_keys.ALERT_REJECTIONS)
    return Rejections(
        over=read_whole(found, "over", usual.over, 1, 99),
        of=read_whole(found, "of", usual.of, 1, MOST_TIMES),
        within=_window(found, usual.within),
    )


def _escalations(fields: Fields) -> Escalations | None:
    usual = Escalations()
    if _off(fields, "escalations"):
        return None
    node = fields.get("escalations")
    if node is None:
        return usual
    found = fields.reader.mapping(node, "'escalations'", policy_keys.ALERT_ESCALATIONS)
    return Escalations(
        over=read_whole(found, "over", usual.over, 1, MOST_TIMES),
        within=_window(found, usual.within),
    )


def _window(fields: Fields, usual: Millis) -> Millis:
    """From an hour to a month, since it is counted by the hour."""
    length = read_duration(fields, "in") or usual
    if 3_600_000 <= length <= LONGEST:
        return length
    message = f"'in' is {written(length)}"
    fields.reader.wrong(fields.values["in"], message, "Write a length from 1h to 30d")
    return usual
