"""Which key a call has: the row behind the secret in its `Authorization` header.

A key is looked up by the SHA-256 of its secret, so the store holds nothing that opens
anything and no comparison of secrets takes time that depends on them. The secret itself
goes nowhere else: not into logs, not into errors.

Reads look the key up each time, so that a revoked key stops at once. Writes may take the
row from a small cache, because the core looks at the key again inside the transaction that
writes; what a stale row lets through is a refused write, never a stored one. A row is kept for
seconds, so that other limits hold soon, and a key that is refused is forgotten here.

Whoever sends secrets that are none is slowed down by their address. It locks nobody out who
shares it, behind one proxy: a key that was good here lately is never held up, and any other is
still looked up, a few at a time.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Final

from adapters.webhook.limits import Buckets
from adapters.webhook.problems import Answered, HttpReason, problem
from adapters.webhook.visit import Visit
from core.ports import Keys
from core.rate import Rate
from core.refusals import Reason, Refused
from core.rows import ApiKey
from core.service.access import Caller, require_valid
from core.value import Millis

MAX_KEPT = 1024
"""Key rows kept, of keys that were good."""

KEPT_FOR: Final[Millis] = 5_000
"""How long a row serves writes before it is looked up again."""

MAX_SECRET = 256
"""Characters; a longer one is no key of ours and is not even hashed."""

FAILURES: Final = Rate(calls=60, seconds=60, burst=60)
"""Unknown secrets that one address may send before it is slowed down. It is no guard against
guessing, which 256 bits of chance are, but against the work that guesses make."""

NARROW: Final = 8
"""Secrets from such addresses that are looked up at the same time; the others come again."""


class Authenticator:
    """Finds the key that a secret opens."""

    def __init__(self, keys: Keys, clock: Callable[[], Millis]) -> None:
        self._keys = keys
        self._clock = clock
        self._kept: dict[str, tuple[ApiKey, Millis]] = {}
        self._failures = Buckets()
        self._held_up = 0

    def kept(self, digest: str, now: Millis) -> ApiKey | None:
        """The key as it was a moment ago, for what checks it again when it stores."""
        found = self._kept.get(digest)
        # From a moment that is yet to come it is where the clock was set back.
        return found[0] if found is not None and 0 <= now - found[1] < KEPT_FOR else None

    async def key(self, digest: str, household: str, visit: Visit) -> ApiKey:
        """The key as it stands, valid or not. `household` is who fails together. Raises Refused
        for a secret that is none, Answered for one too many of them."""
        if digest in self._kept:
            row = await self._look_up(digest)
        else:
            row = await self._of_stranger(digest, household, visit)
        if row is None:
            self.forget(digest)
            raise Refused(Reason.KEY_UNKNOWN)
        self._keep(digest, row)
        return row

    def forget(self, digest: str) -> None:
        """Look this key up again next time."""
        self._kept.pop(digest, None)

    async def _of_stranger(self, digest: str, household: str, visit: Visit) -> ApiKey | None:
        """One that was not seen here lately."""
        wait = self._failures.wait(household, FAILURES, self._clock())
        if wait and self._held_up >= NARROW:
            raise _too_many(visit, wait)
        self._held_up += bool(wait)
        try:
            row = await self._look_up(digest)
        finally:
            self._held_up -= bool(wait)
        if row is None:
            _, wait = self._failures.take(household, FAILURES, self._clock())
            if wait:
                raise _too_many(visit, wait)
        return row

    async def _look_up(self, digest: str) -> ApiKey | None:
        return _same(await self._keys.key_by_hash(digest), digest)

    def _keep(self, digest: str, row: ApiKey) -> None:
        if digest not in self._kept:
            while len(self._kept) >= MAX_KEPT:
                del self._kept[next(iter(self._kept))]
        self._kept[digest] = (row, self._clock())


def _too_many(visit: Visit, wait: float) -> Answered:
    visit.wait(wait)
    return Answered(problem(HttpReason.TOO_MANY_FAILURES))


def digest_of(headers: Sequence[str]) -> str:
    """The SHA-256 (hex) of the secret in the one header; raises Refused where there is none. Of
    two nobody can say which one a proxy has looked at."""
    if len(headers) != 1:
        raise Refused(Reason.KEY_MISSING)
    return hashlib.sha256(_secret(headers[0])).hexdigest()


async def recheck(keys: Keys, clock: Callable[[], Millis], caller: Caller) -> None:
    """Look the caller's key up again; raises Refused when it may not be used any more."""
    digest = caller.key_hash
    require_valid(_same(await keys.key_by_hash(digest), digest), clock())


def require_any_scope(caller: Caller, scopes: tuple[str, ...]) -> None:
    """Raises Refused, naming the first of these scopes, when the key has none of them."""
    if not caller.has(*scopes):
        raise Refused(Reason.SCOPE_MISSING, scope=scopes[0])


def _secret(header: str) -> bytes:
    scheme, _, secret = header.strip().partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        raise Refused(Reason.KEY_MISSING)
    if len(secret) > MAX_SECRET or not secret.isascii():
        raise Refused(Reason.KEY_UNKNOWN)
    return secret.encode()


def _same(row: ApiKey | None, digest: str) -> ApiKey | None:
    return row if row is not None and hmac.compare_digest(row.hash, digest) else None
