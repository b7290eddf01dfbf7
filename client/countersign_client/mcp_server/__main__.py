"""`python -m countersign_client.mcp_server`: the MCP server as a program.

Standard output belongs to the protocol, so everything else is said on standard error.
"""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from countersign_client.address import server_at

MISSING: Final = (
    "The MCP server needs the extra mcp: pip install 'countersign-client[mcp]' (from a checkout of "
    "Countersign: pip install './client[mcp]')."
)
DEFAULT_URL: Final = "http://127.0.0.1:8080"
WRONG_USAGE: Final = 64
"""https://man.freebsd.org/cgi/man.cgi?sysexits"""


class WrongUsage(Exception):
    """It cannot be started like this; the text says what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until the client leaves or Ctrl-C; gives the exit code."""
    given = _parser().parse_args(arguments)
    try:
        from countersign_client.mcp_server import running
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] == "countersign_client":
            raise
        return _leave(MISSING)
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    try:
        with suppress(KeyboardInterrupt):
            if given.http:
                place = running.Place(given.host, given.port, given.allow_host, given.behind_tls)
                asyncio.run(running.over_http(_url(given.url), place, given.hand_out_tokens))
            else:
                key = _key(given.key_file)
                asyncio.run(running.over_stdio(_url(given.url), key, given.hand_out_tokens))
    except (WrongUsage, running.CannotListen, OSError) as problem:
        return _leave(str(problem))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("countersign mcp", description="Serve the tools over MCP.")
    parser.add_argument("--url", help="the server, instead of COUNTERSIGN_URL")
    parser.add_argument("--key-file", type=Path, help="a file with the key, or COUNTERSIGN_KEY")
    parser.add_argument(
        "--http", action="store_true", help="serve HTTP, with each caller's own key"
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=int, default=8090, help="the port; 0 takes a free one")
    parser.add_argument(
        "--allow-host", action="append", default=[], help="a name by which callers know the server"
    )
    parser.add_argument(
        "--behind-tls", action="store_true", help="a proxy with TLS stands in front"
    )
    parser.add_argument(
        "--hand-out-tokens", action="store_true", help="show approval tokens to the model"
    )
    return parser


def _url(named: str | None) -> str:
    url = named or os.environ.get("COUNTERSIGN_URL", "").strip() or DEFAULT_URL
    try:
        return server_at(url)
    except ValueError:
        raise WrongUsage(
            "Use https://host or http://host:port in --url or COUNTERSIGN_URL."
        ) from None


def _key(file: Path | None) -> str:
    key = file.read_text() if file is not None else os.environ.get("COUNTERSIGN_KEY", "")
    if not key.strip():
        raise WrongUsage("There is no key: set COUNTERSIGN_KEY, or name a file with --key-file.")
    if not key.strip().isascii() or not key.strip().isprintable() or " " in key.strip():
        raise WrongUsage("This is not a key: keys begin with cs_.")
    return key.strip()


def _leave(why: str) -> int:
    print(why, file=sys.stderr)  # noqa: T201 - this is what a person reads
    return WRONG_USAGE


if __name__ == "__main__":
    raise SystemExit(main())
