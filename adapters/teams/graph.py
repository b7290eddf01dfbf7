"""Installs the app for somebody who has not got it, through Microsoft Graph, where permitted.

https://learn.microsoft.com/en-us/microsoftteams/platform/graph-api-proactive-bots-and-messages/graph-proactive-bots-and-messages
The app needs TeamsAppInstallation.ReadWriteSelfForUser.All and must be in the organisation's
catalogue. Calls raise errors.Failure, and nothing else; nothing is tried twice here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from adapters.teams.errors import GraphRefused, Silent
from adapters.teams.pause import retry_after
from adapters.teams.tokens import Credential
from core.directory.people import Identity
from core.ports import Clock

_TIMEOUT = ClientTimeout(total=10, sock_connect=5)
_THERE_ALREADY = 409


@dataclass(frozen=True, slots=True)
class Installed:
    """The conversation id of a person's chat with the bot; `now`: it was not there before."""

    chat: str
    now: bool


class Graph:
    """Microsoft Graph, for one app of the catalogue. `credential` gives a tenant's."""

    def __init__(
        self,
        http: Callable[[], ClientSession],
        credential: Callable[[str], Credential],
        url: str,
        catalog_app: str,
        clock: Clock,
    ) -> None:
        self._http = http
        self._credential = credential
        self._base = f"{url.rstrip('/')}/v1.0"
        self._app = catalog_app
        self._clock = clock

    async def install(self, person: Identity) -> Installed:
        """Install the app for a person of a tenant; it is no error that they have it."""
        asked = {"teamsApp@odata.bind": f"{self._base}/appCatalogs/teamsApps/{self._app}"}
        status, _ = await self._call(person, "POST", "", asked)
        return Installed(await self._chat(person), status != _THERE_ALREADY)

    async def has(self, person: Identity) -> bool:
        """Whether a person has the app; installs nothing."""
        return await self._installation(person) is not None

    async def _chat(self, person: Identity) -> str:
        installation = await self._installation(person)
        if installation is None:
            raise Silent("Microsoft Graph does not show the installation yet", maybe_done=False)
        _, found = await self._call(person, "GET", f"/{quote(installation, safe='')}/chat")
        return _id(found)

    async def _installation(self, person: Identity) -> str | None:
        query = f"?$expand=teamsApp&$filter=teamsApp/id%20eq%20'{self._app}'"
        _, found = await self._call(person, "GET", query)
        listed = found.get("value")
        return _id(listed[0]) if isinstance(listed, list) and listed else None

    async def _call(
        self, person: Identity, method: str, path: str, body: Any = None
    ) -> tuple[int, dict[str, Any]]:
        account = quote(person.account, safe="")
        url = f"{self._base}/users/{account}/teamwork/installedApps{path}"
        token = await self._credential(person.realm).token()
        try:
            async with self._http().request(
                method,
                URL(url, encoded=True),
                json=body,
                headers={"Authorization": f"Bearer {token}"},
                timeout=_TIMEOUT,
                allow_redirects=False,
            ) as answer:
                read = await answer.read()
        except (ClientError, TimeoutError) as problem:
            what = f"Microsoft Graph gave no answer ({type(problem).__name__})"
            raise Silent(what, maybe_done=False) from None
        if answer.status == 401:
            self._credential(person.realm).forget(token)
        if answer.status >= 300 and (method, answer.status) != ("POST", _THERE_ALREADY):
            wait = retry_after(answer.headers, self._clock())
            raise GraphRefused(answer.status, _code(read), wait)
        return answer.status, _object(read)


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body) if body else {}
    except msgspec.DecodeError:
        found = None
    if not isinstance(found, dict):
        raise Silent("Microsoft Graph's answer is not the documented one", maybe_done=False)
    return found


def _id(found: object) -> str:
    named = found.get("id") if isinstance(found, dict) else None
    if not isinstance(named, str) or not named:
        raise Silent("Microsoft Graph's answer has no id", maybe_done=False)
    return named


class _Error(msgspec.Struct, frozen=True):
    code: str = ""


class _Refusal(msgspec.Struct, frozen=True):
    error: _Error = _Error()


def _code(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Refusal).error.code[:60]
    except msgspec.DecodeError:
        return ""
