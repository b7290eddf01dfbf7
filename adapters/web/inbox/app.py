"""The inbox as routes behind the door, wired from arguments; nothing is built at import."""

from typing import Final

from aiohttp import web

from adapters.web.inbox.asking import NEW, Ask
from adapters.web.inbox.away import AWAY, OutOfOffice
from adapters.web.inbox.desk import Desk
from adapters.web.inbox.listing import MINE, Lists
from adapters.web.inbox.live import Live
from adapters.web.inbox.request import OneRequest
from adapters.web.inbox.rows import INBOX
from adapters.web.inbox.streams import Stream
from adapters.web.inbox.together import Together
from adapters.web.pages import Nav
from adapters.web.visit import Door

NAV: Final = (
    Nav(order=10, label="Inbox", href=INBOX),
    Nav(order=20, label="My requests", href=MINE),
    Nav(order=30, label="New request", href=NEW),
)


def build(door: Door, desk: Desk, live: Live) -> list[web.RouteDef]:
    """The routes; the pages are named in the navigation."""
    lists, together, one = Lists(desk), Together(desk), OneRequest(desk)
    ask, away = Ask(desk), OutOfOffice(desk)
    for entry in NAV:
        desk.pages.add(entry)
    return [
        door.get(INBOX, lists.inbox),
        door.get(f"{INBOX}/part", lists.part),
        door.get(f"{INBOX}/stream", Stream(desk, live).follow),
        door.post(f"{INBOX}/views", lists.keep_view),
        door.post(f"{INBOX}/views/delete", lists.forget_view),
        door.post(f"{INBOX}/together", together.review),
        door.post(f"{INBOX}/together/approve", together.approve),
        door.get(MINE, lists.mine),
        door.get(NEW, ask.form),
        door.post(NEW, ask.ask),
        door.get(AWAY, away.look),
        door.post(AWAY, away.set),
        door.post(f"{AWAY}/end", away.end),
        door.get(f"{INBOX}/{{id}}", one.look),
        door.post(f"{INBOX}/{{id}}/{{verb}}", one.act),
    ]
