"""Reads one rule of a policy document, and finds keys that would do nothing in it."""

from dataclasses import dataclass

from core.calendars.duration import parse_duration
from core.policy import keys as policy_keys
from core.policy.editing import read_amount_from, read_editable
from core.policy.expiry import check_expiry
from core.policy.policy import Rule
from core.policy.powers import check_grant, read_glass, read_grant
from core.policy.reading import Reading
from core.policy.retention import check_retention, read_retention
from core.policy.stages import Staged, read_stages
from core.policy.values import (
    read_channels,
    read_condition,
    read_duration,
    read_one_of,
    read_whole,
)
from core.route import Category, OnReject
from core.source import Fields, Kind, Node, said
from core.value import Millis

ALWAYS = -1
"""`confirm_above` of a rule with `confirm: always`: below every risk score."""

OFF = "off"

_WINDOW = "Write a length of time such as 7d, or off"


@dataclass(frozen=True, slots=True)
class Ruled:
    """A rule as read, with the fields that mistakes and warnings point at."""

    rule: Rule
    fields: Fields
    stages: tuple[Staged, ...]


def read_rule(fields: Fields, name: str, reading: Reading) -> Ruled:
    """The rule of these fields; mistakes are noted, and defaults stand where they are."""
    category = _category(fields)
    stages_node = fields.get("stages")
    staged = () if stages_node is None else read_stages(stages_node, reading)
    _check_category(fields, category, stages_node)
    expires_in = read_duration(fields, "expires_in") or reading.defaults.expires_in
    stages = tuple(s.stage for s in staged)
    check_expiry(fields, name, stages, expires_in, reading)
    usual = Rule(name=name, category=category or Category.REVIEW, expires_in=expires_in)
    rule = Rule(
        name=name,
        category=usual.category,
        when=read_condition(fields),
        stages=stages,
        because=fields.text("because"),
        channels=read_channels(fields),
        confirm_above=_confirm(fields),
        amount_from=read_amount_from(fields),
        expires_in=expires_in,
        block_self_approval=fields.flag("block_self_approval", True),
        different_approvers=fields.flag("different_approvers", True),
        different_departments=fields.flag("different_departments", False),
        minimum_unique_approvers=_unique(fields, staged),
        on_reject=_on_reject(fields),
        max_rounds=read_whole(fields, "max_rounds", usual.max_rounds, 1, 10),
        max_attempts=read_whole(fields, "max_attempts", usual.max_attempts, 1, 20),
        editable=read_editable(fields),
        keep_approvals=fields.flag("keep_approvals", False),
        grant=read_grant(fields),
        glass=read_glass(fields, reading.people),
        token_lifetime=read_duration(fields, "token_expires_in") or usual.token_lifetime,
        repeat_window=_repeat_window(fields, usual.repeat_window),
        decide_in="web" if read_one_of(fields, "decide_in", ("web",)) else None,
        batch=fields.flag("batch", False),
        digest=read_one_of(fields, "digest", ("daily",)) is not None,
        by_rules=_by_rules(fields),
        retention=read_retention(fields, reading.defaults.retention),
    )
    check_grant(fields, rule)
    check_retention(fields, rule)
    return Ruled(rule, fields, staged)


def _category(fields: Fields) -> Category | None:
    node = fields.need("category", "Write auto_approve, review or prohibited")
    word = None if node is None else fields.reader.one_of(node, "'category'", tuple(Category))
    return None if word is None else Category(word)


def _check_category(fields: Fields, category: Category | None, stages: Node | None) -> None:
    if category is Category.REVIEW:
        if stages is None or (stages.kind is Kind.LIST and not stages.items):
            message = "a rule of category review has no stages"
            fields.reader.wrong(stages or fields.node, message, "Write at least one stage")
        return
    idle = policy_keys.REVIEW_ONLY if category is not None else ()
    if category is Category.PROHIBITED:
        idle += policy_keys.NOT_PROHIBITED
    for key in idle:
        if key in fields.keys:
            message = f"'{key}' has no effect in a rule of category {category}"
            fields.reader.wrong(fields.keys[key], message, "Remove it or write category: review")


def _on_reject(fields: Fields) -> OnReject:
    word = read_one_of(fields, "on_reject", tuple(OnReject))
    return OnReject.TERMINATE if word is None else OnReject(word)


def _by_rules(fields: Fields) -> bool:
    """Whether no model is asked; one that is not asked can approve nothing by itself either."""
    if read_one_of(fields, "rationale", ("model", "rules")) != "rules":
        return False
    if "model" in fields.keys:
        message = "'model' has no effect in a rule with rationale: rules"
        fields.reader.wrong(fields.keys["model"], message, "Remove one of them")
    return True


def _confirm(fields: Fields) -> int | None:
    node = fields.get("confirm")
    if node is None or (node.kind is Kind.TEXT and node.value == "never"):
        return None
    if node.kind is Kind.TEXT and node.value == "always":
        return ALWAYS
    if node.kind is Kind.INTEGER:
        return fields.reader.whole(node, "'confirm'", 0, 100)
    remedy = "Write the risk score (0 to 100) above which to ask, always, or never"
    fields.reader.wrong(node, f"'confirm' is {said(node)}", remedy)
    return None


def _unique(fields: Fields, staged: tuple[Staged, ...]) -> int:
    node = fields.get("minimum_unique_approvers")
    wanted = read_whole(fields, "minimum_unique_approvers", 0, 1, 20)
    if node is None or not wanted or any(s.able is None for s in staged):
        return wanted
    people = {p for s in staged for entry in s.able or () for p in entry.people}
    if len(people) < wanted:
        message = (
            f"minimum_unique_approvers is {wanted}, but only {len(people)} people "
            "can decide the stages of this rule"
        )
        fields.reader.wrong(node, message, "Lower it or name more approvers")
    return wanted


def _repeat_window(fields: Fields, usual: Millis) -> Millis:
    node = fields.get("repeat_window")
    if node is None:
        return usual
    if node.kind is Kind.TEXT and node.value == OFF:
        return 0
    try:
        return parse_duration(str(node.value) if node.kind is Kind.TEXT else "")
    except ValueError:
        fields.reader.wrong(node, f"'repeat_window' is {said(node)}", _WINDOW)
        return usual
