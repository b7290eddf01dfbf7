"""The keys with which Bot Framework signs its calls to us: fetched, kept, and refreshed.

A key that is not known is looked for at once, so that a rotation is not noticed by anyone;
how often is bounded, so that made-up key ids cannot make us hammer Microsoft. Looking brings
every key there is, whoever was the reason for it: a flood of made-up ids uses the budget up,
but by looking, so that a new key is found no later than the budget has its next look.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout

_TIMEOUT = ClientTimeout(total=5)
_OLD_SECONDS = 24 * 3600.0
_MOST_LOOKS = 6
_NEXT_LOOK_SECONDS = 5.0

_log = logging.getLogger(__name__)


class KeysUnavailable(Exception):
    """The keys cannot be had now, so nobody can be told from anybody."""


@dataclass(frozen=True, slots=True)
class Key:
    """A published key and the channels it may sign for; none named means all."""

    key: Any
    endorsements: tuple[str, ...]

    def endorses(self, channel: str) -> bool:
        """Whether a token for that channel may carry this key's signature."""
        return not self.endorsements or channel in self.endorsements


class _Metadata(msgspec.Struct):
    jwks_uri: str


class _Published(msgspec.Struct):
    keys: list[dict[str, Any]]


class KeyRing:
    """The published keys by id. Safe to ask from many requests at once."""

    def __init__(self, http: Callable[[], ClientSession], metadata_url: str) -> None:
        self._http = http
        self._metadata_url = metadata_url
        self._keys: dict[str, Key] = {}
        self._fetched_at: float | None = None
        self._failed = True
        self._budget = _Budget()
        self._refreshing = asyncio.Lock()

    async def key(self, kid: str) -> Key | None:
        """The key with that id, None when none is published; raises KeysUnavailable."""
        found = self._keys.get(kid)
        if found is None or self._is_old():
            await self._refresh(kid)
            found = self._keys.get(kid)
        return found

    @property
    def held(self) -> int:
        """How many keys are held."""
        return len(self._keys)

    async def prepare(self) -> None:
        """Fetch the keys ahead of the first request; a failure is logged, not raised."""
        try:
            await self._refresh("")
        except KeysUnavailable as problem:
            _log.warning("Bot Framework's keys could not be fetched yet: %s", problem)

    def _is_old(self) -> bool:
        return self._fetched_at is None or _now() - self._fetched_at > _OLD_SECONDS

    async def _refresh(self, kid: str) -> None:
        async with self._refreshing:
            if kid in self._keys and not self._is_old():
                return
            if self._budget.spent():
                # The last look was seconds ago. If it failed, nobody knows whether there is
                # such a key; if not, there is none.
                if self._failed and kid not in self._keys:
                    raise KeysUnavailable("looked for a moment ago, without an answer")
                return
            self._failed = True
            try:
                self._keys = await self._published()
                self._fetched_at, self._failed = _now(), False
            except (ClientError, TimeoutError, msgspec.DecodeError, OSError) as problem:
                # A key that is already held stays good while Microsoft cannot be reached.
                if kid not in self._keys:
                    raise KeysUnavailable(type(problem).__name__) from None
                _log.warning("Bot Framework's keys are old: %s", type(problem).__name__)

    async def _published(self) -> dict[str, Key]:
        metadata = msgspec.json.decode(await self._get(self._metadata_url), type=_Metadata)
        published = msgspec.json.decode(await self._get(metadata.jwks_uri), type=_Published)
        read = (_read(jwk) for jwk in published.keys)
        return {kid: key for kid, key in read if key is not None}

    async def _get(self, url: str) -> bytes:
        async with self._http().get(url, timeout=_TIMEOUT, raise_for_status=True) as answer:
            return await answer.read()


class _Budget:
    """So many looks at once, then one in each interval (a token bucket)."""

    def __init__(self) -> None:
        self._left = float(_MOST_LOOKS)
        self._at = 0.0

    def spent(self) -> bool:
        """Take one look out; True when there is none."""
        now = _now()
        self._left = min(_MOST_LOOKS, self._left + (now - self._at) / _NEXT_LOOK_SECONDS)
        self._at = now
        if self._left < 1:
            return True
        self._left -= 1
        return False


def _read(jwk: Mapping[str, Any]) -> tuple[str, Key | None]:
    """A published key; None for one that is not an RSA key we can use."""
    kid, endorsements = jwk.get("kid"), jwk.get("endorsements") or []
    if not isinstance(kid, str) or not isinstance(endorsements, list) or jwk.get("kty") != "RSA":
        return "", None
    try:
        key = jwt.PyJWK(dict(jwk), algorithm="RS256").key
    except jwt.PyJWTError:
        return kid, None
    return kid, Key(key, tuple(str(channel) for channel in endorsements))


def _now() -> float:
    return asyncio.get_running_loop().time()
