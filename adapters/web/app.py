"""The pages as aiohttp routes, wired from arguments; nothing is built at import."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from adapters.web.decide import Deciding
from adapters.web.door import SessionDoor
from adapters.web.incoming import origin_of
from adapters.web.pages import Pages
from adapters.web.signin.account import Account
from adapters.web.signin.handlers import SignIn
from adapters.web.signin.oidc import LABEL, Oidc
from adapters.web.signin.provider import Provider
from core.chat.port import Conversations
from core.tokens.links import Links
from core.value import Millis
from core.web.signing_in import SigningIn

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """The pages for who is signed in: areas make their routes by `door`, lay out with `pages`, and
    show themselves with `pages.add`. `routes` are those of signing in and out; `close` lets go of
    the connections to the identity provider."""

    door: SessionDoor
    pages: Pages
    routes: Sequence[web.RouteDef]
    close: Callable[[], Awaitable[None]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Vouching:
    """The company's identity provider: how to reach it, the claim that holds people's addresses,
    and where 128 random bits come from."""

    provider: Provider
    claim: str
    new_salt: Callable[[], str]
    close: Callable[[], Awaitable[None]]


def site(
    signing: SigningIn,
    public_url: str,
    whence: Callable[[web.Request], str],
    vouching: Vouching | None = None,
) -> Site:
    """The door of the pages; `whence` names the household of the Internet of a call."""
    origin = origin_of(public_url)
    pages = Pages(secure=origin.startswith("https:"), vouched=vouching is not None)
    door = SessionDoor(signing, pages, origin)
    sign_in = SignIn(signing, door, pages, origin, whence, "" if vouching is None else LABEL)
    routes = [*pages.assets.routes(), *sign_in.routes(), *Account(signing, door, pages).routes()]
    if vouching is not None:
        provider, claim, new_salt = vouching.provider, vouching.claim, vouching.new_salt
        routes += Oidc(provider, claim, signing, sign_in, pages, public_url, new_salt).routes()
    close = _nothing if vouching is None else vouching.close
    return Site(door=door, pages=pages, routes=routes, close=close)


async def _nothing() -> None: ...
