"""From what a body says of a change to what the core takes: the rest stays as it stands."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import UnsetType

from adapters.webhook.incoming import context_of
from adapters.webhook.mistakes import Mistake, Mistaken
from adapters.webhook.schema import AMOUNT_REMEDY, Amount, Description, Title
from adapters.webhook.schema_acts import RevisionBody
from core.content import Action, Revision
from core.rows import Snapshot
from core.service.drafting import present
from core.submission import Submission, lookup

T = TypeVar("T")

_BOUNDED: tuple[tuple[str, Any, str], ...] = (
    ("title", Title, "Send 1 to 150 characters, of which at least one can be seen."),
    ("description", Description, "Send a string of at most 10,000 characters."),
    ("amount", Amount, AMOUNT_REMEDY),
)


def edits(given: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The edits; title, description and amount are as in a submission. Raises Mistaken."""
    if not given:
        return None
    mistakes = [
        Mistake(f"edits.{name}", "does not have the right form", remedy)
        for name, type_, remedy in _BOUNDED
        if name in given and not _fits(given[name], type_)
    ]
    if mistakes:
        raise Mistaken(mistakes)
    return given


def submission(seen: Snapshot, body: RevisionBody) -> Submission:
    """The whole revision: what the body names, and the present values of the rest.

    Raises Refused when the content of the present revision was erased.
    """
    old = present(seen.state, seen.contents)
    action = _action(old.action, body)
    context = old.context if isinstance(body.context, UnsetType) else context_of(body.context)
    return Submission(
        action_type=action.type,
        params=action.params,
        title=_given(body.title, old.title),
        description=_given(body.description, old.description),
        amount=_amount(seen, old, action, body),
        currency=_given(body.currency, old.currency),
        risk_score=_given(body.risk_score, old.risk_score),
        context=context,
        labels=old.labels if isinstance(body.labels, UnsetType) else tuple(body.labels or ()),
    )


def _fits(value: Any, type_: Any) -> bool:
    try:
        msgspec.convert(value, type_)
    except msgspec.ValidationError:
        return False
    return True


def _given(value: T | UnsetType, standing: T) -> T:
    return standing if isinstance(value, UnsetType) else value


def _action(old: Action, body: RevisionBody) -> Action:
    if isinstance(body.action, UnsetType):
        return old
    return Action(
        type=_given(body.action.type, old.type), params=_given(body.action.params, old.params)
    )


def _amount(seen: Snapshot, old: Revision, action: Action, body: RevisionBody) -> str | None:
    """The amount at the top level. One that came from the params is taken from them again."""
    if not isinstance(body.amount, UnsetType):
        return None if body.amount is None else str(body.amount)
    route = seen.state.route
    path = "amount" if route is None or route.amount_from is None else route.amount_from
    places = (lookup(params, path) for params in (old.action.params, action.params))
    return old.amount if all(found is None for found in places) else None
