"""The Teams side by itself: our own server, door and Bot Framework's turn, every token checked,
with a handler that answers a click with nothing and does nothing else.

`python -m bench.teams_floor`, with the product's settings: prints its address, serves until
SIGTERM.
"""

import asyncio
import os
import signal

import uvloop
from aiohttp import ClientSession, web
from botbuilder.core import ActivityHandler, InvokeResponse, TurnContext

from adapters.teams.app import PATH
from adapters.teams.auth import Authentication, TokenCheck
from adapters.teams.connectors import Connectors
from adapters.teams.keys import KeyRing
from adapters.teams.process import TeamsAdapter
from adapters.teams.tokens import Credential
from bot import clock, ids, log
from bot.server import build_server, listening
from bot.settings import TeamsSettings, read_settings


class Nothing(ActivityHandler):  # type: ignore[misc] # botbuilder ships no types
    """Answers every click, and decides none."""

    async def on_invoke_activity(self, turn: TurnContext) -> InvokeResponse:
        del turn
        return InvokeResponse(status=200, body=b"{}")


async def serve(settings: TeamsSettings) -> None:
    """Serve on a free port until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    given = settings.for_adapter()
    async with ClientSession() as http:
        check = TokenCheck(given.app_id, KeyRing(lambda: http, given.metadata_url))
        connectors = Connectors(lambda: http, Credential(None), clock.now, given.trusted)
        door = TeamsAdapter(Authentication(check, connectors), check, given.tenants, given.trusted)
        nothing = Nothing()

        async def handle(request: web.Request) -> web.Response:
            return await door.process(request, nothing)

        app = build_server([web.post(PATH, handle)], ids.new_id)
        async with listening(app, "127.0.0.1", 0) as address:
            print(address, flush=True)
            await stop.wait()


def main() -> None:
    """Read the settings, then serve."""
    log.configure()
    settings = read_settings(dict(os.environ), host="127.0.0.1").teams
    if settings is None:
        raise SystemExit("Teams is not switched on.")
    uvloop.run(serve(settings))


if __name__ == "__main__":
    main()
