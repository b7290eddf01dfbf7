"""Reads the policy document into a policy, or finds everything that is wrong with it.

What this version does not honour is refused, never ignored. It reads nodes, never files.
"""

import hashlib
import re

from core import policy_keys
from core.directory import Directory
from core.duration import parse_duration, written
from core.policy import Policy, Rule, StageRule
from core.policy_people import People
from core.policy_stages import (
    Defaults,
    read_condition,
    read_duration,
    read_stages,
    unique_name,
)
from core.request import Category, ChannelRef
from core.source import Fields, Kind, Mistakes, Node, Reader, nearest, said

__all__ = ["ALWAYS", "FALLBACK", "parse_duration", "read_policy"]

ALWAYS = -1
"""`confirm_above` of a rule with `confirm: always`: below every risk score."""

FALLBACK = "fallback"
"""The name of the rule that takes what no other rule names."""

DEFAULT_EXPIRY = parse_duration("24h")
VERSION_DIGITS = 16
PLATFORMS = ("slack", "teams")

_PATH = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_PARAMS = "request.action.params."


def read_policy(node: Node, text: str, directory: Directory | None) -> Policy:
    """The policy of a document and its text. Raises Mistakes.

    Without a directory nobody can be looked up, so only the form is checked.
    """
    reader = Reader()
    people = People(reader, directory)
    fields = reader.mapping(node, "the policy", policy_keys.POLICY, policy_keys.UNSUPPORTED)
    _check_version(fields)
    defaults = _defaults(fields)
    rules = _rules(fields, people, defaults)
    fallback = _fallback(fields, people, defaults)
    last_resort = _last_resort(fields, people)
    if reader.mistakes or fallback is None:
        raise Mistakes(reader.mistakes)
    version = hashlib.sha256(text.encode()).hexdigest()[:VERSION_DIGITS]
    return Policy(
        version=version, text=text, rules=rules, fallback=fallback, last_resort=last_resort
    )


def _check_version(fields: Fields) -> None:
    node = fields.need("version", "Write version: 1 at the top")
    if node is not None and (node.kind is not Kind.INTEGER or node.value != 1):
        found = node.value if node.kind is Kind.INTEGER else said(node)
        fields.reader.wrong(node, f"'version' is {found}", "Write version: 1")


def _defaults(fields: Fields) -> Defaults:
    node = fields.get("defaults")
    if node is None:
        return Defaults(DEFAULT_EXPIRY, None, None)
    found = fields.reader.mapping(node, "'defaults'", policy_keys.DEFAULTS, policy_keys.UNSUPPORTED)
    expires_in = read_duration(found, "expires_in")
    sla = read_duration(found, "sla")
    return Defaults(expires_in or DEFAULT_EXPIRY, sla, found.get("expires_in"))


def _rules(fields: Fields, people: People, defaults: Defaults) -> tuple[Rule, ...]:
    node = fields.need("rules", "Write the list of rules")
    items = () if node is None else fields.reader.listed(node, "'rules'")
    rules: list[Rule] = []
    seen: dict[str, Node] = {}
    for item in items:
        found = fields.reader.mapping(item, "a rule", policy_keys.RULE, policy_keys.UNSUPPORTED)
        found.need("name", "Name the rule")
        # Without a condition a rule takes everything: that must be written, not forgotten.
        found.need("when", 'Write the condition; "true" takes every request')
        name_node, name = found.get("name"), found.name("name") or ""
        if name_node is not None and name == FALLBACK:
            people.reader.wrong(name_node, f"'{FALLBACK}' is a reserved name", "Use another name")
        unique_name(found, name, seen, "rule")
        rules.append(_rule(found, name, people, defaults))
    return tuple(rules)


def _fallback(fields: Fields, people: People, defaults: Defaults) -> Rule | None:
    remedy = "Say who reviews what no rule names: {category: review, stages: [...]}"
    node = fields.need("fallback", remedy)
    if node is None:
        return None
    found = fields.reader.mapping(node, "'fallback'", policy_keys.FALLBACK, policy_keys.UNSUPPORTED)
    rule = _rule(found, FALLBACK, people, defaults)
    category = found.get("category")
    if category is not None and rule.category is not Category.REVIEW:
        message = f"'fallback' cannot be of category {rule.category}"
        fields.reader.wrong(category, message, "Write category: review")
    return rule


def _last_resort(fields: Fields, people: People) -> tuple[str, ...]:
    node = fields.need("last_resort", "Name who is asked when nobody else can decide")
    if node is None:
        return ()
    items = fields.reader.one_or_more(node, "'last_resort'")
    if node.kind is Kind.LIST and not items:
        fields.reader.wrong(node, "'last_resort' is empty", "Name somebody or a group")
    return tuple(people.references(items, "an item of 'last_resort'", always=True))


def _rule(fields: Fields, name: str, people: People, defaults: Defaults) -> Rule:
    category = _category(fields)
    stages_node = fields.get("stages")
    stages = () if stages_node is None else read_stages(stages_node, people, defaults)
    _check_category(fields, category, stages_node)
    _check_on_reject(fields)
    expires_in = read_duration(fields, "expires_in") or defaults.expires_in
    _check_expiry(fields, name, stages, expires_in, defaults)
    return Rule(
        name=name,
        category=category or Category.REVIEW,
        when=read_condition(fields),
        stages=stages,
        because=fields.text("because"),
        channels=_channels(fields),
        confirm_above=_confirm(fields),
        amount_from=_amount_from(fields),
        expires_in=expires_in,
        block_self_approval=fields.flag("block_self_approval", True),
        different_approvers=fields.flag("different_approvers", True),
    )


def _category(fields: Fields) -> Category | None:
    node = fields.need("category", "Write auto_approve, review or prohibited")
    word = None if node is None else fields.reader.one_of(node, "'category'", tuple(Category))
    return None if word is None else Category(word)


def _check_category(fields: Fields, category: Category | None, stages: Node | None) -> None:
    if category is Category.REVIEW:
        if stages is None or (stages.kind is Kind.LIST and not stages.items):
            message = "a rule of category review has no stages"
            fields.reader.wrong(stages or fields.node, message, "Write at least one stage")
    elif category is not None:
        for key in policy_keys.REVIEW_ONLY:
            if key in fields.keys:
                message = f"'{key}' has no effect in a rule of category {category}"
                fields.reader.wrong(
                    fields.keys[key], message, "Remove it or write category: review"
                )


def _check_on_reject(fields: Fields) -> None:
    node = fields.get("on_reject")
    if node is None or (node.kind is Kind.TEXT and node.value == "terminate"):
        return
    if node.value in policy_keys.UNSUPPORTED_ON_REJECT:
        message = f"'on_reject: {node.value}' is not supported by this version"
        fields.reader.wrong(node, message, "Write on_reject: terminate, or remove it")
    else:
        fields.reader.wrong(node, f"'on_reject' is {said(node)}", "Write on_reject: terminate")


def _check_expiry(
    fields: Fields, name: str, stages: tuple[StageRule, ...], expires_in: int, defaults: Defaults
) -> None:
    longest = sum(stage.sla or 0 for stage in stages)
    if longest > expires_in:
        message = (
            f"the stages of '{name}' may take {written(longest)} by their sla, "
            f"but requests expire in {written(expires_in)}"
        )
        node = fields.get("expires_in") or defaults.node or fields.node
        remedy = f"Raise expires_in to {written(longest)} or more, or shorten the sla"
        fields.reader.wrong(node, message, remedy)


def _channels(fields: Fields) -> tuple[ChannelRef, ...]:
    node = fields.get("channel")
    items = () if node is None else fields.reader.one_or_more(node, "'channel'")
    read = (_channel(fields.reader, item) for item in items)
    return tuple(channel for channel in read if channel is not None)


def _channel(reader: Reader, node: Node) -> ChannelRef | None:
    text = reader.name(node, "a channel")
    if text is None:
        return None
    platform, _, channel = text.partition(":")
    if platform not in PLATFORMS:
        otherwise = "Write slack:C0123456789 or teams:19:...@thread.tacv2"
        remedy = nearest(platform, PLATFORMS, otherwise)
        reader.wrong(node, f"channel '{text}' is on no known platform", remedy)
        return None
    if not channel or " " in channel:
        remedy = f"Write the channel's id after {platform}:"
        reader.wrong(node, f"channel '{text}' has no id", remedy)
        return None
    return ChannelRef(platform=platform, id=channel)


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


def _amount_from(fields: Fields) -> str | None:
    node, path = fields.get("amount_from"), fields.name("amount_from")
    if node is None or path is None:
        return None
    inside = path.removeprefix(_PARAMS)
    if not _PATH.fullmatch(path):
        remedy = "Write the names in the params with dots between them: total.gross"
        fields.reader.wrong(node, f"'amount_from' is {said(node)}, not a path", remedy)
    elif inside != path:
        remedy = f"Write {inside}: the path starts inside the params"
        fields.reader.wrong(node, "'amount_from' starts outside the params", remedy)
    return path
