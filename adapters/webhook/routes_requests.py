"""The routes for asking and reading."""

from adapters.webhook import answers, handlers
from adapters.webhook.operation import SEES, Operation
from adapters.webhook.schema import ListQuery, SubmitBody, WaitQuery
from adapters.webhook.statuses import HttpReason
from adapters.webhook.streams import MEDIA
from core.refusals import Reason

REQUESTS: tuple[Operation, ...] = (
    Operation(
        id="submitRequest",
        method="POST",
        path="/v1/requests",
        summary="Ask for approval",
        about=(
            "Stores the request, routes it by the policy and answers with it. What the policy "
            "prohibits is stored too and answered with status `prohibited`. With an "
            "Idempotency-Key the same call gives the same request, however often it is sent.\n\n"
            "Where people rejected the same action of the same key not long ago, nothing is "
            "stored: the answer is 200 with that request and `answered_from_record: true`. To "
            "ask once more, name it in `previous_request_id` and say what is different."
        ),
        handler=handlers.submit,
        scopes=("submit",),
        answer=answers.Request,
        status=201,
        also=(200,),
        location=True,
        body=SubmitBody,
        takes_idempotency_key=True,
        rechecked=True,
        refusals=(
            Reason.INVALID_FIELD,
            Reason.UNKNOWN_REQUESTER,
            Reason.REQUESTER_NOT_ALLOWED,
            Reason.CONDITION_FAILED,
            Reason.NOBODY_TO_ASK,
            Reason.IDEMPOTENCY_MISMATCH,
            Reason.UNKNOWN_REQUEST,
            Reason.CANNOT_FOLLOW,
            Reason.ALREADY_FOLLOWED,
            Reason.TOO_MANY_ATTEMPTS,
            Reason.QUOTA_USED,
            Reason.FROZEN,
        ),
    ),
    Operation(
        id="listRequests",
        method="GET",
        path="/v1/requests",
        summary="List requests",
        about="Newest first. Only what the key may see; `next_cursor` leads to older ones.",
        handler=handlers.listed,
        scopes=("read", "read_all", "decide"),
        answer=answers.RequestList,
        query=ListQuery,
        refusals=(HttpReason.INVALID_INPUT, Reason.NO_PERSON),
    ),
    Operation(
        id="viewRequest",
        method="GET",
        path="/v1/requests/{id}",
        summary="See a request, or wait for its decision",
        about=(
            "With `wait` the answer is held until the request leaves `pending` or the seconds "
            "have passed, so that an agent learns of the decision without asking again and "
            "again. Once it is approved, the key that asked finds the approval token in `token`."
        ),
        handler=handlers.view,
        scopes=SEES,
        answer=answers.Request,
        query=WaitQuery,
        refusals=(HttpReason.INVALID_INPUT, Reason.UNKNOWN_REQUEST),
    ),
    Operation(
        id="streamRequest",
        method="GET",
        path="/v1/requests/{id}/stream",
        summary="Follow a request as server-sent events",
        about=(
            "Each event `request` holds the whole request, as a GET of it would answer: first as "
            "it stands, then after every change until it is final. Its `id` is the request's "
            "version; send the last one as `Last-Event-ID` when you come back, and you get only "
            "what is newer. Who reads slowly gets the newest state and misses those between. "
            "Comments show every 15 seconds that the stream lives.\n\n"
            "The last event is `end`, and its `because` says why: `final`; `stopping` when the "
            "server stops (come back); `unknown_request`, `key_revoked` or `key_expired` when the "
            "key may not see the request any more. What becomes of the cards alone (`deliveries`) "
            "is no change."
        ),
        handler=handlers.stream,
        scopes=SEES,
        answer=None,
        media=(MEDIA,),
        refusals=(
            Reason.UNKNOWN_REQUEST,
            HttpReason.TOO_MANY_STREAMS,
            HttpReason.STREAMS_EXHAUSTED,
        ),
    ),
    Operation(
        id="listEvents",
        method="GET",
        path="/v1/requests/{id}/events",
        summary="Read a request's audit trail",
        about=(
            "Each record is the canonical JSON that was stored, with its SHA-256. A record holds "
            "the hash of the one before it, so the trail can be checked without this server. "
            "Texts stand in `content` by the ids that the records name."
        ),
        handler=handlers.events,
        scopes=SEES,
        answer=answers.EventList,
        refusals=(Reason.UNKNOWN_REQUEST,),
    ),
    Operation(
        id="listAttempts",
        method="GET",
        path="/v1/requests/{id}/attempts",
        summary="List the attempts that a request belongs to",
        about=(
            "The ids of the chain in which each request took up the one before it with "
            "`previous_request_id`, the first one first."
        ),
        handler=handlers.attempts,
        scopes=SEES,
        answer=answers.AttemptList,
        refusals=(Reason.UNKNOWN_REQUEST,),
    ),
)
