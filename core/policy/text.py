"""Reads the policy document into a policy, or finds everything that is wrong with it.

What this version does not honour is refused, never ignored. It reads nodes, never files.
"""

import hashlib

from core.calendars.duration import parse_duration
from core.directory.people import Directory
from core.policy import keys as policy_keys
from core.policy.alerts import read_alerts
from core.policy.calendars import (
    Calendars,
    read_calendar_name,
    read_calendars,
    read_rotations,
)
from core.policy.people import People
from core.policy.policy import Conflict, Policy
from core.policy.reading import Defaults, Reading
from core.policy.reminders import lengths, read_reminders
from core.policy.retention import read_retention
from core.policy.rules import ALWAYS, Ruled, read_rule
from core.policy.values import (
    read_condition,
    read_duration,
    read_on_timeout,
    read_sla,
    unique_name,
)
from core.policy.warnings import warn_of_rules, warn_of_the_unreached
from core.route import Category, OnTimeout
from core.source import Fields, Kind, Mistake, Mistakes, Node, Reader, said

__all__ = ["ALWAYS", "FALLBACK", "parse_duration", "read_policy", "read_with_warnings"]

FALLBACK = "fallback"
"""The name of the rule that takes what no other rule names."""

DEFAULT_EXPIRY = parse_duration("24h")
VERSION_DIGITS = 16


def read_policy(node: Node, text: str, directory: Directory | None) -> Policy:
    """The policy of a document and its text. Raises Mistakes.

    Without a directory nobody can be looked up, so only the form is checked.
    """
    return read_with_warnings(node, text, directory)[0]


def read_with_warnings(
    node: Node, text: str, directory: Directory | None
) -> tuple[Policy, tuple[Mistake, ...]]:
    """The policy, and what in it may be meant but is unwise. Raises Mistakes."""
    reader = Reader()
    fields = reader.mapping(node, "the policy", policy_keys.POLICY)
    _check_version(fields)
    calendars = read_calendars(fields)
    defaults = _defaults(fields, calendars)
    usual = calendars.get(defaults.calendar) if defaults.calendar else None
    rotations = read_rotations(fields, directory, "UTC" if usual is None else usual.timezone)
    reading = Reading(People(reader, directory, rotations), defaults, calendars)
    conflicts = _conflicts(fields, reading)
    rules = _rules(fields, reading)
    fallback = _fallback(fields, reading)
    last_resort = _last_resort(fields, reading.people)
    alerts = read_alerts(fields, reading.people)
    if reader.mistakes or fallback is None:
        raise Mistakes(reader.mistakes)
    warn_of_rules(reading, rules, fallback)
    warn_of_the_unreached(reading)
    policy = Policy(
        version=version_of(text),
        text=text,
        rules=tuple(ruled.rule for ruled in rules),
        fallback=fallback.rule,
        last_resort=last_resort,
        calendars={name: found for name, found in calendars.items() if found is not None},
        on_call={name: found for name, found in rotations.items() if found is not None},
        conflicts=conflicts,
        alerts=alerts,
    )
    return policy, tuple(sorted(set(reading.warnings)))


def version_of(text: str) -> str:
    """The version of a policy's text: each content is one."""
    return hashlib.sha256(text.encode()).hexdigest()[:VERSION_DIGITS]


def _check_version(fields: Fields) -> None:
    node = fields.need("version", "Write version: 1 at the top")
    if node is not None and (node.kind is not Kind.INTEGER or node.value != 1):
        found = node.value if node.kind is Kind.INTEGER else said(node)
        fields.reader.wrong(node, f"'version' is {found}", "Write version: 1")


def _defaults(fields: Fields, calendars: Calendars) -> Defaults:
    node = fields.get("defaults")
    if node is None:
        return Defaults(DEFAULT_EXPIRY)
    found = fields.reader.mapping(node, "'defaults'", policy_keys.DEFAULTS)
    sla = read_sla(found)
    remind_at = read_reminders(found) or ()
    # Percentages that have nothing to be counted from are a mistake here, not at each stage.
    lengths(fields.reader, remind_at, sla)
    return Defaults(
        expires_in=read_duration(found, "expires_in") or DEFAULT_EXPIRY,
        sla=sla,
        node=found.get("expires_in"),
        remind_at=remind_at,
        calendar=read_calendar_name(found, calendars, None),
        on_timeout=read_on_timeout(found) or OnTimeout.ESCALATE,
        retention=read_retention(found, None),
    )


def _conflicts(fields: Fields, reading: Reading) -> tuple[Conflict, ...]:
    node = fields.get("conflicts")
    items = () if node is None else fields.reader.listed(node, "'conflicts'")
    found = (_conflict(item, reading) for item in items)
    return tuple(conflict for conflict in found if conflict is not None)


def _conflict(node: Node, reading: Reading) -> Conflict | None:
    fields = reading.reader.mapping(node, "a conflict", policy_keys.CONFLICT)
    people_node = fields.need("people", "Name who may not approve")
    fields.need("when", "Write the condition under which they may not approve")
    items = () if people_node is None else reading.reader.one_or_more(people_node, "'people'")
    if people_node is not None and people_node.kind is Kind.LIST and not items:
        reading.reader.wrong(people_node, "'people' is empty", "Name who may not approve")
    people = tuple(reading.people.references(items, "an item of 'people'"))
    when = read_condition(fields)
    return (
        None if when is None else Conflict(people=people, when=when, because=fields.text("because"))
    )


def _rules(fields: Fields, reading: Reading) -> tuple[Ruled, ...]:
    node = fields.need("rules", "Write the list of rules")
    items = () if node is None else fields.reader.listed(node, "'rules'")
    rules: list[Ruled] = []
    seen: dict[str, Node] = {}
    for item in items:
        found = fields.reader.mapping(item, "a rule", policy_keys.RULE)
        found.need("name", "Name the rule")
        # Without a condition a rule takes everything: that must be written, not forgotten.
        found.need("when", 'Write the condition; "true" takes every request')
        name_node, name = found.get("name"), found.name("name") or ""
        if name_node is not None and name == FALLBACK:
            fields.reader.wrong(name_node, f"'{FALLBACK}' is a reserved name", "Use another name")
        unique_name(found, name, seen, "rule")
        rules.append(read_rule(found, name, reading))
    return tuple(rules)


def _fallback(fields: Fields, reading: Reading) -> Ruled | None:
    remedy = "Say who reviews what no rule names: {category: review, stages: [...]}"
    node = fields.need("fallback", remedy)
    if node is None:
        return None
    found = fields.reader.mapping(node, "'fallback'", policy_keys.FALLBACK)
    ruled = read_rule(found, FALLBACK, reading)
    category = found.get("category")
    if category is not None and ruled.rule.category is not Category.REVIEW:
        message = f"'fallback' cannot be of category {ruled.rule.category}"
        fields.reader.wrong(category, message, "Write category: review")
    return ruled


def _last_resort(fields: Fields, people: People) -> tuple[str, ...]:
    node = fields.need("last_resort", "Name who is asked when nobody else can decide")
    if node is None:
        return ()
    items = fields.reader.one_or_more(node, "'last_resort'")
    if node.kind is Kind.LIST and not items:
        fields.reader.wrong(node, "'last_resort' is empty", "Name somebody or a group")
    return tuple(people.references(items, "an item of 'last_resort'", always=True))
