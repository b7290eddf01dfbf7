"""The card about being out of office: what is set, what ends it, and a form for more. Pure."""

from collections.abc import Mapping
from datetime import date

from adapters.teams import moments
from adapters.teams.buttons import execute
from adapters.teams.inputs import person
from adapters.teams.render import wrapped
from adapters.teams.sections import notice
from adapters.teams.text import Element, label, line, own, run
from core.chat.absence_words import Wanted
from core.chat.port import AbsenceLine, Absences, Answer
from core.refusals import Reason

SET = "absence"
END = "absence_end"
FIRST = "first"
LAST = "last"
_SHOWN = 10
"""As many as fit under `limits.MOST`, whatever their texts."""
_TITLE = "Set an out of office"


def concerns(data: object) -> bool:
    """Whether a button's data is of one of these cards."""
    return isinstance(data, Mapping) and data.get("verb") in (SET, END)


def unfit(problem: str) -> Answer:
    """The answer to a form without a person."""
    return Answer(text=problem, refused=Reason.UNKNOWN_PERSON)


def listed(known: Absences, said: str, about: Wanted, *, refused: bool) -> Element:
    """What is set; `said` stands on top, `about` (with an address or nobody) in the form."""
    shown = known.items[:_SHOWN]
    body = [
        *([notice(said, refused=refused)] if said else []),
        label("Out of office", weight="Bolder", size="Large"),
        *(_item(item, known.timezone) for item in shown),
        *([] if shown else [label("Nobody acts for you, and you act for nobody.")]),
    ]
    if len(known.items) > len(shown):
        body.append(label(f"And {len(known.items) - len(shown)} more.", isSubtle=True))
    form = {"type": "AdaptiveCard", "body": _form(about), "actions": [_send()]}
    adds = {"type": "Action.ShowCard", "id": "adds", "title": _TITLE, "card": form}
    return wrapped(body, [adds], "ooo")


def _item(item: AbsenceLine, timezone: str) -> Element:
    giver = "you" if item.mine else item.giver
    who = line(run(item.taker, 80, weight="Bolder"), own(" acts for "), run(giver, 80))
    starts = moments.written(item.starts, timezone)
    ends = "until further notice" if item.ends is None else moments.until(item.ends, timezone)
    # Only the giver may end it, so that nobody else needs its id.
    id_ = f" · {item.id}" if item.mine else ""
    items = [who, line(run(f"from {starts} {ends}{id_}", 240, isSubtle=True), spacing="None")]
    if item.mine:
        end = execute("End it", {"verb": END, "id": item.id})
        items.append({"type": "ActionSet", "actions": [end]})
    return {"type": "Container", "separator": True, "spacing": "Medium", "items": items}


def _form(about: Wanted) -> list[Element]:
    return [
        *person("Who acts for you?", about.to),
        _day(FIRST, "From (today, if empty)", about.first),
        _day(LAST, "Until the end of (until further notice, if empty)", about.last),
    ]


def _day(id: str, words: str, day: date | None) -> Element:
    made = {"type": "Input.Date", "id": id, "label": words}
    return made if day is None else {**made, "value": day.isoformat()}


def _send() -> Element:
    return execute("Set", {"verb": SET}, associated="auto")
