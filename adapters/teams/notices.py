"""A notice as a message: its sentence as it came, loud where it must not be overlooked.

One about a request that is still open comes with a button that shows it, and with a link to the
reader's card where Teams has one: a chat that a bot knows by an id of its own has none. Pure.
"""

from botbuilder.schema import Activity

from adapters.teams import digest, links, messages
from adapters.teams.buttons import opener, reviser
from adapters.teams.references import Fields
from adapters.teams.render import wrapped
from adapters.teams.sections import box
from adapters.teams.text import Element, fitted, label, line, own, paragraphs, run
from core.chat.ask_words import AGAIN
from core.ports import Notice
from core.text import one_line

SHOW = "Show the request"
OPEN = "Open your card"
MORE = "Open the dashboard"
HINT = " · Reply to this message to answer"
LOUD = {"break_glass": "Break-glass was used", "held": "An approval is stuck"}
_PLAIN = frozenset({"answer", "result", "ended"})
"""What says everything there is to say."""
_OVER = frozenset({"token_revoked"})
"""After these nothing is asked of anybody."""
_ANSWERED = frozenset({"question", "comment"})


def message(notice: Notice, place: Fields) -> Activity:
    """Words for an answer or a result, a small card for all else."""
    if notice.items or notice.own:
        return digest.message(notice, place)
    if notice.kind in _PLAIN:
        title = f"“{notice.title}”: " if notice.title else ""
        about = f" (request {notice.request})" if notice.request else ""
        return messages.words(f"{title}{notice.text}{about}", place)
    shown = fitted(one_line(": ".join(filter(None, (notice.title, notice.text)))), 200)
    return messages.card(card(notice), shown, place)


def card(notice: Notice) -> Element:
    """The title, the sentence and the id, with a button to the request."""
    title = [line(run(notice.title, 200, weight="Bolder"))] if notice.title else []
    words = [*title, *paragraphs(notice.text, 2000, 15)]
    if notice.kind in LOUD:
        heading = label(LOUD[notice.kind], weight="Bolder", size="Large", color="Attention")
        words = [box("attention", [heading, *words])]
    hint = [own(HINT, isSubtle=True)] if notice.kind in _ANSWERED else []
    if not notice.request:
        return wrapped(words, _more(notice), "queue")
    about = run(f"Request {notice.request}", 150, isSubtle=True)
    footer = line(about, *hint, spacing="Small")
    return wrapped([*words, footer], _ways(notice), f"status {notice.request}")


def _more(notice: Notice) -> list[Element]:
    """The way to a page of our own, where there is one."""
    return [{"type": "Action.OpenUrl", "title": MORE, "url": notice.link}] if notice.link else []


def _ways(notice: Notice) -> list[Element]:
    """What leads on from here; nothing where nothing is asked of anybody any more."""
    if not notice.request or notice.kind in _OVER:
        return []
    ways = [opener(SHOW, notice.request, apart=True)]
    if "revise" in notice.facts and notice.kind == "changes_requested":
        ways.insert(0, reviser(AGAIN, notice.request, is_apart=True, awaited=True))
    link = None if notice.card is None else links.to(notice.card)
    if link is not None:
        ways.append({"type": "Action.OpenUrl", "title": OPEN, "url": link})
    return ways
