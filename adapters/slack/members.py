"""Who an account in Slack is: looked up where addresses count, and followed when it changes.

Whoever belongs to another organisation is turned away at the door, with whom to ask.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse

from adapters.slack import identity
from adapters.slack.calls import Failure, Json, Method
from adapters.slack.desk import Desk
from adapters.slack.identity import PLATFORM, text
from adapters.slack.workspaces import Workspaces
from core.chat.linking_port import Linking, Member
from core.directory.people import Identity
from core.refusals import Reason, Refused

CHANGED: Final = "user_change"

# The click that waits for it must be answered within 3 seconds.
LOOK_UP_SECONDS: Final = 1.5

FOREIGN: Final = Refused(Reason.FOREIGN_ACCOUNT, platform="Slack").sentence

_log = logging.getLogger(__name__)
Next = Callable[[], Awaitable[BoltResponse]]


class Members:
    """At the door of everything that people do."""

    def __init__(self, linking: Linking, workspaces: Workspaces, desk: Desk) -> None:
        self._linking = linking
        self._workspaces = workspaces
        self._desk = desk

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt that all goes by here first, and who hears of changed accounts."""
        app.use(self.admit)
        app.event(CHANGED)(self.changed)

    async def admit(self, body: Json, next_: Next) -> BoltResponse | None:
        """Let pass, after finding out who it is; or turn a stranger away."""
        who = _who(body)
        if who is None:
            return await next_()
        if not self._linking.knows(who) and await self._is_foreign(body, who):
            return await self._desk.turn_away(body, FOREIGN)
        if self._linking.may_match(who):
            await self._look_up(who)
        return await next_()

    async def changed(self, body: Json, event: Json) -> None:
        """Somebody was deactivated, renamed, made a guest, or has another address."""
        # https://docs.slack.dev/reference/events/user_change
        member = member_of(event.get("user"))
        if member is not None and not await self._is_hearsay(body, member.identity.realm):
            await self._linking.changed(member)

    async def _is_hearsay(self, body: Json, realm: str) -> bool:
        """Whether another workspace, which shares a channel with theirs and is told less, tells
        of them, although their own has the app and tells it too."""
        there = text(body, "team_id")
        if there == realm:
            return False
        theirs = await self._workspaces.api(realm)
        ours = await self._workspaces.api(there, text(body, "enterprise_id"))
        return theirs is not None and theirs is not ours

    async def _is_foreign(self, body: Json, who: Identity) -> bool:
        """Whether they act through a channel shared with another organisation, in which the
        app is not installed."""
        here = identity.team(body)
        if not here or here == who.realm or body.get("is_enterprise_install") in (True, "true"):
            return False
        theirs = await self._workspaces.api(who.realm)
        # With a single token there is only one workspace, whatever is named.
        return theirs is None or theirs is await self._workspaces.api(here)

    async def _look_up(self, who: Identity) -> None:
        """Ask Slack for the address, once; what it does not answer in time is asked again."""
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                reply = await self._described(who)
        except TimeoutError:
            reply = Failure(error="timeout")
        if isinstance(reply, Failure):
            _log.warning("Slack did not say who an account is: %s", reply.error)
            return
        member = member_of(reply.get("user"))
        if member is not None and member.identity == who:
            await self._linking.match(member)

    async def _described(self, who: Identity) -> Json | Failure:
        """What Slack says of them in a workspace whose word on that counts; else nothing."""
        if not await self._workspaces.trusts(who.realm):
            return {}
        api = await self._workspaces.api(who.realm)
        return {} if api is None else await api.call(Method.USER, user=who.account)


def member_of(user: Any) -> Member | None:
    """A user object of users.info or user_change; None for what is none."""
    # https://docs.slack.dev/reference/objects/user-object
    account, realm = text(user, "id"), text(user, "team_id")
    if not account or not realm:
        return None
    return Member(
        identity=Identity(platform=PLATFORM, realm=realm, account=account),
        email=text(user, "profile", "email") or None,
        confirmed=user.get("is_email_confirmed") is True,
        full=all(user.get(name) is False for name in _NOT_FULL)
        and user.get("is_stranger") is not True,
        active=user.get("deleted") is not True,
    )


_NOT_FULL: Final = ("is_restricted", "is_ultra_restricted", "is_bot")


def _who(body: Json) -> Identity | None:
    """Who acts; None for events, of which others judge."""
    if "command" in body:
        return identity.of_command(body)
    return identity.of_interaction(body) if isinstance(body.get("user"), dict) else None
