"""What a person gets to see when the bot answers for a dialog, or what was sent in one.

https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/task-modules/task-modules-bots
Applies an answer to what that one person sees; never calls the bot.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from playground.teams import answers, cards
from playground.teams.delivery import Reply
from playground.teams.inbound import Source
from playground.teams.messages import ADAPTIVE_CARD, Messages

FETCH = "task/fetch"
SUBMIT = "task/submit"
_SIZES = frozenset({"small", "medium", "large"})


def opens(data: object) -> bool:
    """Whether a button's data ask for a dialog."""
    teams = data.get("msteams") if isinstance(data, Mapping) else None
    return isinstance(teams, Mapping) and teams.get("type") == FETCH


def apply(source: Source, card_message: str, reply: Reply) -> str | None:
    """Show a person the answer; return None, or why it is not a good answer."""
    messages = Messages(source.place)
    wrong = answers.delivered(reply)
    if wrong is None and reply.status != 200:
        wrong = f"an invoke needs status 200, the bot answered {reply.status}"
    if wrong is None:
        task = reply.body.get("task") if isinstance(reply.body, dict) else None
        wrong = _shown(messages, source, card_message, task)
    if wrong is not None:
        messages.notice(source.oid, source.room.id, answers.WENT_WRONG)
    return wrong


def _shown(messages: Messages, source: Source, card_message: str, task: Any) -> str | None:
    if not isinstance(task, dict):
        return "the answer has no task"
    kind, value = task.get("type"), task.get("value")
    if kind == "message" and isinstance(value, str) and value:
        # The words stand in the dialog, where nothing more can be pressed.
        messages.close_dialog(source.oid)
        return None
    if kind != "continue" or not isinstance(value, dict):
        return f"a task of type {kind!r} cannot be shown"
    problems = list(_problems(value))
    if problems:
        return f"invalid dialog: {'; '.join(problems[:5])}"
    content = value["card"]["content"]
    messages.open_dialog(source.oid, card_message, str(value.get("title", "")), content)
    return None


def _problems(value: dict[str, Any]) -> Iterator[str]:
    for side in ("height", "width"):
        size = value.get(side, "medium")
        if isinstance(size, bool) or not (isinstance(size, int) or size in _SIZES):
            yield f"{side}: expected pixels, small, medium or large"
    attached = value.get("card")
    if not isinstance(attached, dict) or attached.get("contentType") != ADAPTIVE_CARD:
        yield "card: expected an Adaptive Card attachment"
        return
    yield from cards.check(attached.get("content")).problems
    if _has(attached.get("content"), "Action.Execute"):
        yield "card: a dialog knows no Action.Execute"


def _has(value: Any, kind: str) -> bool:
    if isinstance(value, list):
        return any(_has(item, kind) for item in value)
    if not isinstance(value, dict):
        return False
    return value.get("type") == kind or any(_has(item, kind) for item in value.values())
