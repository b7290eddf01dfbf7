"""`countersign watch`: follow one request until it is decided, or what waits for a person."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from time import sleep
from typing import TYPE_CHECKING, TypeVar

from bot.cli_client import PAUSE, Server, decoded, pretty, status_of, waited
from bot.cli_exit import Exit, code_of
from bot.cli_live import Screen, Standing
from bot.cli_options import Unreachable
from bot.cli_requests import QUEUE_COLUMNS, deadline, row_of, waiting_raw
from bot.cli_show import line, money, stands, zone
from bot.cli_trail import read_trail

if TYPE_CHECKING:
    from adapters.webhook.answers import Request

HELD = 10
"""Seconds of one long poll: it ends at once with the decision; what people write in between
shows after this time."""

EVERY = 5.0
"""Seconds between two looks at a queue, or at a request that waits for its agent."""

OPEN = (Exit.PENDING, Exit.CHANGES_REQUESTED)

T = TypeVar("T")


@dataclass
class Watch:
    """What is asked, where it is shown, and for how many seconds at most."""

    to: Server
    on: Screen
    timeout: int | None = None
    began: float = field(default_factory=time.monotonic)

    def left(self) -> float:
        """Seconds until the time is up."""
        gone = time.monotonic() - self.began
        return math.inf if self.timeout is None else self.timeout - gone

    def pause(self, seconds: float) -> bool:
        """Wait; false when the time is up."""
        if self.left() > 0:
            sleep(min(seconds, self.left()))
        return self.left() > 0


def follow(watch: Watch, id: str) -> str:
    """Show what happens to a request until it is over or the time is up; gives its status."""
    shown, body = 0, b""
    while True:
        found = _patiently(watch, partial(_next, watch, id, body), again=bool(body))
        if watch.on.takes_json:
            if found != body:
                watch.on.json(pretty(found, on_one_line=True))
        else:
            shown = _tell(watch, id, found, shown)
        body, status = found, status_of(found)
        if code_of(status) not in OPEN or watch.left() <= 0:
            return status


def follow_queue(watch: Watch) -> None:
    """Show what waits for the key's person until the time is up or somebody interrupts."""
    known: dict[str, str] | None = None
    lines = ""
    while True:
        raw = _patiently(watch, lambda: waiting_raw(watch.to), again=known is not None)
        whole = pretty(b'{"items":[' + b",".join(raw) + b"]}", on_one_line=True)
        if watch.on.takes_json and whole != lines:
            watch.on.json(whole)
        lines = whole
        known = _tell_queue(watch.on, [_read(each) for each in raw], known)
        if not watch.pause(EVERY):
            return


def _next(watch: Watch, id: str, before: bytes) -> bytes:
    """The request: at once the first time, later when something may be new."""
    if before and status_of(before) == "changes_requested":
        watch.pause(EVERY)
    held = math.ceil(min(HELD, max(watch.left(), 0))) if before else 0
    return waited(watch.to, id, held)


def _tell(watch: Watch, id: str, body: bytes, shown: int) -> int:
    """Tell what happened since; gives how many events have been told."""
    trail = _patiently(watch, lambda: read_trail(watch.to, id), again=shown > 0)
    watch.on.say(*trail.history(zone())[shown:])
    request = _read(body)
    due = deadline(request)
    at = None if due is None else int(datetime.fromisoformat(due).timestamp() * 1000)
    watch.on.stands(Standing(text=stands(request).rstrip("."), due=at))
    return len(trail.events)


def _tell_queue(on: Screen, found: "list[Request]", known: dict[str, str] | None) -> dict[str, str]:
    now = {r.id: line(r.title or "(erased)") for r in found}
    if on.draws:
        on.queue([row_of(request) for request in found], QUEUE_COLUMNS)
        return now
    before = known or {}
    for request in found:
        if request.id not in before:
            amount = money(request.amount, request.currency)
            on.say(f"Waits for you: {request.id}  {now[request.id]}{_with(amount)}")
    for gone in before.keys() - now.keys():
        on.say(f"No longer:     {gone}  {before[gone]}")
    if known is None and not now:
        on.say("Nothing waits for you yet.")
    return now


def _with(amount: str | None) -> str:
    return "" if amount is None else f"  {amount}"


def _read(body: bytes) -> "Request":
    from adapters.webhook.answers import Request

    return decoded(body, Request)


def _patiently(watch: Watch, read: Callable[[], T], *, again: bool) -> T:
    """What `read` gives. A server that was there before and is away is asked again."""
    told = False
    while True:
        try:
            return read()
        except Unreachable as problem:
            if not again:
                raise
            if not told:
                watch.on.trouble(f"{problem} Trying again.")
                told = True
            if not watch.pause(PAUSE):
                raise
