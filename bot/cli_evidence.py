"""`countersign audit pack` and `verify-pack`: evidence of a period in one file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_audit import trail_part
from bot.cli_storage import require_database, with_storage
from bot.cli_table import counted
from bot.environment import environment
from bot.failures import Failure, explained

if TYPE_CHECKING:
    from bot.evidence_pack import Period
    from core.audit.pack import Manifest
    from storage.database import Storage

app = typer.Typer()


@app.command()
def pack(
    out: Annotated[Path, typer.Argument(help="The zip file.")],
    begins: Annotated[
        str | None, typer.Option("--from", help="The first day (UTC), or a moment.")
    ] = None,
    ends: Annotated[
        str | None, typer.Option("--to", help="The last day (UTC), or the moment before which.")
    ] = None,
) -> None:
    """Write everything an auditor asks for of a period into one signed zip file."""
    with explained():
        from bot import clock, log
        from bot.evidence_pack import Period
        from core.audit.period import read_period

        log.configure("warning")
        at = clock.now()
        try:
            first, last = read_period(begins or "", ends or "", at)
        except ValueError as error:
            raise Failure(f"{error}.") from None
        period = Period(begins=first, ends=last, at=at)
        require_database()
        members = with_storage(lambda storage: _write(storage, out, period))
        size = counted(out.stat().st_size, "byte")
        typer.echo(f"Wrote {counted(members, 'file')} to {out}, {size}.", err=True)
        typer.echo("Check it: countersign audit verify-pack", err=True)


@app.command()
def verify_pack(
    file: Annotated[Path, typer.Argument(help="A pack.")],
    key: Annotated[Path, typer.Option(help="The public keys: a JSON Web Key Set, or PEM.")],
    checkpoints: Annotated[
        list[Path] | None,
        typer.Option(help="Checkpoints or an export received earlier; repeatable."),
    ] = None,
) -> None:
    """Check a pack without the server, and name each file that is not as it was signed."""
    with explained():
        from bot.cli_show import line
        from bot.evidence_files import read_public_keys, read_received
        from bot.evidence_zip import check_pack
        from core.audit.verifying import Trust

        jwks = read_public_keys(key)
        trust = Trust(jwks, read_received(checkpoints or [], jwks))
        try:
            found = check_pack(file, trust)
        except OSError as error:
            raise Failure(f"{file} cannot be read: {error.strerror}.") from None
        if found.wrong:
            raise Failure("\n".join(f"{file}: {line(each)}." for each in found.wrong))
        assert found.manifest is not None, "a pack without faults has its list"
        typer.echo(_told(found.manifest))
        if found.trail is not None:
            typer.echo(trail_part(found.trail))


async def _write(storage: "Storage", out: Path, period: "Period") -> int:
    """Write beside the file and put it into its place when it is complete."""
    from bot.books import open_books
    from bot.evidence_pack import EvidencePack
    from bot.settings import read_settings
    from bot.signing_keys import load_ring
    from core.directory.kept import NOBODY

    settings = read_settings(environment())
    kept = NOBODY.with_newer(await storage.people.newer(0))
    books = await open_books(settings, storage.store, kept)
    ring = load_ring(settings.signing_key, settings.database_url)
    draft = out.with_name(f"{out.name}.part")
    try:
        with draft.open("w+b") as file:
            pack = EvidencePack(storage, ring, books.directory)
            members = await pack.write(file, period)
        draft.replace(out)
    except OSError as error:
        raise Failure(f"{out} cannot be written: {error.strerror}.") from None
    finally:
        draft.unlink(missing_ok=True)
    return len(members)


def _told(manifest: "Manifest") -> str:
    from core.audit.cells import moment

    begins = "the first event" if manifest.begins is None else moment(manifest.begins)
    files = counted(len(manifest.members), "file")
    return (
        f"{files} of a pack made {moment(manifest.at)}, from {begins} until before "
        f"{moment(manifest.ends)}: all there and unchanged."
    )
