"""Calls from the simulated Slack to the bot: signed, and given three seconds to be answered.

Misbehaves when told to; knows nothing of what is in a call.
https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from playground.place import Place
from playground.slack import sockets

# https://docs.slack.dev/interactivity/handling-user-interaction
ANSWER_SECONDS = 3.0
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
# Requests older than five minutes must be refused; this one is a second older.
_STALE_SECONDS = 301


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one call: `body` is decoded JSON or text, `error` says how it failed."""

    status: int | None
    ms: float
    body: object
    error: str | None
    may_retry: bool = True

    @property
    def ok(self) -> bool:
        """Whether the bot answered in time and with a 2xx."""
        return self.error is None


def signature(secret: str, timestamp: str, content: bytes) -> str:
    """Return the X-Slack-Signature of a body."""
    base = b"v0:" + timestamp.encode() + b":" + content
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def _signed(place: Place, content: bytes) -> dict[str, str]:
    timestamp = str(int(place.now()))
    if place.faults.to_bot("stale_timestamp"):
        timestamp = str(int(place.now()) - _STALE_SECONDS)
    if place.faults.to_bot("non_numeric_timestamp"):
        timestamp = "yesterday"
    signed = signature(place.world.slack.signing_secret, timestamp, content)
    if place.faults.to_bot("tamper_signature"):
        signed = signed[:-1] + ("0" if signed[-1] != "0" else "1")
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signed}


async def _once(place: Place, content: bytes, headers: Mapping[str, str]) -> Outcome:
    started = time.perf_counter()

    def outcome(status: int | None, body: object, error: str | None, retry: bool = True) -> Outcome:
        return Outcome(status, (time.perf_counter() - started) * 1000, body, error, retry)

    if not place.slack_url:
        return outcome(None, "", "dispatch_failed")
    limit = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    try:
        async with place.http.post(
            place.slack_url, data=content, headers=headers, timeout=limit, allow_redirects=False
        ) as answer:
            text = await answer.text()
            error = None if 200 <= answer.status < 300 else "http_error"
            retry = answer.headers.get("X-Slack-No-Retry") != "1"
            return outcome(answer.status, _decoded(text, answer.content_type), error, retry)
    except TimeoutError:
        return outcome(None, "", "operation_timeout")
    except (aiohttp.ClientError, OSError):
        return outcome(None, "", "dispatch_failed")


def _decoded(text: str, content_type: str) -> object:
    if content_type != JSON:
        return text
    try:
        return json.loads(text) if text else ""
    except ValueError:
        return text


async def _in_an_envelope(
    place: Place, kind: str, content: bytes, content_type: str, extra: Mapping[str, str]
) -> Outcome:
    started = time.perf_counter()
    copies = 2 if place.faults.to_bot("twice") else 1
    answers = await asyncio.gather(
        *(sockets.exchange(place, content, content_type, extra) for _ in range(copies))
    )
    body, error = answers[0]
    ms = (time.perf_counter() - started) * 1000
    status = 200 if error is None else None
    place.store.delivered("slack", kind, status=status, ms=ms, at=place.now(), error=error)
    return Outcome(status, ms, body, error)


async def deliver(
    place: Place,
    kind: str,
    content: bytes,
    content_type: str,
    extra: Mapping[str, str] | None = None,
) -> Outcome:
    """Post one signed request to the bot and return its answer.

    With the switch `twice` two go out at once; the first one's answer counts.
    """
    if sockets.in_use(place):
        return await _in_an_envelope(place, kind, content, content_type, extra or {})
    headers = {
        "Content-Type": content_type,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        **_signed(place, content),
        **(extra or {}),
    }
    copies = 2 if place.faults.to_bot("twice") else 1
    outcomes = await asyncio.gather(*(_once(place, content, headers) for _ in range(copies)))
    for one in outcomes:
        place.store.delivered(
            "slack", kind, status=one.status, ms=one.ms, at=place.now(), error=one.error
        )
    return outcomes[0]
