"""`countersign delegate`, `comment`, `cancel`, `redeem`, ...: all other acts on a request."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli_options import AsJson, Id, KeyFile, Reason, Url, filled, told
from bot.failures import Failure

OTHERS, ASKING, AGENT, ADMIN = "Involve others", "Ask and follow", "As an agent", "Administer"
app = typer.Typer()


class Outcome(StrEnum):
    """How the approved action went."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Kind(StrEnum):
    """What turned out wrong of an approval."""

    WRONG = "wrong"
    HARM = "harm"
    FRAUD = "fraud"
    COMPLAINT = "complaint"
    OTHER = "other"


class Severity(StrEnum):
    """How bad an incident is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@app.command(rich_help_panel=OTHERS)
def delegate(
    id: Id,
    to: Annotated[str, typer.Option(metavar="EMAIL", help="Who may act for you.")],
    reason: Reason = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Let somebody else act for you on this request; together you have one vote."""
    with told(as_json):
        from bot.cli_client import server

        body = filled({"to": to, "reason": reason})
        answer = server(url, key_file).post(f"/v1/requests/{id}/delegations", body)
        report(answer, as_json, None if as_json else _handed_on(answer))


@app.command(rich_help_panel=ADMIN)
def reassign(
    id: Id,
    from_: Annotated[str, typer.Option("--from", metavar="EMAIL", help="Who is asked now.")],
    to: Annotated[str, typer.Option(metavar="EMAIL", help="Who is asked instead.")],
    reason: Reason = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask another person in somebody's place, as an administrator."""
    body = {"from": from_, "to": to, "reason": reason}
    _post(id, "reassign", body, url, key_file, as_json)


@app.command(rich_help_panel=OTHERS)
def comment(
    id: Id, text: str, url: Url = None, key_file: KeyFile = None, as_json: AsJson = False
) -> None:
    """Write a comment that everyone concerned reads."""
    _post(id, "comments", {"text": text}, url, key_file, as_json)


@app.command(rich_help_panel=OTHERS)
def ask(
    id: Id, text: str, url: Url = None, key_file: KeyFile = None, as_json: AsJson = False
) -> None:
    """Ask a question about a request."""
    _post(id, "comments", {"text": text, "question": True}, url, key_file, as_json)


@app.command(rich_help_panel=OTHERS)
def nudge(id: Id, url: Url = None, key_file: KeyFile = None, as_json: AsJson = False) -> None:
    """Remind those who are waited for; at most once in four hours."""
    _post(id, "nudge", {}, url, key_file, as_json)


@app.command(rich_help_panel=OTHERS)
def escalate(
    id: Id,
    reason: Reason = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Have the next level asked now instead of at the deadline."""
    _post(id, "escalate", {"reason": reason}, url, key_file, as_json)


@app.command(rich_help_panel=ASKING)
def cancel(
    id: Id,
    reason: Reason = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Withdraw an open request; to ask again takes a new one."""
    _post(id, "cancel", {"reason": reason}, url, key_file, as_json)


@app.command(rich_help_panel=AGENT)
def execution(
    id: Id,
    outcome: Annotated[Outcome, typer.Argument(help="How it went.")],
    detail: Annotated[str | None, typer.Option(help="What else there is to know.")] = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Report how the approved action went, with the key that asked."""
    body = {"outcome": outcome.value, "detail": detail}
    _post(id, "execution", body, url, key_file, as_json)


@app.command(rich_help_panel=OTHERS)
def incident(
    id: Id,
    text: Annotated[str, typer.Argument(help="What went wrong.")],
    kind: Annotated[Kind, typer.Option(help="What it is.")] = Kind.OTHER,
    severity: Annotated[Severity, typer.Option(help="How bad it is.")] = Severity.MEDIUM,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Report that an approval turned out wrong."""
    body = {"detail": text, "kind": kind.value, "severity": severity.value}
    _post(id, "incidents", body, url, key_file, as_json)


@app.command(rich_help_panel=AGENT)
def redeem(
    token: Annotated[str, typer.Argument(help="The approval token; - reads it.")],
    action: Annotated[
        Path,
        typer.Option(metavar="FILE", help="The action about to be run, as JSON or YAML."),
    ],
    idempotency_key: Annotated[
        str | None, typer.Option(help="To send a call again whose answer was lost.")
    ] = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Use an approval, once. Run the action only if this leaves with 0."""
    with told(as_json):
        from bot import ids
        from bot.cli_body import read_body
        from bot.cli_client import read_file, server

        to = server(url, key_file)
        given = read_file("-").decode("ascii", "replace").strip() if token == "-" else token  # noqa: S105 - the sign for standard input
        body = _redemption(given, str(action), read_body(str(action)))
        answer = to.post("/v1/tokens/redeem", body, idempotency_key or ids.new_id())
        report(answer, as_json, "The approval is used. Run exactly the approved action.")


@app.command("revoke-token", rich_help_panel=ADMIN)
def revoke_token(
    id: Id,
    reason: Reason = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Take an approval back before it is used, as an administrator."""
    _post(id, "token/revoke", {"reason": reason}, url, key_file, as_json)


def _handed_on(body: bytes) -> str:
    """Who acts for whom since this answer: the newest delegation."""
    from adapters.webhook.answers import Request
    from bot.cli_client import decoded
    from bot.cli_show import line

    given = [each for each in decoded(body, Request).delegations if not each.ended]
    return line(f"{given[-1].taker} may act for {given[-1].giver}.") if given else "Done."


def report(body: bytes, as_json: bool, done: str | None = None) -> None:
    """Say where the request stands after an act."""
    from adapters.webhook.answers import Request
    from bot.cli_client import decoded, pretty

    if as_json:
        typer.echo(pretty(body))
        return
    from bot.cli_show import say, stands

    request = decoded(body, Request)
    say(f"{done or 'Done.'} Request {request.id}: {stands(request)}")


def _post(
    id: str, path: str, body: dict[str, Any], url: str | None, key_file: Path | None, as_json: bool
) -> None:
    with told(as_json):
        from bot.cli_client import server

        report(server(url, key_file).post(f"/v1/requests/{id}/{path}", filled(body)), as_json)


def _redemption(token: str, name: str, action: bytes) -> bytes:
    """The body, with the action exactly as it stands in the file. Raises Failure."""
    import msgspec

    try:
        raw = msgspec.json.decode(action, type=msgspec.Raw)
        msgspec.json.decode(action)
    except msgspec.DecodeError as error:
        raise Failure(f"{name}: {error}. Name a file with one action as JSON.") from None
    return msgspec.json.encode({"token": token, "action": raw})
