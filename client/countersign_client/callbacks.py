"""For receivers of callbacks: is it from the server, is it new, and what does it say?

Signed by the Standard Webhooks specification, symmetric form.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from countersign_client.errors import CountersignError
from countersign_client.request import FINAL, Json

TOLERANCE: Final = 300
"""Seconds that sender's and receiver's clocks, and the way between them, may differ."""

_HEADERS: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")
_VERSION: Final = "v1"
_MOST_SIGNATURES: Final = 20
_PREFIX: Final = "whsec_"


class CallbackProblem(CountersignError):
    """It is not to be believed; `kind` is "malformed", "bad_signature", "too_old" or "too_new".

    Answer 400, or 401 for a bad signature: it is sent again for a day."""

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Callback:
    """That a request changed, as it was right after that; read the request to learn more.

    `id` is the same each time it is sent. Of one request what has the larger `sequence` is newer;
    it is the place of the change in the request's trail. `raw` is the whole message.
    """

    id: str
    type: str
    at: datetime
    request_id: str
    status: str
    revision: int
    sequence: int
    raw: Json

    @property
    def is_final(self) -> bool:
        """Whether the request is over."""
        return self.status in FINAL


class Receiver:
    """Checks callbacks with the secrets of one key: during an exchange the new and the old one."""

    def __init__(self, secret: str | Sequence[str], *, tolerance: int = TOLERANCE) -> None:
        """Secrets as `countersign callbacks secret` shows them. Raises ValueError for others."""
        given = (secret,) if isinstance(secret, str) else tuple(secret)
        self._keys = tuple(map(_key, given))
        if not self._keys:
            raise ValueError("give a secret, such as whsec_...")
        self._tolerance = tolerance

    def __repr__(self) -> str:
        return f"Receiver({len(self._keys)} secrets)"

    def read(self, headers: Mapping[str, str], body: bytes, now: float) -> Callback:
        """The callback that came with these headers, whatever the case of their names, and this
        very body, now in seconds since 1970. Raises CallbackProblem."""
        found = {name.lower(): value for name, value in headers.items()}
        its_id, sent, signatures = (found.get(name, "") for name in _HEADERS)
        if not its_id or not (sent.isascii() and sent.isdigit() and len(sent) < 16):
            raise CallbackProblem("malformed", "The headers of a signed webhook are missing.")
        signed = f"{its_id}.{sent}.".encode() + body
        expected = [_digest(key, signed) for key in self._keys]
        if not any(_is_one_of(each, expected) for each in _signatures(signatures)):
            raise CallbackProblem("bad_signature", "No known secret signed this callback.")
        if int(sent) < now - self._tolerance:
            raise CallbackProblem("too_old", "The callback was sent too long ago.")
        if int(sent) > now + self._tolerance:
            raise CallbackProblem("too_new", "It is dated in the future. Compare the clocks.")
        return _read(its_id, body)


def sign(secret: str, id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature` for this message: for tests of a receiver."""
    return f"{_VERSION},{_digest(_key(secret), f'{id}.{timestamp}.'.encode() + body)}"


def _key(secret: str) -> bytes:
    try:
        found = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if not found:
        raise ValueError("this is no secret of a webhook, such as whsec_...")
    return found


def _digest(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _signatures(header: str) -> list[str]:
    pairs = (each.partition(",") for each in header.split(" ")[:_MOST_SIGNATURES])
    return [signature for version, _, signature in pairs if version == _VERSION]


def _is_one_of(given: str, expected: Sequence[str]) -> bool:
    # All are compared, each in constant time.
    found = [hmac.compare_digest(given.encode(), each.encode()) for each in expected]
    return any(found)


def _read(its_id: str, body: bytes) -> Callback:
    try:
        raw: dict[str, Any] = json.loads(body)
        data = raw["data"]
        return Callback(
            id=its_id,
            type=str(raw["type"]),
            at=datetime.fromisoformat(raw["timestamp"]),
            request_id=str(data["id"]),
            status=str(data["status"]),
            revision=int(data["revision"]),
            sequence=int(data["sequence"]),
            raw=raw,
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CallbackProblem("malformed", "This is signed, but no callback.") from None
