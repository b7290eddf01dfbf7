"""What an agent asks: the body of a submission, and of a revision of one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from countersign_client.request import Action, Json

Told = str | Callable[[Mapping[str, Any]], str]
"""A text, in which `{name}` is a parameter, or a function of the parameters."""
TITLE_CHARS: Final = 150
"""What a title may have at most; what it is made of may be longer."""


@dataclass(frozen=True, slots=True)
class Validation:
    """What the agent's own checks said: a score from 0 to 1, and what is wrong."""

    score: float | None = None
    issues: Sequence[str] = ()

    def as_json(self) -> Json:
        made: Json = {"issues": list(self.issues)}
        return made if self.score is None else made | {"score": self.score}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked for.

    `amount` is a number or a decimal as a string; leave it out where `params` have it.
    `expires_in` is a duration such as "90m" and can only shorten what the policy allows.
    `context` may hold `reasoning`, `confidence`, `links` and `conversation`. `previous` is the
    rejected, expired or cancelled request that this one takes up. `callback_url` is told that the
    request changed: see `countersign_client.callbacks`.
    """

    action: Action
    title: str
    description: str | None = None
    requester: str | None = None
    amount: int | float | str | None = None
    currency: str | None = None
    risk_score: int | None = None
    labels: Sequence[str] = ()
    context: Mapping[str, Any] = field(default_factory=dict)
    validation: Validation | None = None
    expires_in: str | None = None
    previous: str | None = None
    callback_url: str | None = None

    def as_json(self) -> Json:
        """The body of POST /v1/requests."""
        context = dict(self.context)
        if self.validation is not None:
            context["validation"] = self.validation.as_json()
        given = {
            "description": self.description,
            "requester": self.requester,
            "amount": self.amount,
            "currency": self.currency,
            "risk_score": self.risk_score,
            "labels": list(self.labels) or None,
            "context": context or None,
            "expires_in": self.expires_in,
            "previous_request_id": self.previous,
            "callback_url": self.callback_url,
        }
        left = {name: value for name, value in given.items() if value is not None}
        return {"action": self.action.as_json(), "title": self.title, **left}


def ask_for(action: Action, title: Told, more: Mapping[str, Any]) -> Ask:
    """What is asked for an action: its title, and `more` as `Ask` names it; `description` may be
    a function of the parameters too."""
    given = dict(more)
    if "description" in given:
        given["description"] = _told(given["description"], action.params)
    return Ask(action=action, title=_told(title, action.params)[:TITLE_CHARS], **given)


def _told(told: Told, params: Mapping[str, Any]) -> str:
    if callable(told):
        return told(params)
    try:
        return told.format_map(params)
    except KeyError as missing:
        names = ", ".join(params) or "none"
        raise TypeError(
            f"{told!r} names {missing}, which is no argument; there are: {names}"
        ) from None
