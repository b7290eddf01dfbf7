"""What an agent is told at the address that it gave: which changes, in which order, how long.

A callback is thin: it says that something changed, and the agent reads the request. So it holds
nothing that a request's readers alone may see, nothing that is erased later, and no token.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, Literal, Protocol
from urllib.parse import urlsplit

from core.content import read_text
from core.events import Actor, ChangesRequested, Finished, Recorded, Revised, TokenRevoked
from core.ports import Outcome
from core.request import RequestState, Status
from core.rows import CallbackRow, QueuedCallback
from core.value import Millis, Value

WINDOW: Final[Millis] = 86_400_000
"""How long a callback is tried, from its first try on."""

FIRST_WAIT: Final[Millis] = 5_000
LONGEST_WAIT: Final[Millis] = 3_600_000
EARLY: Final = 3
"""Tries after which a receiver may ask for a shorter wait than ours."""

PREFIX: Final = "request."
TYPES: Final = (
    *(f"{PREFIX}{s.value}" for s in Status if s is not Status.PENDING),
    f"{PREFIX}revised",
    f"{PREFIX}token_revoked",
)
"""All types of callbacks, a closed set."""

GIVEN_UP: Final = "given up after 24 hours"
KEY_REVOKED: Final = "the key that asked was revoked"
ERASED: Final = "its address was erased"


class SealedSecret(Value, frozen=True):
    """A key's secret as stored: only who holds the encryption keys can open `sealed`. It signs
    until `ends_at`, the newest one, which has none, for ever."""

    key: str
    id: str
    sealed: bytes
    created_at: Millis
    ends_at: Millis | None = None


class Again(Value, frozen=True):
    """Which callbacks are sent again: those of one request, or all that were given up and tell of
    a change `since` this moment."""

    request: str | None = None
    since: Millis = 0


SecretAdded = Literal["made", "exchanged", "no_key", "has_one"]


class Callbacks(Protocol):
    """The callbacks of all requests."""

    async def claim(
        self, now: Millis, lease_until: Millis, busy: Mapping[str, int], per_host: int, limit: int
    ) -> Sequence[QueuedCallback]:
        """Lease what is due: the first that waits of each request, and of a host no more than
        makes `per_host` with those that are `busy` already."""
        ...

    async def settle(self, done: QueuedCallback, outcome: Outcome, now: Millis) -> None:
        """Record how a claimed one ended, if its lease is still held; then the next one of its
        request is due. That it was delivered counts in any case."""
        ...

    async def next_due(self, without: Collection[str] = ()) -> Millis | None:
        """When there may be something to claim, beside what goes to these hosts."""
        ...

    async def of_request(self, request: str) -> Sequence[QueuedCallback]:
        """All of a request, in order."""
        ...

    async def undelivered(self) -> Sequence[QueuedCallback]:
        """All that wait or were given up, the oldest requests first."""
        ...

    async def replay(self, what: Again, now: Millis, by: Actor) -> int:
        """Make due again what was given up, and of a named request its newest callback too; how
        many there are. It is recorded in the streams of the keys that asked, `key:ID`."""
        ...


class CallbackSecrets(Protocol):
    """What callbacks are signed with, sealed."""

    async def secrets(self, key: str, now: Millis) -> Sequence[SealedSecret]:
        """Those of an API key that sign now, the newest first."""
        ...

    async def add_secret(
        self, secret: SealedSecret, overlap: Millis | None, by: Actor
    ) -> SecretAdded:
        """Keep a new one; the one before it ends after the overlap, and any older one at once.
        With None there may be none before it. It is recorded in the key's stream, `key:ID`."""
        ...

    async def all_secrets(self) -> Sequence[SealedSecret]: ...

    async def reseal(self, old: SealedSecret, sealed: bytes) -> None:
        """Put the same secret under another seal in its place."""
        ...


def callback_content(request: str) -> str:
    """The id of the content row that holds a request's address."""
    return f"{request}.c1"


def host_of(url: str) -> str:
    """All of an address that is told: what stands behind the name may be secret."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def callback_rows(
    before: RequestState,
    after: RequestState,
    events: Sequence[Recorded],
    contents: Mapping[str, bytes],
) -> tuple[CallbackRow, ...]:
    """The callbacks that these events, which lead from `before` to `after`, give rise to. None
    once the address was erased."""
    # By its id, since a server that knew no callbacks leaves it out of the state that it writes.
    body = contents.get(callback_content(after.id))
    if body is None:
        return ()
    host, revision, rows = host_of(read_text(body)), before.revision or 1, list[CallbackRow]()
    for position, recorded in enumerate(events, start=before.version + 1):
        event = recorded.event
        if isinstance(event, Revised):
            revision = event.revision
        told = _TOLD.get(type(event))
        if told is None:
            continue
        type_, status = told(event)
        rows.append(
            CallbackRow(
                request=after.id,
                sequence=position,
                id=_message_id(after.id, position, recorded.at),
                type=PREFIX + type_,
                key=after.agent_key,
                host=host,
                status=status.value,
                revision=revision,
                at=recorded.at,
            )
        )
    return tuple(rows)


def next_try(
    attempts: int, first: Millis, now: Millis, after: Millis | None, jitter: float
) -> Millis | None:
    """When a callback that failed `attempts` times, first tried at `first`, is tried again; None
    when it is given up.

    `after` is how long its receiver asks to wait, None where it does not say; after the `EARLY`
    ones no less than otherwise, or one that asks for nothing would be called without a pause.
    `jitter` from 0 to 1 takes up to half of our own waits away. The last try is at the end of the
    window.
    """
    end = first + WINDOW
    if now >= end:
        return None
    full = min(FIRST_WAIT << min(max(attempts, 1) - 1, 20), LONGEST_WAIT)
    wait = full - round(full / 2 * (1.0 - min(max(jitter, 0.0), 1.0)))
    if after is not None:
        wait = after if attempts <= EARLY else max(after, wait)
    return min(now + wait, end)


def _finished(event: Finished) -> tuple[str, Status]:
    return event.status.value, event.status


_TOLD: Final[Mapping[type, Callable[[Any], tuple[str, Status]]]] = {
    Finished: _finished,
    ChangesRequested: lambda _: (Status.CHANGES_REQUESTED.value, Status.CHANGES_REQUESTED),
    Revised: lambda _: ("revised", Status.PENDING),
    TokenRevoked: lambda _: ("token_revoked", Status.APPROVED),
}
"""What an agent waits for: its type, and the status right after it."""


def _message_id(request: str, sequence: int, at: Millis) -> str:
    """The same each time it is sent. After a restore the same place in a request's trail may be
    taken by something else, at another time."""
    digest = hashlib.sha256(f"{request}|{sequence}|{at}".encode()).hexdigest()
    return f"msg_{digest[:32]}"
