"""What is written of API keys: each statement changes only a key that may still be changed."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Update, and_, bindparam, case, delete, func, null, or_, select, update

from core.rows import KeyUse
from storage import tables

Change = Update

_keys = tables.api_keys.c
_ITS = _keys.id == bindparam("its_id")
_STANDS = _keys.revoked_at.is_(None)

REVOKE = update(tables.api_keys).where(_ITS, _STANDS).values(revoked_at=bindparam("at"))

ROTATE = (
    update(tables.api_keys)
    .where(_ITS, _STANDS, or_(_keys.expires_at.is_(None), _keys.expires_at > bindparam("at")))
    .values(
        hash=bindparam("new"),
        older_hash=_keys.hash,
        older_until=bindparam("until"),
        rotated_at=bindparam("at"),
        older_used_at=_keys.used_at,
        used_at=null(),
        expires_at=func.coalesce(bindparam("ends"), _keys.expires_at),
    )
)

END = select(_keys.expires_at).where(_ITS)

LIMIT = (
    update(tables.api_keys)
    .where(_ITS, _STANDS)
    .values(rate=bindparam("its_rate"), per_day=bindparam("most"))
)


def _latest(used_at: Any, hash: Any) -> Any:
    """When a secret was used last, if it is the given one."""
    at = bindparam("at", type_=used_at.type)
    newer = or_(used_at.is_(None), used_at < at)
    return case((and_(hash == bindparam("its_hash"), newer), at), else_=used_at)


# By hash: the secret may have been the newest when it was used, and be the older one now.
USED = (
    update(tables.api_keys)
    .where(_ITS)
    .values(
        used_at=_latest(_keys.used_at, _keys.hash),
        older_used_at=_latest(_keys.older_used_at, _keys.older_hash),
    )
)

FORGET_DAYS = delete(tables.key_days).where(tables.key_days.c.day < bindparam("oldest"))


def used_rows(uses: Iterable[KeyUse]) -> list[dict[str, object]]:
    """The parameters of `USED`, in an order that is the same in every process."""
    found = sorted((use.used.key, *secret) for use in uses for secret in use.secrets)
    return [{"its_id": key, "its_hash": digest, "at": at} for key, digest, at in found]
