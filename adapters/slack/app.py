"""Slack as a platform: built from arguments, mounted into an HTTP server, started and stopped.

Nothing is built at import. Starting needs no answer from Slack: a bad token shows itself
in the first delivery, with its remedy.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from adapters.slack import figures, handing, link_words, looking, signing
from adapters.slack.access import Registering, by_installing, by_token
from adapters.slack.asking import Requests
from adapters.slack.calls import Wire
from adapters.slack.commands import Commands, Word
from adapters.slack.deliver import SlackChannel
from adapters.slack.desk import Desk
from adapters.slack.finding import ByAddress
from adapters.slack.guard import NO_PAYLOAD, Guard
from adapters.slack.handlers import Handlers, Presses
from adapters.slack.home_acts import HomeActs
from adapters.slack.manifest import REGISTERED  # what to register stands there, and EVENTS
from adapters.slack.members import Members
from adapters.slack.oauth import Distribution
from adapters.slack.socket_mode import SocketMode
from adapters.slack.threads import Threads
from adapters.slack.workspaces import Workspaces
from core.chat.finding_port import Finder
from core.chat.port import Chat
from core.ports import Channel

PATH: Final = REGISTERED.path
API_URL: Final = "https://slack.com/api/"

# Bolt takes SLACK_BOT_TOKEN from the environment by itself, whatever it is given, and warns
# that it will not use it: nothing an operator could or should change.
_ENVIRONMENT_UNUSED: Final = "As you gave `client` as well, `token` will be unused."

_log = logging.getLogger(__name__)
_bolt_log = logging.getLogger("slack_bolt.AsyncApp")


class SlackPlatform:
    """Slack: `routes` in, `channel` out, one HTTP session between `start` and `stop`."""

    def __init__(
        self,
        wire: Wire,
        workspaces: Workspaces,
        bolt: AsyncApp,
        door: Guard | SocketMode,
        desk: Desk,
        *,
        paced: bool = True,
        routes: Sequence[web.RouteDef] = (),
    ) -> None:
        self._wire = wire
        self._workspaces = workspaces
        self._bolt = bolt
        self._guard = door if isinstance(door, Guard) else None
        self._socket = door if isinstance(door, SocketMode) else None
        self._desk = desk
        self.channel: Channel = SlackChannel(workspaces, paced=paced)
        self.finder: Finder | None = ByAddress(workspaces)
        self.routes = [*routes, *([] if self._guard is None else [web.post(PATH, self.handle)])]

    async def start(self) -> None:
        """Make the one HTTP session; must run in the server's event loop."""
        await self._wire.open()
        await self._workspaces.start()
        if self._socket is not None:
            await self._socket.start()

    async def stop(self) -> None:
        """Finish answering clickers, then close the session."""
        if self._socket is not None:
            await self._socket.stop()
        await self._desk.close()
        await self._workspaces.stop()
        await self._wire.close()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """POST /slack/events: interactions, commands and events."""
        if not self._wire.is_open or self._guard is None:
            raise web.HTTPServiceUnavailable(text="Slack is not started.")
        admitted = await self._guard.admit(request)
        try:
            answer = await self._bolt.async_dispatch(admitted)
        except (AttributeError, LookupError, TypeError, ValueError) as problem:
            # Handlers never raise to here: it is Bolt that did not find Slack's members.
            _log.warning("a signed request is no Slack payload: %r", problem)
            raise web.HTTPBadRequest(text=NO_PAYLOAD) from None
        return await to_aiohttp_response(answer)


def build(
    chat: Chat,
    *,
    bot_token: str = "",
    signing_secret: str = "",
    api_url: str = API_URL,
    paced: bool = True,
    app_token: str = "",
    distribution: Distribution | None = None,
) -> SlackPlatform:
    """Wire the platform; raises ValueError for an empty secret. Opens nothing.

    With an `app_token` Slack is connected to, and `signing_secret` is not needed; with a
    `distribution` the app is installed by OAuth, and there is no `bot_token`.
    `paced` keeps Slack's rate limits, which a simulated Slack need not have."""
    wire = Wire(api_url)
    if distribution is None:
        access = by_token(wire, bot_token)
    else:
        access = by_installing(wire, distribution, chat.conversations.first_time, api_url)
    workspaces = access.workspaces
    desk = Desk(wire, workspaces)
    bolt = _bolt(wire, bot_token, signing_secret)
    # The first one is asked most often; the last one takes what no other knows.
    home = HomeActs(chat, desk)
    members = Members(chat.linking, workspaces, desk)
    handlers = Handlers(chat.conversations, chat.healing, desk, home.again)
    threads = Threads(chat.threads)
    requests = Requests(chat.asking, desk)
    commands = Commands(words(chat, requests))
    first = Presses(handlers)
    others: list[Registering] = [*access.parts, members, home, threads, requests, commands]
    for part in (first, *others, handlers):
        part.register(bolt)
    door = SocketMode(wire, app_token, bolt.async_dispatch) if app_token else Guard(signing_secret)
    return SlackPlatform(wire, workspaces, bolt, door, desk, paced=paced, routes=access.routes)


def words(chat: Chat, requests: Requests) -> dict[str, Word]:
    """What may stand behind `/approvals`."""
    return {
        **looking.words(chat.conversations),
        **requests.words(),
        **handing.words(chat.conversations),
        **figures.words(chat.figures),
        **signing.words(chat.signing),
        "link": lambda asked: link_words.reply(chat.linking, asked.who, asked.words),
    }


def _bolt(wire: Wire, bot_token: str, signing_secret: str) -> AsyncApp:
    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        # Bolt's own would ask Slack (auth.test) on the click path, and fail when it is down.
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=bot_token)

    with _without(_ENVIRONMENT_UNUSED):
        return AsyncApp(
            name="countersign",
            client=wire.client(),
            signing_secret=signing_secret,
            authorize=authorize,
            # Else Bolt logs a page of advice to developers; `Handlers.failed` says it in a line.
            raise_error_for_unhandled_request=True,
            # Without it Bolt polls for the acknowledgement every 10 ms, and an exception right
            # after it becomes a 404 three seconds later.
            # https://docs.slack.dev/tools/bolt-python/concepts/lazy-listeners
            process_before_response=True,
        )


@contextmanager
def _without(message: str) -> Iterator[None]:
    """Keep this one line of Bolt's out of the log."""

    def differs(record: logging.LogRecord) -> bool:
        return record.getMessage() != message

    _bolt_log.addFilter(differs)
    try:
        yield
    finally:
        _bolt_log.removeFilter(differs)
