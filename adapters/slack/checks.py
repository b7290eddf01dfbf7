"""Whether an installation works with Slack: its token, scopes, clock and people.

Asks Slack only what changes nothing. Every finding is a sentence for the operator with what
to do; no finding holds a secret.
"""

import re
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from typing import Any, Final

from adapters.slack import calls, errors
from adapters.slack.calls import Api, Failure, Method, Wire
from adapters.slack.identity import text
from adapters.slack.manifest import EVENTS, MATCH_SCOPE, REGISTERED
from adapters.slack.socket_mode import REMEDIES
from core.checkup import Found, have, named, ok, problem, skew, warning
from core.directory.people import Identity
from core.value import Millis

Json = dict[str, Any]
Accounts = Mapping[str, Identity | None]
"""The people by name, each with their Slack account in the directory."""

ACCESS: Final = "slack token"
SCOPES: Final = "slack scopes"
SOCKET: Final = "slack socket mode"
SIGNING: Final = "slack signing secret"
PEOPLE: Final = "slack people"

ASKED: Final = 20
"""How many accounts are looked up: users.info allows 100 a minute, which others need too."""

_AGAIN: Final = "Make the app from the manifest that this version prints, and install it again"
_USES: Final[Mapping[str, str]] = {
    "chat:write": "no card or message is sent",
    "commands": "/approvals does nothing",
    "im:write": "a card that was sent just before a crash may come twice",
    "im:history": "what people write to the app is not recorded, and a card may come twice",
    "users:read": "accounts are not looked up: guests and people who left are found out late",
    MATCH_SCOPE: "nobody is found by their e-mail address",
    "channels:history": "what people write in a public channel's thread is not recorded",
    "groups:history": "what people write in a private channel's thread is not recorded",
}
"""What stops working without a scope."""
_VITAL: Final = frozenset({"chat:write", "commands"})
_NOT_THERE: Final = frozenset({"user_not_found", "user_not_visible"})


def settings(signing_secret: str) -> list[Found]:
    """What can be said of the settings without asking anybody."""
    # https://docs.slack.dev/authentication/verifying-requests-from-slack
    if re.fullmatch(r"[0-9a-f]{32}", signing_secret):
        return [ok(SIGNING, "It has the shape of one.")]
    return [
        warning(
            SIGNING,
            "It does not look like one: Slack's are 32 characters of 0-9 and a-f.",
            "Copy it from Basic Information, App Credentials, at https://api.slack.com/apps.",
        )
    ]


async def workspace(
    api_url: str,
    token: str,
    accounts: Accounts,
    clock: Callable[[], Millis],
    *,
    matching: bool = False,
) -> list[Found]:
    """What Slack says to the bot token of one workspace, and of the people there.

    With `matching` people are found by their e-mail addresses, which needs one more scope.
    """
    needed = (*REGISTERED.scopes, MATCH_SCOPE) if matching else REGISTERED.scopes
    async with _opened(api_url) as wire:
        return await _asked(Api(wire, token), needed, accounts, clock)


async def socket(api_url: str, app_token: str) -> list[Found]:
    """Whether Slack lets this server connect (Socket Mode)."""
    async with _opened(api_url) as wire:
        reply = await Api(wire, app_token).call(Method.OPEN_SOCKET)
    if not isinstance(reply, Failure):
        return [ok(SOCKET, "Slack lets this server connect.")]
    said, remedy = errors.told(reply)
    known = REMEDIES.get(reply.error)
    return [problem(SOCKET, said, f"{known[0].upper()}{known[1:]}." if known else remedy)]


def placed(accounts: Accounts, teams: Collection[str]) -> list[Found]:
    """Who has no account in these workspaces."""
    without = [name for name, identity in accounts.items() if identity is None]
    elsewhere = [name for name, found in accounts.items() if found and found.realm not in teams]
    found: list[Found] = []
    if without:
        remedy = (
            "Let them write /approvals link there, run countersign people link EMAIL, or add "
            "identities.slack to their entries."
        )
        said = f"{named(without)} {have(without)} no Slack account that is known."
        found.append(warning(PEOPLE, said, remedy))
    if elsewhere:
        remedy = f"Correct the team in identities.slack: it is {' or '.join(sorted(teams))}."
        said = f"{named(elsewhere)} {have(elsewhere)} an account of another workspace."
        found.append(warning(PEOPLE, said, remedy))
    return found


@asynccontextmanager
async def _opened(api_url: str) -> AsyncIterator[Wire]:
    wire = Wire(api_url)
    await wire.open()
    try:
        yield wire
    finally:
        await wire.close()


async def _asked(
    api: Api, needed: Sequence[str], accounts: Accounts, clock: Callable[[], Millis]
) -> list[Found]:
    before = clock()
    reply, headers = await api.ask(Method.TEST)
    now = (before + clock()) // 2
    found = [_token(reply), *skew(headers.get("Date", ""), now, "Slack's")]
    if isinstance(reply, Failure):
        return found
    granted, team = _granted(headers), text(reply, "team_id")
    found += [*_scopes(granted, needed), *placed(accounts, {team})]
    here = [(name, i.account) for name, i in accounts.items() if i and i.realm == team]
    if here and granted is not None and calls.SCOPES[Method.USER] in granted:
        found += await _looked_up(api, here)
    return found


def _token(reply: Json | Failure) -> Found:
    if not isinstance(reply, Failure):
        name, team = text(reply, "team"), text(reply, "team_id")
        return ok(ACCESS, f"It is good, for the workspace {name} ({team}).")
    said, remedy = errors.told(reply)
    return problem(ACCESS, said, remedy)


def _granted(headers: Mapping[str, str]) -> frozenset[str] | None:
    """The scopes of the token, None where Slack did not say."""
    # https://docs.slack.dev/authentication/installing-with-oauth
    said = headers.get("x-oauth-scopes")
    return None if said is None else frozenset(map(str.strip, said.split(",")))


def _scopes(granted: frozenset[str] | None, needed: Sequence[str]) -> list[Found]:
    if granted is None:
        remedy = "Compare the app's scopes at https://api.slack.com/apps with the manifest"
        return [warning(SCOPES, "Slack did not say which the token has.", f"{remedy}.")]
    missing = [scope for scope in needed if scope not in granted]
    if not missing:
        return [ok(SCOPES, "The token has all that are needed.")]
    return [_missing(scope) for scope in missing]


def _missing(scope: str) -> Found:
    events = [name for name, needed in EVENTS.items() if needed == scope]
    lost = f"Slack does not tell of {', '.join(events)}" if events else "calls are refused"
    said = f"The token lacks {scope}: {_USES.get(scope, lost)}."
    option = " --match-email" if scope == MATCH_SCOPE else ""
    remedy = f"{_AGAIN}: countersign slack manifest{option}."
    return (problem if scope in _VITAL else warning)(SCOPES, said, remedy)


async def _looked_up(api: Api, people: Sequence[tuple[str, str]]) -> list[Found]:
    """Whether the first few accounts are there and can be written to."""
    found: list[Found] = []
    looked = 0
    for name, account in islice(people, ASKED):
        reply = await api.call(Method.USER, user=account)
        if isinstance(reply, Failure) and reply.error not in _NOT_THERE:
            said, remedy = errors.told(reply)
            return [*found, warning(PEOPLE, f"They cannot be looked up. {said}", remedy)]
        looked += 1
        if wrong := _wrong_with(reply):
            remedy = "Correct identities.slack of this person in the directory."
            found.append(warning(PEOPLE, f"{name}: {wrong}.", remedy))
    if not found:
        rest = "" if looked == len(people) else f" of {len(people)}"
        found.append(ok(PEOPLE, f"{looked}{rest} accounts were looked up, and all can be reached."))
    return found


def _wrong_with(reply: Json | Failure) -> str:
    if isinstance(reply, Failure):
        return "Slack knows no such account"
    user = reply.get("user")
    if not isinstance(user, dict):
        return ""
    if user.get("deleted") is True:
        return "this Slack account is deactivated"
    return "this Slack account is an app's" if user.get("is_bot") is True else ""
