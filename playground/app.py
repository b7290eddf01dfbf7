"""The playground as one aiohttp application, and how to start and stop it in a process.

Assembles the routes of the parts; knows nothing of what they simulate. Binds
to loopback addresses only: its secrets are samples, its pages unprotected.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from playground import mail, model, oidc, page, slack, teams
from playground.faults import Faults
from playground.place import PLACE, Place
from playground.store import Store
from playground.world import World

# A card with its images is far below this; the vendors' own body limits are larger.
_BODY_LIMIT = 4 * 1024 * 1024
# Hanging calls are released first, so nothing has a reason to go on for longer.
_SHUTDOWN_SECONDS = 1.0


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@web.middleware
async def _only_local_names(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse a request that reached us under another name (DNS rebinding by a web page)."""
    if not _is_loopback(request.url.host or ""):
        raise web.HTTPForbidden(text="The playground answers on loopback names only.\n")
    return await handler(request)


async def _lifetime(app: web.Application) -> AsyncIterator[None]:
    place = app[PLACE]
    await place.open()
    yield
    await place.close()


async def _let_go(app: web.Application) -> None:
    """Answer whoever waits for a change, cut whoever hangs."""
    app[PLACE].faults.release()
    app[PLACE].store.changed()
    model.hang_up(app[PLACE])
    await slack.hang_up(app[PLACE])


def build(
    world: World, data_dir: Path, slack_url: str = "", teams_url: str = "", *, fresh: bool = False
) -> web.Application:
    """Return the application over the state in `data_dir`; StoreBusy when it is in use."""
    faults = Faults({"slack": slack.OPERATIONS, "teams": teams.OPERATIONS})
    place = Place(world, Store(data_dir, fresh=fresh), faults, slack_url, teams_url)
    app = web.Application(client_max_size=_BODY_LIMIT, middlewares=[_only_local_names])
    app[PLACE] = place
    app.add_routes(slack.routes(place))
    app.add_routes(teams.routes(place))
    app.add_routes(model.routes(place))
    app.add_routes(oidc.routes(place))
    app.add_routes(page.routes(place))
    app.cleanup_ctx.append(_lifetime)
    app.on_shutdown.append(_let_go)
    return app


@dataclass(frozen=True, slots=True)
class Running:
    """A playground that listens; `base_url` has no slash at the end. `letters` is its mail
    server, where it has one."""

    base_url: str
    place: Place
    runner: web.AppRunner
    letters: asyncio.Server | None = None

    @property
    def slack_api_url(self) -> str:
        """What the bot takes as SLACK_API_URL."""
        return f"{self.base_url}/slack/api/"

    @property
    def model_url(self) -> str:
        """What the bot takes as OPENAI_BASE_URL."""
        return f"{self.base_url}/model/v1"

    @property
    def mail_port(self) -> int:
        """Where letters are taken."""
        assert self.letters is not None, "this playground takes no letters"
        port: int = self.letters.sockets[0].getsockname()[1]
        return port

    async def aclose(self) -> None:
        """Stop listening, end what hangs, save and let go of the directory."""
        if self.letters is not None:
            self.letters.close()
        await self.runner.cleanup()


async def start(
    world: World,
    data_dir: Path,
    slack_url: str = "",
    teams_url: str = "",
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    mail_port: int | None = None,
    fresh: bool = False,
) -> Running:
    """Listen and return; port 0 takes a free one. Letters are taken where `mail_port` is given.

    Raises ValueError for a host that is not loopback, OSError, StoreBusy.
    """
    if not _is_loopback(host):
        raise ValueError(f"the playground listens on loopback only, not on {host}")
    app = build(world, data_dir, slack_url, teams_url, fresh=fresh)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        listening = socket.create_server((host, port))
    except OSError:
        await runner.cleanup()
        raise
    await web.SockSite(runner, listening).start()
    place = app[PLACE]
    place.base_url = f"http://{host}:{listening.getsockname()[1]}"
    letters = None
    if mail_port is not None:
        try:
            letters = await mail.listen(place, host, mail_port)
        except OSError:
            await runner.cleanup()
            raise
    return Running(place.base_url, place, runner, letters)
