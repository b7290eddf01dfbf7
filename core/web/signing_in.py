"""Signing in in a browser: by a one-time link, or as the identity provider's person.

A link is shown before it is used, since mail scanners and previews in chat follow links: `offered`
changes nothing, `with_link` uses it up. Who asks for a letter learns nothing from the answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

from msgspec.structs import replace

from core.chat.linking_port import Letter
from core.chat.signing_in_port import Way
from core.chat.strangers import no_account
from core.directory.people import (
    LINK_REALM,
    OIDC_REALM,
    WEB,
    Directory,
    Identity,
    Person,
    is_same_mailbox,
)
from core.events import Actor
from core.refusals import Reason, Refused
from core.system_events import SignedIn, SignedOut, SignInLinkMade, SystemRecorded
from core.value import Millis
from core.web.letters import MINUTES, sign_in_letter
from core.web.sessions import (
    HOUR,
    LINK_LIVES,
    TOUCHED_EVERY,
    USUAL,
    Ended,
    Lifetimes,
    Session,
    SessionLedger,
    Sessions,
    SignInLink,
    digest_of,
)

LINK_PATH: Final = "/signin/link"
MOST_LINKS: Final = 5
"""Links in an hour, for one person or to one address."""

MOST_FROM_SOURCE: Final = 20
"""Letters in an hour that one household of the Internet may ask for."""

NO_PAGES: Final = (
    "There are no web pages here. Whoever runs Countersign switches them on with "
    "COUNTERSIGN_PUBLIC_URL."
)


class Unusable(StrEnum):
    """Why a link signs nobody in."""

    UNKNOWN = "unknown"
    USED = "used"
    EXPIRED = "expired"
    LEFT = "left"


@dataclass(frozen=True, kw_only=True, slots=True)
class SigningWorld:
    """What signing in stands on. `url` is the address of the pages, None where there are none;
    `post` sends a letter some time soon, None without mail. `new_salt` gives 128 random bits."""

    sessions: Sessions
    directory: Callable[[], Directory]
    clock: Callable[[], Millis]
    new_id: Callable[[], str]
    new_salt: Callable[[], str]
    url: str | None = None
    post: Callable[[Letter], None] | None = None
    lifetimes: Lifetimes = USUAL


class SigningIn:
    """Links and sessions; implements `core.chat.signing_in_port.Signing`."""

    def __init__(self, world: SigningWorld) -> None:
        self._world = world

    @property
    def sends_letters(self) -> bool:
        """Whether somebody can have a link sent to their mailbox."""
        return self._world.post is not None and self._world.url is not None

    # --- links -------------------------------------------------------------------------

    async def link(self, identity: Identity) -> Way:
        """A one-time link for the person with this account."""
        world, person = self._world, self._world.directory().by_identity(identity)
        if person is None:
            refusal = no_account(identity)
            return Way(text=refusal.sentence, refused=refusal.reason)
        if world.url is None:
            return Way(text=NO_PAGES)
        actor = Actor(via=identity.platform, person=person.email)
        made = await self._made(person, actor)
        if isinstance(made, Refused):
            return Way(text=made.sentence, refused=made.reason)
        text = f"Your link to Countersign's pages. It works once, within {MINUTES} minutes."
        return Way(text=f"{text} Give it to nobody: whoever opens it acts as you.", url=made)

    async def link_for(self, email: str, actor: Actor) -> str:
        """The address of a one-time link for somebody else to hand on. Raises Refused."""
        world = self._world
        person = world.directory().person(email)
        if person is None:
            raise Refused(Reason.UNKNOWN_PERSON, person=email[:254])
        if world.url is None:
            raise ValueError("there are no pages")
        made = await self._made(person, actor)
        if isinstance(made, Refused):
            raise made
        return made

    async def mail(self, email: str, source: str) -> Refused | None:
        """Send a link to the mailbox, if the address is somebody's; what is done until the answer
        is the same if it is not. `source` names where the call came from."""
        world, now = self._world, self._world.clock()
        if world.post is None or world.url is None:
            return None
        person = world.directory().person(email.strip())
        secret = self._new_secret()
        by = ((_hashed("source", source), MOST_FROM_SOURCE), (_address(email), MOST_LINKS))

        def run(ledger: SessionLedger) -> Refused | None:
            refusal = _too_often(ledger, by, now)
            if refusal is None:
                for each, _ in by:
                    ledger.attempted(each, now)
                if person is not None:
                    self._keep(ledger, person, secret, Actor(via=WEB), now)
            return refusal

        refusal = await world.sessions.transact(run)
        if refusal is None and person is not None:
            world.post(sign_in_letter(person, self._address(secret)))
        return refusal

    async def offered(self, secret: str) -> Person | Unusable:
        """Whom a link would sign in; it stays as it is."""
        link = await self._world.sessions.link_by_hash(digest_of(secret))
        return self._whose(link)

    async def with_link(self, secret: str) -> tuple[str, Session] | Unusable:
        """Sign in and use the link up: the new session and its secret."""
        now, new = self._world.clock(), self._new_secret()
        new_id, digest = self._world.new_id(), digest_of(secret)

        def run(ledger: SessionLedger) -> Session | Unusable:
            link = ledger.link(digest)
            person = self._whose(link)
            if link is None or isinstance(person, Unusable):
                return person if isinstance(person, Unusable) else Unusable.UNKNOWN
            ledger.keep_link(replace(link, used_at=now))
            return self._began(ledger, person, LINK_REALM, new_id, new)

        found = await self._world.sessions.transact(run)
        return found if isinstance(found, Unusable) else (new, found)

    # --- sessions ----------------------------------------------------------------------

    async def as_person(self, email: str) -> tuple[str, Session] | Unusable:
        """Sign in whom the identity provider vouches for: the new session and its secret."""
        person, new = self._world.directory().person(email.strip()), self._new_secret()
        if person is None or not is_same_mailbox(email, person.email):
            return Unusable.LEFT
        new_id = self._world.new_id()
        session = await self._world.sessions.transact(
            lambda ledger: self._began(ledger, person, OIDC_REALM, new_id, new)
        )
        return new, session

    async def present(self, secret: str) -> tuple[Session, Person] | None:
        """The session that this secret opens now, with its person as of today. One whose person
        left is ended."""
        world, now = self._world, self._world.clock()
        session = await world.sessions.by_hash(digest_of(secret))
        if session is None or not session.holds(world.lifetimes.idle, now):
            return None
        person = world.directory().person(session.person)
        if person is None:
            await self._end([session], Ended.LEFT, Actor(via="system"))
            return None
        return session, person

    async def used(self, session: Session) -> None:
        """Somebody uses this session now."""
        now = self._world.clock()
        if now >= session.seen_at + TOUCHED_EVERY:
            await self._world.sessions.touch(session.hash, now)

    async def sign_out(self, id: str, person: str) -> None:
        """End this person's session with this id."""
        actor = Actor(via=WEB, person=person, evidence={"session": id})
        now = self._world.clock()

        def run(ledger: SessionLedger) -> None:
            for session in ledger.sessions_of(person):
                if session.id == id:
                    _over(ledger, session, Ended.SELF, actor, now)

        await self._world.sessions.transact(run)

    async def sign_out_everywhere(self, id: str, person: str) -> int:
        """End all sessions of the person who has this one, and the links that are on their way to
        them; how many sessions there were."""
        actor = Actor(via=WEB, person=person, evidence={"session": id})
        return await self.end_all(person, Ended.EVERYWHERE, actor)

    async def end_all(self, person: str, because: Ended, actor: Actor) -> int:
        """End all sessions and links of this address; how many sessions there were."""
        now = self._world.clock()

        def run(ledger: SessionLedger) -> int:
            for link in ledger.links_of(person):
                if link.used_at is None and now < link.expires_at:
                    ledger.keep_link(replace(link, expires_at=now))
            open_ = ledger.sessions_of(person)
            for session in open_:
                _over(ledger, session, because, actor, now)
            return len([each for each in open_ if self._holds(each, now)])

        return await self._world.sessions.transact(run)

    async def open_of(self, person: str) -> list[Session]:
        """The sessions of this address that open anything now, the oldest first."""
        now = self._world.clock()
        return [s for s in await self._world.sessions.of_person(person) if self._holds(s, now)]

    async def all_open(self) -> list[Session]:
        """Every session that opens anything now, the oldest first."""
        now = self._world.clock()
        return [s for s in await self._world.sessions.open(now) if self._holds(s, now)]

    async def sweep(self) -> None:
        """End the sessions of people who are not in the directory any more, so that they do not
        hold again when somebody with the address comes back."""
        directory = self._world.directory()
        gone = [s for s in await self.all_open() if directory.person(s.person) is None]
        if gone:
            await self._end(gone, Ended.LEFT, Actor(via="system"))

    # --- parts -------------------------------------------------------------------------

    def _holds(self, session: Session, now: Millis) -> bool:
        return session.holds(self._world.lifetimes.idle, now)

    def _whose(self, link: SignInLink | None) -> Person | Unusable:
        if link is None:
            return Unusable.UNKNOWN
        if link.used_at is not None:
            return Unusable.USED
        if self._world.clock() >= link.expires_at:
            return Unusable.EXPIRED
        return self._world.directory().person(link.person) or Unusable.LEFT

    async def _made(self, person: Person, actor: Actor) -> str | Refused:
        now, secret = self._world.clock(), self._new_secret()
        by = _hashed("person", person.email)

        def run(ledger: SessionLedger) -> Refused | None:
            refusal = _too_often(ledger, ((by, MOST_LINKS),), now)
            if refusal is None:
                ledger.attempted(by, now)
                self._keep(ledger, person, secret, actor, now)
            return refusal

        refusal = await self._world.sessions.transact(run)
        return self._address(secret) if refusal is None else refusal

    def _keep(
        self, ledger: SessionLedger, person: Person, secret: str, actor: Actor, now: Millis
    ) -> None:
        ends = now + LINK_LIVES
        link = SignInLink(
            hash=digest_of(secret),
            person=person.email,
            made_by=actor.via,
            made_at=now,
            expires_at=ends,
        )
        ledger.keep_link(link)
        made = SignInLinkMade(person=person.email, ends=ends)
        ledger.record(f"person:{person.email}", SystemRecorded(made, actor, now))

    def _began(
        self, ledger: SessionLedger, person: Person, realm: str, id: str, secret: str
    ) -> Session:
        now = self._world.clock()
        session = Session(
            id=id,
            hash=digest_of(secret),
            person=person.email,
            realm=realm,
            started_at=now,
            seen_at=now,
            ends_at=now + self._world.lifetimes.whole,
        )
        ledger.keep(session)
        event = SignedIn(person=person.email, session=id, how=realm)
        actor = Actor(via=WEB, person=person.email, evidence={"session": id})
        ledger.record(f"person:{person.email}", SystemRecorded(event, actor, now))
        return session

    async def _end(self, ended: list[Session], because: Ended, actor: Actor) -> None:
        now = self._world.clock()

        def run(ledger: SessionLedger) -> None:
            for each in ended:
                session = ledger.session(each.hash)
                if session is not None and session.ended_at is None:
                    _over(ledger, session, because, actor, now)

        await self._world.sessions.transact(run)

    def _new_secret(self) -> str:
        return self._world.new_salt() + self._world.new_salt()

    def _address(self, secret: str) -> str:
        return f"{self._world.url}{LINK_PATH}?t={secret}"


def _over(
    ledger: SessionLedger, session: Session, because: Ended, actor: Actor, now: Millis
) -> None:
    ledger.keep(replace(session, ended_at=now))
    event = SignedOut(person=session.person, session=session.id, because=because.value)
    ledger.record(f"person:{session.person}", SystemRecorded(event, actor, now))


def _too_often(
    ledger: SessionLedger, by: tuple[tuple[str, int], ...], now: Millis
) -> Refused | None:
    for each, most in by:
        moments = ledger.attempts(each, now - HOUR)
        if len(moments) >= most:
            minutes = max(1, -(-(moments[-most] + HOUR - now) // 60_000))
            wait = "1 minute" if minutes == 1 else f"{minutes} minutes"
            return Refused(Reason.LINK_TOO_OFTEN, wait=wait)
    return None


def _address(email: str) -> str:
    return _hashed("address", email.strip().lower())


def _hashed(kind: str, text: str) -> str:
    """Somebody as they are counted: addresses that nobody has are not kept."""
    return sha256(f"{kind}:{text}".encode("utf-8", "replace")).hexdigest()
