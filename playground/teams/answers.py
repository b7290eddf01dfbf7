"""What a person gets to see when the bot answers their press of a button.

https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/universal-action-model#response-format
Applies an answer to what that one person sees; never calls the bot.
"""

from typing import Any

from playground.teams import cards
from playground.teams.delivery import Reply
from playground.teams.inbound import Source
from playground.teams.messages import ADAPTIVE_CARD, Messages

MESSAGE = "application/vnd.microsoft.activity.message"
ERROR = "application/vnd.microsoft.error"
WENT_WRONG = "Something went wrong"
SENT = frozenset({200, 201, 202})


def delivered(reply: Reply) -> str | None:
    """Return None for an activity the bot took, else what is wrong with its answer."""
    if reply.error is not None:
        return reply.error
    return None if reply.status in SENT else f"the bot answered {reply.status}"


def apply(source: Source, card_message: str, reply: Reply) -> str | None:
    """Show a person the answer to their invoke; return None, or why it is not a good answer."""
    messages = Messages(source.place)
    wrong, notice = _read(messages, source, card_message, reply)
    if notice is not None:
        messages.notice(source.oid, source.room.id, notice)
    return wrong


def _read(
    messages: Messages, source: Source, card_message: str, reply: Reply
) -> tuple[str | None, str | None]:
    """Return what is wrong with the answer, and the notice for the person; None for nothing."""
    wrong = delivered(reply)
    if wrong is None and reply.status != 200:
        wrong = f"an invoke needs status 200, the bot answered {reply.status}"
    if wrong is not None:
        return wrong, WENT_WRONG
    answer = reply.body
    if not isinstance(answer, dict):
        return "the answer to an invoke must be an object", WENT_WRONG
    status, kind, value = answer.get("statusCode"), answer.get("type"), answer.get("value")
    if kind == ERROR and isinstance(status, int):
        return _error(status, value)
    if status != 200:
        return f"statusCode {status!r} with type {kind!r}", WENT_WRONG
    if kind == ADAPTIVE_CARD:
        return _card(messages, source, card_message, value)
    if kind == MESSAGE and isinstance(value, str):
        return None, value
    return f"cannot show type {kind!r}", WENT_WRONG


def _error(status: int, value: Any) -> tuple[str, str]:
    message = value.get("message") if isinstance(value, dict) else None
    if not isinstance(message, str) or status >= 500:
        return f"error {status}: {message!r}", WENT_WRONG
    return f"error {status}: {message}", message


def _card(
    messages: Messages, source: Source, card_message: str, card: Any
) -> tuple[str | None, str | None]:
    report = cards.check(card)
    if report.problems:
        return f"invalid card: {'; '.join(report.problems[:5])}", WENT_WRONG
    if messages.get(source.room.id, card_message) is not None:
        messages.show(card_message, source.oid, card)
    return None, None
