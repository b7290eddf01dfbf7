"""`countersign alerts`: what people are told of now."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_table import print_table, shown_time
from bot.failures import explained

if TYPE_CHECKING:
    from core.alerting.episode import Episode
    from storage.database import Storage

PANEL = "Administer"
app = typer.Typer()

COLUMNS = ("since", "kind", "subject", "told", "calm_since", "reason")


@app.command(rich_help_panel=PANEL)
def alerts(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show the alerts that are not over, directly from the database."""
    from bot.cli_storage import require_database, with_storage

    with explained():
        require_database()
        rows = [_row(each) for each in with_storage(_open)]
        if as_json:
            typer.echo(json.dumps({"items": rows}, indent=2))
        elif not rows:
            typer.echo("There are no open alerts.")
        else:
            print_table(rows, COLUMNS)


async def _open(storage: "Storage") -> "Sequence[Episode]":
    return await storage.alerts.open()


def _row(episode: "Episode") -> dict[str, object]:
    """One episode; people are named by their addresses, since the directory is the server's."""
    from core.alerting.words import REMEDIES, sentence

    calm = episode.calm_since
    said = sentence(episode.kind, episode.facts, str, "UTC")
    return {
        "id": episode.id,
        "since": shown_time(episode.opened_at),
        "kind": episode.kind.value,
        "subject": episode.subject,
        "told": len(episode.told),
        "calm_since": None if calm is None else shown_time(calm),
        "reason": f"{said} {REMEDIES[episode.kind]}",
    }
