"""Where a message stands, as a link that opens it in Slack.

Made from the message's reference and the workspace's address, which Slack is asked for once:
chat.getPermalink would be one more call for each notice.
"""

import re
from typing import Final

from adapters.slack.calls import Failure, Method
from adapters.slack.identity import text
from adapters.slack.workspaces import Workspaces
from core.rows import MessageRef

_ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9.:-]+/(?:[A-Za-z0-9._~-]+/)*")
_CHANNEL: Final = re.compile(r"[A-Z0-9]+")
_TS: Final = re.compile(r"[0-9]+\.[0-9]+")


class Links:
    """Links to messages in the workspaces in which the app is installed."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces
        self._addresses: dict[str, str] = {}

    async def to(self, ref: MessageRef) -> str | None:
        """The address of a message; None where it cannot be told now."""
        channel, ts = ref.fields.get("channel", ""), ref.fields.get("ts", "")
        if not (_CHANNEL.fullmatch(channel) and _TS.fullmatch(ts)):
            return None
        address = await self._address(ref.fields.get("team", ""))
        # https://docs.slack.dev/reference/methods/chat.getPermalink
        return None if not address else f"{address}archives/{channel}/p{ts.replace('.', '')}"

    async def _address(self, team: str) -> str:
        """The workspace's address, such as "https://example.slack.com/"; "" if unknown now."""
        known = self._addresses.get(team)
        api = None if known else await self._workspaces.api(team)
        if api is None:
            return known or ""
        reply = await api.call(Method.TEST)
        found = "" if isinstance(reply, Failure) else text(reply, "url")
        if not _ADDRESS.fullmatch(found):
            return ""
        self._addresses[team] = found
        return found
