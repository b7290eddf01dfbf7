"""A request as an agent sends it, checked for everything that needs no policy or directory.

Shapes, lengths and JSON traps are the HTTP adapter's business; here the values are made
one: the amount of the params and the top-level amount must be the same number.
"""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from core.content import MAX_SAFE_INTEGER, Revision
from core.refusals import Refused, invalid
from core.value import Millis, Value

MAX_DIGITS = 15
"""Significant digits of an amount: what a double holds exactly, and conditions compare."""

_TOO_MUCH = 10**MAX_DIGITS

_NUMBER = re.compile(r"[-+]?[0-9]{0,60}(\.[0-9]{0,60})?([eE][-+]?[0-9]{1,3})?")
CURRENCY = re.compile(r"[A-Z]{3}")
"""The form of an ISO 4217 code."""


class Submission(Value, frozen=True):
    """What was asked. `amount` is a decimal as a string, `expires_in` milliseconds; nobody who
    reads the request is shown `callback_url`."""

    action_type: str
    params: dict[str, Any]
    title: str
    description: str | None = None
    requester: str | None = None
    amount: str | None = None
    currency: str | None = None
    risk_score: int | None = None
    context: dict[str, Any] = {}
    labels: tuple[str, ...] = ()
    expires_in: Millis | None = None
    previous_request_id: str | None = None
    callback_url: str | None = None


def as_submitted(revision: Revision) -> Submission:
    """A revision as it could be sent again."""
    given = {name: getattr(revision, name) for name in _SHARED}
    return Submission(action_type=revision.action.type, params=revision.action.params, **given)


_SHARED = tuple(name for name in Submission.__struct_fields__ if name in Revision.__struct_fields__)


def lookup(params: Any, path: str) -> Any:
    """The value at a path of names with dots between them; None where there is none."""
    for name in path.split("."):
        if not isinstance(params, dict) or name not in params:
            return None
        params = params[name]
    return params


def amount_of(submission: Submission, path: str | None) -> str | None:
    """The request's amount, as a plain decimal string.

    It comes from the params (their `amount`, or the dotted path the rule names) or from the
    top level; where both are given they must be equal. Raises Refused.
    """
    where = path or "amount"
    inside = lookup(submission.params, where)
    if path is not None and inside is None:
        raise invalid(f"action.params.{path}", "is missing", "The policy takes the amount there.")
    inner = None if inside is None else _decimal(inside, f"action.params.{where}")
    outer = None if submission.amount is None else _decimal(submission.amount, "amount")
    if inner is not None and outer is not None and inner != outer:
        raise invalid(
            "amount",
            f"is {outer:f}, but action.params.{where} is {inner:f}",
            "Send the same number in both places, or only one of them.",
        )
    amount = inner if inner is not None else outer
    return None if amount is None else plain(amount)


def check_currency(currency: str | None) -> None:
    """ISO 4217's form: three capital letters. Raises Refused."""
    if currency is not None and not CURRENCY.fullmatch(currency):
        raise invalid("currency", "is not a currency code", "Use three letters, such as EUR.")


def check_numbers(value: Any, where: str) -> None:
    """Refuse integers that JSON readers disagree about, anywhere in a value."""
    if _are_safe(value):
        return
    pending: list[tuple[Any, str]] = [(value, where)]
    while pending:
        item, path = pending.pop()
        if isinstance(item, dict):
            pending.extend((inner, f"{path}.{key}") for key, inner in item.items())
        elif isinstance(item, list):
            pending.extend((inner, f"{path}[{i}]") for i, inner in enumerate(item))
        elif isinstance(item, int) and abs(item) > MAX_SAFE_INTEGER:
            raise invalid(path, "is an integer beyond 2^53-1", "Send it as a string.")


def _are_safe(value: Any) -> bool:
    """Whether all integers are good: without their paths, which only a refusal names."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
        elif isinstance(item, int) and abs(item) > MAX_SAFE_INTEGER:
            return False
    return True


def plain(amount: Decimal) -> str:
    """A decimal without exponent or trailing zeros: "120000", "12.5"."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _decimal(value: Any, field: str) -> Decimal:
    if type(value) is int and 0 <= value < _TOO_MUCH:
        return Decimal(value)  # What follows says nothing against it, and most amounts are such.
    remedy = 'Send a number, or a decimal as a string, such as 120000 or "12.50".'
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise invalid(field, "is not a number", remedy)
    text = str(value).strip()
    # Decimal would also take 1_0, and digits of other scripts that a reader takes for others.
    if not _NUMBER.fullmatch(text):
        raise invalid(field, "is not a number", remedy)
    try:
        return _bounded(Decimal(text), field)
    except InvalidOperation:
        raise invalid(field, "is not a number", remedy) from None


def _bounded(amount: Decimal, field: str) -> Decimal:
    _, digits, exponent = amount.as_tuple()
    if not isinstance(exponent, int) or abs(exponent) > MAX_DIGITS:
        raise _too_precise(field)
    if len(plain(abs(amount)).replace(".", "").strip("0")) > MAX_DIGITS or len(digits) > 40:
        raise _too_precise(field)
    if abs(amount) >= _TOO_MUCH:
        raise _too_precise(field)
    if amount < 0:
        raise invalid(field, "is negative", "Send the amount without a sign.")
    return amount if amount != 0 else Decimal(0)


def _too_precise(field: str) -> Refused:
    return invalid(field, f"has more than {MAX_DIGITS} significant digits", "Send fewer digits.")


def at_most(amount: str, cap: str) -> bool:
    """Whether one decimal string is at most another."""
    return Decimal(amount) <= Decimal(cap)


def decimal(value: Any, field: str) -> str:
    """A number or decimal string as a plain decimal string; raises Refused naming the field."""
    return plain(_decimal(value, field))
