"""`countersign callbacks`: what agents are told at addresses of their own, and with which secrets.

A secret is shown once, when it is made; stored is what only the encryption keys open.
"""

import json
import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot import clock, ids
from bot.cli_storage import with_storage
from bot.cli_table import print_table, shown_time
from bot.environment import environment
from bot.failures import Failure, explained
from bot.settings import read_encryption_keys

if TYPE_CHECKING:
    from core.callbacks import SecretAdded
    from core.rows import QueuedCallback
    from storage.database import Storage

app = typer.Typer(no_args_is_help=True, help="Callbacks to agents, and their secrets.")

COLUMNS = ("request", "sequence", "type", "host", "state", "attempts", "next_at", "reason")

_DURATION = re.compile(r"([1-9][0-9]{0,3})([mhd])")
_UNITS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
_STATES = {"pending": "waiting", "done": "delivered", "dead": "dead"}


@app.command("list")
def list_callbacks(
    request: Annotated[
        str | None, typer.Argument(help="All of this request; else what is not delivered.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show callbacks that wait or were given up, and why."""
    with explained():
        rows = [described(each) for each in with_storage(_found(request))]
        if as_json:
            typer.echo(json.dumps({"items": rows}, indent=2))
        elif not rows and request is not None:
            typer.echo("This request has no callbacks.")
        elif not rows:
            typer.echo("Everything is delivered.")
        else:
            print_table(rows, COLUMNS)


@app.command()
def replay(
    request: Annotated[str | None, typer.Argument(help="The request's id.")] = None,
    all_dead: Annotated[
        bool, typer.Option("--all-dead", help="Of all requests, what was given up.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(help="Only of changes since: 90m, 12h or 7d ago, or 2027-01-31 (UTC)."),
    ] = None,
) -> None:
    """Send again what was given up; of one request its newest callback too."""
    if (request is None) != all_dead:
        raise typer.BadParameter("name one request, or use --all-dead")
    now = clock.now()
    after = _moment(since, now)
    with explained():
        from core.callbacks import Again
        from core.events import Actor

        what, by = Again(request=request, since=after), Actor(via="cli")
        count = with_storage(lambda storage: storage.callbacks.replay(what, now, by))
        typer.echo(_said(count))


@app.command()
def secret(
    key: Annotated[str, typer.Argument(metavar="KEY_ID", help="The agent's key, by `keys list`.")],
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Make a new one; the old one signs for a while too.")
    ] = False,
    overlap: Annotated[
        str, typer.Option(help="How long the old one signs too: 30m, 24h or 7d; 0 is not at all.")
    ] = "24h",
) -> None:
    """Make the secret of a key's callbacks and show it once, alone on the last line."""
    for_so_long = _overlap(overlap) if rotate else None
    with explained():
        from adapters.webhook.callback_secrets import BYTES, CallbackSeal, written
        from bot.encryption_keys import load_keys
        from core.callbacks import SealedSecret
        from core.events import Actor

        seal = CallbackSeal(load_keys(*read_encryption_keys(environment())))
        made, its_id = written(secrets.token_bytes(BYTES)), ids.new_id()
        row = SealedSecret(
            key=key, id=its_id, sealed=seal.close(key, its_id, made), created_at=clock.now()
        )
        by = Actor(via="cli")
        added = with_storage(
            lambda storage: storage.callback_secrets.add_secret(row, for_so_long, by)
        )
        _require_made(added, key)
        if added == "exchanged" and for_so_long:
            typer.echo(f"The secret before it signs too for {overlap}: give receivers both.")
        typer.echo(f"Callbacks for key {key} are signed with this secret.")
        typer.echo("Keep it safe; it is not shown again:")
        typer.echo(made)


def _require_made(answer: "SecretAdded", key: str) -> None:
    if answer == "no_key":
        raise Failure(f"There is no valid key {key}. See: countersign keys list")
    if answer == "has_one":
        raise Failure(
            f"Key {key} has a secret already. To make a new one: "
            f"countersign callbacks secret {key} --rotate"
        )


def _found(
    request: str | None,
) -> "Callable[[Storage], Awaitable[Sequence[QueuedCallback]]]":
    if request is None:
        return lambda storage: storage.callbacks.undelivered()
    return lambda storage: storage.callbacks.of_request(request)


def described(queued: "QueuedCallback") -> dict[str, object]:
    """One callback as programs and tables show it."""
    row = queued.row
    return {
        "request": row.request,
        "sequence": row.sequence,
        "type": row.type,
        "host": row.host,
        "state": _STATES[queued.state],
        "attempts": queued.attempts,
        "next_at": shown_time(queued.next_at) if queued.state == "pending" else None,
        "reason": queued.reason,
    }


def _said(count: int) -> str:
    if not count:
        return "There is nothing to send again."
    what = "1 callback is" if count == 1 else f"{count} callbacks are"
    return f"{what} sent again; a server that runs begins within seconds."


def _overlap(text: str) -> int:
    if text == "0":
        return 0
    found = _DURATION.fullmatch(text)
    if found is None:
        raise typer.BadParameter("use 30m, 24h, 7d or 0", param_hint="--overlap")
    return int(found[1]) * _UNITS[found[2]]


def _moment(text: str | None, now: int) -> int:
    if text is None:
        return 0
    found = _DURATION.fullmatch(text)
    if found is not None:
        return now - int(found[1]) * _UNITS[found[2]]
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise typer.BadParameter("use 90m, 12h, 7d or 2027-01-31", param_hint="--since") from None
    return int(day.timestamp() * 1000)
