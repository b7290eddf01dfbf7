"""Who is signed in where: sessions, the one-time links that lead to one, and how they are kept.

Of a session's secret and of a link's only the SHA-256 is kept: whoever reads the database signs
in nowhere with it.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from hashlib import sha256
from typing import Final, Protocol, TypeVar

from core.system_events import SystemRecorded
from core.value import Millis, Value

T = TypeVar("T")

MINUTE: Final[Millis] = 60_000
HOUR: Final[Millis] = 60 * MINUTE
LINK_LIVES: Final[Millis] = 10 * MINUTE
TOUCHED_EVERY: Final[Millis] = MINUTE
"""How exactly it is known when a session was last used: one write a minute, however many calls."""


class Lifetimes(Value, frozen=True):
    """How long a session holds: at most so long after signing in, and so long without a call."""

    whole: Millis = 12 * HOUR
    idle: Millis = 2 * HOUR


USUAL: Final = Lifetimes()


class Ended(StrEnum):
    """Why a session is over before its time."""

    SELF = "self"
    EVERYWHERE = "everywhere"
    ADMIN = "admin"
    LEFT = "left"


class Session(Value, frozen=True):
    """Somebody signed in in one browser. `id` names it and opens nothing, `hash` is the SHA-256 of
    its secret (hex), `realm` how its person signed in, as in `Identity`.

    `seen_at` is when it was last used, to the minute; it holds while `ended_at` is None and now is
    before `ends_at` and less than the idle time after `seen_at`.
    """

    id: str
    hash: str
    person: str
    realm: str
    started_at: Millis
    seen_at: Millis
    ends_at: Millis
    ended_at: Millis | None = None

    def holds(self, idle: Millis, now: Millis) -> bool:
        """Whether it opens anything now."""
        return self.ended_at is None and now < self.ends_at and now < self.seen_at + idle


class SignInLink(Value, frozen=True):
    """A one-time link. `made_by` is an actor's `via`."""

    hash: str
    person: str
    made_by: str
    made_at: Millis
    expires_at: Millis
    used_at: Millis | None = None


class SessionLedger(Protocol):
    """Sessions and links inside one transaction. What was read here nobody else changes until its
    end."""

    def link(self, hash: str) -> SignInLink | None: ...

    def keep_link(self, link: SignInLink) -> None:
        """A new link, or one that was used; forgets those that are long over."""
        ...

    def links_of(self, person: str) -> Sequence[SignInLink]:
        """Links made for this person, used and expired ones included."""
        ...

    def session(self, hash: str) -> Session | None: ...

    def sessions_of(self, person: str) -> Sequence[Session]:
        """A person's sessions that nobody ended, the oldest first."""
        ...

    def keep(self, session: Session) -> None:
        """A new session, or one that was ended; forgets those that are long over."""
        ...

    def attempts(self, by: str, since: Millis) -> Sequence[Millis]:
        """When a link was asked for by or for somebody (hashed) after `since`, the earliest
        first."""
        ...

    def attempted(self, by: str, at: Millis) -> None:
        """Count one attempt; those of earlier days are forgotten."""
        ...

    def record(self, stream: str, recorded: SystemRecorded) -> None:
        """Append to a stream of the trail."""
        ...


class Sessions(Protocol):
    """All sessions and links."""

    async def transact(self, fn: Callable[[SessionLedger], T]) -> T:
        """Call `fn` in a transaction; nothing is kept when it raises. It may run again."""
        ...

    async def by_hash(self, hash: str) -> Session | None:
        """The session with this SHA-256 (hex), ended and expired ones included."""
        ...

    async def link_by_hash(self, hash: str) -> SignInLink | None:
        """The link with this SHA-256 (hex), used and expired ones included."""
        ...

    async def touch(self, hash: str, at: Millis) -> None:
        """The session was used at this moment."""
        ...

    async def of_person(self, person: str) -> Sequence[Session]:
        """A person's sessions that nobody ended, the oldest first."""
        ...

    async def open(self, now: Millis) -> Sequence[Session]:
        """The sessions that nobody ended and that end after `now`, the oldest first."""
        ...


def digest_of(secret: str) -> str:
    """What is stored of a secret: its SHA-256, hex. The secrets have 256 random bits, so nothing
    slower is needed, and a look-up by it tells by its time nothing that leads to a secret."""
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def token_of(secret: str) -> str:
    """What the forms of this session's pages carry: known to who has the secret, and to nobody who
    reads the database."""
    return digest_of(f"form:{secret}")
