"""Carries an activity to the bot, with the token of a real channel service or a spoiled one.

Reports what came back; what it means to the person is decided elsewhere (answers.py).
"""

import json
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import aiohttp

from playground.faults import TO_BOT
from playground.place import Place
from playground.store import Json
from playground.teams.keys import HOSTILITIES, SigningKeys

# No page names the number; bots are commonly given this long for an invoke.
PATIENCE_SECONDS = 10.0
SWITCHES = HOSTILITIES | {"twice"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What the bot said: HTTP status (None: nothing), JSON or text, and how long it took."""

    status: int | None
    body: Any
    ms: float
    error: str | None = None

    def as_json(self) -> Json:
        """Return the reply as the page shows it."""
        known = {"status": self.status, "ms": round(self.ms, 1), "body": self.body}
        return {**known, "error": self.error} if self.error else known


async def deliver(
    place: Place, activity: Json, asked: Collection[str] = (), patience: float = PATIENCE_SECONDS
) -> list[Reply]:
    """Post an activity to the bot and return its reply; two when `twice` is on.

    `asked` adds switches for this delivery to those that are on for all.
    """
    on = set(asked) | {name for name in SWITCHES & TO_BOT if place.faults.to_bot(name)}
    hostility = next(iter(sorted(on & HOSTILITIES)), None)
    replies = [await _post(place, activity, hostility, patience)]
    if "twice" in on:
        replies.append(await _post(place, activity, hostility, patience))
    return replies


async def _post(place: Place, activity: Json, hostility: str | None, patience: float) -> Reply:
    started, at = time.perf_counter(), place.now()
    timeout = aiohttp.ClientTimeout(total=patience)
    status, body, error = None, None, None
    try:
        async with place.http.post(
            place.teams_url,
            json=activity,
            headers=_headers(place, activity, hostility),
            timeout=timeout,
        ) as answer:
            status, body = answer.status, _decoded(await answer.text())
    except TimeoutError:
        error = f"no answer within {patience:g} s"
    except (aiohttp.ClientError, ValueError) as problem:
        error = f"no answer: {type(problem).__name__}"
    ms = (time.perf_counter() - started) * 1000
    place.store.delivered("teams", _kind(activity), status=status, ms=ms, at=at, error=error)
    return Reply(status, body, ms, error)


def _kind(activity: Json) -> str:
    name = activity.get("name")
    return f"{activity['type']} {name}" if name else str(activity["type"])


def _headers(place: Place, activity: Json, hostility: str | None) -> dict[str, str]:
    """Return the headers of a delivery.

    https://learn.microsoft.com/en-us/microsoftteams/platform/bots/build-conversational-capability#request-headers-of-the-bot
    """
    conversation = activity["conversation"]
    headers = {
        "x-ms-conversation-id": conversation["id"],
        "x-ms-tenant-id": conversation["tenantId"],
    }
    if hostility == "no_token":
        return headers
    keys = SigningKeys(place.store)
    token = keys.mint(place.world.teams.app_id, activity["serviceUrl"], int(place.now()), hostility)
    return {**headers, "Authorization": f"Bearer {token}"}


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text[:4000]
