"""`countersign away`: who acts for a person while they are out of office."""

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_options import AsJson, KeyFile, Url, filled, id_of, told
from bot.cli_table import print_table, shown_time

if TYPE_CHECKING:
    from adapters.webhook.answers_rules import Absence

app = typer.Typer(no_args_is_help=True, help="Who acts for you while you are out of office.")

COLUMNS = ("id", "from", "to", "starts", "until", "limits")
MIDNIGHT = 24 * 60
NO_DAY = "use a day such as 2026-08-14, or a time such as 2026-08-14T12:00:00Z"


@app.command("set")
def set_absence(
    to: Annotated[str, typer.Option(metavar="EMAIL", help="Who acts for you.")],
    from_date: Annotated[
        str | None, typer.Option(metavar="DAY", help="The first day; now unless given.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="DAY", help="The last day; until ended unless given.")
    ] = None,
    cap: Annotated[
        str | None, typer.Option(metavar="AMOUNT", help="Only requests up to this amount.")
    ] = None,
    currency: Annotated[str | None, typer.Option(help="Of the amount, such as EUR.")] = None,
    category: Annotated[
        list[str] | None, typer.Option(help="Only this action type or rule; repeatable.")
    ] = None,
    giver: Annotated[
        str | None, typer.Option("--for", metavar="EMAIL", help="As an administrator: who is away.")
    ] = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Let somebody act for you; days are those of this machine's time zone."""
    body = {
        "to": to,
        "from": giver,
        "starts": _moment(from_date, 0, "--from-date"),
        "until": _moment(until, MIDNIGHT, "--until"),
        "categories": category or None,
        "amount_cap": cap,
        "currency": currency,
    }
    with told(as_json):
        from bot import ids
        from bot.cli_client import server

        answer = server(url, key_file).post("/v1/delegations", filled(body), ids.new_id())
        _report(answer, as_json, "{to} acts for {giver} from {starts} until {until} (id {id}).")


@app.command("list")
def list_absences(
    person: Annotated[str | None, typer.Option(metavar="EMAIL", help="Whose.")] = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Show what is not over: yours and to you; all of them to an administrator."""
    with told(as_json):
        from bot.cli_client import decoded, pretty, server

        body = server(url, key_file).get("/v1/delegations", {"person": person})
        if as_json:
            typer.echo(pretty(body))
            return
        from adapters.webhook.answers_rules import AbsenceList
        from bot.cli_show import say

        items = decoded(body, AbsenceList).items
        if not items:
            say("Nobody is away. To let somebody act for you: countersign away set --to EMAIL")
            return
        print_table([_row(item) for item in items], COLUMNS)


@app.command("end")
def end_absence(
    id: Annotated[str, typer.Argument(help="Its id, from `away list`.", callback=id_of)],
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """End it now; what is undecided goes back to whom it belongs."""
    with told(as_json):
        from bot.cli_client import server

        answer = server(url, key_file).delete(f"/v1/delegations/{id}")
        _report(answer, as_json, "{to} no longer acts for {giver}. What is undecided is back.")


def _report(body: bytes, as_json: bool, sentence: str) -> None:
    from adapters.webhook.answers_rules import Absence
    from bot.cli_client import decoded, pretty
    from bot.cli_show import line, say

    if as_json:
        typer.echo(pretty(body))
        return
    made = decoded(body, Absence)
    said = sentence.format(
        to=made.taker,
        giver=made.giver,
        id=made.id,
        starts=made.starts,
        until=made.until or "somebody ends it",
    )
    say(line(said))


def _row(absence: "Absence") -> dict[str, object]:
    cap = absence.amount_cap
    limits = [*absence.categories, *([f"up to {cap} {absence.currency or ''}"] if cap else [])]
    return {
        "id": absence.id,
        "from": absence.giver,
        "to": absence.taker,
        "starts": absence.starts,
        "until": absence.until,
        "limits": [limit.strip() for limit in limits] or None,
    }


def _moment(text: str | None, minutes: int, option: str) -> str | None:
    """RFC 3339 of a day's beginning (0) or end (1440 minutes), or of a time with its offset."""
    if text is None:
        return None
    from zoneinfo import ZoneInfo

    from bot.cli_show import zone
    from core.calendars.localtime import first_reached

    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return shown_time(first_reached(ZoneInfo(zone()), date.fromisoformat(text), minutes))
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        pass
    raise typer.BadParameter(NO_DAY, param_hint=option)
