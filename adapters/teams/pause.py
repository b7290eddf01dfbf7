"""How long Microsoft asks to wait before the next call. The clock comes in as an argument."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from core.value import Millis

_LONGEST: Millis = 600_000
"""Whatever is asked: a nonsense value must not silence a conversation for ever."""


def retry_after(headers: Mapping[str, str], now: Millis) -> Millis | None:
    """Milliseconds by the Retry-After header, seconds or a date; None without a usable one."""
    value = headers.get("Retry-After", "").strip()
    try:
        wait = float(value) * 1000
    except ValueError:
        wait = _until(value, now)
    return min(int(wait), _LONGEST) if 0 < wait < float("inf") else None


def _until(value: str, now: Millis) -> float:
    try:
        return parsedate_to_datetime(value).timestamp() * 1000 - now
    except (ValueError, OverflowError):
        return 0
