"""The pages as aiohttp routes, wired from arguments; nothing is built at import."""

from collections.abc import Callable
from typing import Final

from aiohttp import web

from adapters.web.decide import Deciding
from adapters.web.pages import Pages
from core.chat.port import Conversations
from core.tokens.links import Links
from core.value import Millis

DECIDE: Final = "/decide/{act}"


def build(
    conversations: Conversations,
    links: Links,
    public_url: str,
    clock: Callable[[], Millis],
    new_id: Callable[[], str],
) -> list[web.RouteDef]:
    """The routes of all pages; `public_url` is the address under which browsers find them."""
    deciding = Deciding(conversations, links, public_url, clock, new_id, Pages())
    return [web.get(DECIDE, deciding.look), web.post(DECIDE, deciding.decide)]
