"""The routes for the policy as code and for standing delegations."""

from adapters.webhook import answers_rules as answers
from adapters.webhook import handlers_rules as handlers
from adapters.webhook.operation import Operation
from adapters.webhook.schema import SubmitBody
from adapters.webhook.schema_rules import (
    AbsenceBody,
    AbsencesQuery,
    BacktestBody,
    PolicyBody,
    PolicyQuery,
    VersionsQuery,
)
from adapters.webhook.statuses import HttpReason
from core.refusals import Reason

RULES: tuple[Operation, ...] = (
    Operation(
        id="viewPolicy",
        method="GET",
        path="/v1/policy",
        summary="Read the policy",
        about="With `Accept: text/yaml` the text alone, its version in `X-Policy-Version`.",
        handler=handlers.policy,
        scopes=("read", "read_all"),
        answer=answers.Policy,
        media=handlers.YAML,
        query=PolicyQuery,
        refusals=(HttpReason.INVALID_INPUT, Reason.UNKNOWN_POLICY),
    ),
    Operation(
        id="putPolicy",
        method="PUT",
        path="/v1/policy",
        summary="Bring another policy into force",
        about=(
            "For requests from now on; those that are open keep the version that routed them. "
            "Nothing is changed unless the whole text is good: `errors` names every mistake with "
            "its line and column. Where a file is the source, the answer is 409."
        ),
        handler=handlers.put_policy,
        scopes=(),
        answer=answers.Policy,
        body=PolicyBody,
        body_media=handlers.YAML,
        refusals=(Reason.POLICY_FROM_FILE, Reason.POLICY_INVALID),
    ),
    Operation(
        id="listPolicyVersions",
        method="GET",
        path="/v1/policy/versions",
        summary="List the policy's versions",
        about="The newest first. The text of one is at `/v1/policy?version=`.",
        handler=handlers.versions,
        scopes=("read", "read_all"),
        answer=answers.PolicyVersionList,
        query=VersionsQuery,
        refusals=(HttpReason.INVALID_INPUT,),
    ),
    Operation(
        id="explainPolicy",
        method="POST",
        path="/v1/policy/explain",
        summary="See what would become of a request",
        about=(
            "The body is that of a submission, and the answer is for this very key: which rule "
            "applies and why, who would be asked in which stage, and what happens if nobody "
            "answers. Nothing is stored and nobody is told."
        ),
        handler=handlers.explain,
        scopes=("submit",),
        answer=answers.Explanation,
        body=SubmitBody,
        refusals=(
            Reason.INVALID_FIELD,
            Reason.UNKNOWN_REQUESTER,
            Reason.REQUESTER_NOT_ALLOWED,
        ),
    ),
    Operation(
        id="backtestPolicy",
        method="POST",
        path="/v1/policy/backtest",
        summary="Judge past requests by another policy",
        about="Says of the newest requests what would have been different. Nothing is changed.",
        handler=handlers.backtest,
        scopes=(),
        answer=answers.Backtest,
        body=BacktestBody,
        refusals=(Reason.POLICY_INVALID,),
    ),
    Operation(
        id="listDelegations",
        method="GET",
        path="/v1/delegations",
        summary="List standing delegations",
        about=(
            "Those that are not over and in which the key's person gives or takes. "
            "Administrators see all, or with `person` one person's."
        ),
        handler=handlers.absences,
        scopes=("read", "decide"),
        answer=answers.AbsenceList,
        query=AbsencesQuery,
        refusals=(HttpReason.INVALID_INPUT, Reason.NO_PERSON, Reason.PERSON_LEFT, Reason.NOT_ADMIN),
    ),
    Operation(
        id="setDelegation",
        method="POST",
        path="/v1/delegations",
        summary="Have somebody act for a person who is away",
        about=(
            "For the key's person; administrators may name anyone as `from`. It covers what is "
            "open already, and gives back what is undecided at its end."
        ),
        handler=handlers.set_absence,
        scopes=("decide",),
        answer=answers.Absence,
        status=201,
        location=True,
        body=AbsenceBody,
        takes_idempotency_key=True,
        rechecked=True,
        refusals=(
            Reason.INVALID_FIELD,
            Reason.IDEMPOTENCY_MISMATCH,
            Reason.NO_PERSON,
            Reason.PERSON_LEFT,
            Reason.NOT_ADMIN,
            Reason.UNKNOWN_PERSON,
            Reason.UNKNOWN_ABSENCE,
            Reason.DELEGATION_CYCLE,
            Reason.DELEGATION_TOO_DEEP,
            Reason.ABSENCE_EXISTS,
            Reason.TOO_MANY_ABSENCES,
        ),
    ),
    Operation(
        id="endDelegation",
        method="DELETE",
        path="/v1/delegations/{id}",
        summary="End a standing delegation",
        about="Now. What is undecided goes back to the person it belongs to.",
        handler=handlers.end_absence,
        scopes=("decide",),
        answer=answers.Absence,
        rechecked=True,
        refusals=(Reason.UNKNOWN_ABSENCE,),
    ),
)
