"""Which bot token speaks in which workspace.

Whoever writes to Slack asks for the workspace's `Api` each time, since a workspace can be
installed, its token exchanged, or the app removed while the process runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from adapters.slack.calls import Api, Failure, Method, Wire
from adapters.slack.identity import text


@dataclass(frozen=True, slots=True)
class Trusted:
    """A bot token, and the workspaces whose word it brings on who their members are."""

    api: Api
    teams: frozenset[str]


class Workspaces(Protocol):
    """The workspaces in which the app is installed."""

    async def start(self) -> None:
        """Begin; the wire is open."""
        ...

    async def stop(self) -> None: ...

    async def api(self, team: str, enterprise: str = "") -> Api | None:
        """The Web API as the app in this workspace ("": the only one); None where it is not
        installed."""
        ...

    async def trusts(self, team: str) -> bool:
        """Whether the addresses of this workspace's members may say who they are."""
        ...

    async def trusted(self) -> Sequence[Trusted] | Failure:
        """All workspaces of which that is so."""
        ...


class OneWorkspace:
    """A single bot token from the settings, whatever workspace is named."""

    def __init__(self, wire: Wire, token: str) -> None:
        self._wire = wire
        self._token = token
        self._api: Api | None = None
        self._team = ""

    async def start(self) -> None:
        self._api = Api(self._wire, self._token)

    async def stop(self) -> None:
        self._api = None

    async def api(self, team: str, enterprise: str = "") -> Api | None:  # noqa: ARG002 - the port
        return self._api

    async def trusts(self, team: str) -> bool:
        """Only this workspace itself: those who share a channel with it are named by their own
        administrators. While Slack does not say which one it is, none."""
        found = await self.trusted()
        return not isinstance(found, Failure) and any(team in each.teams for each in found)

    async def trusted(self) -> Sequence[Trusted] | Failure:
        """The one workspace, as soon as Slack has said which one it is."""
        if self._api is None:
            return []
        if not self._team:
            reply = await self._api.call(Method.TEST)
            if isinstance(reply, Failure):
                return reply
            self._team = text(reply, "team_id")
        return [Trusted(self._api, frozenset({self._team} - {""}))]
