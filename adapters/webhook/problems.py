"""Every refusal as RFC 9457 problem+json: one closed set of reasons, each with a status.

`type` is a stable relative address: the anchor of the reason on this server's docs page.
Nothing here ever repeats a key, a body or an exception's text.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec
from aiohttp import web

from adapters.webhook.mistakes import Mistake, Mistaken
from core.refusals import SENTENCES, Reason, Refused

CONTENT_TYPE: Final = "application/problem+json"


class HttpReason(StrEnum):
    """Refusals that never reach the core. The value is the public name."""

    MALFORMED_JSON = "malformed_json"
    INVALID_INPUT = "invalid_input"
    UNKNOWN_ROUTE = "unknown_route"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    BODY_TOO_LARGE = "body_too_large"
    BODY_TOO_SLOW = "body_too_slow"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    BAD_REQUEST = "bad_request"
    NOT_READY = "not_ready"
    UNAVAILABLE = "unavailable"
    OUTCOME_UNKNOWN = "outcome_unknown"
    INTERNAL_ERROR = "internal_error"


AnyReason = Reason | HttpReason

STATUS: Final[Mapping[AnyReason, int]] = {
    Reason.UNKNOWN_REQUEST: 404,
    Reason.UNKNOWN_ACCOUNT: 403,
    Reason.NOT_AN_APPROVER: 403,
    Reason.NO_LONGER_QUALIFIED: 403,
    Reason.SELF_APPROVAL: 403,
    Reason.APPROVED_EARLIER_STAGE: 403,
    Reason.STALE_CARD: 409,
    Reason.WRONG_STAGE: 409,
    Reason.FINISHED: 409,
    Reason.REASON_REQUIRED: 422,
    Reason.TEXT_TOO_LONG: 422,
    Reason.NOT_ALLOWED_TO_CANCEL: 403,
    Reason.INVALID_FIELD: 422,
    Reason.UNKNOWN_REQUESTER: 422,
    Reason.REQUESTER_NOT_ALLOWED: 403,
    Reason.CONDITION_FAILED: 422,
    Reason.NOBODY_TO_ASK: 422,
    Reason.IDEMPOTENCY_MISMATCH: 422,
    Reason.KEY_MISSING: 401,
    Reason.KEY_UNKNOWN: 401,
    Reason.KEY_EXPIRED: 401,
    Reason.KEY_REVOKED: 401,
    Reason.SCOPE_MISSING: 403,
    Reason.NO_PERSON: 403,
    HttpReason.MALFORMED_JSON: 400,
    HttpReason.INVALID_INPUT: 422,
    HttpReason.UNKNOWN_ROUTE: 404,
    HttpReason.METHOD_NOT_ALLOWED: 405,
    HttpReason.BODY_TOO_LARGE: 413,
    HttpReason.BODY_TOO_SLOW: 408,
    HttpReason.UNSUPPORTED_MEDIA_TYPE: 415,
    HttpReason.BAD_REQUEST: 400,
    HttpReason.NOT_READY: 503,
    HttpReason.UNAVAILABLE: 503,
    HttpReason.OUTCOME_UNKNOWN: 503,
    HttpReason.INTERNAL_ERROR: 500,
}

HTTP_SENTENCES: Final[Mapping[HttpReason, str]] = {
    HttpReason.MALFORMED_JSON: "The body is not JSON. The detail says where.",
    HttpReason.INVALID_INPUT: "Some fields are not as they must be. `errors` names each one.",
    HttpReason.UNKNOWN_ROUTE: "There is nothing at this address. See /docs for what there is.",
    HttpReason.METHOD_NOT_ALLOWED: "This address does not have this method. See `Allow`.",
    HttpReason.BODY_TOO_LARGE: "The body is larger than 256 KB. Send less.",
    HttpReason.BODY_TOO_SLOW: "The body did not arrive in time. Send it again, at once.",
    HttpReason.UNSUPPORTED_MEDIA_TYPE: "Send the body as application/json, not compressed.",
    HttpReason.BAD_REQUEST: "The request is not well-formed HTTP.",
    HttpReason.NOT_READY: "The server is not ready. The detail says what is missing.",
    HttpReason.UNAVAILABLE: "The database cannot be used now; nothing was stored. Try again.",
    HttpReason.OUTCOME_UNKNOWN: (
        "The database was lost while it stored this. Send it again with the same "
        "Idempotency-Key, or look whether it is there."
    ),
    HttpReason.INTERNAL_ERROR: (
        "Something went wrong on the server. Quote `request_id` to its operator."
    ),
}

_TITLES: Final[Mapping[AnyReason, str]] = {
    reason: reason.value.replace("_", " ").capitalize().replace("json", "JSON")
    for reason in (*Reason, *HttpReason)
}

_FIELD: Final[Mapping[Reason, tuple[str, str]]] = {
    Reason.UNKNOWN_REQUESTER: ("requester", "is not in the directory"),
    Reason.REQUESTER_NOT_ALLOWED: ("requester", "may not be named by this key"),
    Reason.REASON_REQUIRED: ("comment", "is missing"),
    Reason.TEXT_TOO_LONG: ("comment", "is too long"),
    Reason.STALE_CARD: ("revision", "is not the present one"),
    Reason.WRONG_STAGE: ("stage", "is not the current one"),
}
"""The field that a reason is about, and what is wrong with it."""


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An RFC 9457 problem. `reason` is from a closed set; `errors` name each wrong field."""

    type: str
    title: str
    status: int
    detail: str
    reason: str
    errors: tuple[Mistake, ...] = ()
    request_id: str = ""


class Answered(Exception):
    """A refusal on the way in, to be answered as this problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.reason)


_encoder = msgspec.json.Encoder()


def problem(reason: AnyReason, detail: str = "", errors: tuple[Mistake, ...] = ()) -> Problem:
    """The problem for a reason; without `detail` it says the reason's own sentence."""
    return Problem(
        type=f"/docs#error-{reason.value}",
        title=_TITLES[reason],
        status=STATUS[reason],
        detail=detail or sentence(reason),
        reason=reason.value,
        errors=errors,
    )


def sentence(reason: AnyReason) -> str:
    """The sentence that explains a reason, with ‹names› where a refusal says what it is about."""
    if isinstance(reason, HttpReason):
        return HTTP_SENTENCES[reason]
    if reason is Reason.INVALID_FIELD:
        return "A field does not fit the request or its policy rule. `errors` names it."
    return re.sub(r"\{(\w+)\}", r"‹\1›", SENTENCES[reason])


def of_refusal(refusal: Refused) -> Problem:
    """What the core refused, with the field it is about where there is one."""
    details = refusal.details
    if refusal.reason is Reason.INVALID_FIELD:
        place = Mistake(
            details.get("field", ""), details.get("problem", ""), details.get("remedy", "")
        )
        return problem(refusal.reason, refusal.sentence, (place,))
    about = _FIELD.get(refusal.reason)
    errors = () if about is None else (Mistake(*about, refusal.sentence),)
    return problem(refusal.reason, refusal.sentence, errors)


def of_mistakes(mistaken: Mistaken) -> Problem:
    """Wrong fields, all of them."""
    first = mistaken.mistakes[0].sentence
    more = len(mistaken.mistakes) - 1
    detail = first if not more else f"{first} ({more} more in `errors`)"
    return problem(HttpReason.INVALID_INPUT, detail, mistaken.mistakes)


def response(found: Problem, request_id: str = "", allow: str = "") -> web.Response:
    """The HTTP answer. A 401 says which scheme is wanted, a 405 which methods there are."""
    body = _encoder.encode(msgspec.structs.replace(found, request_id=request_id))
    answer = web.Response(body=body, status=found.status, content_type=CONTENT_TYPE)
    if found.status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if allow:
        answer.headers["Allow"] = allow
    return answer
