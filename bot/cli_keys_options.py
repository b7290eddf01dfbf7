"""What options of `countersign keys` say: durations, ends, rates, quotas."""

import re
from datetime import UTC, datetime
from typing import Annotated, Final

import typer

from core.rate import FORM, MOST, OFF, read_rate

DEFAULT: Final = "default"
_DURATION: Final = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_MILLIS: Final = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
LONGEST_OVERLAP: Final = 30 * 86_400_000

RateOption = Annotated[
    str | None,
    typer.Option("--rate", help="How often it may call: 120/m, 10/s, 5000/h; off; or default."),
]
BurstOption = Annotated[
    int | None,
    typer.Option("--burst", min=1, max=MOST, help="How many of these at once, after a rest."),
]
PerDayOption = Annotated[
    str | None,
    typer.Option("--per-day", help="How many requests it may make on a UTC day; or off."),
]
ExpiresOption = Annotated[
    str | None, typer.Option("--expires", help="When it ends: 12h, 90d or 2027-01-31 (UTC).")
]


def rate_of(rate: str | None, burst: int | None) -> str | None:
    """As a key has it, None for the server's own."""
    if rate in (None, DEFAULT, OFF):
        if burst is not None:
            raise typer.BadParameter("needs --rate 120/m or the like", param_hint="--burst")
        return None if rate == DEFAULT else rate
    try:
        found = read_rate(rate if burst is None else f"{rate} burst {burst}")
    except ValueError:
        raise typer.BadParameter(f"use {FORM}, or default", param_hint="--rate") from None
    return None if found is None else found.text


def per_day_of(text: str | None) -> int | None:
    """As a key has it, None for any number."""
    if text is None or text == OFF:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST):
        raise typer.BadParameter(f"use a number from 1 to {MOST}, or off", param_hint="--per-day")
    return int(text)


def end_of(text: str | None, now: int) -> int | None:
    """The moment at which a key ends, None for never."""
    if text is None:
        return None
    duration = _duration(text, "hd")
    if duration is not None:
        return now + duration
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise typer.BadParameter("use 12h, 90d or 2027-01-31", param_hint="--expires") from None
    ends = int(day.timestamp() * 1000)
    if ends <= now:
        raise typer.BadParameter("is in the past", param_hint="--expires")
    return ends


def overlap_of(text: str) -> int:
    """Milliseconds for which the older secret goes on."""
    found = 0 if text == "0" else _duration(text, "mhd")
    if found is None or found > LONGEST_OVERLAP:
        raise typer.BadParameter("use 0, 30m, 24h or 7d, at most 30d", param_hint="--overlap")
    return found


def _duration(text: str, units: str) -> int | None:
    found = _DURATION.fullmatch(text)
    return int(found[1]) * _MILLIS[found[2]] if found is not None and found[2] in units else None
