"""The route table: everything the API offers, once. Routing, scopes, types and OpenAPI
come from it; a route that does not stand here does not exist.
"""

from dataclasses import dataclass

from adapters.webhook import answers, handlers
from adapters.webhook.handlers import Handler
from adapters.webhook.problems import AnyReason, HttpReason
from adapters.webhook.schema import (
    CancelBody,
    DecisionBody,
    ListQuery,
    NoQuery,
    Strict,
    SubmitBody,
    WaitQuery,
)
from core.refusals import Reason

SEES = ("read", "read_all", "submit", "decide")
"""Scopes of which any lets a key see a request that it may see at all."""

_KEY = (
    Reason.KEY_MISSING,
    Reason.KEY_UNKNOWN,
    Reason.KEY_EXPIRED,
    Reason.KEY_REVOKED,
    Reason.SCOPE_MISSING,
)
_BODY = (
    HttpReason.MALFORMED_JSON,
    HttpReason.INVALID_INPUT,
    HttpReason.BODY_TOO_LARGE,
    HttpReason.BODY_TOO_SLOW,
    HttpReason.UNSUPPORTED_MEDIA_TYPE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One route. Any of `scopes` (or `admin`) suffices; `refusals` are the usual ones."""

    id: str
    method: str
    path: str
    summary: str
    about: str
    handler: Handler
    scopes: tuple[str, ...]
    answer: type
    status: int = 200
    query: type[Strict] = NoQuery
    body: type[Strict] | None = None
    body_optional: bool = False
    takes_idempotency_key: bool = False
    refusals: tuple[AnyReason, ...] = ()

    @property
    def reasons(self) -> tuple[AnyReason, ...]:
        """Every reason this route may refuse with, besides those of any route."""
        return (*_KEY, *(() if self.body is None else _BODY), *self.refusals)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="submitRequest",
        method="POST",
        path="/v1/requests",
        summary="Ask for approval",
        about=(
            "Stores the request, routes it by the policy and answers with it. What the policy "
            "prohibits is stored too and answered with status `prohibited`. With an "
            "Idempotency-Key the same call gives the same request, however often it is sent."
        ),
        handler=handlers.submit,
        scopes=("submit",),
        answer=answers.Request,
        status=201,
        body=SubmitBody,
        takes_idempotency_key=True,
        refusals=(
            Reason.INVALID_FIELD,
            Reason.UNKNOWN_REQUESTER,
            Reason.REQUESTER_NOT_ALLOWED,
            Reason.CONDITION_FAILED,
            Reason.NOBODY_TO_ASK,
            Reason.IDEMPOTENCY_MISMATCH,
        ),
    ),
    Operation(
        id="listRequests",
        method="GET",
        path="/v1/requests",
        summary="List requests",
        about="Newest first. Only what the key may see; `next_cursor` leads to older ones.",
        handler=handlers.listed,
        scopes=("read", "read_all"),
        answer=answers.RequestList,
        query=ListQuery,
        refusals=(HttpReason.INVALID_INPUT,),
    ),
    Operation(
        id="viewRequest",
        method="GET",
        path="/v1/requests/{id}",
        summary="See a request, or wait for its decision",
        about=(
            "With `wait` the answer is held until the request leaves `pending` or the seconds "
            "have passed, so that an agent learns of the decision without asking again and again."
        ),
        handler=handlers.view,
        scopes=SEES,
        answer=answers.Request,
        query=WaitQuery,
        refusals=(HttpReason.INVALID_INPUT, Reason.UNKNOWN_REQUEST),
    ),
    Operation(
        id="listEvents",
        method="GET",
        path="/v1/requests/{id}/events",
        summary="Read a request's audit trail",
        about=(
            "Each record is the canonical JSON that was stored, with its SHA-256. A record holds "
            "the hash of the one before it, so the trail can be checked without this server."
        ),
        handler=handlers.events,
        scopes=SEES,
        answer=answers.EventList,
        refusals=(Reason.UNKNOWN_REQUEST,),
    ),
    Operation(
        id="decideRequest",
        method="POST",
        path="/v1/requests/{id}/decisions",
        summary="Approve or reject as the key's person",
        about=(
            "Sending the same decision again is the same answer, not an error. Who decides a "
            "second stage of the same request names it in `stage`."
        ),
        handler=handlers.decide,
        scopes=("decide",),
        answer=answers.Request,
        body=DecisionBody,
        takes_idempotency_key=True,
        refusals=(
            Reason.IDEMPOTENCY_MISMATCH,
            Reason.UNKNOWN_REQUEST,
            Reason.NO_PERSON,
            Reason.NOT_AN_APPROVER,
            Reason.NO_LONGER_QUALIFIED,
            Reason.SELF_APPROVAL,
            Reason.APPROVED_EARLIER_STAGE,
            Reason.STALE_CARD,
            Reason.WRONG_STAGE,
            Reason.FINISHED,
            Reason.REASON_REQUIRED,
            Reason.TEXT_TOO_LONG,
        ),
    ),
    Operation(
        id="cancelRequest",
        method="POST",
        path="/v1/requests/{id}/cancel",
        summary="Withdraw an open request",
        about="The agent that asked, the requester or an administrator. The body may be left out.",
        handler=handlers.cancel,
        scopes=("submit", "decide"),
        answer=answers.Request,
        body=CancelBody,
        body_optional=True,
        takes_idempotency_key=True,
        refusals=(
            Reason.IDEMPOTENCY_MISMATCH,
            Reason.UNKNOWN_REQUEST,
            Reason.NOT_ALLOWED_TO_CANCEL,
            Reason.FINISHED,
            Reason.TEXT_TOO_LONG,
        ),
    ),
)
