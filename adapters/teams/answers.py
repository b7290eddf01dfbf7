"""Answers of the core as Teams takes them: to an invoke, or as a message to send.

Pure. An invoke is always answered with HTTP 200 and one of three documented bodies
(https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/universal-action-model#response-format).
"""

from dataclasses import dataclass
from typing import Any

from adapters.teams import moments
from adapters.teams.actions import Press
from adapters.teams.buttons import apart, decides, opener
from adapters.teams.pages import page
from adapters.teams.render import CONTENT_TYPE, render, summary, wrapped
from adapters.teams.sections import notice
from adapters.teams.text import Element, fitted, label, line, own, run
from core.chat import Answer, Queue, QueueItem

_MESSAGE = "application/vnd.microsoft.activity.message"
_ERROR = "application/vnd.microsoft.error"
_QUEUE_SHOWN = 10
"""As many as fit under `limits.MOST`, whatever their texts."""

UNREADABLE = (
    "This button is not one that this version of Countersign knows, so nothing was changed. "
    "Write status and the request's id to get the present card."
)
NOBODY = (
    "Teams did not say who you are, so nothing was changed and nothing can be shown. "
    "Use your account in this organisation."
)
BROKEN = (
    "Something went wrong here. It may or may not have counted: ask for its status, or press "
    "again, which counts once."
)
ELSEWHERE = "To decide, use the card you were sent."
FAILED = "Something went wrong here and nothing was changed. Please try again."


@dataclass(frozen=True, slots=True)
class Reply:
    """A message to send: a card, or else text as it came, which may be followed by `lines` that
    stand each on its own. `private`: for this person alone."""

    text: str
    card: Element | None = None
    private: bool = False
    lines: tuple[str, ...] = ()


def invoked(answer: Answer, press: Press) -> dict[str, Any]:
    """The body that answers a press: the present card with what to say on top, or only words."""
    if answer.card is None:
        return said(answer.text)
    return {"statusCode": 200, "type": CONTENT_TYPE, "value": _card(answer, press, press.apart)}


def said(text: str) -> dict[str, Any]:
    """The body that shows a sentence and leaves the card as it is."""
    return {"statusCode": 200, "type": _MESSAGE, "value": fitted(text, 1000)}


def failed(status: int, code: str, text: str) -> dict[str, Any]:
    """The body of an error; Teams shows its own words for it."""
    return {"statusCode": status, "type": _ERROR, "value": {"code": code, "message": text}}


def answered(answer: Answer, press: Press | None = None, *, private: bool) -> Reply:
    """The same as a message, which nobody edits when the request changes."""
    if answer.card is None:
        return Reply(answer.text, private=private)
    return Reply(summary(answer.card), _card(answer, press, True), private=private)


def submitted(answer: Answer, press: Press) -> Reply:
    """What is said after a press that came as a message: its card is edited by the relay."""
    if press.decision is None or answer.refused is not None:
        return answered(answer, press, private=answer.card is not None)
    return Reply(answer.text or "Recorded.")


def _card(answer: Answer, press: Press | None, is_apart: bool) -> Element:
    assert answer.card is not None
    card = apart(answer.card) if is_apart else answer.card
    if press is not None and press.part is not None:
        return page(card, press.part, press.revision)
    refused = answer.refused is not None
    shown = notice(answer.text, refused=refused) if answer.text else None
    hint = label(ELSEWHERE, weight="Bolder") if is_apart and decides(answer.card) else None
    return render(card, said=shown, hint=hint)


def queued(queue: Queue) -> Reply:
    """What waits for somebody, with a button to open each."""
    if queue.refused is not None:
        return Reply(queue.refused, private=True)
    if not queue.items:
        return Reply("Nothing waits for you.", private=True)
    count = len(queue.items) + queue.more
    heading = f"{count} request{'s' if count != 1 else ''} for you"
    shown = queue.items[:_QUEUE_SHOWN]
    return Reply(heading, _listed(shown, heading, count - len(shown)), private=True)


def _listed(items: tuple[QueueItem, ...], heading: str, left: int) -> Element:
    body = [label(heading, weight="Bolder", size="Large")]
    body.extend(_item(item) for item in items)
    if left > 0:
        body.append(label(f"And {left} more after these.", isSubtle=True, spacing="Medium"))
    return wrapped(body, [], "queue")


def _item(item: QueueItem) -> Element:
    amount = [own(" · "), run(item.amount, 60, weight="Bolder")] if item.amount else []
    about = [run(item.stage, 80, isSubtle=True), own(" · asked by ", isSubtle=True)]
    lines = [
        line(run(item.title, 120, weight="Bolder"), *amount),
        line(*about, run(item.asked_by, 60, isSubtle=True), spacing="None"),
    ]
    if item.deadline is not None:
        words = f"Decide by {moments.localised(item.deadline)}"
        lines.append(label(words, isSubtle=True, spacing="None"))
    lines.append({"type": "ActionSet", "actions": [opener("Open", item.request, apart=True)]})
    return {"type": "Container", "separator": True, "spacing": "Medium", "items": lines}
