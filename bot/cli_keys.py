"""`countersign keys`: make, list, change and revoke API keys.

The secret is shown once, when it is made; only its SHA-256 is stored.
"""

import json
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bot import cli_keys_change, clock, ids
from bot.cli_keys_change import new_secret, said
from bot.cli_keys_options import (
    BurstOption,
    ExpiresOption,
    PerDayOption,
    RateOption,
    end_of,
    per_day_of,
    rate_of,
)
from bot.cli_keys_shown import COLUMNS, described, ending, in_table, warning
from bot.cli_storage import with_storage
from bot.cli_table import print_table
from bot.failures import explained

if TYPE_CHECKING:
    from core.rows import ApiKey
    from storage.database import Storage

app = typer.Typer(no_args_is_help=True, help="API keys of agents and people.")

_ADDRESS = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]{1,189}")
_GROUP = re.compile(r"group:\S{1,100}")


class Scope(StrEnum):
    """What a key may do."""

    SUBMIT = "submit"
    READ = "read"
    READ_ALL = "read_all"
    REDEEM = "redeem"
    DECIDE = "decide"
    ADMIN = "admin"
    DIRECTORY = "directory"


def _scope(text: str) -> Scope:
    if text not in list(Scope):
        raise typer.BadParameter(f"use one of {', '.join(Scope)}")
    return Scope(text)


@app.command()
def create(
    name: Annotated[str, typer.Option(help="Whose key it is, as cards show it.")],
    scope: Annotated[
        list[Scope],
        typer.Option(parser=_scope, metavar="|".join(Scope), help="What it may do; repeatable."),
    ],
    person: Annotated[
        str | None, typer.Option(help="E-mail of the one person it decides as.")
    ] = None,
    owner: Annotated[str | None, typer.Option(help="E-mail of the agent's owner.")] = None,
    requesters: Annotated[
        list[str] | None,
        typer.Option("--for", help="E-mail or group:NAME it may ask for; default all."),
    ] = None,
    expires: ExpiresOption = None,
    rate: RateOption = None,
    burst: BurstOption = None,
    per_day: PerDayOption = None,
) -> None:
    """Make a key and show it once, alone on the last line."""
    if not name.strip() or len(name) > 100:
        raise typer.BadParameter("use 1 to 100 characters", param_hint="--name")
    from core.service.access import ASKED_IN_CHAT

    if name.strip().lower() == ASKED_IN_CHAT:
        taken = "stands for people who ask by themselves; use another"
        raise typer.BadParameter(taken, param_hint="--name")
    if Scope.DECIDE in scope and person is None:
        raise typer.BadParameter("the scope decide needs --person EMAIL", param_hint="--scope")
    allowed = [_named(text) for text in requesters or ()]
    owner, person = _address(owner, "--owner"), _address(person, "--person")
    limits = rate_of(rate, burst), per_day_of(per_day)
    now = clock.now()
    ends = end_of(expires, now)
    secret, digest = new_secret()
    with explained():
        from core.events import Actor
        from core.rows import ApiKey

        row = ApiKey(
            id=ids.new_id(),
            name=name.strip(),
            scopes=tuple(dict.fromkeys(s.value for s in scope)),
            hash=digest,
            person=person,
            owner=owner,
            requesters=tuple(dict.fromkeys(allowed)),
            created_at=now,
            expires_at=ends,
            rate=limits[0],
            per_day=limits[1],
        )
        by = Actor(via="cli")
        with_storage(lambda storage: storage.keys.add_key(row, by))
        _warn_of_a_stranger(person)
        typer.echo(f"Key {row.id} for {row.name}: {', '.join(row.scopes)}.")
        if limits != (None, None):
            typer.echo(f"It {said(*limits)}.")
        typer.echo("Keep it safe; it is not shown again:")
        typer.echo(secret)


@app.command("list")
def list_keys(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show all keys, without their secrets: what they may do, and when they were used."""
    with explained():
        from core.limits import day_of

        now = clock.now()

        async def read(storage: "Storage") -> "tuple[list[ApiKey], dict[str, int]]":
            return list(await storage.keys.all_keys()), await storage.keys.used_on(day_of(now))

        rows, used = with_storage(read)
        items = [described(row, used.get(row.id, 0), now) for row in rows]
        if as_json:
            typer.echo(json.dumps({"items": items}, indent=2))
        elif not items:
            typer.echo("There are no keys. Make one: countersign keys create --help")
        else:
            shown = zip(items, rows, strict=True)
            print_table([in_table(item, row, now) for item, row in shown], COLUMNS)
        if soon := ending(rows, now):
            remedy = "Run: countersign keys rotate ID --expires 90d"
            typer.echo(f"Note: {warning(soon)} {remedy}", err=True)


app.add_typer(cli_keys_change.app)


def _warn_of_a_stranger(person: str | None) -> None:
    """Say so where the directory can be read here and has no such person: a key decides only
    for who is in the directory at that time."""
    from bot.cli_policy import directory_path
    from bot.files import FileMistakes, load_directory
    from bot.kept import with_kept

    if person is None:
        return
    path = directory_path(None)
    try:
        known = with_kept(load_directory(path)).person(person) is not None
    except FileMistakes:  # it may be elsewhere, and the server checks it
        return
    if not known:
        said = f"Note: {person} is not in {path}, so the key cannot decide until they are."
        typer.echo(said, err=True)


def _address(text: str | None, option: str) -> str | None:
    if text is not None and _ADDRESS.fullmatch(text) is None:
        raise typer.BadParameter("use an e-mail address", param_hint=option)
    return None if text is None else text.lower()


def _named(text: str) -> str:
    if _GROUP.fullmatch(text):
        return text
    if _ADDRESS.fullmatch(text):
        return text.lower()
    raise typer.BadParameter("use an e-mail address or group:NAME", param_hint="--for")
