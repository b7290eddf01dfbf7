"""Validated bodies and headers into what the service takes. It judges nothing itself."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from adapters.webhook.mistakes import Mistake, Mistaken
from adapters.webhook.schema import MAX_CONTEXT_BYTES, Context, ListQuery, SubmitBody
from adapters.webhook.schema_rules import AbsenceBody
from core.calendars.duration import UNITS
from core.refusals import Reason, Refused
from core.rows import ListFilter
from core.service.absences import Wish
from core.submission import Submission
from core.tokens.token import END_OF_TIME
from core.value import Millis

_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]{1,255}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def submission(body: SubmitBody) -> Submission:
    """The request as the core takes it; raises Mistaken for what no type can say."""
    return Submission(
        action_type=body.action.type,
        params=body.action.params,
        title=body.title,
        description=body.description,
        requester=body.requester,
        amount=None if body.amount is None else str(body.amount),
        currency=body.currency,
        risk_score=body.risk_score,
        context=context_of(body.context),
        labels=tuple(body.labels or ()),
        expires_in=None if body.expires_in is None else milliseconds(body.expires_in),
        previous_request_id=body.previous_request_id,
        callback_url=body.callback_url,
    )


def milliseconds(duration: str) -> Millis:
    """A duration such as "90m", already checked for its form."""
    return int(duration[:-1]) * UNITS[duration[-1]]


def moment(given: str | None, field: str) -> Millis | None:
    """A time whose form was checked, in milliseconds; raises Mistaken for a day that is none."""
    if given is None:
        return None
    try:
        at = (datetime.fromisoformat(given) - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        at = -1
    if not 0 <= at <= END_OF_TIME:
        remedy = "Send a time from 1970 to 9999, such as 2026-08-01T09:00:00Z."
        raise Mistaken([Mistake(field, "is not a time that exists", remedy)])
    return at


def wish(body: AbsenceBody, giver: str) -> Wish:
    """A standing delegation as the core takes it. Raises Mistaken for a time that is none."""
    return Wish(
        giver=giver,
        taker=body.to,
        starts=moment(body.starts, "starts"),
        ends=moment(body.until, "until"),
        categories=tuple(body.categories or ()),
        amount_cap=None if body.amount_cap is None else str(body.amount_cap),
        currency=body.currency,
    )


def idempotency_key(values: list[str]) -> str | None:
    """The one Idempotency-Key of a call, None without; raises Mistaken for any other."""
    if not values:
        return None
    if len(values) > 1 or _VISIBLE_ASCII.fullmatch(values[0]) is None:
        problem = "is not one key" if len(values) > 1 else "does not have the right form"
        remedy = "Send one key of 1 to 255 visible ASCII characters, such as a UUID."
        raise Mistaken([Mistake("Idempotency-Key", problem, remedy)])
    return values[0]


def list_filter(query: ListQuery, person: str | None) -> ListFilter:
    """The filter a query asks for, as the key's `person`; the core narrows it to what the
    caller may see. Raises Refused."""
    waiting_for = query.waiting_for
    if waiting_for == "me":
        if person is None:
            raise Refused(Reason.NO_PERSON)
        waiting_for = person
    return ListFilter(
        status=None if query.status is None else query.status.value,
        category=None if query.category is None else query.category.value,
        requester=None if query.requester is None else query.requester.lower(),
        approver=None if query.approver is None else query.approver.lower(),
        waiting_for=None if waiting_for is None else waiting_for.lower(),
        limit=query.limit,
        cursor=query.cursor,
    )


def context_of(context: Context | None) -> dict[str, Any]:
    """What was given of it. Raises Mistaken when it is too large."""
    if context is None:
        return {}
    given: dict[str, Any] = msgspec.to_builtins(context)
    if len(msgspec.json.encode(given)) > MAX_CONTEXT_BYTES:
        remedy = f"Send at most {MAX_CONTEXT_BYTES // 1024} KB, and the rest as links."
        raise Mistaken([Mistake("context", "is too large", remedy)])
    return given
