"""Why a command is refused: one closed set of reasons, each with one sentence for the person.

A refusal is expected and says what to do. Anything else that goes wrong is a bug and is
not caught here.
"""

from enum import StrEnum


class Reason(StrEnum):
    """The closed set. The value is the public name, used by the API and in events."""

    UNKNOWN_REQUEST = "unknown_request"
    UNKNOWN_ACCOUNT = "unknown_account"
    NOT_AN_APPROVER = "not_an_approver"
    NO_LONGER_QUALIFIED = "no_longer_qualified"
    SELF_APPROVAL = "self_approval"
    APPROVED_EARLIER_STAGE = "approved_earlier_stage"
    STALE_CARD = "stale_card"
    WRONG_STAGE = "wrong_stage"
    FINISHED = "finished"
    REASON_REQUIRED = "reason_required"
    TEXT_TOO_LONG = "text_too_long"
    NOT_ALLOWED_TO_CANCEL = "not_allowed_to_cancel"
    INVALID_FIELD = "invalid_field"
    UNKNOWN_REQUESTER = "unknown_requester"
    REQUESTER_NOT_ALLOWED = "requester_not_allowed"
    CONDITION_FAILED = "condition_failed"
    NOBODY_TO_ASK = "nobody_to_ask"
    IDEMPOTENCY_MISMATCH = "idempotency_mismatch"
    KEY_MISSING = "key_missing"
    KEY_UNKNOWN = "key_unknown"
    KEY_EXPIRED = "key_expired"
    KEY_REVOKED = "key_revoked"
    SCOPE_MISSING = "scope_missing"
    NO_PERSON = "no_person"


SENTENCES: dict[Reason, str] = {
    Reason.UNKNOWN_REQUEST: "There is no request {request} that you may see. Check the id.",
    Reason.UNKNOWN_ACCOUNT: (
        "This {platform} account is not linked to anyone in the directory, so it cannot act. "
        "Ask an administrator to add it to your entry."
    ),
    Reason.NOT_AN_APPROVER: (
        "You are not one of the people asked at stage {stage}. It waits for {waiting_for}."
    ),
    Reason.NO_LONGER_QUALIFIED: (
        "Stage {stage} needs {needs}, which the directory does not show for you today. "
        "Ask an administrator to check your entry."
    ),
    Reason.SELF_APPROVAL: (
        "You asked for this yourself or own the agent that did, so someone else must approve it."
    ),
    Reason.APPROVED_EARLIER_STAGE: (
        "You already approved stage {stage}; another person must approve this one."
    ),
    Reason.STALE_CARD: (
        "This card is out of date: the request has moved on since it was shown. "
        "Nothing was changed. Please decide on the present card."
    ),
    Reason.WRONG_STAGE: (
        "Stage {stage} cannot be decided now{decided}; the request is at stage {current}. "
        "Nothing was changed."
    ),
    Reason.FINISHED: "This request is already {status}{by}. Nothing was changed.",
    Reason.REASON_REQUIRED: "Please say why: a rejection needs a reason.",
    Reason.TEXT_TOO_LONG: "The text has {length} characters; at most {limit} are possible.",
    Reason.NOT_ALLOWED_TO_CANCEL: (
        "Only the agent that asked, the requester or an administrator may cancel this request."
    ),
    Reason.INVALID_FIELD: "{field}: {problem}. {remedy}",
    Reason.UNKNOWN_REQUESTER: (
        "requester: {requester} is not in the directory. "
        "Use the e-mail address of a person in the directory file."
    ),
    Reason.REQUESTER_NOT_ALLOWED: (
        "requester: this key may not ask for {requester}. "
        "Use a key made with --for {requester} or one of that person's groups."
    ),
    Reason.CONDITION_FAILED: (
        "The condition of policy rule {rule} could not be evaluated for this request ({problem}). "
        "Nothing was stored. Add the missing field, or have the rule mended."
    ),
    Reason.NOBODY_TO_ASK: (
        "Policy rule {rule} leads to nobody: stage {stage} has no person who may decide, "
        "and last_resort has none either. Nothing was stored. Have the policy or directory mended."
    ),
    Reason.IDEMPOTENCY_MISMATCH: (
        "This Idempotency-Key was used before with another body. Use a new key for a new request."
    ),
    Reason.KEY_MISSING: "No API key given. Send it as 'Authorization: Bearer <key>'.",
    Reason.KEY_UNKNOWN: "This API key is not known. Make one with 'countersign keys create'.",
    Reason.KEY_EXPIRED: "This API key has expired. Make a new one with 'countersign keys create'.",
    Reason.KEY_REVOKED: "This API key was revoked. Make a new one with 'countersign keys create'.",
    Reason.SCOPE_MISSING: (
        "This API key lacks the scope '{scope}'. "
        "Make one with 'countersign keys create --scope {scope}'."
    ),
    Reason.NO_PERSON: (
        "This API key stands for nobody, so it cannot decide. "
        "Make one with 'countersign keys create --scope decide --person EMAIL'."
    ),
}


class Refused(Exception):
    """An expected no. `reason` is one of the closed set; `details` fill its sentence."""

    def __init__(self, reason: Reason, **details: str) -> None:
        self.reason = reason
        self.details = details
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """The one sentence a person reads."""
        return SENTENCES[self.reason].format_map(_Blank(self.details))


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def invalid(field: str, problem: str, remedy: str) -> Refused:
    """A refusal that names the field, what is wrong with it and how to mend it."""
    return Refused(Reason.INVALID_FIELD, field=field, problem=problem, remedy=remedy)
