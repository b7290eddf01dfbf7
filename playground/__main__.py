"""`python -m playground`: read the arguments, serve until told to stop."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from playground.app import start
from playground.store import StoreBusy
from playground.world import World, WorldError, load


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="playground", description="A simulated Slack, Teams and model."
    )
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=8090, help="0 takes a free one")
    parser.add_argument("--world", type=Path, required=True, help="the sample company (JSON)")
    parser.add_argument("--data", type=Path, required=True, help="directory that keeps the state")
    parser.add_argument("--slack-url", default="http://127.0.0.1:8080/slack/events")
    parser.add_argument("--teams-url", default="http://127.0.0.1:8080/api/messages")
    parser.add_argument("--mail-port", type=int, help="take letters there; 0 takes a free one")
    parser.add_argument("--fresh", action="store_true", help="forget what happened before")
    return parser.parse_args(argv)


async def _serve(args: argparse.Namespace, world: World) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    running = await start(
        world,
        args.data,
        args.slack_url,
        args.teams_url,
        host=args.host,
        port=args.port,
        mail_port=args.mail_port,
        fresh=args.fresh,
    )
    print(f"playground ready on {running.base_url}", flush=True)  # noqa: T201 - the one line promised
    await stopping.wait()
    await running.aclose()


def main(argv: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; 2 when it cannot start."""
    args = _arguments(argv)
    try:
        asyncio.run(_serve(args, load(args.world)))
    except (WorldError, StoreBusy, OSError, ValueError) as problem:
        print(f"playground: {problem}", file=sys.stderr)  # noqa: T201 - a command's own error output
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
