"""`countersign signing-keys`: make, list, rotate and publish the keys that sign approvals."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_table import print_table
from bot.environment import environment
from bot.failures import Failure, explained
from bot.settings import read_signing_key

if TYPE_CHECKING:
    from core.tokens.signing import KeyRing

app = typer.Typer(no_args_is_help=True, help="The keys that sign approvals.")

COLUMNS = ("kid", "state")


@app.command()
def new() -> None:
    """Print a new private key as PEM. Keep it where only the server can read it."""
    with explained():
        from bot.signing_keys import new_pem

        typer.echo(new_pem(), nl=False)


@app.command("list")
def list_keys(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show the keys' ids, the one that signs first, without their secrets."""
    with explained():
        ring = _present()
        rows: list[dict[str, object]] = [
            {"kid": kid, "state": "active" if kid == ring.active.kid else "retired"}
            for kid in ring.keys
        ]
        if as_json:
            typer.echo(json.dumps({"items": rows}, indent=2))
        else:
            print_table(rows, COLUMNS)


@app.command()
def rotate(
    file: Annotated[
        Path | None, typer.Option(help="The key file; unless given, the server's own.")
    ] = None,
) -> None:
    """Put a new key first; the others stay, so that what they signed still counts."""
    with explained():
        from bot.signing_keys import Source, key_source, rotate

        if file is not None:
            source = Source(path=file, key="--file", begins="names a file that ")
        else:
            source = key_source(*read_signing_key(environment()))
        if source.path is None:
            raise Failure(
                "COUNTERSIGN_SIGNING_KEY holds the key itself, so there is no file to change. "
                "Put the output of countersign signing-keys new before it."
            )
        ring = rotate(source)
        typer.echo(f"From its next start the server signs with {ring.active.kid}.")
        typer.echo(f"Retired keys that still count: {len(ring.retired)}.")


@app.command()
def public() -> None:
    """Print the public keys as a JSON Web Key Set, to check tokens without the server."""
    with explained():
        typer.echo(json.dumps(_present().jwks(), indent=2))


def _present() -> "KeyRing":
    from bot.signing_keys import key_source, read_ring

    given, database_url = read_signing_key(environment())
    source = key_source(given, database_url)
    if given is None and source.path is not None and not source.path.exists():
        raise Failure(f"There is no key yet; the server's first start makes {source.path}.")
    return read_ring(source)
