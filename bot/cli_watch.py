"""`countersign watch`: follow one request until it is decided, or what waits for a person."""

from collections.abc import Callable
from time import sleep
from typing import TypeVar

from bot.cli_client import PAUSE, Server, status_of, waited
from bot.cli_options import Unreachable
from bot.cli_requests import waiting
from bot.cli_show import line, money, say, zone
from bot.cli_trail import read_trail

HELD = 10
"""Seconds of one long poll: it ends at once with the decision; what people write in between
shows after this time."""

EVERY = 5.0
"""Seconds between two looks at a queue, or at a request that waits for its agent."""

T = TypeVar("T")


def follow(to: Server, id: str) -> bool:
    """Print what happens to a request until it is over; true when it was approved."""
    shown = 0
    while True:
        trail = _patiently(lambda: read_trail(to, id), again=shown > 0)
        say(*trail.history(zone())[shown:])
        shown = len(trail.events)
        if not trail.state.is_open:
            return trail.state.status.value == "approved"
        body = _patiently(lambda: waited(to, id, HELD), again=True)
        if status_of(body) == "changes_requested":
            sleep(EVERY)


def follow_queue(to: Server) -> None:
    """Print what begins and ends to wait for the key's person, until interrupted."""
    known: dict[str, str] = {}
    first = True
    while True:
        found = _patiently(lambda: waiting(to), again=not first)
        now = {r.id: line(r.title or "(erased)") for r in found}
        for request in found:
            if request.id not in known:
                amount = money(request.amount, request.currency)
                say(f"Waits for you: {request.id}  {now[request.id]}{_with(amount)}")
        for gone in known.keys() - now.keys():
            say(f"No longer:     {gone}  {known[gone]}")
        if first and not now:
            say("Nothing waits for you yet.")
        known, first = now, False
        sleep(EVERY)


def _with(amount: str | None) -> str:
    return "" if amount is None else f"  {amount}"


def _patiently(read: Callable[[], T], *, again: bool) -> T:
    """What `read` gives. A server that was there before and is away is asked again."""
    told = False
    while True:
        try:
            return read()
        except Unreachable as problem:
            if not again:
                raise
            if not told:
                say(f"{problem} Trying again.", error=True)
                told = True
            sleep(PAUSE)
