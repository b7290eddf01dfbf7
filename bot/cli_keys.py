"""`countersign keys`: make, list and revoke API keys.

The secret is shown once, when it is made; only its SHA-256 is stored.
"""

import hashlib
import json
import re
import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bot import clock, ids
from bot.cli_storage import with_storage
from bot.cli_table import print_table, shown_time
from bot.failures import Failure, explained

if TYPE_CHECKING:
    from core.rows import ApiKey

app = typer.Typer(no_args_is_help=True, help="API keys of agents and people.")

_ADDRESS = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]{1,189}")
_GROUP = re.compile(r"group:\S{1,100}")
_DURATION = re.compile(r"([1-9][0-9]{0,4})([hd])")


COLUMNS = ("id", "name", "scopes", "person", "owner", "for", "expires_at", "state")


class Scope(StrEnum):
    """What a key may do."""

    SUBMIT = "submit"
    READ = "read"
    READ_ALL = "read_all"
    REDEEM = "redeem"
    DECIDE = "decide"
    ADMIN = "admin"


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
    expires: Annotated[
        str | None, typer.Option(help="When it ends: 12h, 90d or 2027-01-31 (UTC).")
    ] = None,
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
    now = clock.now()
    ends = _moment(expires, now)
    secret = f"cs_{secrets.token_urlsafe(32)}"
    with explained():
        from core.events import Actor
        from core.rows import ApiKey

        row = ApiKey(
            id=ids.new_id(),
            name=name.strip(),
            scopes=tuple(dict.fromkeys(s.value for s in scope)),
            hash=hashlib.sha256(secret.encode()).hexdigest(),
            person=person,
            owner=owner,
            requesters=tuple(dict.fromkeys(allowed)),
            created_at=now,
            expires_at=ends,
        )
        by = Actor(via="cli")
        with_storage(lambda storage: storage.keys.add_key(row, by))
        _warn_of_a_stranger(person)
        typer.echo(f"Key {row.id} for {row.name}: {', '.join(row.scopes)}.")
        typer.echo("Keep it safe; it is not shown again:")
        typer.echo(secret)


@app.command("list")
def list_keys(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show all keys, without their secrets."""
    with explained():
        now = clock.now()
        rows = with_storage(lambda storage: storage.keys.all_keys())
        described = [_described(row, now) for row in rows]
        if as_json:
            typer.echo(json.dumps({"items": described}, indent=2))
        elif not described:
            typer.echo("There are no keys. Make one: countersign keys create --help")
        else:
            print_table(described, COLUMNS)


@app.command()
def revoke(id: Annotated[str, typer.Argument(help="The key's id, from `keys list`.")]) -> None:
    """End a key now."""
    with explained():
        from core.events import Actor

        by = Actor(via="cli")
        if not with_storage(lambda storage: storage.keys.revoke_key(id, clock.now(), by)):
            raise Failure(f"There is no valid key {id}. See: countersign keys list")
        typer.echo(f"Key {id} is revoked.")


def _described(row: "ApiKey", now: int) -> dict[str, object]:
    state = "valid"
    if row.revoked_at is not None:
        state = "revoked"
    elif row.expires_at is not None and row.expires_at <= now:
        state = "expired"
    return {
        "id": row.id,
        "name": row.name,
        "scopes": list(row.scopes),
        "person": row.person,
        "owner": row.owner,
        "for": list(row.requesters),
        "created_at": shown_time(row.created_at),
        "expires_at": None if row.expires_at is None else shown_time(row.expires_at),
        "state": state,
    }


def _warn_of_a_stranger(person: str | None) -> None:
    """Say so where the directory can be read here and has no such person: a key decides only
    for who is in the directory at that time."""
    from bot.cli_policy import directory_path
    from bot.files import FileMistakes, load_directory

    if person is None:
        return
    path = directory_path(None)
    try:
        known = load_directory(path).person(person) is not None
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


def _moment(text: str | None, now: int) -> int | None:
    if text is None:
        return None
    duration = _DURATION.fullmatch(text)
    if duration is not None:
        hours = int(duration[1]) * (24 if duration[2] == "d" else 1)
        return now + hours * 3_600_000
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise typer.BadParameter("use 12h, 90d or 2027-01-31", param_hint="--expires") from None
    ends = int(day.timestamp() * 1000)
    if ends <= now:
        raise typer.BadParameter("is in the past", param_hint="--expires")
    return ends
