"""`countersign mcp`: the tools for MCP clients. They are the agents' package, another program,
which this command only finds, checks and becomes.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from bot.cli_options import KeyFile, Url, told

PANEL = "Ask and follow"
PROGRAM = "countersign_client.mcp_server"
PORT = 8090
NO_AGENTS_KEY = (
    "there is no key. Set COUNTERSIGN_KEY, or name a file with --key-file. A key for an agent: "
    "countersign keys create --name NAME --scope submit --scope read --scope redeem"
)

app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def mcp(
    url: Url = None,
    key_file: KeyFile = None,
    http: Annotated[
        bool, typer.Option("--http", help="Serve HTTP; each caller brings a key of their own.")
    ] = False,
    host: Annotated[str, typer.Option(help="With --http: the address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="With --http: the port; 0 takes a free one.")
    ] = PORT,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="With --http: a name by which callers know the server."),
    ] = None,
    behind_tls: Annotated[
        bool, typer.Option("--behind-tls", help="With --http: a proxy with TLS stands in front.")
    ] = False,
    hand_out_tokens: Annotated[
        bool, typer.Option("--hand-out-tokens", help="Show approval tokens to the model.")
    ] = False,
) -> None:
    """Serve Countersign as tools to an MCP client, on standard input and output."""
    with told():
        _require_the_package()
        command = [sys.executable, "-m", PROGRAM]
        command += ["--hand-out-tokens"] if hand_out_tokens else []
        if http:
            command += ["--http", "--host", host, "--port", str(port)]
            command += [f"--allow-host={name}" for name in allow_host or ()]
            command += ["--behind-tls"] if behind_tls else []
        _become(command, _for_callers(url) if http else _with_key(url, key_file))


def _require_the_package() -> None:
    from bot.failures import Failure

    if find_spec(PROGRAM.partition(".")[0]) is None:
        raise Failure(
            "The MCP server is part of the agents' package: pip install 'countersign-client[mcp]' "
            "(from a checkout of Countersign: pip install './client[mcp]')."
        )


def _with_key(url: str | None, key_file: Path | None) -> dict[str, str]:
    """The environment with the one key. Options would show it in the list of processes."""
    from bot.cli_access import NO_KEY, read_access

    try:
        access = read_access(url, key_file)
    except typer.BadParameter as wrong:
        if wrong.message == NO_KEY:
            raise typer.BadParameter(NO_AGENTS_KEY, param_hint="--key-file") from None
        raise
    return os.environ | {"COUNTERSIGN_URL": access.url, "COUNTERSIGN_KEY": access.key.reveal()}


def _for_callers(url: str | None) -> dict[str, str]:
    """The environment without any key: whoever calls has one of their own."""
    found = {name: value for name, value in os.environ.items() if name != "COUNTERSIGN_KEY"}
    return found if url is None else found | {"COUNTERSIGN_URL": url}


def _become(command: list[str], environment: dict[str, str]) -> None:
    if os.name == "nt":  # there, exec ends this process, whose pipes the MCP client holds
        raise SystemExit(subprocess.call(command, env=environment))  # noqa: S603 - our own words
    os.execve(command[0], command, environment)  # noqa: S606 - as above
