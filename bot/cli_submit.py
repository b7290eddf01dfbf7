"""`countersign submit` and `revise`: asking, with a file, with flags, or with both."""

from typing import Annotated, Any

import typer

from bot.cli_exit import examples
from bot.cli_options import AsJson, Id, KeyFile, Url, Wait, filled, told

PANEL, FLAGS = "Ask and follow", "The request, in place of a file or of what it says"
app = typer.Typer()

File = Annotated[
    str | None,
    typer.Argument(
        metavar="FILE",
        help="The request as JSON, or as YAML (.yaml, .yml); - reads it. Flags win over it.",
    ),
]
Action = Annotated[
    str | None,
    typer.Option("--action", rich_help_panel=FLAGS, metavar="TYPE", help="What is to be done."),
]
Param = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        rich_help_panel=FLAGS,
        metavar="NAME=TEXT",
        help="A param of the action; NAME:=JSON for anything but a text. Repeatable.",
    ),
]
Title = Annotated[
    str | None, typer.Option("--title", rich_help_panel=FLAGS, help="What approvers read first.")
]
Description = Annotated[
    str | None, typer.Option("--description", rich_help_panel=FLAGS, help="What else they read.")
]
Requester = Annotated[
    str | None,
    typer.Option(
        "--requester", rich_help_panel=FLAGS, metavar="EMAIL", help="The person it is for."
    ),
]
Amount = Annotated[
    str | None,
    typer.Option(
        "--amount", rich_help_panel=FLAGS, metavar="DECIMAL", help="Kept digit for digit."
    ),
]
Currency = Annotated[
    str | None,
    typer.Option("--currency", rich_help_panel=FLAGS, metavar="CODE", help="Such as EUR."),
]
Risk = Annotated[
    int | None,
    typer.Option("--risk", rich_help_panel=FLAGS, min=0, max=100, help="The risk score."),
]
Label = Annotated[
    list[str] | None,
    typer.Option(
        "--label",
        rich_help_panel=FLAGS,
        metavar="LABEL",
        help="Repeatable; in place of all of the file's.",
    ),
]
ExpiresIn = Annotated[
    str | None,
    typer.Option("--expires-in", rich_help_panel=FLAGS, metavar="TIME", help="Such as 90m or 24h."),
]

SUBMIT = examples(
    "countersign submit order.yaml --wait 3600",
    "countersign submit --action purchase_order --title Laptops --param amount:=2400",
    "countersign submit order.json --param amount:=900 --previous ID",
    codes=True,
)


@app.command(rich_help_panel=PANEL, epilog=SUBMIT)
def submit(
    file: File = None,
    action: Action = None,
    param: Param = None,
    title: Title = None,
    description: Description = None,
    requester: Requester = None,
    amount: Amount = None,
    currency: Currency = None,
    risk: Risk = None,
    label: Label = None,
    expires_in: ExpiresIn = None,
    previous: Annotated[
        str | None,
        typer.Option(
            metavar="ID", rich_help_panel=FLAGS, help="The request that this one follows."
        ),
    ] = None,
    wait: Wait = 0,
    idempotency_key: Annotated[
        str | None, typer.Option(help="The same key and body is the same request.")
    ] = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask for approval, with a file, with flags, or with a file and flags that win over it."""
    given: dict[str, Any] = filled(
        {
            "title": title,
            "description": description,
            "requester": requester,
            "amount": amount,
            "currency": currency,
            "risk_score": risk,
            "labels": label or None,
            "expires_in": expires_in,
            "previous_request_id": previous,
        }
    )
    with told(as_json):
        from bot import ids
        from bot.cli_client import server

        to = server(url, key_file)
        body = _body(file, given, action, param)
        _ask(to, file, body, idempotency_key or ids.new_id(), wait, as_json)


@app.command(rich_help_panel=PANEL)
def revise(
    id: Id,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="What changes, as JSON, or as YAML (.yaml, .yml); - reads it."
        ),
    ],
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Send a new revision; what the file leaves out stays, but params are replaced as a whole."""
    with told(as_json):
        from bot.cli_acts import report
        from bot.cli_body import read_body
        from bot.cli_client import sent_from, server

        to, given = server(url, key_file), read_body(file)
        with sent_from(file):
            answer = to.post(f"/v1/requests/{id}/revisions", given)
        report(answer, as_json)


def _body(
    file: str | None, given: dict[str, Any], type_: str | None, params: list[str] | None
) -> bytes:
    from bot.cli_body import merged, params_of, read_body

    action: dict[str, Any] = filled({"type": type_, "params": params_of(params or ()) or None})
    if file is not None and not given and not action:
        return read_body(file)
    if file is None and not (given or action):
        raise typer.BadParameter("name a FILE, or say at least --action and --title")
    return merged(file, given, action)


def _ask(to: Any, file: str | None, body: bytes, once: str, wait: int, as_json: bool) -> None:
    from bot.cli_client import sent_from, status_of, waited
    from bot.cli_requests import asked, leave
    from bot.cli_show import say

    with sent_from(file or "The flags"):
        made = to.post("/v1/requests", body, once)
    if wait and status_of(made) == "pending":
        from adapters.webhook.answers import Request
        from bot.cli_client import decoded

        request = decoded(made, Request).id
        say(f"Request {request} waits for a decision.", error=True)
        made = waited(to, request, wait)
    asked(made, as_json)
    leave(made, waited_for=bool(wait))
