"""How long a click takes: one person, one click after the other, each on another request.

Slack's requests are signed here with the signing secret. Teams' activities carry the token
that the playground signed for them. Both are answered by the real server, which meanwhile
brings the cards up to date, as always.
"""

import hashlib
import hmac
import json
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from adapters.slack import actions as slack
from adapters.teams import actions as teams
from bench import scenario
from bench.children import NotMeasured, counted, open_local
from bench.load import Figures
from bench.running import Carried, Place
from bench.throughput import Server, drive, submit
from core.card import Verb
from core.commands import Binding
from core.decide import COMMITMENT_SHOWN

PAUSE = 0.05
"""Seconds between an answer and the next click, in which the cards are brought up to date."""

SETTLED_WITHIN = 120.0
FOLLOWED = 20
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Clicks:
    """Slack's and Teams' figures, and how long it took until all cards of a request agreed
    with a click (milliseconds, sorted)."""

    slack: Figures
    teams: Figures
    agreement: list[float]


def measure(server: Server, place: Place, signing_secret: str, count: int) -> Clicks:
    """So many clicks on each platform, and a few that are followed to the last card."""
    join = joined(place, server)
    warm, extra = 20, 2 * (count + 20) + FOLLOWED
    _, ids = submit(server, list(range(extra)), 1)
    _settled(server.folder)
    bindings = [binding_of(server, request) for request in ids]
    followed, bindings = bindings[:FOLLOWED], bindings[FOLLOWED:]
    first, second = bindings[: len(bindings) // 2], bindings[len(bindings) // 2 :]
    slack_items = [slack_click(binding, n, signing_secret) for n, binding in enumerate(first)]
    teams_items = [teams_click(binding, n, join) for n, binding in enumerate(second)]
    figures = []
    for items in (slack_items, teams_items):
        content_type = items[0]["headers"]["Content-Type"]
        headers = {"Content-Type": content_type}
        drive(server, items[:warm], headers, 1, 200, PAUSE)
        figures.append(drive(server, items[warm:], headers, 1, 200, PAUSE)[0])
        _settled(server.folder)
    agreement = sorted(
        _agreed(server, binding.request, slack_click(binding, number, signing_secret))
        for number, binding in enumerate(followed)
    )
    _all_decided(server.folder, len(followed) + len(bindings))
    return Clicks(figures[0], figures[1], agreement)


def _agreed(server: Server, request: str, click: Json) -> float:
    """Milliseconds from sending the click until both platforms have taken the final cards."""
    asked = urllib.request.Request(
        f"http://127.0.0.1:{server.port}{click['path']}", click["body"].encode(), click["headers"]
    )
    behind = (
        "SELECT count(*) FROM deliveries d JOIN requests r ON r.id = d.request_id"
        f" WHERE r.id = '{request}' AND (d.shown < r.version OR r.status = 'pending')"
    )
    begun = time.perf_counter()
    with open_local(asked, timeout=30) as answer:
        answer.read()
    while counted(server.folder, behind):
        if time.perf_counter() - begun > SETTLED_WITHIN:
            raise NotMeasured("the cards did not come to agree in time")
        time.sleep(0.002)
    return (time.perf_counter() - begun) * 1e3


def joined(place: Place, server: Server) -> Carried:
    """The approver adds the app in Teams; the activity that says so, which the bot has got."""
    place.act({"oid": scenario.MANAGER_TEAMS, "do": "install"})
    for carried in place.carried:
        _post(server, "/api/messages", carried)
    return place.carried[-1]


def _post(server: Server, path: str, carried: Carried) -> None:
    asked = urllib.request.Request(
        f"http://127.0.0.1:{server.port}{path}",
        json.dumps(carried.activity).encode(),
        {"Content-Type": "application/json", "Authorization": carried.authorization},
    )
    with open_local(asked, timeout=30) as answer:
        answer.read()


def binding_of(server: Server, request: str) -> Binding:
    """What a button of the request's card carries, from its audit trail."""
    asked = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/v1/requests/{request}/events",
        headers=server.submit_headers,
    )
    with open_local(asked, timeout=30) as answer:
        trail = json.loads(answer.read())
    commitment: str = trail["items"][0]["record"]["event"]["commitment"]
    return Binding(
        request=request, revision=1, commitment=commitment[:COMMITMENT_SHOWN], level=1, round=1
    )


def slack_click(binding: Binding, number: int, signing_secret: str) -> Json:
    """https://docs.slack.dev/reference/interaction-payloads/block_actions-payload"""
    timestamp = str(int(time.time()))
    channel, ts = "D0BENCH", f"{timestamp}.{number:06d}"
    payload: Json = {
        "type": "block_actions",
        "user": {"id": scenario.MANAGER_SLACK, "name": "mia", "team_id": scenario.TEAM},
        "api_app_id": "A0COUNTERSIGN",
        "token": "deprecated",
        "team": {"id": scenario.TEAM, "domain": "bench"},
        "enterprise": None,
        "is_enterprise_install": False,
        "container": {
            "type": "message",
            "message_ts": ts,
            "channel_id": channel,
            "is_ephemeral": False,
        },
        "trigger_id": f"{number}.bench",
        "channel": {"id": channel, "name": "directmessage"},
        "state": {"values": {}},
        "response_url": "http://127.0.0.1:9/response",
        "message": {"type": "message", "ts": ts, "text": "Two ergonomic chairs" * 20},
        "actions": [
            {
                "action_id": slack.of(Verb.APPROVE),
                "block_id": "buttons",
                "type": "button",
                "action_ts": ts,
                "text": {"type": "plain_text", "text": "Approve"},
                "value": slack.write(binding),
            }
        ],
    }
    body = urlencode({"payload": json.dumps(payload)})
    signed = f"v0:{timestamp}:{body}".encode()
    signature = hmac.new(signing_secret.encode(), signed, hashlib.sha256).hexdigest()
    return {
        "path": "/slack/events",
        "body": body,
        "headers": {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": f"v0={signature}",
        },
    }


def teams_click(binding: Binding, number: int, join: Carried) -> Json:
    """https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/universal-action-model"""
    action = {
        "type": "Action.Execute",
        "verb": "approve",
        "data": teams.pack("approve", binding.request, binding),
    }
    activity = {
        **{name: value for name, value in join.activity.items() if name != "action"},
        "type": "invoke",
        "name": "adaptiveCard/action",
        "id": f"f:bench-{number}",
        "value": {"action": action, "trigger": "manual"},
        "replyToId": f"{number}",
    }
    return {
        "path": "/api/messages",
        "body": json.dumps(activity),
        "headers": {"Content-Type": "application/json", "Authorization": join.authorization},
    }


def _settled(folder: Path) -> None:
    """Wait until every card and notice has been delivered."""
    left = (
        "SELECT (SELECT count(*) FROM deliveries WHERE wanted > shown AND dead_reason IS NULL)"
        " + (SELECT count(*) FROM outbox WHERE state = 'pending')"
    )
    dead = (
        "SELECT (SELECT count(*) FROM deliveries WHERE dead_reason IS NOT NULL)"
        " + (SELECT count(*) FROM outbox WHERE state = 'dead')"
    )
    end = time.perf_counter() + SETTLED_WITHIN
    while counted(folder, left):
        if time.perf_counter() > end:
            raise NotMeasured("the cards were not delivered in time; see countersign outbox list")
        time.sleep(0.1)
    if counted(folder, dead):
        raise NotMeasured("cards could not be delivered to the playground")


def _all_decided(folder: Path, count: int) -> None:
    found = counted(folder, "SELECT count(*) FROM requests WHERE status = 'approved'")
    if found != count:
        raise NotMeasured(f"{count} clicks decided {found} requests")
