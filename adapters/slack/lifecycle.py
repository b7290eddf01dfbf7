"""What happens to installations from Slack's side: removed, taken back, or never there.

Registered only where workspaces are installed with OAuth.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from adapters.slack import identity, listing
from adapters.slack.calls import Wire
from adapters.slack.desk import beside, in_response
from adapters.slack.installed import InstalledWorkspaces
from adapters.slack.installs import InstallStore

Json = dict[str, Any]

NOT_HERE: Final = (
    "Countersign is not installed in this workspace any more, so nothing was changed. Ask whoever "
    "looks after it to install it again; what waits for you stays open."
)

_REMOVED: Final = "app_uninstalled"
_REVOKED: Final = "tokens_revoked"

_log = logging.getLogger(__name__)


class Lifecycle:
    """Ends installations, and answers for workspaces that have none."""

    def __init__(self, wire: Wire, store: InstallStore, workspaces: InstalledWorkspaces) -> None:
        self._wire = wire
        self._store = store
        self._workspaces = workspaces

    def register(self, app: AsyncApp) -> None:
        """Stand before all handlers, and take Slack's two events."""
        app.use(self.only_installed)
        app.event(_REMOVED)(self.removed)
        app.event(_REVOKED)(self.revoked)

    async def only_installed(
        self, body: Json, context: AsyncBoltContext, next: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse:
        """Let pass what comes from a workspace with a token; say honestly what does not.

        What happens where the app was removed must not count, since nobody there sees what
        becomes of it."""
        if identity.text(body, "event", "type") in {_REMOVED, _REVOKED}:
            return await next()
        team, enterprise = context.team_id or "", context.enterprise_id or ""
        if await self._workspaces.knows(team, enterprise):
            return await next()
        return await self._turned_away(body)

    async def removed(self, body: Json, context: AsyncBoltContext) -> None:
        """The app was removed from a workspace, or from an organisation."""
        await self._end(body, context)

    async def revoked(self, body: Json, event: Json, context: AsyncBoltContext) -> None:
        """Tokens were taken back; people's own do not matter here."""
        # https://docs.slack.dev/reference/events/tokens_revoked
        tokens = event.get("tokens")
        if isinstance(tokens, dict) and tokens.get("bot"):
            await self._end(body, context)

    async def _end(self, body: Json, context: AsyncBoltContext) -> None:
        team, enterprise = context.team_id or "", context.enterprise_id or ""
        where = enterprise if context.is_enterprise_install else team
        # Slack tells of it late or again, perhaps after the app was installed anew: what was
        # installed after that second stays. https://docs.slack.dev/apis/events-api
        told = body.get("event_time")
        at = told * 1000 + 999 if isinstance(told, int) else 0
        if await self._store.end(where, at):
            _log.warning("Countersign was removed from Slack workspace %s", where)
        self._workspaces.forget()

    async def _turned_away(self, body: Json) -> BoltResponse:
        if (answer := in_response(body, NOT_HERE)) is not None:
            return answer
        # No token is left that could tell it any other way.
        url = identity.text(body, "response_url")
        await self._wire.respond(url, beside(listing.sentence(NOT_HERE)))
        return BoltResponse(status=200, body="")
