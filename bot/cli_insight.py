"""`countersign insight` and `policy accepted`: findings, and changes of the policy that follow."""

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bot import cli_policy
from bot.cli_table import print_table, shown_time
from bot.failures import Failure, explained

if TYPE_CHECKING:
    from bot.settings import Settings
    from core.insight.proposals import Examined, Found
    from storage.database import Storage

app = typer.Typer(no_args_is_help=True, help="What the numbers say of the rules.")

COLUMNS = ("id", "about", "finding", "change")


@app.command("list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show what was found last, directly from the database."""
    from bot.cli_storage import require_database, with_storage

    with explained():
        require_database()
        found = with_storage(_found)
        if as_json:
            items = [] if found is None else [_item(each) for each in found.items]
            typer.echo(json.dumps({"items": items}, indent=2))
        elif found is None:
            typer.echo("Nothing was worked out yet: a server does it once an hour.")
        elif not found.items:
            typer.echo(f"Nothing was found ({shown_time(found.at)}).")
        else:
            typer.echo(f"Worked out {shown_time(found.at)} for policy version {found.policy}.")
            print_table([_row(each) for each in found.items], COLUMNS)


@app.command()
def show(finding: Annotated[str, typer.Argument(help="From `insight list`.")]) -> None:
    """Show the change of the policy that follows from a finding, directly from the database."""
    from bot.cli_storage import require_database, with_storage

    with explained():
        require_database()
        found = with_storage(_found)
        items = [
            each for each in ([] if found is None else found.items) if each.finding.id == finding
        ]
        if not items:
            raise Failure(f"There is no finding {finding}. See: countersign insight list")
        from bot.cli_show import say

        [item] = items
        say(item.finding.said)
        for label, text in item.finding.numbers:
            say(f"{label}: {text}")
        for caution in item.finding.cautions:
            say(caution)
        say(item.problem if item.proposal is None else "\n".join(item.proposal.diff))


@app.command()
def propose(
    finding: Annotated[str, typer.Argument(help="From `insight list`.")],
    as_: Annotated[str, typer.Option("--as", metavar="EMAIL", help="The administrator who asks.")],
) -> None:
    """Ask for the change that follows from a finding, directly on the database.

    It becomes a request that another administrator decides.
    """
    from bot import log
    from bot.cli_storage import require_database, with_storage
    from bot.environment import environment
    from bot.settings import read_settings

    with explained():
        log.configure("error", as_json=False)
        require_database()
        settings = read_settings(environment())
        request = with_storage(lambda storage: _proposed(settings, storage, finding, as_))
        typer.echo(f"Proposed, with request {request}. Another administrator decides it.")


@cli_policy.app.command()
def accepted(
    id: Annotated[str, typer.Argument(help="The request that proposed it.")],
) -> None:
    """Print the policy that a request was approved for, for the file that is the source."""
    from bot.cli_storage import require_database, with_storage
    from core.refusals import Refused

    async def text(storage: "Storage") -> str:
        from core.service.proposing import accepted

        return await accepted(storage.store, storage.insight, id)

    with explained():
        require_database()
        try:
            sys.stdout.write(with_storage(text))
        except Refused as refused:
            raise Failure(refused.sentence) from refused


async def _found(storage: "Storage") -> "Found | None":
    return await storage.insight.found()


async def _proposed(settings: "Settings", storage: "Storage", finding: str, who: str) -> str:
    from bot import clock, ids
    from bot.app import Sources, compose
    from bot.books import open_books
    from bot.insight import proposing
    from core.directory.kept import NOBODY
    from core.events import Actor
    from core.refusals import Refused

    kept = NOBODY.with_newer(await storage.people.newer(0))
    books = await open_books(settings, storage.store, kept)
    sources = Sources(clock=clock.now, new_id=ids.new_id, new_salt=ids.new_salt)
    app = compose(settings, books, storage, sources)
    person = books.directory().person(who)
    email = who if person is None else person.email
    wired = proposing(app.approvals, app.governance, storage.insight, books)
    try:
        return await wired.propose(finding, email, Actor(via="cli", person=email))
    except Refused as refused:
        raise Failure(refused.sentence) from refused


def _row(item: "Examined") -> dict[str, object]:
    finding, change = item.finding, item.finding.title if item.proposal else None
    about = finding.about.value
    return {"id": finding.id, "about": about, "finding": finding.said, "change": change}


def _item(item: "Examined") -> dict[str, object]:
    proposal = item.proposal
    change = (
        None if proposal is None else {"title": item.finding.title, "diff": list(proposal.diff)}
    )
    return {
        "id": item.finding.id,
        "about": item.finding.about.value,
        "finding": item.finding.said,
        "numbers": dict(item.finding.numbers),
        "cautions": list(item.finding.cautions),
        "change": change,
        "problem": item.problem or None,
    }
