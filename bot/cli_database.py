"""`countersign db`: the tables, a backup, and what must be said after one was restored."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_options import in_terminal
from bot.cli_table import counted, shown_time
from bot.environment import environment
from bot.failures import Failure, explained
from bot.settings import read_database_url

if TYPE_CHECKING:
    from core.service.restoring import Counted, Restoring
    from storage.database import Storage

app = typer.Typer(no_args_is_help=True, help="The database: tables, backup, restore.")

BELONGS = (
    "With it belong the signing key, the encryption key if there is one, the policy and directory "
    "files and .env: they are not in it."
)
WHAT_HAPPENS = (
    "Approvals that could still be used are taken back, since they may have been used since, and "
    "whoever asked is told to ask again. What is open stands as it did then, and those who are "
    "waited for are reminded."
)
NOTHING_LOST = (
    "You say that nothing happened after that: approvals that were not used yet keep counting."
)
NO_COPY = (
    "Nothing here says that this database was restored: if it was not, this takes approvals back "
    "for no reason."
)
STILL_TO_DO = (
    "What else was done since then counts no more either: API keys, approvals and chat accounts "
    "that were taken back, a freeze, erasures. Do them again before you start the servers; "
    "docs/operate.md has the list."
)

NothingLost = Annotated[
    bool, typer.Option("--nothing-lost", help="It was only moved: no server ran after the backup.")
]


@app.command()
def upgrade() -> None:
    """Bring the tables up to date; safe to repeat, and while servers run."""
    with explained():
        url = read_database_url(environment())
        from storage.migrate import upgrade

        upgrade(url.reveal())
        typer.echo("The database is up to date.")


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="A new file.")]) -> None:
    """Copy an SQLite database into a new file, while servers go on."""
    with explained():
        url = read_database_url(environment())
        from storage.backup import backup

        made = backup(url.reveal(), file)
        ends = "" if made.ends_at is None else f", the newest of {shown_time(made.ends_at)}"
        typer.echo(f"Wrote {counted(made.events, 'event')}{ends} to {file}. {BELONGS}")


@app.command()
def restored(
    nothing_lost: NothingLost = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; needed in a script.")] = False,
) -> None:
    """Say that the database was restored from a backup, before a server serves it."""
    if not yes and not in_terminal():
        raise typer.BadParameter("nothing can be asked without a terminal, so this needs --yes")
    with explained():
        from bot.cli_storage import require_database, with_storage

        require_database()
        typer.echo(with_storage(_announced), err=True)
        typer.echo(NOTHING_LOST if nothing_lost else WHAT_HAPPENS, err=True)
        if not yes and not typer.confirm("Go on?"):
            typer.echo("Nothing was changed.")
            raise typer.Exit(1)

        async def run(storage: "Storage") -> "Counted":
            return await _settled(storage, nothing_lost=nothing_lost)

        done = with_storage(run)
        if not nothing_lost:
            typer.echo(
                f"Took back {counted(done.revoked, 'approval')}. Open as they were then: "
                f"{counted(done.still_open, 'request')}."
            )
            typer.echo(STILL_TO_DO)
        typer.echo("The database counts from now on: start the servers.")


async def _announced(storage: "Storage") -> str:
    """What the database remembers, and whether it looks like a copy at all."""
    ends_at = await storage.origin.ends_at()
    if ends_at is None:
        raise Failure("There are no events in this database: nothing has to be settled.")
    told = f"The last thing that this database remembers is of {shown_time(ends_at)}."
    return told if await storage.origin.is_copy() else f"{told} {NO_COPY}"


async def _settled(storage: "Storage", *, nothing_lost: bool) -> "Counted":
    """The mark goes last: cut off before, the servers still refuse to serve it."""
    from core.events import Actor

    restoring = await _restoring(storage)
    ends_at = await storage.origin.ends_at() or 0
    done = await restoring.run(ends_at, Actor(via="cli"), nothing_lost=nothing_lost)
    await storage.origin.settle()
    return done


async def _restoring(storage: "Storage") -> "Restoring":
    """With the people and platforms that the server has, so that the right ones are told."""
    from bot import clock, ids, log
    from bot.app import Sources, compose
    from bot.books import open_books
    from bot.settings import read_settings
    from bot.signing_keys import load_ring
    from core.service.restoring import Restoring

    log.configure("warning")  # what is printed here is for a person
    settings = read_settings(environment())
    sources = Sources(clock=clock.now, new_id=ids.new_id, new_salt=ids.new_salt)
    ring = load_ring(settings.signing_key, settings.database_url)
    app = compose(settings, await open_books(settings, storage.store), storage, sources, ring)
    await app.accounts.linked.refresh()
    now = clock.now()

    async def redeemable(after: str, limit: int) -> "list[str]":
        return list(await storage.origin.redeemable(after, limit, now))

    return Restoring(
        store=storage.store,
        redeemable=redeemable,
        around=app.approvals.around,
        new_id=ids.new_id,
        new_salt=ids.new_salt,
    )
