"""The two short-lived permissions an interaction gives the app: trigger ids and response URLs.

Decides only whether one is still good; what is done with it stands in
`views` and `responses`.
"""

import hashlib
from typing import Any

from playground.place import Place
from playground.slack.refusal import Refusal
from playground.slack.workspace import Workspace, forget_oldest

Json = dict[str, Any]

# https://docs.slack.dev/interactivity/handling-user-interaction
TRIGGER_SECONDS = 3.0
RESPONSE_USES = 5
RESPONSE_SECONDS = 30 * 60.0
_KEPT = 1000


def _unguessable(workspace: Workspace, number: int) -> str:
    # Derived from the app's secret, so that nobody without it can make one up.
    secret = workspace.world.signing_secret
    return hashlib.sha256(f"{secret}/{workspace.now()}/{number}".encode()).hexdigest()[:24]


def new_trigger(workspace: Workspace, user: str, view_id: str | None = None) -> str:
    """Return a trigger id for that person; `view_id` is the modal they acted in, if any."""
    number = workspace.store.next_number("slack.trigger")
    milliseconds = int(workspace.now() * 1000)
    trigger = f"{milliseconds}.{number}.{_unguessable(workspace, number)}"
    issued = workspace.section("triggers")
    issued[trigger] = {"user": user, "at": workspace.now(), "view": view_id, "used": False}
    forget_oldest(issued, _KEPT)
    return trigger


def exchange_trigger(workspace: Workspace, trigger: str) -> Json:
    """Use up a trigger id and return {user, view}, or raise the Refusal of views.open."""
    issued = workspace.section("triggers")
    found = issued.get(trigger)
    if found is None:
        raise Refusal("invalid_trigger_id")
    if found["used"]:
        raise Refusal("exchanged_trigger_id")
    if workspace.now() - found["at"] > TRIGGER_SECONDS:
        raise Refusal("expired_trigger_id")
    issued[trigger] = {**found, "used": True}
    return found


def new_response_url(
    workspace: Workspace,
    user: str,
    channel: str,
    *,
    ts: str | None = None,
    ephemeral: str | None = None,
    thread_ts: str | None = None,
) -> str:
    """Return a response_url; `ts` or `ephemeral` names the message that it may replace."""
    number = workspace.store.next_number("slack.response_url")
    token = f"{number}{_unguessable(workspace, number)}"
    issued = workspace.section("response_urls")
    issued[token] = {
        "user": user,
        "channel": channel,
        "ts": ts,
        "ephemeral": ephemeral,
        "thread_ts": thread_ts,
        "uses": 0,
        "until": workspace.now() + RESPONSE_SECONDS,
    }
    forget_oldest(issued, _KEPT)
    return f"{workspace.place.base_url}/slack/response/{token}"


def workspace_with(place: Place, token: str) -> Workspace:
    """Return the workspace in which a response_url was given out, else the first one."""
    found = (Workspace(place, world.team) for world in place.world.slacks)
    return next((w for w in found if token in w.section("response_urls")), Workspace(place))


def peek_response(workspace: Workspace, token: str) -> Json:
    """Return what a response_url belongs to, or raise the Refusal of a dead one."""
    found = workspace.section("response_urls").get(token)
    if found is None:
        raise Refusal("invalid_url")
    if workspace.now() > found["until"]:
        raise Refusal("expired_url")
    if found["uses"] >= RESPONSE_USES:
        raise Refusal("used_url")
    return found


def count_response(workspace: Workspace, token: str) -> None:
    """Use up one of the five uses."""
    issued = workspace.section("response_urls")
    found = issued[token]
    issued[token] = {**found, "uses": found["uses"] + 1}
