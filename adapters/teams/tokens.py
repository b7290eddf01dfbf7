"""The bot's own tokens for calling Teams: one credential, one login request per expiry.

Nothing here blocks the event loop, and no token or secret reaches a log, an error or a URL.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import msal  # type: ignore[import-untyped] # it ships no types
import msgspec
import requests
from aiohttp import ClientError, ClientSession, ClientTimeout

from adapters.teams.errors import NoToken
from adapters.teams.pause import retry_after
from core.ports import Clock

AUDIENCE = "https://api.botframework.com"
# https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
_TIMEOUT = ClientTimeout(total=10)
_EARLY_SECONDS = 300
"""A token is replaced this long before it expires, so that none expires on its way."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and for how many seconds it is good."""

    value: str
    seconds: float


Fetch = Callable[[], Awaitable[Token]]


class Credential:
    """The cached token of one source; however many ask at once, the source is asked once."""

    def __init__(self, fetch: Fetch | None) -> None:
        self._fetch = fetch
        self._token = ""
        self._until = 0.0
        self._asking = asyncio.Lock()

    async def token(self) -> str:
        """A token that is good now; empty when there is no source. Raises NoToken."""
        if self._fetch is None or self._is_good():
            return self._token
        async with self._asking:
            if not self._is_good():
                fresh = await self._fetch()
                now = asyncio.get_running_loop().time()
                early = min(_EARLY_SECONDS, fresh.seconds / 2)
                self._token, self._until = fresh.value, now + fresh.seconds - early
        return self._token

    def forget(self, token: str) -> None:
        """Ask again next time: Teams did not take this token."""
        if token == self._token:
            self._until = 0.0

    def _is_good(self) -> bool:
        return asyncio.get_running_loop().time() < self._until


class _Granted(msgspec.Struct):
    access_token: str
    expires_in: float


class _Denied(msgspec.Struct):
    error: str = ""
    error_codes: list[int] = []


def client_secret(
    http: Callable[[], ClientSession],
    url: str,
    app_id: str,
    password: str,
    clock: Clock,
    audience: str = AUDIENCE,
) -> Fetch:
    """Tokens for a service by the client credentials grant at the token endpoint `url`.

    https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow
    """
    form = {
        "grant_type": "client_credentials",
        "client_id": app_id,
        "client_secret": password,
        "scope": f"{audience}/.default",
    }

    async def fetch() -> Token:
        try:
            async with http().post(url, data=form, timeout=_TIMEOUT) as answer:
                body = await answer.read()
        except (ClientError, TimeoutError) as problem:
            raise NoToken(f"the login gave no answer ({type(problem).__name__})") from None
        if answer.status != 200:
            raise _denied(answer.status, body, retry_after(answer.headers, clock()))
        return _granted(body)

    return fetch


def _granted(body: bytes) -> Token:
    try:
        granted = msgspec.json.decode(body, type=_Granted)
    except msgspec.DecodeError:
        raise NoToken("the login's answer is not the documented one") from None
    return Token(granted.access_token, granted.expires_in)


def _denied(status: int, body: bytes, after: int | None) -> NoToken:
    try:
        denied = msgspec.json.decode(body, type=_Denied)
    except msgspec.DecodeError:
        denied = _Denied()
    codes = "".join(f" AADSTS{code}" for code in denied.error_codes[:3])
    what = f"the login answered {status} {denied.error[:60]}{codes}".rstrip()
    return NoToken(what, settings=status in {400, 401, 403}, retry_after=after)


def managed_identity(app_id: str, pool: ThreadPoolExecutor, audience: str = AUDIENCE) -> Fetch:
    """Tokens of a user-assigned managed identity; only on a machine in Azure.

    Its library blocks, so it runs in `pool`.
    """

    async def fetch() -> Token:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(10):
                return await loop.run_in_executor(pool, _identitys, app_id, audience)
        # The library raises whatever its transport raises, or a KeyError without a token.
        except Exception as problem:
            raise NoToken(f"the managed identity gave none ({type(problem).__name__})") from None

    return fetch


def _identitys(app_id: str, audience: str) -> Token:
    # A client made anew has nothing kept: else it would give again what Teams refused.
    identity = {"ManagedIdentityIdType": "ClientId", "Id": app_id}
    with requests.Session() as http:
        client = msal.ManagedIdentityClient(identity, http_client=http)
        granted = client.acquire_token_for_client(resource=audience)
    return Token(str(granted["access_token"]), float(granted["expires_in"]))
