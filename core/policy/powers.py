"""Reads what passes a request without the votes its stages ask for: model and break-glass."""

from contextlib import suppress

from core.policy import keys as policy_keys
from core.policy.people import People
from core.policy.policy import GlassRule, Rule
from core.policy.values import PLATFORMS, read_channel
from core.refusals import Refused
from core.route import ChannelRef, Grant
from core.source import Fields, Kind, Node, nearest, said
from core.submission import CURRENCY, decimal

_ANYBODY = ("group:", "on_call:")
_PERSON = "The model never fills a seat that asks for a person"


def read_grant(fields: Fields) -> Grant | None:
    """What the model may approve by itself; None unless all of it can be read."""
    node = fields.get("model")
    if node is None:
        return None
    found = fields.reader.mapping(node, "'model'", policy_keys.MODEL)
    confidence_node = found.need("confidence", "Write the least confidence in percent, such as 90")
    amount_node = found.need("amount_up_to", "Write the highest amount, such as 100")
    confidence = (
        None
        if confidence_node is None
        else fields.reader.whole(confidence_node, "'confidence'", 0, 100)
    )
    amount = None if amount_node is None else _amount(found, amount_node)
    currency = found.name("currency")
    if currency is not None and not CURRENCY.fullmatch(currency):
        message = f"'currency' is '{currency}'"
        fields.reader.wrong(found.values["currency"], message, "Use three letters, such as EUR")
    if confidence is None or amount is None:
        return None
    return Grant(confidence=confidence, amount=amount, currency=currency)


def check_grant(fields: Fields, rule: Rule) -> None:
    """Refuse a grant where a stage asks for a person, or the rule for so many people."""
    node = fields.keys.get("model")
    if node is None:
        return
    for stage in rule.stages:
        asks = next((ref for ref in stage.approvers if not ref.startswith(_ANYBODY)), None)
        if asks is None and stage.required_role is not None:
            asks = f"the role {stage.required_role}"
        if asks is None and stage.required_department is not None:
            asks = f"the department {stage.required_department}"
        if asks is not None:
            message = f"stage '{stage.name}' asks for {asks}, so the model cannot approve"
            remedy = f"{_PERSON}: name groups only, or remove 'model'"
            fields.reader.wrong(node, message, remedy)
    if rule.minimum_unique_approvers:
        message = "'minimum_unique_approvers' asks for people, so the model cannot approve"
        fields.reader.wrong(node, message, f"{_PERSON}: remove one of the two")


def read_glass(fields: Fields, people: People) -> GlassRule | None:
    """Who may pass a request alone, and who hears of it; None unless it can be read."""
    node = fields.get("break_glass")
    if node is None:
        return None
    found = fields.reader.mapping(node, "'break_glass'", policy_keys.BREAK_GLASS)
    found.need("role", "Write the role that may do it")
    tell_node = found.need("tell", "Name people and channels that hear of it")
    role = found.name("role")
    if role is not None:
        _check_role(found, role, people)
    tell, channels = ((), ()) if tell_node is None else read_told(tell_node, people)
    return None if role is None else GlassRule(role=role, tell=tell, channels=channels)


def _check_role(fields: Fields, role: str, people: People) -> None:
    if people.directory is None:
        return
    held = {name for person in people.directory.people.values() for name in person.roles}
    if role not in held:
        message = f"nobody in the directory has the role '{role}'"
        remedy = nearest(role, held, "Add it to somebody's 'roles' in the directory")
        fields.reader.wrong(fields.values["role"], message, remedy)


def read_told(
    node: Node, people: People, *, always: bool = False
) -> tuple[tuple[str, ...], tuple[ChannelRef, ...]]:
    """The people and channels of `tell`; with `always` they must not depend on a request."""
    items = people.reader.one_or_more(node, "'tell'")
    if node.kind is Kind.LIST and not items:
        people.reader.wrong(node, "'tell' is empty", "Name people and channels that hear of it")
    references, channels = list[str](), list[ChannelRef]()
    for item in items:
        if str(item.value).partition(":")[0] in PLATFORMS:
            channel = read_channel(people.reader, item)
            channels += [] if channel is None else [channel]
        else:
            reference = people.reference(item, "an item of 'tell'", always=always)
            references += [] if reference is None else [reference]
    return tuple(references), tuple(channels)


def _amount(fields: Fields, node: Node) -> str | None:
    """A positive amount, of the digits that a request's may have."""
    with suppress(Refused):
        if (amount := decimal(node.value, "amount_up_to")) != "0":
            return amount
    remedy = 'Write a positive number, or a decimal in quotes, such as "99.50"'
    fields.reader.wrong(node, f"'amount_up_to' is {said(node)}", remedy)
    return None
