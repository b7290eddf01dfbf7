"""What the app's token may do, where world.json says so: as Slack, it names the missing scope.

https://docs.slack.dev/reference/scopes and each method's own page. Without a list in
world.json the token may do everything.
"""

from playground.slack.refusal import Refusal

NEEDED: dict[str, str] = {
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.open": "im:write",
    "users.info": "users:read",
    "users.lookupByEmail": "users:read.email",
}
"""The scope of each method that needs the same one wherever it is called."""

_BY_PLACE = {
    "conversations.history": ("im:history", "channels:history"),
    "conversations.info": ("im:read", "channels:read"),
    "conversations.members": ("im:read", "channels:read"),
    "conversations.replies": ("im:history", "channels:history"),
}
"""The scope in a direct message, and the one in a public channel."""


def check(granted: tuple[str, ...] | None, method: str, channel: str) -> None:
    """Raise Refusal unless a token with these scopes (None: all) may call the method there."""
    direct, public = _BY_PLACE.get(method, ("", ""))
    needed = NEEDED.get(method) or (direct if channel.startswith("D") else public)
    if granted is None or not needed or needed in granted:
        return
    raise Refusal("missing_scope", needed=needed, provided=",".join(granted))


def may_read_addresses(granted: tuple[str, ...] | None) -> bool:
    """Whether users.info tells addresses to a token with these scopes."""
    return granted is None or "users:read.email" in granted


def told(granted: tuple[str, ...] | None) -> dict[str, str]:
    """The header with which Slack says what a token may do."""
    # https://docs.slack.dev/authentication/installing-with-oauth
    return {} if granted is None else {"x-oauth-scopes": ",".join(granted)}
