"""`countersign audit`: the trail as evidence, its check, and what must be forgotten."""

import asyncio
import getpass
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from bot.cli_options import in_terminal
from bot.cli_storage import with_storage
from bot.cli_table import counted, shown_time
from bot.environment import environment
from bot.failures import Failure, explained

if TYPE_CHECKING:
    from bot.auditing import Auditing
    from core.audit.verifying import Part
    from storage.database import Storage
    from storage.erasure import Erased, Erasing

app = typer.Typer(no_args_is_help=True, help="The audit trail: export, check, erase.")

Since = Annotated[
    int, typer.Option(min=0, help="Only from the checkpoint on that holds what follows this one.")
]


@app.command()
def export(
    out: Annotated[Path | None, typer.Option(help="The file; unless given, the output.")] = None,
    since: Since = 0,
) -> None:
    """Write the whole trail as signed JSON lines, for `audit verify`."""
    with explained():

        async def run(storage: "Storage") -> None:
            pieces = _auditing(storage).export(since)
            if out is None:
                last = await _write(pieces, sys.stdout.buffer)
            else:
                last = await _write_file(pieces, out)
            typer.echo(_wrote(last, out), err=True)

        try:
            with_storage(run)
        except ValueError as error:
            raise Failure(str(error)) from None
        except OSError as error:
            raise Failure(f"{out or 'The output'} cannot be written: {error.strerror}.") from None


@app.command()
def checkpoints(
    after: Annotated[int, typer.Option(min=0, help="Only those with higher numbers.")] = 0,
) -> None:
    """Print the checkpoints, one a line, to keep where nobody can change them."""
    with explained():

        async def run(storage: "Storage") -> None:
            from core.value import encode

            auditing, last = _auditing(storage), after
            await auditing.complete()
            while found := await auditing.checkpoints(last):
                last = found[-1].checkpoint.number
                for signed in found:
                    typer.echo(encode(signed).decode())

        with_storage(run)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="An export.")],
    key: Annotated[Path, typer.Option(help="The public keys: a JSON Web Key Set, or PEM.")],
    checkpoints: Annotated[
        list[Path] | None,
        typer.Option(help="Checkpoints or an export received earlier; repeatable."),
    ] = None,
) -> None:
    """Check an export without the server, and name the first bad line."""
    with explained():
        from bot.evidence_files import read_public_keys, read_received
        from bot.verifying import verify_file
        from core.audit.verifying import Fault, Trust

        jwks = read_public_keys(key)
        trust = Trust(jwks, read_received(checkpoints or [], jwks))
        try:
            found = verify_file(file, trust)
        except Fault as fault:
            raise Failure(f"{file}: {fault}.") from None
        except OSError as error:
            raise Failure(f"{file} cannot be read: {error.strerror}.") from None
        typer.echo(trail_part(found))


@app.command()
def erase(
    reason: Annotated[str, typer.Option(help="Why; it is kept with the trail.")],
    request: Annotated[str | None, typer.Option(help="A request's id.")] = None,
    person: Annotated[str | None, typer.Option(help="A person's e-mail address.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; needed in a script.")] = False,
) -> None:
    """Erase content for good: of one request, or what a person asked for and wrote."""
    if (request is None) == (person is None):
        raise typer.BadParameter("give either --request ID or --person EMAIL")
    if not reason.strip() or len(reason) > 1000:
        raise typer.BadParameter("use 1 to 1000 characters", param_hint="--reason")
    if not yes and not in_terminal():
        raise typer.BadParameter("nothing can be asked without a terminal, so this needs --yes")
    with explained():
        from bot.cli_erasing import what_goes

        typer.echo(what_goes(request, person), err=True)
        if not yes and not typer.confirm("Erase it for good?"):
            typer.echo("Nothing was erased.")
            raise typer.Exit(1)
        erasing = _erasing(reason)

        async def run(storage: "Storage") -> "Erased":
            if request is not None:
                return await storage.erasure.request(request, erasing)
            return await storage.erasure.person(person or "", erasing)

        done = with_storage(run)
        if done.rows:
            requests = counted(len(done.requests), "request")
            typer.echo(f"Erased {counted(done.rows, 'text')} of {requests}.")
        if done.still_open:
            raise Failure(
                f"Kept, since somebody still has to decide on it: {', '.join(done.still_open)}. "
                "Cancel these requests or wait for their end, then erase again."
            )
        if done.held:
            raise Failure(
                f"Kept, since a legal hold keeps it: {', '.join(done.held)}. See: countersign hold "
                "list"
            )
        if not done.rows:
            raise Failure("There is no content to erase. Check the id or the address.")


def _auditing(storage: "Storage") -> "Auditing":
    from bot import clock, log
    from bot.auditing import Auditing
    from bot.settings import read_signing_key
    from bot.signing_keys import load_ring

    log.configure("warning")  # what is printed here is for programs
    return Auditing(storage.trail, load_ring(*read_signing_key(environment())), clock.now)


def _erasing(reason: str) -> "Erasing":
    from bot import clock, ids
    from core.content import Text, row
    from core.events import Actor
    from storage.erasure import Erasing

    return Erasing(
        actor=Actor(via="cli", evidence={"account": account()}),
        at=clock.now(),
        reason=row(ids.new_id(), ids.new_salt(), Text(text=reason.strip())),
    )


def account() -> str:
    """Who runs the command, as the machine knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return str(os.getuid())


async def _write(pieces: AsyncIterator[bytes], file: BinaryIO) -> bytes:
    """Write all; the last piece, which says what was written."""
    piece = b""
    async for piece in pieces:
        file.write(piece)
    file.flush()
    return piece


async def _write_file(pieces: AsyncIterator[bytes], path: Path) -> bytes:
    """Write beside the file and put it into its place when it is complete."""
    draft = path.with_name(f"{path.name}.part")
    try:
        with draft.open("wb") as file:
            last = await _write(pieces, file)
            await asyncio.to_thread(os.fsync, file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return last


def _wrote(last: bytes, out: Path | None) -> str:
    """What an export holds, by its last line."""
    import msgspec

    from core.audit.export import Ended

    end = msgspec.json.decode(last, type=Ended).end
    where = "" if out is None else f" to {out}"
    checkpoints = counted(end.checkpoints, "checkpoint")
    return f"Wrote {counted(end.events, 'event')} in {checkpoints}{where}. Check it: audit verify"


def trail_part(found: "Part") -> str:
    header, last = found.header, found.last
    assert header is not None, "a verified file has a first line"
    if last is None:
        return f"Nothing follows position {header.first - 1}: there are no events in this export."
    checkpoints = counted(len(found.hashes), "checkpoint")
    told = (
        f"{counted(found.events, 'event')} at positions {header.first} to {last.last}, in "
        f"{checkpoints}, the last of {shown_time(last.at)}: all there, in order and unchanged."
    )
    if header.number > 1:
        told += f"\nWhat came before position {header.first} is not in this export."
    return told
