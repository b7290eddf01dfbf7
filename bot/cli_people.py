"""`countersign people`: who is there, whose chat accounts are whose, and people from tables.

Works on the database, like `keys`; servers take a change up within seconds.
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot import cli_people_import, cli_people_show, clock, ids
from bot.cli_storage import with_storage
from bot.cli_table import print_table, shown_time
from bot.failures import Failure, explained

if TYPE_CHECKING:
    from core.directory.accounts import Account, Ledger
    from core.directory.people import Directory, Identity

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="People and their chat accounts.")
app.add_typer(cli_people_import.app)
app.add_typer(cli_people_show.app)

COLUMNS = ("person", "name", "source", "platform", "account", "how", "since")

_ACCOUNT = re.compile(r"([A-Za-z0-9-]{1,64})/([A-Za-z0-9-]{1,64})")

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The person, as in the directory.")]
DirectoryFile = Annotated[
    str | None, typer.Option("--directory", help="Instead of COUNTERSIGN_DIRECTORY.")
]
Slack = Annotated[
    str | None, typer.Option("--slack", metavar="TEAM/USER", help="A Slack account: T.../U...")
]


@app.command("list")
def list_people(
    directory_file: DirectoryFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show everybody's chat accounts, and who has none."""
    with explained():
        directory = _directory(directory_file)
        bound = with_storage(lambda storage: storage.accounts.all())
        rows = _rows(directory, bound, _sources())
        if as_json:
            typer.echo(json.dumps({"items": rows}, indent=2))
        else:
            print_table(rows, COLUMNS)


@app.command()
def link(email: Email, slack: Slack = None, directory_file: DirectoryFile = None) -> None:
    """Make a code with which the person links an account; or, with --slack, link it now."""
    with explained():
        directory = _directory(directory_file)
        identity = _identity(slack)
        if identity is None:
            _make_code(email, directory)
        else:
            _link_now(email, identity, directory)


@app.command()
def unlink(email: Email, slack: Slack = None) -> None:
    """End what was linked to a person, and codes that were not used; with --slack only that
    account, and the codes."""
    with explained():
        identity, person = _identity(slack), email.strip().lower()
        ended = _changed(lambda ledger: _unlinked(ledger, person, identity))
        for account in ended:
            typer.echo(f"{_shown(account.identity)} no longer acts as {account.person}.")
        if not ended:
            typer.echo(f"No account was linked; codes for {person} no longer work.")


def _make_code(email: str, directory: "Directory") -> None:
    from core.directory import binding
    from core.directory.accounts import LinkCode
    from core.directory.codes import digest_of, name_of, written_code

    code, now = ids.new_code(), clock.now()

    def make(ledger: "Ledger") -> str:
        person = binding.require_known(directory, email.strip())
        made = LinkCode(
            hash=digest_of(code),
            name=name_of(code),
            person=person.email,
            made_by="cli",
            made_at=now,
            expires_at=now + binding.ADMIN_CODE_LIVES,
        )
        ledger.keep_code(made)
        return person.email

    person = _changed(make)
    typer.echo(f"For {person} alone, once, within 24 hours. They write in Slack:")
    typer.echo(f"/approvals link {written_code(code)}")


def _link_now(email: str, identity: "Identity", directory: "Directory") -> None:
    from core.directory import binding
    from core.directory.accounts import Account, How
    from core.events import Actor

    new = Account(
        id=ids.new_id(),
        identity=identity,
        person=email.strip().lower(),
        how=How.ADMIN,
        bound_at=clock.now(),
    )
    bound = _changed(lambda ledger: binding.bind(ledger, directory, new, Actor(via="cli")))
    typer.echo(f"{_shown(identity)} acts as {bound.person} from now on.")


def _unlinked(ledger: "Ledger", email: str, identity: "Identity | None") -> "Sequence[Account]":
    from core.directory import binding
    from core.events import Actor
    from core.refusals import Reason, Refused

    found = [a for a in ledger.accounts_of(email) if identity in (None, a.identity)]
    now, by = clock.now(), Actor(via="cli")
    if not found and (identity or not binding.end_codes(ledger, email, now)):
        raise Refused(Reason.NOT_LINKED, person=email[:254])
    return [binding.unbind(ledger, account, "admin", by, now) for account in found]


def _changed(fn: "Callable[[Ledger], T]") -> T:
    """Run it on the accounts of the database. Raises Failure for a refusal."""
    from core.refusals import Refused

    try:
        return with_storage(lambda storage: storage.accounts.transact(fn))
    except Refused as refusal:
        raise Failure(refusal.sentence) from None


def _directory(file: str | None) -> "Directory":
    """The people of the file, and those who are kept in the database."""
    from bot.cli_policy import directory_path
    from bot.files import load_directory
    from bot.kept import with_kept

    return with_kept(load_directory(directory_path(file)))


def _identity(slack: str | None) -> "Identity | None":
    if slack is None:
        return None
    from core.directory.people import Identity

    found = _ACCOUNT.fullmatch(slack)
    if found is None:
        raise typer.BadParameter("use TEAM/USER, such as T0123ABCD/U0456EFGH", param_hint="--slack")
    return Identity(platform="slack", realm=found[1], account=found[2])


def _sources() -> dict[str, str]:
    """Where those come from who are kept, by address; all others are of the file."""
    from bot.kept import kept_here

    return {p.email: p.source for p in kept_here().people.values() if p.deleted_at is None}


def _rows(
    directory: "Directory", bound: "Sequence[Account]", sources: dict[str, str]
) -> list[dict[str, object]]:
    """One row an account, from the file first; people without one have a row too."""
    rows: list[dict[str, object]] = []
    for person in directory.people.values():
        theirs = [a for a in bound if a.person == person.email]
        rows += [_row(person.email, person.name, i, "directory", None) for i in person.identities]
        rows += [
            _row(person.email, person.name, a.identity, a.how.value, a.bound_at) for a in theirs
        ]
        if not person.identities and not theirs:
            rows.append(_row(person.email, person.name, None, None, None))
    for row in rows:
        row["source"] = sources.get(str(row["person"]), "file")
    gone = [a for a in bound if directory.person(a.person) is None]
    rows += [_row(a.person, None, a.identity, a.how.value, a.bound_at) for a in gone]
    return rows


def _row(
    email: str, name: str | None, identity: "Identity | None", how: str | None, since: int | None
) -> dict[str, object]:
    account = None if identity is None else f"{identity.realm}/{identity.account}"
    return {
        "person": email,
        "name": name,
        "source": None,
        "platform": None if identity is None else identity.platform,
        "account": account,
        "how": how,
        "since": None if since is None else shown_time(since),
    }


def _shown(identity: "Identity") -> str:
    name = identity.platform.capitalize()
    return f"The {name} account {identity.realm}/{identity.account}"
