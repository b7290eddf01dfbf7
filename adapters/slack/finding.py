"""Looks people up in Slack by their addresses (users.lookupByEmail)."""

import asyncio
from typing import Final

from adapters.slack import errors
from adapters.slack.calls import NOT_INSTALLED, Failure, Json, Method
from adapters.slack.manifest import MATCH_SCOPE
from adapters.slack.members import member_of
from adapters.slack.workspaces import Trusted, Workspaces
from core.chat.finding_port import Later
from core.chat.linking_port import Member
from core.ports import RetryAt

SECONDS: Final = 5
"""For all workspaces together: a server that is told to stop waits for it."""

# https://docs.slack.dev/reference/methods/users.lookupByEmail: also for who was deactivated.
NOBODY: Final = "users_not_found"

NO_SCOPE: Final = (
    f"the token lacks {MATCH_SCOPE}: make the app from the manifest that "
    "'countersign slack manifest --match-email' prints, and install it again"
)


class ByAddress:
    """Implements `core.chat.finding_port.Finder` for the workspaces that are trusted."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    async def find(self, email: str) -> tuple[Member, ...] | Later:
        """One account at most for each workspace, of its own members only."""
        try:
            async with asyncio.timeout(SECONDS):
                return await self._find(email)
        except TimeoutError:
            return _later(Failure(error="timeout"))

    async def _find(self, email: str) -> tuple[Member, ...] | Later:
        trusted = await self._workspaces.trusted()
        if isinstance(trusted, Failure):
            return _later(trusted)
        calls = (each.api.call(Method.USER_BY_EMAIL, email=email) for each in trusted)
        replies = await asyncio.gather(*calls)
        found = []
        for each, reply in zip(trusted, replies, strict=True):
            if isinstance(reply, Failure):
                # Where the app was removed, nobody is a member for it.
                if reply.error == NOBODY or reply == NOT_INSTALLED:
                    continue
                return _later(reply)
            found += _own(each, reply)
        return tuple(found)


def _own(workspace: Trusted, reply: Json) -> list[Member]:
    """The member, unless Slack names somebody of another organisation."""
    member = member_of(reply.get("user"))
    if member is None or member.identity.realm not in workspace.teams:
        return []
    return [member]


def _later(failure: Failure) -> Later:
    if failure.error == "missing_scope":
        return Later(reason=NO_SCOPE, lasting=True)
    outcome = errors.outcome(failure)
    if isinstance(outcome, RetryAt):
        return Later(reason=outcome.reason, after=outcome.after)
    return Later(reason=outcome.reason, lasting=True)
