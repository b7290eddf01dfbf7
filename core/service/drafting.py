"""From what somebody wants changed to a revision ready to be recorded, routed anew.

An edit changes only what the rule lists, and keeps the JSON type of each value: a number
stays a number. A revision by the agent may change everything but who asks.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from core.commands import Draft
from core.content import Action, Content, Revision, read_revision, row, seal
from core.directory.people import Directory, Person
from core.policy.own import is_reserved
from core.policy.policy import Policy, Rule
from core.rationale import rationale
from core.refusals import Reason, Refused, invalid
from core.request import RequestState
from core.routing import prohibits, route
from core.rows import Refusal
from core.rules.eligibility import asking
from core.service.loop_guard import still_answers
from core.submission import Submission, as_submitted, check_currency, check_numbers, lookup
from core.value import Millis

LONGEST = {"title": 150, "description": 10_000}
LONGEST_TEXT = 10_000
"""Characters of a text as a submission may have them, and of any other that is edited."""

_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")

TOP_LEVEL = ("title", "description", "currency")
"""What may be edited beside the amount and the params."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Drafting:
    """What a draft is made with.

    `policy` routes it: the one in force for the agent's revision, which is a new thing to ask,
    and for an edit the version that routed the request. What `today` prohibits is prohibited
    all the same. `base` is the revision for which all this was gathered.
    """

    policy: Policy
    directory: Directory
    salts: tuple[str, str]
    now: Millis
    today: Policy | None = None
    base: int | None = None


def present(state: RequestState, contents: Mapping[str, bytes]) -> Revision:
    """The revision that stands. Raises Refused when its content was erased."""
    body = contents.get(state.content)
    if body is None:
        raise invalid("request", "the content was erased", "Submit a new request.")
    return read_revision(body)


def edited(
    state: RequestState, contents: Mapping[str, bytes], edits: Mapping[str, Any], work: Drafting
) -> Draft | None:
    """The revision with these values; None when they are what stands already. Raises Refused.

    `edits` are JSON values, or text as written in a form, by the policy's names.
    """
    if work.base not in (None, state.revision):
        raise Refused(Reason.STALE_REVISION, base=str(work.base), current=str(state.revision))
    old = present(state, contents)
    changed = {n: v for n, v in _typed(state, old, edits).items() if v != value_of(state, old, n)}
    if not changed:
        return None
    new = old
    for name, value in changed.items():
        new = _with(state, new, name, value)
    return _draft(state, new, tuple(changed), work)[0]


def revised(
    state: RequestState,
    contents: Mapping[str, bytes],
    submission: Submission,
    work: Drafting,
    rejected: Refusal | None = None,
) -> Draft:
    """The agent's new revision. Raises Refused, also when nothing differs, or when the very
    same action was `rejected` in another request a short while ago."""
    if is_reserved(state.action_type) or is_reserved(submission.action_type):
        # What Countersign itself asks for was worked out, and is taken or left.
        raise Refused(Reason.NOT_ALLOWED_TO_REVISE)
    old = present(state, contents)
    new = replace(
        old,
        action=Action(type=submission.action_type, params=submission.params),
        title=submission.title,
        description=submission.description,
        amount=submission.amount,
        currency=submission.currency,
        risk_score=submission.risk_score,
        labels=submission.labels,
        context=submission.context,
    )
    draft, rule = _draft(state, new, (), work)
    if read_revision(draft.content.body).digest == old.digest:
        raise Refused(Reason.REVISION_UNCHANGED)
    if rejected is not None and still_answers(rejected, rule, work.now):
        raise Refused(Reason.REJECTED_BEFORE, request=rejected.request)
    return draft


def value_of(state: RequestState, revision: Revision, name: str) -> Any:
    """The present value of an editable field; None where there is none."""
    if name in TOP_LEVEL:
        return getattr(revision, name)
    if name == "amount" and lookup(revision.action.params, _place(state)) is None:
        return revision.amount
    return lookup(revision.action.params, _place(state) if name == "amount" else name)


def _place(state: RequestState) -> str:
    """Where in the params the rule takes the amount from."""
    return "amount" if state.route is None else state.route.amount_from or "amount"


def _typed(state: RequestState, old: Revision, edits: Mapping[str, Any]) -> dict[str, Any]:
    allowed = () if state.route is None else state.route.editable
    unknown = [name for name in edits if name not in allowed]
    if unknown:
        editable = ", ".join(allowed) or "none"
        raise Refused(Reason.NOT_EDITABLE, fields=", ".join(unknown), editable=editable)
    return {name: _like(name, value_of(state, old, name), new) for name, new in edits.items()}


def _like(name: str, old: Any, new: Any) -> Any:
    """The new value in the JSON type of the old one."""
    field = f"edits.{name}"
    if isinstance(old, bool):
        return _truth(field, new)
    if isinstance(old, int | float):
        return _number(field, new)
    if isinstance(old, str) or old is None:
        if not isinstance(new, str):
            if name == "amount" and isinstance(new, int | float) and not isinstance(new, bool):
                return str(new)
            raise invalid(field, "is not text", "Send text: the value that stands is text.")
        return _words(name, field, new.strip())
    raise invalid(field, "is a list or an object", "Such values cannot be edited; reject it.")


def _words(name: str, field: str, new: str) -> str | None:
    most = LONGEST.get(name, LONGEST_TEXT)
    if len(new) > most:
        raise invalid(field, f"has {len(new)} characters", f"Write at most {most}.")
    if name == "title" and not new:
        raise invalid(field, "is empty", "Write a title.")
    return None if name == "description" and not new else new


def _truth(field: str, new: Any) -> bool:
    if isinstance(new, str) and new.strip().lower() in ("true", "false"):
        return new.strip().lower() == "true"
    if isinstance(new, bool):
        return new
    raise invalid(field, "is neither true nor false", "Write true or false.")


def _number(field: str, new: Any) -> int | float:
    """A number as it may be written in a form: digits and a point, nothing to guess about.

    A comma is a thousand to some and a fraction to others, so it is refused.
    """
    written = str(new).strip()
    if isinstance(new, bool) or not _PLAIN_NUMBER.fullmatch(written):
        remedy = "Write digits, with a point before any fraction: 1200 or 12.50."
        raise invalid(field, "is not a plain number", remedy)
    number = Decimal(written)
    if number == number.to_integral_value():
        return int(number)
    if Decimal(repr(float(number))) != number:
        raise invalid(field, "has more digits than a number holds exactly", "Write fewer digits.")
    return float(number)


def _with(state: RequestState, revision: Revision, name: str, value: Any) -> Revision:
    if name in TOP_LEVEL:
        return replace(revision, **{name: value})
    params = revision.action.params
    path = _place(state) if name == "amount" else name
    if name == "amount" and lookup(params, path) is None:
        return replace(revision, amount=value)
    _require_objects(params, path, f"edits.{name}")
    changed = _set(params, path.split("."), value)
    return replace(
        revision,
        action=Action(type=revision.action.type, params=changed),
        # The amount is taken from the params again: it may stand there or depend on them.
        amount=None if name == "amount" else revision.amount,
    )


def _set(params: dict[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    first, *rest = path
    if not rest:
        return params | {first: value}
    return params | {first: _set(params.get(first, {}), rest, value)}


def _require_objects(params: dict[str, Any], path: str, field: str) -> None:
    """What stands outside of the value is left as it is. Raises Refused."""
    *outer, _ = path.split(".")
    inside: Any = params
    for name in outer:
        inside = inside.get(name, {})
        if not isinstance(inside, dict):
            raise invalid(field, f"lies in {name}, which is no object", "Reject it, or ask for it.")


def _draft(
    state: RequestState, revision: Revision, fields: tuple[str, ...], work: Drafting
) -> tuple[Draft, Rule]:
    check_currency(revision.currency)
    check_numbers(revision.action.params, "action.params")
    check_numbers(revision.context, "context")
    requester = None if state.requester is None else work.directory.person(state.requester)
    submission = as_submitted(revision)
    found, amount, rule = route(
        _policy(work, submission, requester, state.agent),
        work.directory,
        submission,
        requester,
        state.agent,
        tuple(asking(state)),
        work.now,
    )
    number = state.revision + 1
    try:
        sealed = seal(replace(revision, amount=amount))
    except ValueError as error:
        raise invalid("action.params", str(error), "Send such numbers as strings.") from error
    advice = rationale(sealed, found, work.now)
    draft = Draft(
        base=state.revision,
        action_type=revision.action.type,
        amount=amount,
        currency=revision.currency,
        risk_score=revision.risk_score,
        route=found,
        content=row(f"{state.id}.r{number}", work.salts[0], sealed),
        rationale=row(f"{state.id}.a{number}", work.salts[1], advice),
        recommendation=advice.recommendation,
        edited=fields,
        lifetime=rule.expires_in,
    )
    return draft, rule


def _policy(work: Drafting, submission: Submission, requester: Person | None, agent: str) -> Policy:
    """What routes it: the policy in force where that prohibits it."""
    today = work.today
    if today is not None and prohibits(today, submission, requester, agent):
        return today
    return work.policy


def unsaved(id: str) -> Content:
    """Stands for a text that is about to be written, when only the right to is asked."""
    return Content(id=id, salt="", body=b"")
