"""Signing in over sessions that are kept in memory: whoever asks, and when, the test says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import TypeVar

from msgspec.structs import replace

from core.chat.linking_port import Letter
from core.directory.people import Directory, Identity, Person
from core.events import Actor
from core.system_events import SystemRecorded
from core.web.sessions import Session, SessionLedger, SignInLink, digest_of
from core.web.signing_in import SigningIn, SigningWorld

T = TypeVar("T")

START = 1_800_000_000_000
MINUTE = 60_000
ANN = "ann@example.com"
BEN = "ben@example.com"
URL = "https://approvals.example.com"


@dataclass
class Kept:
    """Implements `Sessions` and its ledger."""

    links: dict[str, SignInLink] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    tried: list[tuple[str, int]] = field(default_factory=list)
    trail: list[tuple[str, SystemRecorded]] = field(default_factory=list)

    async def transact(self, fn: Callable[[SessionLedger], T]) -> T:
        return fn(self)

    async def by_hash(self, hash: str) -> Session | None:
        return self.sessions.get(hash)

    async def link_by_hash(self, hash: str) -> SignInLink | None:
        return self.links.get(hash)

    async def touch(self, hash: str, at: int) -> None:
        self.sessions[hash] = replace(self.sessions[hash], seen_at=at)

    async def of_person(self, person: str) -> Sequence[Session]:
        return self.sessions_of(person)

    async def open(self, now: int) -> Sequence[Session]:
        return [s for s in self.sessions.values() if s.ended_at is None and s.ends_at > now]

    def link(self, hash: str) -> SignInLink | None:
        return self.links.get(hash)

    def keep_link(self, link: SignInLink) -> None:
        self.links[link.hash] = link

    def links_of(self, person: str) -> Sequence[SignInLink]:
        return [link for link in self.links.values() if link.person == person]

    def session(self, hash: str) -> Session | None:
        return self.sessions.get(hash)

    def sessions_of(self, person: str) -> Sequence[Session]:
        return [s for s in self.sessions.values() if s.person == person and s.ended_at is None]

    def keep(self, session: Session) -> None:
        self.sessions[session.hash] = session

    def attempts(self, by: str, since: int) -> Sequence[int]:
        return [at for who, at in self.tried if who == by and at > since]

    def attempted(self, by: str, at: int) -> None:
        self.tried.append((by, at))

    def record(self, stream: str, recorded: SystemRecorded) -> None:
        self.trail.append((stream, recorded))

    def told(self) -> list[str]:
        """What the trail says, in words: type, and how or why."""
        events = [recorded.event for _, recorded in self.trail]
        whys = (getattr(e, "how", getattr(e, "because", "")) for e in events)
        return [
            f"{e.__struct_config__.tag} {why}".strip() for e, why in zip(events, whys, strict=True)
        ]


@dataclass
class Pages:
    """Ann and Ben, a clock, and secrets that are counted; `mail` says whether letters are sent."""

    mail: bool = True
    url: str | None = URL
    now: int = START
    kept: Kept = field(default_factory=Kept)
    letters: list[Letter] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    _made: "count[int]" = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        slack = (Identity(platform="slack", realm="T1", account="U1"),)
        self.people += [
            Person(email=ANN, name="Ann Archer", identities=slack),
            Person(email=BEN, name="Ben Bow"),
        ]
        self.signing = SigningIn(
            SigningWorld(
                sessions=self.kept,
                directory=lambda: Directory(self.people),
                clock=lambda: self.now,
                new_id=lambda: f"id-{next(self._made)}",
                new_salt=lambda: f"{next(self._made):032x}",
                url=self.url,
                post=self.letters.append if self.mail else None,
            )
        )

    def leaves(self, email: str) -> None:
        """Somebody is not in the directory any more."""
        self.people[:] = [each for each in self.people if each.email != email]

    async def secret(self, email: str = ANN) -> str:
        """The secret of a link that an operator made."""
        url = await self.signing.link_for(email, Actor(via="cli"))
        return url.rpartition("t=")[2]

    async def signed_in(self, email: str = ANN) -> str:
        """The secret of a session."""
        found = await self.signing.with_link(await self.secret(email))
        assert isinstance(found, tuple), found
        return found[0]

    def session(self, secret: str) -> Session:
        return self.kept.sessions[digest_of(secret)]
