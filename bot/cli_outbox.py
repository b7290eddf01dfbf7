"""`countersign outbox`: what has not reached its people yet, and trying again."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_storage import with_storage
from bot.cli_table import print_table, shown_time
from bot.failures import explained

if TYPE_CHECKING:
    from core.rows import Delivery, QueuedNotice, Recipient

app = typer.Typer(no_args_is_help=True, help="Cards and notices on their way.")

COLUMNS = ("request", "what", "platform", "recipient", "state", "attempts", "next_at", "reason")


@app.command("list")
def list_outbox(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show everything that is not delivered, and why."""
    with explained():
        cards, notices = with_storage(lambda storage: storage.deliveries.undelivered())
        rows = [*map(_card, cards), *map(_notice, notices)]
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
        from bot import clock

        count = with_storage(lambda storage: storage.deliveries.retry_dead(request, clock.now()))
        typer.echo("Nothing was given up." if not count else f"{count} will be tried again.")


def _card(row: "Delivery") -> dict[str, object]:
    shown = _shown(row.request, "card", row.to, row)
    return shown | {"state": "digest"} if row.in_digest else shown


def _notice(queued: "QueuedNotice") -> dict[str, object]:
    return _shown(queued.row.request, queued.row.kind, queued.row.to, queued)


def _shown(
    request: str, what: str, to: "Recipient", row: "Delivery | QueuedNotice"
) -> dict[str, object]:
    dead = row.dead_reason is not None
    return {
        "request": request,
        "what": what,
        "platform": to.platform,
        "recipient": to.id,
        "state": "dead" if dead else "waiting",
        "attempts": row.attempts,
        # 0 is what was never tried: it is due at once.
        "next_at": None if dead or not row.next_at else shown_time(row.next_at),
        "reason": row.dead_reason if dead else row.waiting_reason,
    }
