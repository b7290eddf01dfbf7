"""`countersign slack`: registering the app with Slack."""

from typing import Annotated
from urllib.parse import urlsplit

import typer

app = typer.Typer(no_args_is_help=True, help="The Slack app.")

NO_URL = (
    "it is missing. Name the address under which Slack reaches this server, such as "
    "https://countersign.example.com; without such an address use --socket"
)
NO_WAY_BACK = (
    "it is missing. Name the address under which people reach this server, such as "
    "https://countersign.example.com: Slack leads back to it after an install"
)


@app.callback()
def root() -> None:
    """What all commands share."""


@app.command()
def manifest(
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Your server, as Slack reaches it.")
    ] = None,
    socket: Annotated[
        bool, typer.Option("--socket", help="In Socket Mode: Slack calls no address.")
    ] = False,
    oauth: Annotated[
        bool, typer.Option("--oauth", help="Several workspaces install it by themselves.")
    ] = False,
    matching: Annotated[
        bool, typer.Option("--match-email", help="For SLACK_MATCH_EMAIL: may read addresses.")
    ] = False,
) -> None:
    """Print the manifest from which https://api.slack.com/apps makes the app."""
    if url is None and (oauth or not socket):
        raise typer.BadParameter(NO_WAY_BACK if oauth else NO_URL, param_hint="--url")
    address = "" if url is None else _address(url)
    from adapters.slack.manifest import written

    typer.echo(written(address, socket=socket, oauth=oauth, matching=matching), nl=False)


def _address(url: str) -> str:
    """The address without a slash at its end. Wrong usage where Slack could not call it."""
    wrong = _what_is_wrong(url.strip())
    if wrong:
        raise typer.BadParameter(wrong, param_hint="--url")
    return url.strip().rstrip("/")


def _what_is_wrong(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if not host or not url.isascii() or not url.isprintable() or set(url) & set(" \"'<>\\"):
        return "it is not a web address. Use https://your-host"
    if parts.scheme != "https":
        return "it does not begin with https://, and Slack calls nothing else. Put TLS in front"
    if "@" in parts.netloc or port == 0:
        return "it names more than a host. Use https://your-host, without a user or password"
    if parts.path.rstrip("/") or parts.query or parts.fragment:
        return (
            "it goes on behind the host. Use https://your-host: the server answers at its root only"
        )
    return None
