"""Every refusal as RFC 9457 problem+json: one closed set of reasons, each with a status.

`type` is a stable relative address: the anchor of the reason on this server's docs page.
Nothing here ever repeats a key, a body or an exception's text.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec
from aiohttp import web

from adapters.webhook.mistakes import Mistake, Mistaken
from adapters.webhook.statuses import FIELD, STATUS, AnyReason, HttpReason
from core.refusals import SENTENCES, Reason, Refused
from core.source import Mistakes

__all__ = [
    "CONTENT_TYPE",
    "HTTP_SENTENCES",
    "STATUS",
    "Answered",
    "AnyReason",
    "HttpReason",
    "Problem",
    "of_mistakes",
    "of_refusal",
    "problem",
    "response",
    "sentence",
    "type_of",
]

CONTENT_TYPE: Final = "application/problem+json"
MOST_MISTAKES: Final = 200
"""Mistakes of a policy that one answer names."""


HTTP_SENTENCES: Final[Mapping[HttpReason, str]] = {
    HttpReason.MALFORMED_JSON: "The body is not JSON. The detail says where.",
    HttpReason.INVALID_INPUT: "Some fields are not as they must be. `errors` names each one.",
    HttpReason.UNKNOWN_ROUTE: "There is nothing at this address. See /docs for what there is.",
    HttpReason.METHOD_NOT_ALLOWED: "This address does not have this method. See `Allow`.",
    HttpReason.BODY_TOO_LARGE: "The body is larger than 256 KB. Send less.",
    HttpReason.BODY_TOO_SLOW: "The body did not arrive in time. Send it again, at once.",
    HttpReason.UNSUPPORTED_MEDIA_TYPE: (
        "Send the body as application/json (a policy also as text/yaml), not compressed."
    ),
    HttpReason.BAD_REQUEST: "The request is not well-formed HTTP.",
    HttpReason.NO_EVIDENCE: (
        "This server signs nothing, so it has no checkpoints and no export. "
        "Set COUNTERSIGN_SIGNING_KEY."
    ),
    HttpReason.METRICS_TOKEN: (
        "Metrics are for whoever has their token. Send it as 'Authorization: Bearer <token>': the "
        "server has it as COUNTERSIGN_METRICS_TOKEN."
    ),
    HttpReason.TOO_MANY_STREAMS: (
        "This key has 5,000 streams open. Close some, or wait with `?wait=` for one request at a "
        "time."
    ),
    HttpReason.STREAMS_EXHAUSTED: (
        "The server has as many streams open as it may. Try again, or wait with `?wait=`."
    ),
    HttpReason.NOT_READY: "The server is not ready. The detail says what is missing.",
    HttpReason.UNAVAILABLE: "The database cannot be used now; nothing was stored. Try again.",
    HttpReason.OUTCOME_UNKNOWN: (
        "The database was lost while it stored this. Send it again with the same "
        "Idempotency-Key, or look whether it is there."
    ),
    HttpReason.RATE_LIMITED: (
        "This API key calls more often than it may. Wait for the seconds of `Retry-After`, or "
        "have 'countersign keys limit' allow more."
    ),
    HttpReason.TOO_MANY_FAILURES: (
        "Too many unknown API keys came from this address. Wait for the seconds of `Retry-After`; "
        "keys that are known go on."
    ),
    HttpReason.INTERNAL_ERROR: (
        "Something went wrong on the server. Quote `request_id` to its operator."
    ),
}

_TITLES: Final[Mapping[AnyReason, str]] = {
    reason: reason.value.replace("_", " ").capitalize().replace("json", "JSON")
    for reason in (*Reason, *HttpReason)
}


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
        type=type_of(reason),
        title=_TITLES[reason],
        status=STATUS[reason],
        detail=detail or sentence(reason),
        reason=reason.value,
        errors=errors,
    )


def type_of(reason: AnyReason) -> str:
    """The problem's `type`: where the docs page of this server explains the reason."""
    return f"/docs#error-{reason.value}"


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
    if isinstance(refusal.__cause__, Mistakes):
        return problem(refusal.reason, refusal.sentence, _of_text(refusal.__cause__))
    about = FIELD.get(refusal.reason)
    if about is None:
        return problem(refusal.reason, refusal.sentence)
    field, wrong = details.get("field", about[0]), about[1]
    errors = (Mistake(field, wrong, refusal.sentence),)
    return problem(refusal.reason, refusal.sentence, errors)


def _of_text(found: Mistakes) -> tuple[Mistake, ...]:
    """The mistakes of a policy's text, each with its line and column as the field."""
    return tuple(
        Mistake(f"text:{each.line}:{each.column}", each.message, f"{each.remedy}.")
        for each in found.mistakes[:MOST_MISTAKES]
    )


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
