"""Who calls: the key behind an `Authorization` header, and what it may do.

A key is looked up by the SHA-256 of its secret, so the store holds nothing that opens
anything and no comparison of secrets takes time that depends on them. The secret itself
goes nowhere else: not into logs, not into errors.

Reads look the key up each time, so that a revoked key stops at once. Writes may take the
row from a small cache, because the core looks at the key again inside the transaction that
writes; what a stale row lets through is a refused write, never a stored one. A key that is
refused is forgotten here, and unknown keys are never remembered.
"""

import hashlib
import hmac
from collections.abc import Callable

from core.ports import Keys
from core.refusals import Reason, Refused
from core.rows import ApiKey
from core.service.access import Caller, require_valid
from core.value import Millis

MAX_KEPT = 1024
"""Key rows kept for writes."""

MAX_SECRET = 256
"""Characters; a longer one is no key of ours and is not even hashed."""


class Authenticator:
    """Turns the header of a call into its `Caller`, or raises Refused."""

    def __init__(self, keys: Keys, clock: Callable[[], Millis]) -> None:
        self._keys = keys
        self._clock = clock
        self._kept: dict[str, ApiKey] = {}

    async def authenticate(self, header: str | None, *, writes: bool) -> Caller:
        """The caller; `writes` says that the core will check the key again when it stores."""
        digest = hashlib.sha256(_secret(header)).hexdigest()
        row = self._kept.get(digest) if writes else None
        if row is None:
            row = await self._keys.key_by_hash(digest)
        try:
            valid = require_valid(_same(row, digest), self._clock())
        except Refused:
            self.forget(digest)
            raise
        if writes:
            self._keep(valid)
        return Caller(
            key_id=valid.id,
            key_name=valid.name,
            key_hash=digest,
            scopes=valid.scopes,
            person=valid.person,
            owner=valid.owner,
            requesters=valid.requesters,
        )

    def forget(self, key_hash: str) -> None:
        """Look this key up again next time."""
        self._kept.pop(key_hash, None)

    def _keep(self, row: ApiKey) -> None:
        if row.hash not in self._kept:
            while len(self._kept) >= MAX_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[row.hash] = row


def require_any_scope(caller: Caller, scopes: tuple[str, ...]) -> None:
    """Raises Refused, naming the first of these scopes, when the key has none of them."""
    if not caller.has(*scopes):
        raise Refused(Reason.SCOPE_MISSING, scope=scopes[0])


def _secret(header: str | None) -> bytes:
    scheme, _, secret = (header or "").strip().partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        raise Refused(Reason.KEY_MISSING)
    if len(secret) > MAX_SECRET or not secret.isascii():
        raise Refused(Reason.KEY_UNKNOWN)
    return secret.encode()


def _same(row: ApiKey | None, digest: str) -> ApiKey | None:
    return row if row is not None and hmac.compare_digest(row.hash, digest) else None
