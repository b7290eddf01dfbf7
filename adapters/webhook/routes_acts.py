"""The routes for acts on a request. Who acts is who the key stands for."""

from adapters.webhook import answers, handlers_acts, incidents
from adapters.webhook.call import Handler
from adapters.webhook.operation import CONCERNED, Operation
from adapters.webhook.schema import Strict
from adapters.webhook.schema_acts import (
    BreakGlassBody,
    CancelBody,
    CommentBody,
    DecisionBody,
    DelegationBody,
    ExecutionBody,
    IncidentBody,
    NudgeBody,
    ReasonBody,
    ReassignBody,
    RevisionBody,
)
from adapters.webhook.statuses import AnyReason
from core.refusals import Reason

_OPEN = (Reason.FINISHED, Reason.WAITING_FOR_REVISION)
_PERSON = (Reason.NO_PERSON, Reason.PERSON_LEFT)
_BARS = (
    Reason.SELF_APPROVAL,
    Reason.APPROVED_EARLIER_STAGE,
    Reason.NO_DEPARTMENT,
    Reason.DEPARTMENT_APPROVED,
    Reason.CONFLICT_OF_INTEREST,
    Reason.TOO_FEW_APPROVERS,
)
_ROUTED = (
    Reason.INVALID_FIELD,
    Reason.UNKNOWN_REQUESTER,
    Reason.CONDITION_FAILED,
    Reason.NOBODY_TO_ASK,
    Reason.UNKNOWN_POLICY,
    Reason.STALE_REVISION,
    Reason.FROZEN,
)
_TAKER = (
    Reason.UNKNOWN_PERSON,
    Reason.DELEGATE_NOT_QUALIFIED,
    Reason.DELEGATE_BARRED,
    Reason.ALREADY_ASKED,
)


def _act(
    id: str,
    path: str,
    summary: str,
    about: str,
    handler: Handler,
    body: type[Strict] | None,
    *refusals: AnyReason,
    scopes: tuple[str, ...] = CONCERNED,
    or_admin: bool = True,
    optional: bool = False,
    method: str = "POST",
) -> Operation:
    """An act on one request, answered with the request as it stands then."""
    posts = method == "POST"
    replayed = (Reason.IDEMPOTENCY_MISMATCH,) if posts else ()
    return Operation(
        id=id,
        method=method,
        path=f"/v1/requests/{{id}}/{path}",
        summary=summary,
        about=about,
        handler=handler,
        scopes=scopes,
        or_admin=or_admin,
        answer=answers.Request,
        body=body,
        body_optional=optional,
        takes_idempotency_key=posts,
        rechecked=True,
        refusals=(Reason.UNKNOWN_REQUEST, Reason.TEXT_TOO_LONG, *replayed, *refusals),
    )


ACTS: tuple[Operation, ...] = (
    _act(
        "decideRequest",
        "decisions",
        "Approve, reject or ask for changes as the key's person",
        "Sending the same decision again is the same answer, not an error. Who decides a second "
        "stage of the same request names it in `stage`. A rejection and a request for changes "
        "need a `comment`. With an approval, `edits` change fields that the rule lists as "
        "`editable`: that makes a new revision, which is routed again. Once the request was "
        "revised, an approval says in `revision` which one was seen; once its stage was opened "
        "again, every decision says in `round` which round. Without it the answer is 422.",
        handlers_acts.decide,
        DecisionBody,
        *_OPEN,
        *_BARS,
        *_ROUTED,
        *_PERSON,
        Reason.NOT_AN_APPROVER,
        Reason.NO_LONGER_QUALIFIED,
        Reason.DECIDE_ELSEWHERE,
        Reason.STALE_CARD,
        Reason.WRONG_STAGE,
        Reason.SEAT_DECIDED,
        Reason.TOO_MANY_VOTES,
        Reason.TOO_MANY_EDITS,
        Reason.TOO_MANY_ATTEMPTS,
        Reason.REASON_REQUIRED,
        Reason.NOT_EDITABLE,
        Reason.EDIT_WITHOUT_APPROVAL,
        scopes=("decide",),
    ),
    _act(
        "withdrawVote",
        "decisions",
        "Take back the vote of the key's person",
        "Possible until the stage closes.",
        handlers_acts.withdraw_vote,
        None,
        *_OPEN,
        *_PERSON,
        Reason.NO_VOTE,
        Reason.DECIDE_ELSEWHERE,
        scopes=("decide",),
        method="DELETE",
    ),
    _act(
        "delegateRequest",
        "delegations",
        "Let somebody else act for the key's person",
        "On this request only. The person keeps their authority; together they have one vote. "
        "Who takes over must have the stage's role and department. For a time of absence see "
        "`/v1/delegations`.",
        handlers_acts.delegate,
        DelegationBody,
        *_OPEN,
        *_TAKER,
        *_PERSON,
        Reason.NOTHING_TO_DELEGATE,
        Reason.DELEGATION_CYCLE,
        Reason.DELEGATION_TOO_DEEP,
        Reason.TOO_MANY_DELEGATIONS,
        scopes=("decide",),
    ),
    _act(
        "reassignRequest",
        "reassign",
        "Ask another person in somebody's place",
        "For administrators: a key with the scope `admin`, or of a person in the group `admins`. "
        "Only who is asked in the open stage and has not voted can be replaced.",
        handlers_acts.reassign,
        ReassignBody,
        *_OPEN,
        *_TAKER,
        Reason.NOT_ADMIN,
        Reason.OWN_REQUEST,
        Reason.NOT_ASKED,
        Reason.SEAT_DECIDED,
        scopes=("decide",),
    ),
    _act(
        "commentRequest",
        "comments",
        "Comment, or ask a question",
        "As the key's person, or as the agent where the key stands for nobody.",
        handlers_acts.comment,
        CommentBody,
        Reason.INVALID_FIELD,
        Reason.TOO_MANY_COMMENTS,
    ),
    _act(
        "reviseRequest",
        "revisions",
        "Send a new revision",
        "For the key that asked and for the requester: to answer what changes were requested, or "
        "to mend an open request. What the body leaves out stays as it is. The new revision is "
        "routed from the start by the policy in force, and counts as an attempt. `revision` is "
        "the number of the one that it was made from.",
        handlers_acts.revise,
        RevisionBody,
        Reason.FINISHED,
        *_ROUTED,
        Reason.NOT_ALLOWED_TO_REVISE,
        Reason.REVISION_UNCHANGED,
        Reason.REJECTED_BEFORE,
        Reason.TOO_MANY_ATTEMPTS,
    ),
    _act(
        "cancelRequest",
        "cancel",
        "Withdraw an open request",
        "The agent that asked, the requester or an administrator. The body may be left out.",
        handlers_acts.cancel,
        CancelBody,
        Reason.FINISHED,
        Reason.NOT_ALLOWED_TO_CANCEL,
        optional=True,
    ),
    _act(
        "nudgeRequest",
        "nudge",
        "Remind those who are waited for",
        "For those who asked and administrators, at most once in four hours.",
        handlers_acts.nudge,
        NudgeBody,
        *_OPEN,
        Reason.NOT_CONCERNED,
        Reason.NUDGED_RECENTLY,
        optional=True,
    ),
    _act(
        "escalateRequest",
        "escalate",
        "Ask the next level now",
        "Instead of at the deadline; for those who asked, who are asked, and administrators.",
        handlers_acts.escalate,
        ReasonBody,
        *_OPEN,
        Reason.NOT_CONCERNED,
        Reason.ONLY_ADMIN_ESCALATES,
        Reason.NOBODY_LEFT_TO_ASK,
        optional=True,
    ),
    _act(
        "breakGlass",
        "break-glass",
        "Pass a request alone, in an emergency",
        "If the policy rule has a break-glass and names a role of the key's person. It is "
        "recorded as a bypass and told to whom the rule names. Once the request was revised, "
        "`revision` says which one was seen; without it the answer is 422.",
        handlers_acts.break_glass,
        BreakGlassBody,
        *_OPEN,
        *_PERSON,
        Reason.NO_BREAK_GLASS,
        Reason.BREAK_GLASS_ROLE,
        Reason.INVALID_FIELD,
        Reason.SELF_APPROVAL,
        Reason.CONFLICT_OF_INTEREST,
        Reason.DECIDE_ELSEWHERE,
        Reason.STALE_CARD,
        Reason.REASON_REQUIRED,
        Reason.FROZEN,
        scopes=("decide",),
    ),
    _act(
        "reportExecution",
        "execution",
        "Report how the approved action went",
        "Only the key that asked; the first report stands.",
        handlers_acts.execution,
        ExecutionBody,
        Reason.NOT_THE_AGENT,
        Reason.NOT_APPROVED,
        Reason.EXECUTION_REPORTED,
        scopes=("submit",),
        or_admin=False,
    ),
    _act(
        "reportIncident",
        "incidents",
        "Report that an approval turned out wrong",
        "For the key that asked, for everybody whom the request concerns, and for administrators, "
        "once it is approved. Nothing is undone by it; it stands in the trail, and "
        "it counts against approvals without a person. "
        "Send an `Idempotency-Key`, so that one incident is counted once.",
        incidents.report,
        IncidentBody,
        Reason.INVALID_FIELD,
        Reason.NOT_CONCERNED,
        Reason.NOT_APPROVED,
        Reason.TOO_MANY_INCIDENTS,
    ),
    _act(
        "revokeToken",
        "token/revoke",
        "Take an approval back before it was used",
        "For administrators: a key with the scope `admin`, or of a person in the group `admins`.",
        handlers_acts.revoke_token,
        ReasonBody,
        Reason.NOT_ADMIN,
        Reason.NOT_APPROVED,
        Reason.TOKEN_USED,
        scopes=("decide",),
        optional=True,
    ),
)
