"""`inbox`: a link that signs the asker in in a browser, told to them alone. Pure."""

from typing import Final

from adapters.teams.answers import Reply
from adapters.teams.render import wrapped
from adapters.teams.text import label, line, own
from core.chat.signing_in_port import Way

TITLE: Final = "Countersign in your browser"
OPEN: Final = "Open"


def told(way: Way) -> Reply:
    """A card with the link behind a button; or why there is none."""
    if not way.url:
        return Reply(way.text, private=True)
    body = [label(TITLE, weight="Bolder", size="Large"), line(own(way.text))]
    button = {"type": "Action.OpenUrl", "title": OPEN, "url": way.url}
    return Reply(TITLE, wrapped(body, [button], "inbox"), private=True)
