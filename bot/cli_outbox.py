"""`countersign outbox`: what has not reached its people yet, and trying again."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_storage import with_storage
from bot.cli_table import print_table, shown_time
from bot.failures import explained

if TYPE_CHECKING:
    from core.rows import Delivery, QueuedCallback, QueuedNotice, Recipient
    from storage.database import Storage

app = typer.Typer(no_args_is_help=True, help="Cards and notices on their way.")

COLUMNS = ("request", "what", "platform", "recipient", "state", "attempts", "next_at", "reason")


@app.command("list")
def list_outbox(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show everything that is not delivered, and why."""
    with explained():
        (cards, notices), callbacks = with_storage(_undelivered)
        rows = [*map(_card, cards), *map(_notice, notices), *map(_callback, callbacks)]
        if as_json:
            typer.echo(json.dumps({"items": rows}, indent=2))
        elif not rows:
            typer.echo("Everything is delivered.")
        else:
            print_table(rows, COLUMNS)


@app.command()
def retry(
    request: Annotated[str | None, typer.Argument(help="Only this request's.")] = None,
) -> None:
    """Make what was given up due again; the server sends it within half a minute."""
    with explained():
        count = with_storage(lambda storage: _retried(storage, request))
        typer.echo("Nothing was given up." if not count else f"{count} will be tried again.")


async def _undelivered(
    storage: "Storage",
) -> "tuple[tuple[Sequence[Delivery], Sequence[QueuedNotice]], Sequence[QueuedCallback]]":
    return await storage.deliveries.undelivered(), await storage.callbacks.undelivered()


async def _retried(storage: "Storage", request: str | None) -> int:
    from bot import clock
    from core.callbacks import Again
    from core.events import Actor

    now = clock.now()
    dead = [each for each in await storage.callbacks.undelivered() if each.state == "dead"]
    if request is None or request in {each.row.request for each in dead}:
        await storage.callbacks.replay(Again(request=request), now, Actor(via="cli"))
    count = sum(request in (None, each.row.request) for each in dead)
    return count + await storage.deliveries.retry_dead(request, now)


def _callback(queued: "QueuedCallback") -> dict[str, object]:
    shown = _cells(queued.row.request, "callback", "callback", queued.row.host)
    dead = queued.state == "dead"
    return shown | {
        "state": "dead" if dead else "waiting",
        "attempts": queued.attempts,
        "next_at": None if dead else shown_time(queued.next_at),
        "reason": queued.reason,
    }


def _card(row: "Delivery") -> dict[str, object]:
    shown = _shown(row.request, "card", row.to, row)
    return shown | {"state": "digest"} if row.in_digest else shown


def _notice(queued: "QueuedNotice") -> dict[str, object]:
    return _shown(queued.row.request, queued.row.kind, queued.row.to, queued)


def _shown(
    request: str, what: str, to: "Recipient", row: "Delivery | QueuedNotice"
) -> dict[str, object]:
    dead = row.dead_reason is not None
    return _cells(request, what, to.platform, to.id) | {
        "state": "dead" if dead else "waiting",
        "attempts": row.attempts,
        # 0 is what was never tried: it is due at once.
        "next_at": None if dead or not row.next_at else shown_time(row.next_at),
        "reason": row.dead_reason if dead else row.waiting_reason,
    }


def _cells(request: str, what: str, platform: str, recipient: str) -> dict[str, object]:
    return {"request": request, "what": what, "platform": platform, "recipient": recipient}
