"""`countersign web`: who is signed in on the pages, and links for those who have no other way.

Works on the database, like `keys`; what it ends is over at once on all servers.
"""

import json
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from bot import clock, ids
from bot.cli_people import DirectoryFile, Email
from bot.cli_storage import with_storage
from bot.cli_table import print_table, shown_time
from bot.environment import environment
from bot.failures import Failure, explained

if TYPE_CHECKING:
    from core.web.sessions import Session
    from core.web.signing_in import SigningIn

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="Who is signed in on the web pages.")

COLUMNS = ("person", "how", "since", "used", "ends")


@app.command()
def link(email: Email, directory_file: DirectoryFile = None) -> None:
    """Make a link that signs the person in, once, within 10 minutes. Whoever opens it acts as
    them: hand it to nobody else."""
    with explained():
        from core.events import Actor
        from core.refusals import Refused

        actor = Actor(via="cli")
        try:
            url = _with_signing(lambda signing: signing.link_for(email, actor), directory_file)
        except Refused as refusal:
            raise Failure(refusal.sentence) from None
        typer.echo(f"For {email.strip().lower()} alone, once, within 10 minutes:")
        typer.echo(url)


@app.command()
def sessions(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show who is signed in, the oldest sign-in first."""
    with explained():
        rows = [_row(each) for each in _with_signing(lambda signing: signing.all_open())]
        if as_json:
            typer.echo(json.dumps({"items": rows}, indent=2))
        else:
            print_table(rows, COLUMNS)


@app.command()
def end(email: Email) -> None:
    """Sign somebody out everywhere, and end the links that were made for them."""
    with explained():
        from core.events import Actor
        from core.web.sessions import Ended

        person, actor = email.strip().lower(), Actor(via="cli")
        count = _with_signing(lambda signing: signing.end_all(person, Ended.ADMIN, actor))
        sessions = "1 session" if count == 1 else f"{count} sessions"
        typer.echo(f"{sessions} of {person} ended; links for them no longer work.")


def _with_signing(
    use: "Callable[[SigningIn], Coroutine[Any, Any, T]]", directory_file: str | None = None
) -> T:
    """Run it on the sessions of the database. Raises Failure without pages."""
    from bot.cli_policy import directory_path
    from bot.files import load_directory
    from bot.kept import with_kept
    from bot.settings import read_web_settings
    from core.web.signing_in import NO_PAGES, SigningIn, SigningWorld

    web = read_web_settings(environment())
    if web is None:
        raise Failure(NO_PAGES)
    directory = with_kept(load_directory(directory_path(directory_file)))

    async def run(storage: Any) -> T:
        world = SigningWorld(
            sessions=storage.sessions,
            directory=lambda: directory,
            clock=clock.now,
            new_id=ids.new_id,
            new_salt=ids.new_salt,
            url=web.public_url,
        )
        return await use(SigningIn(world))

    return with_storage(run)


def _row(session: "Session") -> dict[str, object]:
    return {
        "person": session.person,
        "how": session.realm,
        "since": shown_time(session.started_at),
        "used": shown_time(session.seen_at),
        "ends": shown_time(session.ends_at),
    }
