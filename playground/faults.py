"""Switches that make the simulated platforms misbehave as the real ones sometimes do.

Knows operations by name only. How a refusal looks on the wire is the
platform's business: it hands in the function that makes the answer.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from aiohttp import web

KINDS = frozenset(
    {"429", "500", "5xx_after_accept", "error", "slow", "hang", "drop_answer", "pace"}
)
PLATFORMS = ("slack", "teams")
# What may be wrong with calls that the playground sends to the bot.
TO_BOT = frozenset(
    {
        "twice",
        # Slack signs with a shared secret and a timestamp.
        "tamper_signature",
        "stale_timestamp",
        "non_numeric_timestamp",
        # The Bot Framework sends a signed token.
        "forged_token",
        "expired_token",
        "token_without_exp",
        "wrong_audience",
        "wrong_issuer",
        "wrong_service_url",
        "unknown_key",
        "no_token",
    }
)


class FaultError(ValueError):
    """A fault was described wrongly; the text says which and what is expected."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to misbehave: `times` calls long, or until switched off when None.

    429: refused with Retry-After of `retry_after` seconds. 500, error: refused
    (with `status`, `error`), nothing done. 5xx_after_accept: done, then
    answered 500. slow: done and answered after `seconds`. hang: never done,
    never answered. drop_answer: done, connection cut. pace: 429 when a
    destination gets more than `per_second` messages once `burst` is used up.
    """

    do: str
    times: int | None = 1
    retry_after: int = 1
    seconds: float = 1.0
    error: str = "internal_error"
    status: int | None = None
    per_second: float = 1.0
    burst: int = 3

    def as_json(self) -> dict[str, Any]:
        """Return the fault as the /_play/faults page spells it."""
        return asdict(self)


_NUMBERS = {"retry_after", "seconds", "per_second", "burst", "status"}


def _fault(value: object, where: str) -> Fault:
    if not isinstance(value, Mapping) or value.get("do") not in KINDS:
        raise FaultError(f'{where}: expected {{"do": one of {", ".join(sorted(KINDS))}}}')
    known = set(Fault.__slots__)
    if unknown := sorted(set(value) - known):
        raise FaultError(
            f"{where}: unknown member {unknown[0]}; known are {', '.join(sorted(known))}"
        )
    fields = dict(value)
    if fields["do"] == "pace":
        fields.setdefault("times", None)
    times = fields.get("times", 1)
    if times is not None and (not isinstance(times, int) or isinstance(times, bool) or times < 1):
        raise FaultError(
            f"{where}.times: expected a whole number from 1, or null for until switched off"
        )
    for name in _NUMBERS & set(fields):
        number = fields[name]
        if isinstance(number, bool) or not isinstance(number, int | float | None):
            raise FaultError(f"{where}.{name}: expected a number")
        if number is not None and not (math.isfinite(number) and number >= 0):
            raise FaultError(f"{where}.{name}: expected a number that is not negative")
    if fields.get("per_second") == 0:
        raise FaultError(f"{where}.per_second: expected more than 0")
    return Fault(**fields)


class Faults:
    """The switches now set, for both platforms and for calls to the bot.

    `known` lists the operations of a platform; a fault for another one is
    refused, so that a misspelt name cannot make a test pass by doing nothing.
    """

    def __init__(self, known: Mapping[str, frozenset[str]] | None = None) -> None:
        self._known = dict(known or {})
        self._set: dict[str, dict[str, list[Fault]]] = {name: {} for name in PLATFORMS}
        self._to_bot: dict[str, bool] = {}
        self._buckets: dict[tuple[str, str, str], tuple[float, float]] = {}
        self._released = asyncio.Event()

    def snapshot(self) -> dict[str, Any]:
        """Return what is still switched on, in the shape `replace_all` takes."""
        platforms: dict[str, Any] = {
            name: {op: [f.as_json() for f in faults] for op, faults in ops.items()}
            for name, ops in self._set.items()
        }
        return {**platforms, "to_bot": dict(self._to_bot)}

    def replace_all(self, value: object) -> None:
        """Set exactly these faults and switches, or raise FaultError and change nothing.

        What is not named is off; when no fault is left, calls that hang are let go.
        """
        if not isinstance(value, Mapping):
            raise FaultError("faults: expected an object")
        if unknown := sorted(set(value) - {*PLATFORMS, "to_bot"}):
            raise FaultError(f"faults.{unknown[0]}: unknown; known are slack, teams, to_bot")
        fresh = {name: self._platform(name, value.get(name, {})) for name in PLATFORMS}
        to_bot = self._switches(value.get("to_bot", {}))
        self._set, self._to_bot = fresh, to_bot
        self._buckets.clear()
        if not any(self._set.values()):
            self.release()

    def clear(self) -> None:
        """Switch everything off and let hanging calls go."""
        self.replace_all({})

    def add(self, platform: str, operation: str, do: str, **fields: Any) -> None:
        """Switch on one more fault for an operation ("*": any), after those already waiting."""
        fault = _fault({"do": do, **fields}, f"{platform}.{operation}")
        self._check(platform, operation)
        self._set[platform].setdefault(operation, []).append(fault)

    def switch(self, name: str, on: bool = True) -> None:
        """Set one switch for calls to the bot."""
        self._to_bot.update(self._switches({name: on}))

    def to_bot(self, name: str) -> bool:
        """Say whether that switch is on; the name must be one of TO_BOT."""
        if name not in TO_BOT:
            raise FaultError(f"to_bot.{name}: unknown; known are {', '.join(sorted(TO_BOT))}")
        return self._to_bot.get(name, False)

    def take(self, platform: str, operation: str) -> Fault | None:
        """Return the fault this call meets, using it up once; the operation's own first."""
        for name in (operation, "*"):
            waiting = self._set[platform].get(name, [])
            for position, fault in enumerate(waiting):
                if fault.do == "pace":
                    continue
                if fault.times is not None:
                    waiting[position : position + 1] = (
                        [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
                    )
                if not waiting:
                    del self._set[platform][name]
                return fault
        return None

    def paced(self, platform: str, operation: str, destination: str, now: float) -> int | None:
        """Return the seconds to wait when pacing is on and exceeded there, else None."""
        rules = [
            f
            for name in (operation, "*")
            for f in self._set[platform].get(name, [])
            if f.do == "pace"
        ]
        if not rules:
            return None
        rule, key = rules[0], (platform, operation, destination)
        level, then = self._buckets.get(key, (float(rule.burst), now))
        level = min(float(rule.burst), level + (now - then) * rule.per_second)
        if level < 1:
            self._buckets[key] = (level, now)
            return max(1, math.ceil((1 - level) / rule.per_second))
        self._buckets[key] = (level - 1, now)
        return None

    async def through(
        self,
        platform: str,
        operation: str,
        request: web.Request,
        handle: Callable[[], Awaitable[web.StreamResponse]],
        refuse: Callable[[Fault], web.StreamResponse],
    ) -> web.StreamResponse:
        """Handle one call through the fault that waits for it; `refuse` words a refusal."""
        fault = self.take(platform, operation)
        if fault is None:
            return await handle()
        if fault.do in {"429", "500", "error"}:
            return refuse(fault)
        if fault.do == "slow":
            await asyncio.sleep(fault.seconds)
            return await handle()
        if fault.do == "hang":
            await self._released.wait()
            return _cut(request)
        answer = await handle()
        return refuse(fault) if fault.do == "5xx_after_accept" else _cut(request, answer)

    def release(self) -> None:
        """Cut the connections of all calls that hang now."""
        hanging, self._released = self._released, asyncio.Event()
        hanging.set()

    def _check(self, platform: str, operation: str) -> None:
        if platform not in PLATFORMS:
            raise FaultError(f"{platform}: unknown platform")
        known = self._known.get(platform)
        if known is not None and operation != "*" and operation not in known:
            raise FaultError(
                f"{platform}.{operation}: no such operation; known are {', '.join(sorted(known))}"
            )

    def _platform(self, name: str, value: object) -> dict[str, list[Fault]]:
        if not isinstance(value, Mapping):
            raise FaultError(f"{name}: expected an object of operation: [fault, ...]")
        found: dict[str, list[Fault]] = {}
        for operation, faults in value.items():
            self._check(name, operation)
            if not isinstance(faults, list):
                raise FaultError(f"{name}.{operation}: expected a list of faults")
            if faults:
                found[operation] = [
                    _fault(f, f"{name}.{operation}[{n}]") for n, f in enumerate(faults)
                ]
        return found

    def _switches(self, value: object) -> dict[str, bool]:
        if not isinstance(value, Mapping):
            raise FaultError("to_bot: expected an object of switch: true or false")
        for name, on in value.items():
            if name not in TO_BOT or not isinstance(on, bool):
                raise FaultError(
                    f"to_bot.{name}: expected true or false for one of {', '.join(sorted(TO_BOT))}"
                )
        return {name: on for name, on in value.items() if on or name in self._to_bot}


def _cut(request: web.Request, answer: web.StreamResponse | None = None) -> web.StreamResponse:
    """Close the connection under the answer: the caller never learns what became of the call."""
    if request.transport is not None:
        request.transport.abort()
    return answer or web.Response(status=500)
