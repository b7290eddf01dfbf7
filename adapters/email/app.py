"""E-mail as a platform: built from arguments, started and stopped.

Starting needs no answer from the mail server: a wrong address shows itself in the first letter,
with its remedy. The pages behind the links are made elsewhere and only mounted with it.
"""

from collections.abc import Callable, Sequence

from aiohttp import web

from adapters.email.deliver import EmailChannel
from adapters.email.links import Doors
from adapters.email.render import Renderer
from adapters.email.settings import MailSettings
from adapters.email.wire import Wire
from core.chat.finding_port import Finder
from core.ports import Channel
from core.tokens.links import Links
from core.value import Millis


class EmailPlatform:
    """E-mail: `channel` out, and the `routes` to which its links lead."""

    def __init__(self, wire: Wire, channel: Channel, routes: Sequence[web.RouteDef]) -> None:
        self._wire = wire
        self.channel = channel
        self.finder: Finder | None = None
        self.routes = list(routes)

    async def start(self) -> None:
        """Nothing to do: connections are made for letters."""

    async def stop(self) -> None:
        """Say goodbye to the mail server."""
        await self._wire.stop()


def build(
    settings: MailSettings,
    links: Links,
    public_url: str,
    clock: Callable[[], Millis],
    routes: Sequence[web.RouteDef],
) -> EmailPlatform:
    """Wire the platform; `routes` are those of the pages below `public_url`. Opens nothing."""
    wire = Wire(settings)
    doors = Doors(links, public_url, clock)
    channel = EmailChannel(wire, Renderer(), doors, settings.sender, clock)
    return EmailPlatform(wire, channel, routes)
