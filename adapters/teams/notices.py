"""A notice as a message: its sentence as it came, loud where it must not be overlooked.

One about a request that is still open comes with a button that shows it. Teams has no link to
a message in a bot's chat, so it cannot lead to the card itself. Pure.
"""

from botbuilder.schema import Activity

from adapters.teams import messages
from adapters.teams.buttons import opener
from adapters.teams.references import Fields
from adapters.teams.render import wrapped
from adapters.teams.sections import box
from adapters.teams.text import Element, fitted, label, line, paragraphs, run
from core.ports import Notice
from core.text import one_line

SHOW = "Show the request"
LOUD = {"break_glass": "Break-glass was used", "held": "An approval is stuck"}
_PLAIN = frozenset({"answer", "result"})
"""What says everything there is to say."""
_OVER = frozenset({"token_revoked"})
"""After these nothing is asked of anybody."""


def message(notice: Notice, place: Fields) -> Activity:
    """Words for an answer or a result, a small card for all else."""
    if notice.kind in _PLAIN:
        title = f"“{notice.title}”: " if notice.title else ""
        return messages.words(f"{title}{notice.text} (request {notice.request})", place)
    shown = fitted(one_line(": ".join(filter(None, (notice.title, notice.text)))), 200)
    return messages.card(card(notice), shown, place)


def card(notice: Notice) -> Element:
    """The title, the sentence and the id, with a button to the request."""
    title = [line(run(notice.title, 200, weight="Bolder"))] if notice.title else []
    words = [*title, *paragraphs(notice.text, 2000, 15)]
    if notice.kind in LOUD:
        heading = label(LOUD[notice.kind], weight="Bolder", size="Large", color="Attention")
        words = [box("attention", [heading, *words])]
    footer = line(run(f"Request {notice.request}", 150, isSubtle=True), spacing="Small")
    leads = notice.request and notice.kind not in _OVER
    actions = [opener(SHOW, notice.request, apart=True)] if leads else []
    return wrapped([*words, footer], actions, f"status {notice.request}")
