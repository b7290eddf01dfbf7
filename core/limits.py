"""A key's quota: so many submissions on a UTC day, counted in the transaction that stores them."""

from datetime import UTC, datetime
from typing import Final

from core.refusals import Reason, Refused
from core.rows import ApiKey, KeyDay
from core.value import Millis, Value

DAY: Final[Millis] = 86_400_000


class Quota(Value, frozen=True):
    """A key's submissions of a day: `used` of `limit`."""

    limit: int
    used: int


def day_of(now: Millis) -> str:
    """The UTC day, as "2026-01-31"."""
    return datetime.fromtimestamp(now // 1000, UTC).date().isoformat()


def counted(key: ApiKey | None, used: int, day: str) -> KeyDay | None:
    """One more submission on the day, None where nobody counts them. Raises Refused when there
    were as many as may be."""
    if key is None or key.per_day is None:
        return None
    if used >= key.per_day:
        raise Refused(Reason.QUOTA_USED, limit=f"{key.per_day:,}")
    return KeyDay(key=key.id, day=day, limit=key.per_day)
