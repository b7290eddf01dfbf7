"""The door for requests that say they come from Slack: size, signature, then shape.

Nothing is parsed before the signature is checked, so that a stranger reaches no parser. Bolt
alone would answer 500 to a timestamp that is no number and to a body that is no JSON, and
would let `ssl_check` through unsigned.
https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import json
import re
from collections.abc import Sequence
from typing import Final

import msgspec
from aiohttp import web
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from yarl import URL

BODY_MAX: Final = 1024 * 1024
"""Bytes. A view of Slack's largest size (250 kB) is below it, even percent-encoded."""

NO_PAYLOAD: Final = "The body is not a Slack payload."

_decode: Final = msgspec.json.Decoder().decode

_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_SIGNATURE: Final = re.compile(r"v0=[0-9a-f]{64}")


class Guard:
    """Lets a request in, or says with which HTTP answer it is turned away."""

    def __init__(self, signing_secret: str) -> None:
        self._verifier = SignatureVerifier(signing_secret)

    async def admit(self, request: web.Request) -> AsyncBoltRequest:
        """The request as Bolt takes it; raises an HTTP 400, 401 or 413 exception."""
        body = await request.clone(client_max_size=BODY_MAX).read()
        try:
            text = body.decode()
        except UnicodeDecodeError:
            raise web.HTTPBadRequest(text="The body is not UTF-8.") from None
        if not self._is_signed(request, text):
            raise web.HTTPUnauthorized(text="The request is not signed by Slack, or is too old.")
        return _parsed(request, text)

    def _is_signed(self, request: web.Request, body: str) -> bool:
        timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
            return False
        return self._verifier.is_valid(body, timestamp, signature)


def _parsed(request: web.Request, body: str) -> AsyncBoltRequest:
    headers: dict[str, str | Sequence[str]] = dict(request.headers)
    try:
        payload = _payload(body, request.content_type)
        if not isinstance(payload, dict) or not payload:
            raise web.HTTPBadRequest(text=NO_PAYLOAD)
        # With a body that is parsed already Bolt neither parses it, which takes it longer than
        # all else that it does, nor checks the signature again. It calls this its socket mode.
        return AsyncBoltRequest(
            mode="socket_mode", body=payload, query=request.query_string, headers=headers
        )
    except (ValueError, TypeError, AttributeError, RecursionError):
        # Bolt takes for granted that a payload is an object with Slack's members.
        raise web.HTTPBadRequest(text=NO_PAYLOAD) from None


def _payload(body: str, content_type: str) -> object:
    """What Slack sent: JSON (events), JSON in a form (interactions), or a form (commands)."""
    if content_type == "application/json" or body.startswith("{"):
        return _json(body)
    form = URL.build(query_string=body, encoded=True).query
    return _json(form["payload"]) if "payload" in form else dict(form)


def _json(text: str) -> object:
    try:
        return _decode(text)
    except msgspec.DecodeError:
        return json.loads(text)  # it takes what is no proper JSON, too, as Bolt does
