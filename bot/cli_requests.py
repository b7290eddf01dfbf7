"""`countersign status`, `list`, `queue`, `history`, `watch`: what became of a request."""

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_exit import CODES, Exit, code_of, examples
from bot.cli_options import LONGEST, AsJson, Id, KeyFile, Url, Wait, id_of, told
from bot.cli_table import print_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.webhook.answers import Request, RequestDelivery, RequestList
    from bot.cli_client import Server

PANEL = "Ask and follow"
app = typer.Typer()

COLUMNS = ("id", "status", "title", "stage", "amount", "requester", "deadline")
QUEUE_COLUMNS = ("id", "title", "amount", "stage", "asked_by", "deadline")
PAGE, MOST_PAGES = 200, 10
TITLE = 60
"""Characters of a title in a table."""

WATCH = examples(
    "countersign watch ID --timeout 600",
    "countersign watch ID --json | jq --unbuffered -r .status",
    "countersign watch",
    codes=True,
)


@app.command(rich_help_panel=PANEL, epilog=CODES)
def status(
    id: Id,
    wait: Wait = 0,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Show where a request stands."""
    with told(as_json):
        from bot.cli_client import pretty, server, waited

        to = server(url, key_file)
        body = waited(to, id, wait)
        if as_json:
            typer.echo(pretty(body))
        else:
            _show(to, _read(body))
        if wait:
            leave(body, waited_for=True)


@app.command("list", rich_help_panel=PANEL)
def list_requests(
    status: Annotated[str | None, typer.Option(help="pending, approved, rejected, ...")] = None,
    requester: Annotated[str | None, typer.Option(help="E-mail of who it is for.")] = None,
    approver: Annotated[str | None, typer.Option(help="E-mail of who was asked.")] = None,
    waiting_for: Annotated[
        str | None, typer.Option(help="E-mail of whose decision is missing, or me.")
    ] = None,
    category: Annotated[
        str | None, typer.Option(help="auto_approve, review or prohibited.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=PAGE)] = 50,
    cursor: Annotated[str | None, typer.Option(help="Go on after the page before.")] = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """List the requests that the key may see, newest first."""
    with told(as_json):
        from bot.cli_client import pretty, server
        from bot.cli_show import say

        query = {"status": status, "requester": requester, "approver": approver}
        query |= {"waiting_for": waiting_for, "category": category, "cursor": cursor}
        body = server(url, key_file).get("/v1/requests", {**query, "limit": limit})
        if as_json:
            typer.echo(pretty(body))
            return
        page = _page(body)
        if not page.items:
            say("There are none.")
            return
        print_table([row_of(item) for item in page.items], COLUMNS)
        if page.next_cursor is not None:
            say(f"There are more: --cursor {page.next_cursor}", error=True)


@app.command(rich_help_panel=PANEL)
def queue(url: Url = None, key_file: KeyFile = None, as_json: AsJson = False) -> None:
    """List what waits for the person of the key, the earliest deadline first."""
    with told(as_json):
        from bot.cli_client import pretty, server
        from bot.cli_show import say

        to = server(url, key_file)
        if as_json:
            typer.echo(pretty(to.get("/v1/requests", QUEUE)))
            return
        found = waiting(to)
        if not found:
            say("Nothing waits for you.")
            return
        print_table([row_of(item) for item in found], QUEUE_COLUMNS)


@app.command(rich_help_panel=PANEL)
def history(id: Id, url: Url = None, key_file: KeyFile = None, as_json: AsJson = False) -> None:
    """Tell what happened to a request, one sentence an event."""
    with told(as_json):
        from bot.cli_client import pretty, server

        to = server(url, key_file)
        if as_json:
            typer.echo(pretty(to.get(f"/v1/requests/{id}/events")))
            return
        from bot.cli_show import say, zone
        from bot.cli_trail import read_trail

        say(*read_trail(to, id).history(zone()))


@app.command(rich_help_panel=PANEL, epilog=WATCH)
def watch(
    id: Annotated[
        str | None,
        typer.Argument(
            metavar="ID", help="One request; without it, what waits for you.", callback=id_of
        ),
    ] = None,
    timeout: Annotated[
        int | None,
        typer.Option(
            min=1, max=LONGEST, metavar="SECONDS", help="Watch no longer; then 6 means pending."
        ),
    ] = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="A line of JSON for whatever is new, for programs.")
    ] = False,
) -> None:
    """Follow a request until it is decided, or your queue until Ctrl-C."""
    with told(as_json):
        from bot.cli_client import server
        from bot.cli_live import screen
        from bot.cli_watch import Watch, follow, follow_queue

        with screen(as_json) as on:
            watched = Watch(server(url, key_file), on, timeout)
            if id is not None:
                raise typer.Exit(code_of(follow(watched, id)))
            with suppress(KeyboardInterrupt):
                follow_queue(watched)


QUEUE: dict[str, object] = {"waiting_for": "me", "limit": PAGE}


def waiting(to: "Server") -> "list[Request]":
    """What waits for the person of the key, the earliest deadline first."""
    return [_read(raw) for raw in waiting_raw(to)]


def waiting_raw(to: "Server") -> list[bytes]:
    """The same as the API's own JSON."""
    import msgspec

    from bot.cli_client import decoded

    found: list[bytes] = []
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        body = to.get("/v1/requests", {**QUEUE, "cursor": cursor})
        items = decoded(bytes(decoded(body, dict[str, msgspec.Raw])["items"]), list[msgspec.Raw])
        found += map(bytes, items)
        cursor = _page(body).next_cursor
        if cursor is None:
            break
    return sorted(found, key=lambda raw: (deadline(_read(raw)) or "9", _read(raw).id))


def deadline(request: "Request") -> str | None:
    """When the open stage should be decided, at the end of the request at the latest (RFC 3339)."""
    from bot.cli_show import open_stage

    stage = open_stage(request)
    if stage is None:
        return None
    # All times are written alike, so that they compare as texts.
    return min(stage.sla_deadline or request.expires_at, request.expires_at)


def row_of(request: "Request") -> dict[str, object]:
    """What a table shows of a request."""
    from bot.cli_show import line, money, open_stage

    stage = open_stage(request)
    due = deadline(request)
    who, title = f"agent {request.agent}", line(request.title or "(erased)")
    return {
        "id": request.id,
        "status": request.status.value,
        "title": title if len(title) <= TITLE else f"{title[: TITLE - 1]}…",
        "stage": None if stage is None else f"{stage.name} ({stage.level}/{request.total_stages})",
        "amount": money(request.amount, request.currency),
        "requester": request.requester,
        "asked_by": line(request.requester or who),
        "deadline": None if due is None else f"{due[:16]}Z",
    }


def _show(to: "Server", request: "Request") -> None:
    """The card, and what only the API's answer holds."""
    from bot import clock
    from bot.cli_show import card_lines, line, say, when, zone
    from bot.cli_trail import read_trail

    trail = read_trail(to, request.id)
    say(*card_lines(trail.card(zone(), clock.now())))
    if request.estimated_completion not in (None, "unknown"):
        say(f"Likely decided by {request.estimated_completion}{_between(request)}.")
    say(*_undelivered(request))
    if request.execution_report is not None and request.execution_report.detail:
        say(f"The agent on how it went: {line(request.execution_report.detail)}")
    used = None if trail.state.token is None else trail.state.token.redeemed_at
    if used is None:
        _token(request)
    else:
        say(f"The approval was used: {when(used)}.")


def _between(request: "Request") -> str:
    between = request.estimated_between
    return f" (between {between[0]} and {between[1]})" if between else ""


def _undelivered(request: "Request") -> "Iterator[str]":
    """Cards that are not where they should be; in one sentence who is in no chat at all."""
    from bot.cli_show import line
    from core.chat.audience import NOWHERE

    nowhere = [each for each in request.deliveries if each.platform == NOWHERE]
    if nowhere and len(nowhere) == len(request.deliveries):
        yield "No card is in chat: nobody who was asked has an account where this server posts."
    elif nowhere:
        people = ", ".join(each.recipient for each in nowhere)
        yield line(f"No card in chat for {people}: no account where this server posts.")
    for each in request.deliveries:
        if each.state == "digest":
            yield line(f"{each.recipient} reads of it in their daily digest{_comes(each)}.")
        elif each.platform != NOWHERE and each.state != "shown":
            why = "" if each.reason is None else f": {each.reason}"
            yield line(f"The card for {each.recipient} on {each.platform} is {each.state}{why}")


def _comes(delivery: "RequestDelivery") -> str:
    """When the next digest comes; nothing where none does any more."""
    from datetime import datetime

    from bot.cli_show import when

    if delivery.digest_at is None:
        return ""
    return f" of {when(int(datetime.fromisoformat(delivery.digest_at).timestamp()) * 1000)}"


def asked(body: bytes, as_json: bool) -> None:
    """Print what became of what was just asked."""
    from bot.cli_client import pretty
    from bot.cli_show import say, stands

    if as_json:
        typer.echo(pretty(body))
        return
    request = _read(body)
    again = (
        " was asked before and people answered:" if request.answered_from_record is True else ":"
    )
    say(f"Request {request.id}{again} {stands(request)}")
    _token(request)


def _token(request: "Request") -> None:
    from core.text import visible

    if request.token is not None:  # on one line, however long, to be copied
        typer.echo(f"Token: {visible(request.token)}")


def leave(body: bytes, *, waited_for: bool) -> None:
    """Leave with the exit code of what became of a request.

    Without waiting, a request that is still open was asked for, which is all that was wanted.
    """
    from bot.cli_client import status_of

    code = code_of(status_of(body))
    if waited_for or code not in (Exit.PENDING, Exit.CHANGES_REQUESTED):
        raise typer.Exit(code)


def _read(body: bytes) -> "Request":
    from adapters.webhook.answers import Request
    from bot.cli_client import decoded

    return decoded(body, Request)


def _page(body: bytes) -> "RequestList":
    from adapters.webhook.answers import RequestList
    from bot.cli_client import decoded

    return decoded(body, RequestList)
