"""`countersign keys rotate`, `limit` and `revoke`: what becomes of a key that is there."""

import hashlib
import secrets
from typing import TYPE_CHECKING, Annotated

import typer

from bot import clock
from bot.cli_keys_options import (
    BurstOption,
    ExpiresOption,
    PerDayOption,
    RateOption,
    end_of,
    overlap_of,
    per_day_of,
    rate_of,
)
from bot.cli_storage import with_storage
from bot.cli_table import shown_time
from bot.failures import Failure, explained

if TYPE_CHECKING:
    from core.rows import ApiKey

app = typer.Typer()

Id = Annotated[str, typer.Argument(metavar="ID", help="The key's id, from `keys list`.")]


def new_secret() -> tuple[str, str]:
    """A secret for its holder, and the SHA-256 of it for us."""
    secret = f"cs_{secrets.token_urlsafe(32)}"
    return secret, hashlib.sha256(secret.encode()).hexdigest()


@app.command()
def rotate(
    id: Id,
    overlap: Annotated[
        str, typer.Option(help="How long the old secret goes on: 0, 30m, 24h or 7d.")
    ] = "24h",
    expires: ExpiresOption = None,
) -> None:
    """Give a key a new secret, shown once; the old one goes on for a while.

    The key stays the same: its id, its scopes, and the requests it sees. Without --expires its own
    end stays too.
    """
    now = clock.now()
    until, ends = now + overlap_of(overlap), end_of(expires, now)
    secret, digest = new_secret()
    with explained():
        from core.events import Actor

        before = _valid(id, now)
        by = Actor(via="cli")
        if not with_storage(
            lambda storage: storage.keys.rotate_key(id, digest, now, until, ends, by)
        ):
            raise _no_such(id)
        typer.echo(f"Key {id} for {before.name} has a new secret.")
        for line in _what_ended(before, now, until, ends):
            typer.echo(line)
        typer.echo("Keep it safe; it is not shown again:")
        typer.echo(secret)


@app.command()
def limit(
    id: Id, rate: RateOption = None, burst: BurstOption = None, per_day: PerDayOption = None
) -> None:
    """Set how often a key may call, and how many requests it may make on a day."""
    new_rate, new_day = rate_of(rate, burst), per_day_of(per_day)
    if rate is None and per_day is None:
        raise typer.BadParameter("say --rate, --per-day or both", param_hint="--rate")
    with explained():
        from core.events import Actor

        now = clock.now()
        before = _valid(id, now)
        wanted = (
            before.rate if rate is None else new_rate,
            before.per_day if per_day is None else new_day,
        )
        by = Actor(via="cli")
        if not with_storage(lambda storage: storage.keys.limit_key(id, *wanted, now, by)):
            raise _no_such(id)
        typer.echo(f"Key {id} for {before.name}: {said(*wanted)}.")


@app.command()
def revoke(id: Id) -> None:
    """End a key now, with all its secrets."""
    with explained():
        from core.events import Actor

        by = Actor(via="cli")
        if not with_storage(lambda storage: storage.keys.revoke_key(id, clock.now(), by)):
            raise _no_such(id)
        typer.echo(f"Key {id} is revoked.")


def said(rate: str | None, per_day: int | None) -> str:
    """A key's limits in words."""
    calls = {None: "calls at the server's own rate", "off": "calls as often as it likes"}
    day = "any number of requests" if per_day is None else f"at most {per_day:,} requests"
    return f"{calls.get(rate, f'calls at {rate}')}, {day} a day"


def _what_ended(before: "ApiKey", now: int, until: int, ends: int | None) -> list[str]:
    old = f"goes on until {shown_time(until)}" if until > now else "ended now"
    lines = [f"The old one {old}."]
    if before.older_until is not None and before.older_until > now:
        lines.append(
            f"The one before that, good until {shown_time(before.older_until)}, ended now too."
        )
    last = ends or before.expires_at
    if last is not None:
        lines.append(f"The key itself ends at {shown_time(last)}.")
    return lines


def _valid(id: str, now: int) -> "ApiKey":
    """The key as it stands; raises Failure for one that may not be used any more."""
    rows = with_storage(lambda storage: storage.keys.all_keys())
    for row in rows:
        if row.id == id and row.revoked_at is None:
            if row.expires_at is not None and row.expires_at <= now:
                raise Failure(f"Key {id} has expired. Make a new one: countersign keys create")
            return row
    raise _no_such(id)


def _no_such(id: str) -> Failure:
    return Failure(f"There is no valid key {id}. See: countersign keys list")
