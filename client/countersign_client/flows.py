"""What the client says and in which order, without any network: pure, for both kinds of client.

A flow is a generator. It yields a `Call` to make or a `Pause` to keep, is sent what came of it,
and returns its result. Who drives it owns the sockets and the clock.
"""

import itertools
import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import quote

from countersign_client.asking import Ask
from countersign_client.errors import (
    NotApproved,
    Refused,
    TokenProblem,
    Unavailable,
    WaitedTooLong,
)
from countersign_client.outcomes import Outcome, outcome_of
from countersign_client.request import Action, Json, Request, read_request
from countersign_client.tokens import digest

T = TypeVar("T")

HOLD: Final = 30
"""Seconds that the server is asked to hold an answer."""
ANSWER_WITHIN: Final = 20.0
"""Seconds that the server has for an answer, beyond what it is asked to hold it."""
UNHELD: Final = 2.0
"""Seconds until a server is asked again that did not hold its answer."""
TRIES: Final = 5
PATIENCE: Final = 900.0
"""Seconds that a server may be away while somebody waits: it was there, and will be again."""
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0

_TOKEN_KINDS: Final = {
    "token_used": "used",
    "token_revoked": "revoked",
    "token_expired": "expired",
    "token_invalid": "malformed",
    "other_action": "other_action",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP call; `seconds` is how long to wait for its answer."""

    method: str
    path: str
    body: Json | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = ANSWER_WITHIN


@dataclass(frozen=True, slots=True)
class Pause:
    """So many seconds in which nothing is sent."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered; `headers` by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Broken:
    """There was no answer; `why` names the trouble without any secret."""

    why: str


Step = Call | Pause
Heard = Reply | Broken | None
Flow = Generator[Step, Heard, T]


@dataclass(frozen=True, slots=True)
class World:
    """What flows take from outside: seconds that only go forward, fresh keys, and numbers from 0
    to 1 that spread what many agents would do at once."""

    now: Callable[[], float]
    new_key: Callable[[], str]
    jitter: Callable[[], float]


def submit(world: World, ask: Ask, key: str | None) -> Flow[Request]:
    """Ask. The same key gives the same request, however often it is sent."""
    headers = {"Idempotency-Key": key or world.new_key()}
    return (yield from _request(world, Call("POST", "/v1/requests", ask.as_json(), headers)))


def view(world: World, request_id: str, hold: int = 0, patience: float = 0.0) -> Flow[Request]:
    """The request as it stands; held until it leaves `pending`, or for so many seconds. A server
    that is away is tried for `patience` seconds, and five times in any case."""
    query = f"?wait={hold}" if hold else ""
    call = Call("GET", f"{_path(request_id)}{query}", seconds=hold + ANSWER_WITHIN)
    return (yield from _request(world, call, request_id, patience))


def wait(world: World, request_id: str, seconds: float | None) -> Flow[Outcome]:
    """The outcome, once there is one. Raises WaitedTooLong when the time is over first."""
    end = None if seconds is None else world.now() + seconds
    while True:
        asked = world.now()
        left = PATIENCE if end is None else max(0.0, min(PATIENCE, end - asked))
        found = yield from view(world, request_id, min(HOLD, int(left)), left)
        if found.status != "pending":
            return ended(found)
        if end is not None and world.now() >= end:
            raise WaitedTooLong(request_id)
        if left < 1:  # the last part of a second cannot be held
            yield Pause(0.2)
        elif world.now() - asked < 1:  # a server that is stopping holds nothing
            yield Pause(min(UNHELD, left))


def request_approval(
    world: World, ask: Ask, key: str | None, seconds: float | None
) -> Flow[Outcome]:
    """Ask and wait."""
    made = yield from submit(world, ask, key)
    if made.status == "approved" and made.token is None:  # the answer to a repeated submission
        made = yield from view(world, made.id)
    if made.status != "pending":
        return ended(made)
    return (yield from wait(world, made.id, seconds))


def revise(world: World, found: Request, changes: Json) -> Flow[Request]:
    """Send another revision than the one that was found."""
    body = {"revision": found.revision, **changes}
    call = Call("POST", f"{_path(found.id)}/revisions", body, _once(world))
    return (yield from _request(world, call, found.id))


def cancel(world: World, request_id: str, reason: str | None) -> Flow[Request]:
    """Withdraw it."""
    body = {} if reason is None else {"reason": reason}
    call = Call("POST", f"{_path(request_id)}/cancel", body, _once(world))
    return (yield from _request(world, call, request_id))


def redeem(world: World, token: str, action: Action) -> Flow[Request]:
    """Use the approval, once. Raises TokenProblem where it does not stand for this action, or
    was used; NotApproved where nothing may run now."""
    body = {"token": token, "action": action.as_json()}
    try:
        call = Call("POST", "/v1/tokens/redeem", body, _once(world))
        found = yield from _request(world, call)
    except Refused as refused:
        kind = _TOKEN_KINDS.get(refused.reason)
        if kind is not None:
            raise TokenProblem(kind, refused.detail) from None
        if refused.reason in ("not_approved", "frozen"):
            raise NotApproved(refused.detail) from None
        raise
    if found.params is None or digest(found.action) != digest(action):
        raise NotApproved("The server answered about another action: nothing may be run.")
    return found


def report(world: World, request_id: str, succeeded: bool, detail: str | None) -> Flow[Request]:
    """Say how the approved action went."""
    body: Json = {"outcome": "succeeded" if succeeded else "failed"}
    if detail:
        body["detail"] = detail[:2000]
    call = Call("POST", f"{_path(request_id)}/execution", body, _once(world))
    return (yield from _request(world, call, request_id))


def incident(world: World, request_id: str, detail: str, kind: str, severity: str) -> Flow[Request]:
    """Say that the approval turned out wrong."""
    body: Json = {"detail": detail[:2000], "kind": kind, "severity": severity}
    call = Call("POST", f"{_path(request_id)}/incidents", body, _once(world))
    return (yield from _request(world, call, request_id))


def keys(world: World) -> Flow[Json]:
    """The public keys."""
    found = yield from _answered(world, Call("GET", "/.well-known/jwks.json"))
    if not isinstance(found.get("keys"), list):
        raise Unavailable("The server's answer has no keys. Is this its address?")
    return found


# --- one call, until it is answered --------------------------------------------------------


def _once(world: World) -> dict[str, str]:
    """What lets a call be sent again when its answer was lost."""
    return {"Idempotency-Key": world.new_key()}


def _request(
    world: World, call: Call, request_id: str | None = None, patience: float = 0.0
) -> Flow[Request]:
    """The request that is answered, which is the one of this id, where there is one."""
    found = yield from _answered(world, call, patience)
    try:
        request = read_request(found)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Unavailable("The server's answer is not a request. Is this its address?") from None
    if request_id is not None and request.id != request_id:
        raise Unavailable("The answer is about another request. Does a proxy mix answers up?")
    return request


def _answered(world: World, call: Call, patience: float = 0.0) -> Flow[Json]:
    """The answer's JSON. What may be tried again is, five times and for `patience` seconds; every
    call of ours can be."""
    began = world.now()
    for number in itertools.count(1):
        heard = yield call
        if isinstance(heard, Reply) and heard.status < 500 and heard.status != 429:
            return _read(heard)
        assert heard is not None, "a call was made"
        why = heard.why if isinstance(heard, Broken) else _problem(heard).detail
        if number >= TRIES and world.now() - began >= patience:
            break
        yield Pause(_pause(world, heard, number - 1))
    raise Unavailable(f"{why} ({number} tries)")


def _pause(world: World, heard: Reply | Broken, number: int) -> float:
    """As long as the server asks, else longer each time, and never all at once."""
    asked = heard.headers.get("retry-after", "") if isinstance(heard, Reply) else ""
    if asked.isascii() and asked.isdigit():
        return min(float(asked), LONGEST_PAUSE) + world.jitter() * FIRST_PAUSE
    most = min(FIRST_PAUSE * 2.0 ** min(number, 16), LONGEST_PAUSE)
    return most * (0.5 + world.jitter() / 2)


def _read(reply: Reply) -> Json:
    if reply.status >= 400:
        raise _problem(reply)
    found = _json(reply.body)
    if reply.status >= 300 or found is None:
        raise Unavailable("This is not a Countersign server: check the address.")
    return found


def _problem(reply: Reply) -> Refused:
    """An RFC 9457 problem, or whatever else was answered."""
    found = _json(reply.body) or {}
    errors = [f"{e.get('field')}: {e.get('problem')}" for e in _errors(found)]
    detail = str(found.get("detail") or f"The server answered {reply.status}.")
    return Refused(reply.status, str(found.get("reason") or "unknown"), detail, errors)


def _errors(found: Json) -> list[Json]:
    errors = found.get("errors")
    return [e for e in errors if isinstance(e, dict)] if isinstance(errors, list) else []


def _json(body: bytes) -> Json | None:
    try:
        found: Any = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def ended(found: Request) -> Outcome:
    """The outcome of a request that waits for nobody. Raises NotApproved for an approval whose
    token is not shown."""
    outcome = outcome_of(found)
    if outcome is None:
        raise NotApproved(
            f"Request {found.id} is approved, but only the key that asked for it gets its token."
        )
    return outcome


def _path(request_id: str) -> str:
    return f"/v1/requests/{quote(request_id, safe='')}"
