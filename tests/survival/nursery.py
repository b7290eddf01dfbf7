"""Servers by the dozen: `python -m tests.survival.nursery` imports all of it once and then forks.

Each line on its standard input is a JSON object: `env` are the settings of a server, `log` is the
file for what it prints, `patches` are values of modules that no setting can change, such as the
length of a lease. The answer is the new process's id on a line. What runs in the child is
`countersign serve`, as the command line runs it: a process of its own, to be killed or stopped. It
only begins a second sooner than one that has to import everything.
"""

import importlib
import json
import os
import signal
import sys
from typing import Any

ARGUMENTS = ["countersign", "serve", "--port", "0", "--log-json"]
NEEDED = (
    "bot.cli",
    "bot.serve",
    "bot.log",
    "adapters.slack.app",
    "adapters.teams.app",
    "storage.migrate",
    "alembic.command",
    "psycopg",
    "uvloop",
)


def serve(order: dict[str, Any]) -> None:
    """Become the server; never returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    nothing = os.open(os.devnull, os.O_RDONLY)
    printed = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(nothing, 0)
    os.dup2(printed, 1)
    os.dup2(printed, 2)
    os.environ.clear()
    os.environ.update(order["env"])
    for where, value in order["patches"].items():
        module, _, name = where.rpartition(".")
        found = importlib.import_module(module)
        assert hasattr(found, name), where
        setattr(found, name, value)
    sys.argv = ARGUMENTS
    from bot.__main__ import main

    main()


def take_orders() -> None:
    """Fork a server for each line, until there are no more."""
    for module in NEEDED:
        importlib.import_module(module)
    # Whoever ends is forgotten at once, so that its id says whether it still runs.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # The terminal's Ctrl-C is for the tests, which end the servers themselves.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            serve(json.loads(line))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
    # Whoever gave the orders is gone, however: no server outlives it. This process leads a group
    # of its own, in which there are only its children.
    os.killpg(os.getpgid(0), signal.SIGKILL)


if __name__ == "__main__":
    take_orders()
