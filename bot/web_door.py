"""The pages for who is signed in, wired: the door, and the identity provider behind it."""

from typing import Final

from aiohttp import ClientSession

from adapters.web.app import Site, Vouching, site
from adapters.web.signin.provider import Provider
from adapters.webhook.whence import Whence
from bot.parts import Ground, Part
from bot.web_settings import IdentityProvider

SWEEP_SECONDS: Final = 60.0


class Http:
    """The one client with which the identity provider is asked, while the server runs."""

    def __init__(self) -> None:
        self._session: ClientSession | None = None

    def __call__(self) -> ClientSession:
        """The client, opened at its first use."""
        if self._session is None:
            self._session = ClientSession(trust_env=True)
        return self._session

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()


def site_of(ground: Ground) -> Site | None:
    """The door and the layout that areas build their pages with; None where there are no pages."""
    settings = ground.settings
    if settings.web is None:
        return None
    whence, oidc = Whence(settings.keys.proxies), settings.web.oidc
    return site(
        ground.signing,
        settings.web.public_url,
        lambda request: whence.household(whence.address(request)),
        None if oidc is None else _vouching(ground, oidc),
    )


def door_part(ground: Ground, made: Site) -> Part:
    """Signing in and out, and the files that pages load."""
    sweeping = (ground.signing.sweep, SWEEP_SECONDS)
    return Part(routes=made.routes, jobs=(sweeping,), stop=made.close)


def _vouching(ground: Ground, oidc: IdentityProvider) -> Vouching:
    world, http = ground.world, Http()
    return Vouching(
        provider=Provider(oidc.for_adapter(), http, world.clock),
        claim=oidc.claim,
        new_salt=world.new_salt,
        close=http.close,
    )
