"""Answers of the core as Teams takes them: to an invoke, or as a message to send.

Pure. An invoke is always answered with HTTP 200 and one of three documented bodies
(https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/universal-action-model#response-format).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from adapters.teams import dialogs, forms
from adapters.teams.actions import Press
from adapters.teams.buttons import apart, decides
from adapters.teams.inputs import NOTHING
from adapters.teams.pages import history, page
from adapters.teams.render import CONTENT_TYPE, render, summary
from adapters.teams.sections import notice
from adapters.teams.text import Element, fitted, label
from core.card import Card
from core.chat.port import Answer

_MESSAGE = "application/vnd.microsoft.activity.message"
_ERROR = "application/vnd.microsoft.error"

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
RECORDED = "Recorded."
REQUEST = "The request"
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


def invoked(answer: Answer, press: Press, viewers: Sequence[str] = ()) -> dict[str, Any]:
    """The body that answers a press: a form, the present card with what to say on top, a part
    of the history, or only words. `viewers` is who pressed, where others see the card too."""
    shown = _shown(answer, press, press.apart, viewers)
    return said(answer.text) if shown is None else drawn(shown)


def in_dialog(answer: Answer, press: Press) -> dict[str, Any]:
    """The body that answers what was pressed for a dialog, or in one. A decision is made on the
    card alone: what is shown here of it has no buttons."""
    shows = answer.form is not None or press.part is not None or answer.refused is not None
    card = None if answer.card is None else replace(answer.card, buttons=(), more=())
    shown = _shown(replace(answer, card=card), press, False) if shows else None
    if shown is None:
        return dialogs.ended(answer.text or RECORDED)
    title = answer.form.title if answer.form else "History" if press.history else "Full action"
    told = title if press.part is not None or answer.form else REQUEST
    return dialogs.shown(told, shown, large=answer.form is None)


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
    return Reply(answer.text or RECORDED)


def _shown(
    answer: Answer, press: Press | None, is_apart: bool, viewers: Sequence[str] = ()
) -> Element | None:
    """The card that an answer is; None when it is only words."""
    if answer.form is not None:
        given = NOTHING if press is None else press.given
        problem = answer.text if answer.refused is not None else None
        return forms.card(
            answer.form, about=answer.card, apart=is_apart, given=given, problem=problem
        )
    if press is not None and press.history and answer.refused is None:
        return history(answer.text, press.request, press.part or 1, is_apart=is_apart)
    return None if answer.card is None else _card(answer, answer.card, press, is_apart, viewers)


def _card(
    answer: Answer, whole: Card, press: Press | None, is_apart: bool, viewers: Sequence[str]
) -> Element:
    card = apart(whole) if is_apart else whole
    if press is not None and press.part is not None and not press.history:
        return page(card, press.part, press.revision, is_apart=is_apart)
    refused = answer.refused is not None
    shown = notice(answer.text, refused=refused) if answer.text else None
    hint = label(ELSEWHERE, weight="Bolder") if is_apart and decides(whole) else None
    return render(card, said=shown, hint=hint, is_apart=is_apart, viewers=viewers)
