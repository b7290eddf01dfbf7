"""Slack Bolt by itself: its AsyncApp behind aiohttp, as its own adapter is meant to be used, with
a handler that acknowledges a click and does nothing else.

`python -m bench.bolt_floor`, with SLACK_SIGNING_SECRET: prints its address, serves until SIGTERM.
"""

import asyncio
import os
import re
import signal

import uvloop
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult

TOKEN = "xoxb-bench"


def application(signing_secret: str) -> web.Application:
    """The floor's routes; signatures are checked."""

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        # Bolt's own asks Slack once, on the first request.
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=TOKEN)

    bolt = AsyncApp(
        signing_secret=signing_secret, authorize=authorize, process_before_response=True
    )

    @bolt.action(re.compile(r""))
    async def pressed(ack: AsyncAck) -> None:
        await ack()

    async def handle(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))

    app = web.Application()
    app.router.add_post("/slack/events", handle)
    return app


async def serve(signing_secret: str) -> None:
    """Serve on a free port until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    runner = web.AppRunner(application(signing_secret), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    print(f"http://127.0.0.1:{port}", flush=True)
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    uvloop.run(serve(os.environ["SLACK_SIGNING_SECRET"]))
