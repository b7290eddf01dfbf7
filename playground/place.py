"""The running playground as its parts see it: world, store, faults, clock, and the bot's addresses.

Built by `app`; the Slack, Teams and page parts are given it (or reach it as
`request.app[PLACE]`). It must not know any of them.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from playground.faults import Faults
from playground.store import Store
from playground.world import World


@dataclass(slots=True, eq=False)
class Place:
    """What every part of one running playground shares.

    `slack_url` and `teams_url` (where the bot listens) may be set after the
    start, since bot and playground need each other's address. `base_url` is
    this playground's own address without a slash at the end, set once it
    listens. `now` gives Unix seconds; tests put their own clock there.
    `live` is what the parts keep in memory only, each under a name of its own.
    """

    world: World
    store: Store
    faults: Faults
    slack_url: str = ""
    teams_url: str = ""
    base_url: str = ""
    now: Callable[[], float] = time.time
    live: dict[str, Any] = field(default_factory=dict)
    _http: aiohttp.ClientSession | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def http(self) -> aiohttp.ClientSession:
        """The one client session for calls to the bot; there is one only while the app runs."""
        if self._http is None:
            raise RuntimeError("the playground is not running")
        return self._http

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the request that caused it; it is ended with the playground."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def open(self) -> None:
        """Make the client session; called by the app when it starts."""
        self._http = aiohttp.ClientSession()

    async def close(self) -> None:
        """End background work and the session, then save; called by the app when it ends."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._http is not None:
            await self._http.close()
            self._http = None
        self.store.close()


PLACE: web.AppKey[Place] = web.AppKey("place", Place)
