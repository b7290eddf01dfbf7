"""`countersign siem`: how far the stream of events to a SIEM is, and from where it goes on."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_storage import require_database, with_storage
from bot.cli_table import counted, shown_time
from bot.environment import environment
from bot.failures import Failure, explained

if TYPE_CHECKING:
    from core.audit.streaming import Standing
    from storage.database import Storage

app = typer.Typer(no_args_is_help=True, help="The stream of events to a SIEM.")

AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show up to where events were sent, and why they are not where they should be."""
    with explained():
        require_database()
        stands = with_storage(_standing)
        if as_json:
            typer.echo(json.dumps(_for_programs(stands), indent=2))
            return
        for each in _sentences(stands, _place()):
            typer.echo(each)


@app.command("resume-at")
def resume_at(
    position: Annotated[
        str, typer.Argument(help="The last position that need not be sent, or now.")
    ],
) -> None:
    """Go on behind a position of the trail: 0 sends everything again, now skips the past."""
    with explained():
        require_database()

        async def go(storage: "Storage") -> int | None:
            newest = (await storage.event_stream.standing()).newest
            wanted = newest if position == "now" else _number(position)
            return wanted if await storage.event_stream.go_to(wanted) else None

        found = with_storage(go)
        if found is None:
            raise Failure(
                f"There is no position {position}. countersign siem status names the newest."
            )
        typer.echo(f"Events behind position {found} are sent next.")


def _number(position: str) -> int:
    if not (position.isascii() and position.isdigit() and len(position) < 19):
        raise Failure("Name a position as a number, or: now.")
    return int(position)


async def _standing(storage: "Storage") -> "Standing":
    return await storage.event_stream.standing()


def _place() -> str | None:
    """Where the stream goes, without what may be a secret."""
    from bot.settings import read_settings

    found = read_settings(environment()).siem
    return None if found is None else f"{found.transport} to {found.host}:{found.port}"


def _sentences(stands: "Standing", place: str | None) -> list[str]:
    from bot.cli_show import line

    off = "COUNTERSIGN_SIEM is not set here, so nothing is streamed with these settings."
    said = [off if place is None else f"Events go by {line(place)}."]
    sent = "never" if stands.sent_at is None else f"last at {shown_time(stands.sent_at)}"
    said.append(f"Sent up to position {stands.position} of {stands.newest}, {sent}.")
    if stands.waits_since is not None:
        since = shown_time(stands.waits_since)
        said.append(f"{counted(stands.behind, 'event')} waiting, the first of {since}.")
    if stands.reason is not None:
        tries = counted(stands.attempts, "try", "tries")
        said.append(f"{tries} in a row failed: {line(stands.reason)}.")
    return said


def _for_programs(stands: "Standing") -> dict[str, object]:
    return {
        "position": stands.position,
        "newest": stands.newest,
        "waiting": stands.behind,
        "waits_since": None if stands.waits_since is None else shown_time(stands.waits_since),
        "sent_at": None if stands.sent_at is None else shown_time(stands.sent_at),
        "failed_attempts": stands.attempts,
        "reason": stands.reason,
    }
