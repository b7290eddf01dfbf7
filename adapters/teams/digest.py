"""The daily digest and the welcome after an absence: several requests on one card.

Pure. Each line has a button that shows the request's card below; the first size that Teams takes
is sent.
"""

from collections.abc import Iterator

from botbuilder.schema import Activity

from adapters.teams import messages, moments
from adapters.teams.buttons import opener
from adapters.teams.limits import MOST
from adapters.teams.references import Fields
from adapters.teams.render import size, wrapped
from adapters.teams.text import Element, fitted, label, line, own, run
from core.chat.digest_words import OWN, comments, more_own, more_waiting
from core.chat.port import QueueItem
from core.ports import Notice, OwnNews
from core.text import one_line

SHOW = "Show"
QUEUE = "queue"
ALL = f"Write {QUEUE} to me to see all."
_SIZES = ((120, 60), (60, 30), (25, 15))
"""Characters of titles and of the texts beside; the first that fits counts."""


def message(notice: Notice, place: Fields) -> Activity:
    """The card as a message."""
    return messages.card(card(notice), fitted(one_line(notice.title), 200), place)


def card(notice: Notice) -> Element:
    """The digest, what waits first."""
    made: Element = {}
    for title, beside in _SIZES:
        made = wrapped(list(_body(notice, title, beside)), [], QUEUE)
        if size(made) <= MOST:
            break
    return made


def _body(notice: Notice, title: int, beside: int) -> Iterator[Element]:
    yield line(run(notice.title, 150, weight="Bolder", size="Large"))
    if notice.text:
        yield line(run(notice.text, 300, isSubtle=True), spacing="Small")
    for item in notice.items:
        yield _apart(list(_item(item, title, beside)), item.request)
    if notice.more:
        yield label(f"{more_waiting(notice.more)} {ALL}", spacing="Medium")
    if notice.own:
        yield label(OWN, weight="Bolder", spacing="Large", separator=True)
    for news in notice.own:
        yield _apart(_own(news, title), news.request)
    if notice.own_more:
        yield label(more_own(notice.own_more), spacing="Medium")


def _item(item: QueueItem, title: int, beside: int) -> Iterator[Element]:
    amount = [own(" · "), run(item.amount, beside, weight="Bolder")] if item.amount else []
    yield line(run(item.title, title, weight="Bolder"), *amount)
    stage = [own(" · "), run(item.stage, beside)] if item.stage else []
    yield line(own("Asked by "), run(item.asked_by, beside), *stage, spacing="None")
    if item.deadline is not None:
        words = f"Decide by {moments.localised(item.deadline)}"
        yield label(words, isSubtle=True, spacing="None")
    if item.comments:
        yield label(comments(item.comments), isSubtle=True, spacing="None")


def _own(news: OwnNews, title: int) -> list[Element]:
    return [
        line(run(news.title, title, weight="Bolder")),
        line(run(news.text, title), spacing="None"),
    ]


def _apart(items: list[Element], request: str) -> Element:
    show = {"type": "ActionSet", "actions": [opener(SHOW, request, apart=True)]}
    return {
        "type": "Container",
        "separator": True,
        "spacing": "Medium",
        "items": [*items, show],
    }
