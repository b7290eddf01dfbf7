"""The routes for approval tokens and for the trail as evidence."""

from adapters.webhook import answers, answers_rules, handlers_acts, handlers_evidence
from adapters.webhook.operation import Operation
from adapters.webhook.schema_acts import RedeemBody
from adapters.webhook.schema_rules import CheckpointsQuery, ExportQuery
from adapters.webhook.statuses import HttpReason
from core.refusals import Reason

TOKENS: tuple[Operation, ...] = (
    Operation(
        id="redeemToken",
        method="POST",
        path="/v1/tokens/redeem",
        summary="Use an approval, once",
        about=(
            "Right before the action is run, by whoever runs it. 200 says that this very action "
            "was approved and that nobody used the approval before; any other answer means: do "
            "not run it. With an Idempotency-Key a call whose answer was lost can be sent again. "
            "Run `action` of the answer: it is the approved revision, edits included."
        ),
        handler=handlers_acts.redeem,
        scopes=("redeem",),
        or_admin=False,
        answer=answers.Request,
        body=RedeemBody,
        takes_idempotency_key=True,
        rechecked=True,
        refusals=(
            Reason.IDEMPOTENCY_MISMATCH,
            Reason.TOKEN_INVALID,
            Reason.TOKEN_EXPIRED,
            Reason.TOKEN_USED,
            Reason.TOKEN_REVOKED,
            Reason.OTHER_ACTION,
            Reason.NOT_APPROVED,
            Reason.FROZEN,
            Reason.UNKNOWN_REQUEST,
            Reason.INVALID_FIELD,
        ),
    ),
    Operation(
        id="exportAudit",
        method="GET",
        path="/v1/audit/export",
        summary="Download the trail as evidence",
        about=(
            "Canonical JSON lines with checkpoints and a signed last line: `countersign audit "
            "verify FILE --key KEYS` checks them without this server. With `since` it begins "
            "with the checkpoint that holds the event after that position. An answer that was "
            "cut off has no last line."
        ),
        handler=handlers_evidence.export,
        scopes=("read_all",),
        answer=None,
        media=(handlers_evidence.LINES,),
        query=ExportQuery,
        refusals=(HttpReason.INVALID_INPUT, HttpReason.NO_EVIDENCE),
    ),
    Operation(
        id="listCheckpoints",
        method="GET",
        path="/v1/audit/checkpoints",
        summary="List the signed checkpoints",
        about=(
            "Oldest first. Kept elsewhere, they show later whether the trail up to them is still "
            "the same."
        ),
        handler=handlers_evidence.checkpoints,
        scopes=("read_all",),
        answer=answers_rules.CheckpointList,
        query=CheckpointsQuery,
        refusals=(HttpReason.INVALID_INPUT, HttpReason.NO_EVIDENCE),
    ),
)
