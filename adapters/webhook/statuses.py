"""Which HTTP status each reason has, and which field of the body it is about.

403 is for what the caller may not do, 404 for what they may not see, 409 for what the present
state does not allow, 422 for what was sent. A freeze is a 409: nothing is wrong with the server.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from core.refusals import Reason


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
    NO_EVIDENCE = "no_evidence"
    METRICS_TOKEN = "metrics_token"  # noqa: S105 - the name of a reason
    TOO_MANY_STREAMS = "too_many_streams"
    STREAMS_EXHAUSTED = "streams_exhausted"
    NOT_READY = "not_ready"
    UNAVAILABLE = "unavailable"
    OUTCOME_UNKNOWN = "outcome_unknown"
    INTERNAL_ERROR = "internal_error"
    RATE_LIMITED = "rate_limited"
    TOO_MANY_FAILURES = "too_many_failures"


AnyReason = Reason | HttpReason

STATUS: Final[Mapping[AnyReason, int]] = {
    # who calls
    Reason.KEY_MISSING: 401,
    Reason.KEY_UNKNOWN: 401,
    Reason.KEY_EXPIRED: 401,
    Reason.KEY_REVOKED: 401,
    Reason.QUOTA_USED: 429,
    Reason.SCOPE_MISSING: 403,
    Reason.NO_PERSON: 403,
    Reason.PERSON_LEFT: 403,
    Reason.NOT_ADMIN: 403,
    Reason.UNKNOWN_ACCOUNT: 403,
    Reason.FOREIGN_ACCOUNT: 403,
    Reason.ACCOUNT_LINKED: 409,
    Reason.PERSON_LINKED: 409,
    Reason.NOT_LINKED: 404,
    Reason.WRONG_CODE: 422,
    Reason.LINK_TOO_OFTEN: 409,
    # asking
    Reason.UNKNOWN_REQUEST: 404,
    Reason.INVALID_FIELD: 422,
    Reason.UNKNOWN_REQUESTER: 422,
    Reason.REQUESTER_NOT_ALLOWED: 403,
    Reason.CONDITION_FAILED: 422,
    Reason.NOBODY_TO_ASK: 422,
    Reason.IDEMPOTENCY_MISMATCH: 422,
    Reason.TOO_MANY_ATTEMPTS: 409,
    Reason.ALREADY_FOLLOWED: 409,
    Reason.CANNOT_FOLLOW: 409,
    Reason.REJECTED_BEFORE: 409,
    # deciding
    Reason.NOT_AN_APPROVER: 403,
    Reason.NO_LONGER_QUALIFIED: 403,
    Reason.SELF_APPROVAL: 403,
    Reason.APPROVED_EARLIER_STAGE: 403,
    Reason.NO_DEPARTMENT: 403,
    Reason.DEPARTMENT_APPROVED: 403,
    Reason.CONFLICT_OF_INTEREST: 403,
    Reason.TOO_FEW_APPROVERS: 403,
    Reason.DECIDE_ELSEWHERE: 403,
    Reason.COMPANY_SIGN_IN: 403,
    Reason.NOT_IN_BATCH: 409,
    Reason.STALE_CARD: 409,
    Reason.WRONG_STAGE: 409,
    Reason.FINISHED: 409,
    Reason.SEAT_DECIDED: 409,
    Reason.NO_VOTE: 409,
    Reason.TOO_MANY_VOTES: 409,
    Reason.TOO_MANY_EDITS: 409,
    Reason.WAITING_FOR_REVISION: 409,
    Reason.REASON_REQUIRED: 422,
    Reason.TEXT_TOO_LONG: 422,
    Reason.NO_BREAK_GLASS: 403,
    Reason.BREAK_GLASS_ROLE: 403,
    Reason.FROZEN: 409,
    # changing what is asked
    Reason.NOT_EDITABLE: 422,
    Reason.EDIT_WITHOUT_APPROVAL: 422,
    Reason.NOT_ALLOWED_TO_REVISE: 403,
    Reason.STALE_REVISION: 409,
    Reason.REVISION_UNCHANGED: 422,
    Reason.NOT_ALLOWED_TO_CANCEL: 403,
    Reason.CONTENT_NEEDED: 409,
    # asking others
    Reason.UNKNOWN_PERSON: 422,
    Reason.NOTHING_TO_DELEGATE: 403,
    Reason.DELEGATION_CYCLE: 409,
    Reason.DELEGATION_TOO_DEEP: 409,
    Reason.DELEGATE_NOT_QUALIFIED: 422,
    Reason.DELEGATE_BARRED: 422,
    Reason.ALREADY_ASKED: 409,
    Reason.NOT_ASKED: 409,
    Reason.UNKNOWN_ABSENCE: 404,
    Reason.ABSENCE_EXISTS: 409,
    Reason.TOO_MANY_ABSENCES: 409,
    Reason.NOT_CONCERNED: 403,
    Reason.NUDGED_RECENTLY: 409,
    Reason.NOBODY_LEFT_TO_ASK: 409,
    Reason.ONLY_ADMIN_ESCALATES: 403,
    Reason.OWN_REQUEST: 403,
    Reason.TOO_MANY_DELEGATIONS: 409,
    Reason.TOO_MANY_COMMENTS: 409,
    Reason.NOT_RECORDED: 409,
    Reason.ONLY_A_COMMENT: 409,
    # after the approval
    Reason.NOT_APPROVED: 409,
    Reason.TOKEN_INVALID: 422,
    Reason.TOKEN_EXPIRED: 409,
    Reason.TOKEN_USED: 409,
    Reason.TOKEN_REVOKED: 409,
    Reason.OTHER_ACTION: 403,
    Reason.NOT_THE_AGENT: 403,
    Reason.TOO_MANY_INCIDENTS: 409,
    Reason.EXECUTION_REPORTED: 409,
    # the policy
    Reason.POLICY_FROM_FILE: 409,
    Reason.POLICY_INVALID: 422,
    Reason.UNKNOWN_FINDING: 404,
    Reason.STALE_FINDING: 409,
    Reason.PROPOSED_BEFORE: 409,
    Reason.UNKNOWN_POLICY: 404,
    # HTTP
    HttpReason.MALFORMED_JSON: 400,
    HttpReason.INVALID_INPUT: 422,
    HttpReason.UNKNOWN_ROUTE: 404,
    HttpReason.METHOD_NOT_ALLOWED: 405,
    HttpReason.BODY_TOO_LARGE: 413,
    HttpReason.BODY_TOO_SLOW: 408,
    HttpReason.UNSUPPORTED_MEDIA_TYPE: 415,
    HttpReason.BAD_REQUEST: 400,
    HttpReason.NO_EVIDENCE: 409,
    HttpReason.METRICS_TOKEN: 401,
    HttpReason.TOO_MANY_STREAMS: 429,
    HttpReason.STREAMS_EXHAUSTED: 503,
    HttpReason.NOT_READY: 503,
    HttpReason.UNAVAILABLE: 503,
    HttpReason.OUTCOME_UNKNOWN: 503,
    HttpReason.INTERNAL_ERROR: 500,
    HttpReason.RATE_LIMITED: 429,
    HttpReason.TOO_MANY_FAILURES: 429,
}

FIELD: Final[Mapping[Reason, tuple[str, str]]] = {
    Reason.UNKNOWN_REQUESTER: ("requester", "is not in the directory"),
    Reason.REQUESTER_NOT_ALLOWED: ("requester", "may not be named by this key"),
    Reason.REASON_REQUIRED: ("comment", "is missing"),
    Reason.TEXT_TOO_LONG: ("comment", "is too long"),
    Reason.STALE_CARD: ("revision", "is not the present one"),
    Reason.STALE_REVISION: ("revision", "is not the present one"),
    Reason.WRONG_STAGE: ("stage", "is not the current one"),
    Reason.NOT_EDITABLE: ("edits", "names what may not be changed"),
    Reason.EDIT_WITHOUT_APPROVAL: ("edits", "comes without an approval"),
    Reason.ALREADY_FOLLOWED: ("previous_request_id", "was followed already"),
    Reason.REJECTED_BEFORE: ("action", "was rejected before"),
    Reason.CANNOT_FOLLOW: ("previous_request_id", "cannot be followed"),
    Reason.DELEGATE_NOT_QUALIFIED: ("to", "cannot act here"),
    Reason.DELEGATE_BARRED: ("to", "cannot act here"),
    Reason.TOKEN_INVALID: ("token", "is not valid"),
    Reason.OTHER_ACTION: ("action", "is not the approved one"),
    Reason.ABSENCE_EXISTS: ("to", "acts at that time already"),
    Reason.UNKNOWN_POLICY: ("version", "was never stored"),
}
"""The field that a reason is about, and what is wrong with it."""
