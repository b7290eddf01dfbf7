"""Installing the app in a workspace with OAuth: two pages, on Bolt's own flow.

What is different from Bolt's: the state is a sealed text that is used up once, so that visitors
who only look write nothing; who may install can be limited; the pages are ours.
https://docs.slack.dev/authentication/installing-with-oauth
"""

import hashlib
import logging
import re
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

import aiohttp
from aiohttp import web
from slack_bolt.error import BoltError
from slack_bolt.oauth.async_callback_options import (
    AsyncCallbackOptions,
    AsyncFailureArgs,
    AsyncSuccessArgs,
)
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackClientError
from slack_sdk.oauth.installation_store import Installation as SlackInstallation
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from adapters.slack import pages
from adapters.slack.calls import Wire
from adapters.slack.identity import PLATFORM
from adapters.slack.installs import InstallStore
from adapters.slack.manifest import MATCH_SCOPE, OAUTH_PATH, REGISTERED
from adapters.slack.rotation import App
from adapters.slack.sealing import Seal
from core.installs import Installations
from core.ports import Clock
from core.value import Millis

STATE_FOR: Final[Millis] = 10 * 60 * 1000

_TEAM: Final = re.compile(r"[TE][A-Z0-9]{1,20}")
_STATE: Final = b"install:"
_PROBLEMS: Final = (TimeoutError, aiohttp.ClientError, SlackClientError, OSError, LookupError)

_log = logging.getLogger(__name__)

# Bolt would log the code with which the installation failed.
_silent = logging.Logger("slack_bolt.oauth")
_silent.disabled = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Distribution:
    """What it takes to be installed in several workspaces.

    `seal_keys` are Fernet keys, the newest first; `allowed` the ids of the workspaces and
    organisations that may install it, empty for any; `url` this server's public address.
    `first_time` is true once for each key, for ever; `revive` tries again what could not be
    delivered in Slack. With `matching` the app asks for leave to read e-mail addresses.
    """

    app: App
    kept: Installations
    seal_keys: tuple[str, ...]
    allowed: frozenset[str]
    url: str
    clock: Clock
    revive: Callable[[], Awaitable[None]]
    matching: bool = False


FirstTime = Callable[[str, str], Awaitable[bool]]


class NotAllowed(BoltError):
    """This workspace is not on the operator's list."""


class States(AsyncOAuthStateStore):
    """What Slack carries from one page to the other and back: sealed, for ten minutes, once."""

    def __init__(self, seal: Seal, first_time: FirstTime, clock: Clock) -> None:
        self._seal = seal
        self._first_time = first_time
        self._clock = clock

    @property
    def logger(self) -> logging.Logger:
        return _log

    async def async_issue(self, *args: object, **kwargs: object) -> str:  # noqa: ARG002 - theirs
        """A new one; two are never alike."""
        ends = str(self._clock() + STATE_FOR).encode()
        # Without the padding, which would be quoted in a cookie.
        return self._seal.close(_STATE + ends).decode().rstrip("=")

    async def async_consume(self, state: str) -> bool:
        """Whether it is ours, in time, and was not used before."""
        padded = state + "=" * (-len(state) % 4)
        ends = (self._seal.open(padded.encode()) or b"").removeprefix(_STATE)
        if not ends.isdigit() or int(ends) <= self._clock():
            return False
        # Of what it stands for: Base64 may be spelled in several ways.
        digest = hashlib.sha256(urlsafe_b64decode(padded)).hexdigest()
        return await self._first_time(PLATFORM, f"install:{digest}")


class _Flow(AsyncOAuthFlow):
    """Bolt's flow, within our limits."""

    allowed: frozenset[str] = frozenset()

    async def build_authorize_url(self, state: str, request: AsyncBoltRequest) -> str:
        asked = (request.query.get("team") or [""])[0]
        team = asked if _TEAM.fullmatch(asked) else None
        return self.settings.authorize_url_generator.generate(state=state, team=team)

    async def build_install_page_html(self, url: str, request: AsyncBoltRequest) -> str:  # noqa: ARG002 - theirs
        return pages.install(url)

    async def run_installation(self, code: str) -> SlackInstallation | None:
        try:
            found = await super().run_installation(code)
        except _PROBLEMS as problem:
            _log.warning("Slack did not confirm an installation: %s", type(problem).__name__)
            return None
        if found is None or not found.bot_token:
            _log.warning("Slack did not confirm an installation")
            return None
        return found

    async def store_installation(
        self, request: AsyncBoltRequest, installation: SlackInstallation
    ) -> None:
        named = {installation.team_id, installation.enterprise_id} - {None}
        if self.allowed and not named & self.allowed:
            await self._hand_back(installation.bot_token)
            where = installation.team_id or installation.enterprise_id
            _log.warning("Slack workspace %s is not in SLACK_ALLOWED_TEAMS", where)
            raise NotAllowed("not allowed")
        await super().store_installation(request, installation)

    async def _hand_back(self, token: str | None) -> None:
        try:
            await self.client.auth_revoke(token=token)
        except _PROBLEMS as problem:
            _log.warning("a token that is not wanted is still valid: %s", type(problem).__name__)


class Oauth:
    """`routes` of the two pages."""

    def __init__(
        self,
        wire: Wire,
        distribution: Distribution,
        store: InstallStore,
        seal: Seal,
        first_time: FirstTime,
        forget: Callable[[], None],
        api_url: str,
    ) -> None:
        self._wire = wire
        self._given = distribution
        self._store = store
        self._states = States(seal, first_time, distribution.clock)
        self._forget = forget
        self._authorize_url = urljoin(api_url.rstrip("/") + "/", "../oauth/v2/authorize")
        self.routes = [
            web.get(pages.INSTALL_PATH, self.install, allow_head=False),
            web.get(OAUTH_PATH, self.redirected, allow_head=False),
        ]

    async def install(self, request: web.Request) -> web.Response:
        """GET /slack/install: the page with the button."""
        return _page(await self._flow().handle_installation(_bolt_request(request)))

    async def redirected(self, request: web.Request) -> web.Response:
        """GET /slack/oauth_redirect: where Slack sends the browser back to."""
        return _page(await self._flow().handle_callback(_bolt_request(request)))

    def _flow(self) -> _Flow:
        # Made for each visit, since the client has its session only once the server runs.
        given = self._given
        settings = AsyncOAuthSettings(
            client_id=given.app.client_id,
            client_secret=given.app.client_secret,
            scopes=[*REGISTERED.scopes, *([MATCH_SCOPE] if given.matching else [])],
            user_scopes=[],
            redirect_uri=given.url + OAUTH_PATH,
            install_path=pages.INSTALL_PATH,
            redirect_uri_path=OAUTH_PATH,
            callback_options=AsyncCallbackOptions(success=self._done, failure=_failed),
            authorization_url=self._authorize_url,
            installation_store=self._store,
            state_store=self._states,
            state_expiration_seconds=STATE_FOR // 1000,
            logger=_silent,
        )
        flow = _Flow(client=self._wire.client(), logger=_silent, settings=settings)
        flow.allowed = given.allowed
        return flow

    async def _done(self, args: AsyncSuccessArgs) -> BoltResponse:
        found = args.installation
        where = found.team_name or found.enterprise_name or found.team_id or "your organisation"
        _log.info("Countersign was installed in Slack workspace %s", found.team_id)
        self._forget()
        await self._given.revive()
        page = pages.installed(where, matching=self._given.matching)
        return BoltResponse(status=200, body=page)


async def _failed(args: AsyncFailureArgs) -> BoltResponse:
    match args.reason, args.error:
        case "access_denied", _:
            return BoltResponse(status=200, body=pages.declined())
        case "invalid_browser" | "invalid_state", _:
            return BoltResponse(status=400, body=pages.expired())
        case _, NotAllowed():
            return BoltResponse(status=403, body=pages.not_allowed())
    return BoltResponse(status=400, body=pages.not_confirmed())


def _bolt_request(request: web.Request) -> AsyncBoltRequest:
    cookies = {"cookie": request.headers.get("Cookie", "")}
    return AsyncBoltRequest(body="", query=request.query_string, headers=dict(cookies))


def _page(answer: BoltResponse) -> web.Response:
    made = web.Response(
        status=answer.status, text=answer.body, content_type="text/html", headers=pages.HEADERS
    )
    for cookies in answer.cookies():
        for name, cookie in cookies.items():
            # Lax: Slack's page leads back here, and the cookie has to come along.
            made.set_cookie(
                name,
                cookie.value,
                max_age=cookie.get("max-age"),
                path="/slack",
                secure=True,
                httponly=True,
                samesite="Lax",
            )
    return made
