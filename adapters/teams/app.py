"""The Teams platform from its settings: what the composition root builds, starts and stops.

Nothing is made at import, and nothing is called before `start`.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from aiohttp import ClientSession, TCPConnector, web

from adapters.teams.auth import Authentication, TokenCheck
from adapters.teams.chats import Chats
from adapters.teams.connectors import Connectors
from adapters.teams.deliver import TeamsChannel
from adapters.teams.graph import Graph
from adapters.teams.handlers import Handlers
from adapters.teams.keys import KeyRing
from adapters.teams.people import People
from adapters.teams.process import TeamsAdapter
from adapters.teams.references import Book
from adapters.teams.replies import Replies
from adapters.teams.settings import MANAGED_IDENTITY, TeamsSettings
from adapters.teams.tokens import AUDIENCE, Credential, Fetch, client_secret, managed_identity
from core.chat.finding_port import Finder
from core.chat.port import Chat
from core.ports import Channel, Clock, References

PATH = "/api/messages"
_MOST_CONNECTIONS = 50
_SETTLE_SECONDS = 5.0


class TeamsPlatform:
    """One Teams bot: `routes` in, `channel` out, one HTTP session between `start` and `stop`."""

    def __init__(
        self,
        chat: Chat,
        references: References,
        settings: TeamsSettings,
        clock: Clock,
    ) -> None:
        self._session: ClientSession | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._preparing: asyncio.Task[None] | None = None
        self._keys = KeyRing(self._http, settings.metadata_url)
        self._checks_tokens = bool(settings.app_id)
        book = Book(references, settings.tenants, settings.app_id, settings.service_url, clock)
        credential = Credential(self._fetch(settings, clock, settings.token_url))
        connectors = Connectors(self._http, credential, clock, settings.trusted)
        graph = self._graph(settings, clock)
        knows, dialogs = chat.linking.knows, settings.opens_dialogs
        chats = Chats(connectors, book, graph, knows, opens_dialogs=dialogs)
        check = TokenCheck(settings.app_id, self._keys)
        self._replies = Replies(chats)
        people = People(chats.member)
        self._handlers = Handlers(chat, book, self._replies, people, opens_dialogs=dialogs)
        door = Authentication(check, connectors)
        self._adapter = TeamsAdapter(door, check, settings.tenants, settings.trusted)
        self.channel: Channel = TeamsChannel(chats, settings.tenants[0], paced=settings.paced)
        self.finder: Finder | None = None
        self.routes = [web.post(PATH, self.handle)]

    async def start(self) -> None:
        """Make ready to serve; Microsoft's keys are fetched beside it, reachable or not."""
        self._session = ClientSession(connector=TCPConnector(limit=_MOST_CONNECTIONS))
        if self._checks_tokens:
            self._preparing = asyncio.create_task(self._keys.prepare())

    async def stop(self) -> None:
        """Let replies go out for a few seconds, then end."""
        if self._preparing is not None:
            self._preparing.cancel()
            await asyncio.gather(self._preparing, return_exceptions=True)
        await self._replies.settle(_SETTLE_SECONDS)
        if self._session is not None:
            await self._session.close()
            self._session = None
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """POST /api/messages: everything that comes from Teams."""
        if self._session is None:
            raise web.HTTPServiceUnavailable(text="Teams is not started.")
        return await self._adapter.process(request, self._handlers)

    def _http(self) -> ClientSession:
        if self._session is None:
            raise RuntimeError("the Teams platform is used before start or after stop")
        return self._session

    def _graph(self, settings: TeamsSettings, clock: Clock) -> Graph | None:
        """What installs the app for people; None where that was not asked for."""
        if not settings.catalog_app:
            return None

        @cache
        def credential(tenant: str) -> Credential:
            url = settings.tenants_token_url(tenant)
            return Credential(self._fetch(settings, clock, url, settings.graph_url))

        return Graph(self._http, credential, settings.graph_url, settings.catalog_app, clock)

    def _fetch(
        self, settings: TeamsSettings, clock: Clock, url: str, audience: str = AUDIENCE
    ) -> Fetch | None:
        """Where the bot's tokens for a service come from; nowhere without an app id."""
        if not settings.app_id:
            return None
        if settings.app_type == MANAGED_IDENTITY:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="teams-identity")
            return managed_identity(settings.app_id, self._pool, audience)
        app, secret = settings.app_id, settings.app_password
        return client_secret(self._http, url, app, secret, clock, audience)


def build(
    chat: Chat,
    references: References,
    settings: TeamsSettings,
    *,
    clock: Clock,
) -> TeamsPlatform:
    """Wire the platform; raises ValueError with every mistake in the settings. Opens nothing."""
    mistakes = settings.mistakes()
    if mistakes:
        raise ValueError("\n".join(map(str, mistakes)))
    # It warns about documented members of every real click, and at DEBUG prints headers.
    logging.getLogger("msrest").setLevel(logging.ERROR)
    return TeamsPlatform(chat, references, settings, clock)
