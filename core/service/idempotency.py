"""Idempotency keys: the same key and body give the same answer, another body is refused.

A key belongs to its holder, the API key that sent it, and to one request.
"""

from core.refusals import Reason, Refused
from core.rows import IdempotencyRow
from core.value import Millis

Given = tuple[str, str]
"""The Idempotency-Key's value and the SHA-256 (hex) of the body it came with."""


def kept_under(given: Given | None, holder: str) -> tuple[str, str] | None:
    """Where the first answer under a holder's key is found."""
    return None if given is None else (holder, given[0])


def is_replay(earlier: IdempotencyRow | None, given: Given | None, request: str | None) -> bool:
    """Whether this call was answered before; raises Refused for another body or request."""
    if earlier is None or given is None:
        return False
    if earlier.body_hash != given[1] or (request is not None and earlier.request != request):
        raise Refused(Reason.IDEMPOTENCY_MISMATCH)
    return True


def remembered(
    given: Given | None, holder: str, request: str, status: int, now: Millis
) -> IdempotencyRow | None:
    """The row that makes the next call with this key a replay."""
    if given is None:
        return None
    key, body_hash = given
    return IdempotencyRow(
        holder=holder, key=key, body_hash=body_hash, request=request, status=status, at=now
    )
