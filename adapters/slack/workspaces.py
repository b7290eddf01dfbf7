"""Which bot token speaks in which workspace.

Whoever writes to Slack asks for the workspace's `Api` each time, since a workspace can be
installed, its token exchanged, or the app removed while the process runs.
"""

from typing import Protocol

from adapters.slack.calls import Api, Wire


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


class OneWorkspace:
    """A single bot token from the settings, whatever workspace is named."""

    def __init__(self, wire: Wire, token: str) -> None:
        self._wire = wire
        self._token = token
        self._api: Api | None = None

    async def start(self) -> None:
        self._api = Api(self._wire, self._token)

    async def stop(self) -> None:
        self._api = None

    async def api(self, team: str, enterprise: str = "") -> Api | None:  # noqa: ARG002 - the port
        return self._api
