"""Answers of the core as Teams takes them: to an invoke, or as a message to send.

Pure. An invoke is always answered with HTTP 200 and one of three documented bodies
(https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/universal-action-model#response-format).
"""

from dataclasses import dataclass
from typing import Any

from adapters.teams import forms, moments
from adapters.teams.actions import Press
from adapters.teams.buttons import apart, decides, opener
from adapters.teams.inputs import NOTHING
from adapters.teams.pages import history, page
from adapters.teams.render import CONTENT_TYPE, render, summary, wrapped
from adapters.teams.sections import notice
from adapters.teams.text import Element, fitted, label, line, own, run
from core.card import Card
from core.chat.port import Answer, Queue, QueueItem

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
    """The body that answers a press: a form, the present card with what to say on top, a part
    of the history, or only words."""
    shown = _shown(answer, press, press.apart)
    return said(answer.text) if shown is None else drawn(shown)


def drawn(card: Element) -> dict[str, Any]:
    """The body that puts another card in the place of this one."""
    return {"statusCode": 200, "type": CONTENT_TYPE, "value": card}


def said(text: str) -> dict[str, Any]:
    """The body that shows a sentence and leaves the card as it is."""
    return {"statusCode": 200, "type": _MESSAGE, "value": fitted(text, 1000)}


def failed(status: int, code: str, text: str) -> dict[str, Any]:
    """The body of an error; Teams shows its own words for it."""
    return {"statusCode": status, "type": _ERROR, "value": {"code": code, "message": text}}


def answered(answer: Answer, press: Press | None = None, *, private: bool) -> Reply:
    """The same as a message, which nobody edits when the request changes."""
    shown = _shown(answer, press, True)
    if shown is None:
        return Reply(answer.text, private=private)
    words = summary(answer.card) if answer.card else answer.text
    if answer.form is not None:
        words = answer.form.title
    return Reply(words, shown, private=private)


def submitted(answer: Answer, press: Press) -> Reply:
    """What is said after a press that came as a message: its card is edited by the relay."""
    if press.verb is None or answer.refused is not None or answer.form is not None:
        return answered(answer, press, private=_shown(answer, press, True) is not None)
    return Reply(answer.text or "Recorded.")


def _shown(answer: Answer, press: Press | None, is_apart: bool) -> Element | None:
    """The card that an answer is; None when it is only words."""
    if answer.form is not None:
        given = NOTHING if press is None else press.given
        problem = answer.text if answer.refused is not None else None
        return forms.card(
            answer.form, about=answer.card, apart=is_apart, given=given, problem=problem
        )
    if press is not None and press.history and answer.refused is None:
        return history(answer.text, press.request, press.part or 1, is_apart=is_apart)
    return None if answer.card is None else _card(answer, answer.card, press, is_apart)


def _card(answer: Answer, whole: Card, press: Press | None, is_apart: bool) -> Element:
    card = apart(whole) if is_apart else whole
    if press is not None and press.part is not None and not press.history:
        return page(card, press.part, press.revision, is_apart=is_apart)
    refused = answer.refused is not None
    shown = notice(answer.text, refused=refused) if answer.text else None
    hint = label(ELSEWHERE, weight="Bolder") if is_apart and decides(whole) else None
    return render(card, said=shown, hint=hint, is_apart=is_apart)


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
