"""The bodies Slack sends to an app, built from the workspace; shapes only, nothing is sent here.

https://docs.slack.dev/reference/interaction-payloads
"""

import json
from typing import Any
from urllib.parse import urlencode

from playground.slack import inputs
from playground.slack.members import team_of
from playground.slack.tickets import new_trigger
from playground.slack.workspace import Conversation, Workspace

Json = dict[str, Any]
# The deprecated verification token; apps check the signature instead.
VERIFICATION_TOKEN = "playground"  # noqa: S105 - not a secret, Slack calls it deprecated


def form(payload: Json) -> bytes:
    """Return an interaction as Slack posts it: a form with the one field `payload`."""
    return urlencode({"payload": json.dumps(payload)}).encode()


def _user(workspace: Workspace, user: str) -> Json:
    name = workspace.name_of(user)
    return {"id": user, "username": name, "name": name, "team_id": team_of(workspace, user)}


def _envelope(workspace: Workspace, kind: str, user: str) -> Json:
    return {
        "type": kind,
        "user": _user(workspace, user),
        "api_app_id": workspace.world.app_id,
        "token": VERIFICATION_TOKEN,
        "team": {"id": workspace.world.team, "domain": workspace.world.domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def channel_name(conversation: Conversation) -> str:
    """Return the name Slack gives a conversation in payloads."""
    return "directmessage" if conversation.is_im else conversation.name


def _action_ts(workspace: Workspace) -> str:
    """When somebody acted, in Unix seconds; no two acts have the same, as at Slack."""
    number = workspace.store.next_number("slack.action_ts")
    seconds, micros = divmod(int(workspace.now() * 1_000_000) + number, 1_000_000)
    return f"{seconds}.{micros:06d}"


def action(workspace: Workspace, block: Json, element: Json, given: object) -> Json:
    """Return the one entry of `actions` for an element that was used."""
    found: Json = {
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "type": element["type"],
        "action_ts": _action_ts(workspace),
    }
    if element["type"] != "button":
        return {**found, **inputs.chosen(element, given)}
    found["text"] = element["text"]
    value = element.get("value") if given is None else str(given)
    if value is not None:
        found["value"] = value
    if "style" in element:
        found["style"] = element["style"]
    return found


def message_action(
    workspace: Workspace,
    user: str,
    conversation: Conversation,
    *,
    message: Json | None,
    ts: str,
    thread_ts: str | None,
    response_url: str,
    done: Json,
    values: dict[str, Json],
) -> Json:
    """Return block_actions on a message; without `message` it is an ephemeral one."""
    container: Json = {
        "type": "message",
        "message_ts": ts,
        "channel_id": conversation.id,
        "is_ephemeral": message is None,
    }
    if thread_ts:
        container["thread_ts"] = thread_ts
    payload = _envelope(workspace, "block_actions", user) | {
        "container": container,
        "trigger_id": new_trigger(workspace, user),
        "channel": {"id": conversation.id, "name": channel_name(conversation)},
        "state": {"values": values},
        "response_url": response_url,
        "actions": [done],
    }
    return payload if message is None else {**payload, "message": message}


def view_action(
    workspace: Workspace, user: str, view: Json, *, done: Json, values: dict[str, Json]
) -> Json:
    """Return block_actions in a modal or a home tab."""
    inside = view["id"] if view["type"] == "modal" else None
    return _envelope(workspace, "block_actions", user) | {
        "container": {"type": "view", "view_id": view["id"]},
        "trigger_id": new_trigger(workspace, user, inside),
        "view": {**view, "state": {"values": values}},
        "actions": [done],
    }


def submission(workspace: Workspace, user: str, view: Json, values: dict[str, Json]) -> Json:
    """Return view_submission."""
    return _envelope(workspace, "view_submission", user) | {
        "trigger_id": new_trigger(workspace, user, view["id"]),
        "view": {**view, "state": {"values": values}},
        "response_urls": [],
    }


def closed(workspace: Workspace, user: str, view: Json, *, cleared: bool) -> Json:
    """Return view_closed."""
    return _envelope(workspace, "view_closed", user) | {"view": view, "is_cleared": cleared}


def shortcut(workspace: Workspace, user: str, callback_id: str) -> Json:
    """Return a global shortcut, which belongs to no conversation.

    https://docs.slack.dev/reference/interaction-payloads/shortcuts-interaction-payload
    """
    return _envelope(workspace, "shortcut", user) | {
        "callback_id": callback_id,
        "action_ts": _action_ts(workspace),
        "trigger_id": new_trigger(workspace, user),
    }


def command(
    workspace: Workspace,
    user: str,
    conversation: Conversation,
    name: str,
    text: str,
    response_url: str,
) -> bytes:
    """Return a slash command as Slack posts it.

    https://docs.slack.dev/interactivity/implementing-slash-commands
    """
    return urlencode(
        {
            "token": VERIFICATION_TOKEN,
            "team_id": workspace.world.team,
            "team_domain": workspace.world.domain,
            "channel_id": conversation.id,
            "channel_name": channel_name(conversation),
            "user_id": user,
            "user_name": workspace.name_of(user),
            "command": name,
            "text": text,
            "api_app_id": workspace.world.app_id,
            "is_enterprise_install": "false",
            "response_url": response_url,
            "trigger_id": new_trigger(workspace, user),
        }
    ).encode()


def event(workspace: Workspace, inner: Json) -> bytes:
    """Return an event as the Events API posts it: https://docs.slack.dev/apis/events-api"""
    world = workspace.world
    return json.dumps(
        {
            "token": VERIFICATION_TOKEN,
            "team_id": world.team,
            "context_team_id": world.team,
            "context_enterprise_id": None,
            "api_app_id": world.app_id,
            "event": inner,
            "type": "event_callback",
            "event_id": workspace.new_id("Ev"),
            "event_time": int(workspace.now()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": world.team,
                    "user_id": world.bot_user,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
            "event_context": workspace.new_id("4-"),
        }
    ).encode()


def url_verification(challenge: str) -> bytes:
    """Return the question Slack asks when a request URL is entered."""
    asked = {"type": "url_verification", "token": VERIFICATION_TOKEN, "challenge": challenge}
    return json.dumps(asked).encode()
