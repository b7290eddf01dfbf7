"""`countersign submit`, `status`, `list`, `queue`, `history`: asking, and what became of it."""

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_options import AsJson, Id, KeyFile, Url, id_of, told
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

LONGEST = 86_400

Wait = Annotated[
    int,
    typer.Option(
        min=0, max=LONGEST, metavar="SECONDS", help="Wait for the decision; then 0 means approved."
    ),
]


@app.command(rich_help_panel=PANEL)
def submit(
    file: Annotated[str, typer.Argument(help="The body of POST /v1/requests; - reads it.")],
    wait: Wait = 0,
    idempotency_key: Annotated[
        str | None, typer.Option(help="The same key and body is the same request.")
    ] = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask for approval."""
    with told(as_json):
        from bot import ids
        from bot.cli_client import read_file, sent_from, server, status_of, waited
        from bot.cli_show import say

        to = server(url, key_file)
        given, once = read_file(file), idempotency_key or ids.new_id()
        with sent_from(file):
            made = to.post("/v1/requests", given, once)
        body = made
        if wait and status_of(made) == "pending":
            request = _read(made)
            say(f"Request {request.id} waits for a decision.", error=True)
            body = waited(to, request.id, wait)
        _print(body, as_json)
        _leave(body, waited_for=bool(wait))


@app.command(rich_help_panel=PANEL)
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
            _leave(body, waited_for=True)


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
        print_table([_row(item) for item in page.items], COLUMNS)
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
        print_table([_row(item) for item in found], QUEUE_COLUMNS)


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


@app.command(rich_help_panel=PANEL)
def watch(
    id: Annotated[
        str | None,
        typer.Argument(help="One request; without it, what waits for you.", callback=id_of),
    ] = None,
    url: Url = None,
    key_file: KeyFile = None,
) -> None:
    """Follow a request until it is decided, or your queue until Ctrl-C."""
    with told():
        from bot.cli_client import server
        from bot.cli_watch import follow, follow_queue

        to = server(url, key_file)
        try:
            if id is None:
                follow_queue(to)
            elif not follow(to, id):
                raise typer.Exit(1)
        except KeyboardInterrupt:
            raise typer.Exit(0 if id is None else 1) from None


QUEUE: dict[str, object] = {"waiting_for": "me", "limit": PAGE}


def waiting(to: "Server") -> "list[Request]":
    """What waits for the person of the key, the earliest deadline first."""
    found: list[Request] = []
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = _page(to.get("/v1/requests", {**QUEUE, "cursor": cursor}))
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    return sorted(found, key=lambda item: (deadline(item) or "9", item.id))


def deadline(request: "Request") -> str | None:
    """When the open stage should be decided, at the end of the request at the latest (RFC 3339)."""
    from bot.cli_show import open_stage

    stage = open_stage(request)
    if stage is None:
        return None
    # All times are written alike, so that they compare as texts.
    return min(stage.sla_deadline or request.expires_at, request.expires_at)


def _row(request: "Request") -> dict[str, object]:
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
        say(f"Likely decided by {request.estimated_completion}.")
    say(*_undelivered(request))
    if request.execution_report is not None and request.execution_report.detail:
        say(f"The agent on how it went: {line(request.execution_report.detail)}")
    used = None if trail.state.token is None else trail.state.token.redeemed_at
    if used is None:
        _token(request)
    else:
        say(f"The approval was used: {when(used)}.")


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


def _print(body: bytes, as_json: bool) -> None:
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


def _leave(body: bytes, *, waited_for: bool) -> None:
    """Exit code 1 for what was not approved, so that `submit && act` acts on approval only.

    Without waiting, a request that is still open was asked for, which is all that was wanted.
    """
    from bot.cli_client import status_of

    found = status_of(body)
    if found != "approved" and (waited_for or found not in ("pending", "changes_requested")):
        raise typer.Exit(1)


def _read(body: bytes) -> "Request":
    from adapters.webhook.answers import Request
    from bot.cli_client import decoded

    return decoded(body, Request)


def _page(body: bytes) -> "RequestList":
    from adapters.webhook.answers import RequestList
    from bot.cli_client import decoded

    return decoded(body, RequestList)
