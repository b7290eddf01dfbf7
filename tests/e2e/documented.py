"""Every refusal that the tests meet is one that the route's description names."""

import re
from functools import cache
from typing import Any

from adapters.webhook.routes import OPERATIONS
from adapters.webhook.statuses import HttpReason

_ANYWHERE = {
    HttpReason.INVALID_INPUT,
    HttpReason.INTERNAL_ERROR,
    HttpReason.UNAVAILABLE,
    HttpReason.OUTCOME_UNKNOWN,
}


def check_documented(method: str, path: str, status: int, told: Any) -> None:
    """Fails when a route refuses with a reason that stands nowhere."""
    if status < 400 or not isinstance(told, dict) or "reason" not in told:
        return
    for verb, template, reasons in _routes():
        if verb == method and template.fullmatch(path.partition("?")[0]):
            assert told["reason"] in reasons, f"{method} {path} does not document {told}"


@cache
def _routes() -> list[tuple[str, re.Pattern[str], set[str]]]:
    return [
        (
            each.method,
            re.compile(re.sub(r"\\{\w+\\}", r"[\\w-]+", re.escape(each.path))),
            {*each.reasons, *_ANYWHERE},
        )
        for each in OPERATIONS
    ]
