"""`countersign keys list`: what a key may do, until when, and when it was used."""

from typing import TYPE_CHECKING, Final

from bot.cli_table import counted, shown_time

if TYPE_CHECKING:
    from core.rows import ApiKey

COLUMNS: Final = (
    *("id", "name", "scopes", "person", "owner", "for", "expires_at", "state"),
    *("used_at", "older_secret", "limits"),
)
SOON: Final = 7 * 86_400_000
"""Milliseconds: a key that ends within so long is spoken of, here and in answers of the API."""


def minute(at: int | None) -> str | None:
    """A moment in UTC, to the minute: uses are recorded no more often."""
    return None if at is None else f"{shown_time(at)[:16]}Z"


def described(row: "ApiKey", used: int, now: int) -> dict[str, object]:
    """A key for programs; `used` is how many requests it made today, if it has a quota."""
    older = None
    if row.older_until is not None:
        older = {"until": shown_time(row.older_until), "used_at": minute(row.older_used_at)}
    return {
        "id": row.id,
        "name": row.name,
        "scopes": list(row.scopes),
        "person": row.person,
        "owner": row.owner,
        "for": list(row.requesters),
        "created_at": shown_time(row.created_at),
        "expires_at": None if row.expires_at is None else shown_time(row.expires_at),
        "state": _state(row, now),
        "used_at": minute(row.used_at),
        "rotated_at": None if row.rotated_at is None else shown_time(row.rotated_at),
        "older_secret": older,
        "rate": row.rate,
        "per_day": row.per_day,
        "used_today": None if row.per_day is None else used,
    }


def in_table(item: dict[str, object], row: "ApiKey", now: int) -> dict[str, object]:
    """The same for people."""
    limits = [] if item["rate"] is None else [f"rate {item['rate']}"]
    if item["per_day"] is not None:
        limits.append(f"{item['used_today']} of {item['per_day']} today")
    return {**item, "older_secret": _older(row, now), "limits": ", ".join(limits) or None}


def _older(row: "ApiKey", now: int) -> str | None:
    """While it goes on, whether somebody still uses it; afterwards only that somebody tries."""
    end, used = row.older_until, minute(row.older_used_at)
    if end is None:
        return None
    if end > now:
        return f"until {minute(end)}, {f'used {used}' if used else 'not used'}"
    tried = row.older_used_at is not None and row.older_used_at >= end
    return f"ended, but tried {used}" if tried else None


def ending(rows: "list[ApiKey]", now: int) -> "list[ApiKey]":
    """The valid keys that end soon."""
    return [
        row
        for row in rows
        if _state(row, now) == "valid"
        and row.expires_at is not None
        and row.expires_at - now < SOON
    ]


def warning(rows: "list[ApiKey]") -> str:
    """That these keys end soon, and what to do."""
    named = ", ".join(f"{row.name} ({row.id})" for row in rows[:5])
    more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
    ends = "ends" if len(rows) == 1 else "end"
    return f"{counted(len(rows), 'key')} {ends} within 7 days: {named}{more}."


def _state(row: "ApiKey", now: int) -> str:
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if row.expires_at is not None and row.expires_at <= now else "valid"
