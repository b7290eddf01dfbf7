"""The people: who exists, who leads whom, and which chat account is whose.

A directory is one immutable snapshot. A chat account maps to exactly one person or to
nobody; there is no guessing by name or e-mail address.
"""

import string
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec.structs import replace

from core.value import Value


class Identity(Value, frozen=True):
    """A person's account on a platform.

    `realm` is the Slack team id or the Entra tenant id, `account` the Slack user id or the
    Entra object id. Both come from the platform's authenticated call, never from a card.
    """

    platform: str
    realm: str
    account: str


EMAIL: Final = "email"
"""The platform of letters. Everybody's account there is their own address, in no realm: it stands
in no list of identities."""

WEB: Final = "web"
"""Our own pages. The account is the address, the realm says how its person signed in: only the door
of the pages makes such identities, of a session that it has checked."""

LINK_REALM: Final = "link"
"""The realm of who signed in on the pages with a one-time link from chat or a letter."""

OIDC_REALM: Final = "oidc"
"""The realm of who signed in there with the company's identity provider (OpenID Connect)."""

SIGNED_IN: Final = "signed_in"
"""The evidence of an act on the pages that names the realm: how whoever did it had signed in."""


class Person(Value, frozen=True):
    """One person; `email` is the person id. `notify` is the wished order of platforms, `digest`
    the local time of the one message a day that they want instead of many.

    `conflicts` are addresses and `group:NAME`: whose requests this person may not approve.
    `formerly` are addresses that they had before: what was approved under one, they approved.
    """

    email: str
    name: str
    manager: str | None = None
    department: str | None = None
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    timezone: str = "UTC"
    working_hours: str | None = None
    identities: tuple[Identity, ...] = ()
    notify: tuple[str, ...] = ()
    cards: str = "first"
    digest: str | None = None
    conflicts: tuple[str, ...] = ()
    formerly: tuple[str, ...] = ()

    def identity(self, platform: str) -> Identity | None:
        """Their account there. A mailbox is one only for whom letters may reach."""
        if platform == EMAIL:
            mailbox = Identity(platform=EMAIL, realm="", account=self.email)
            return mailbox if EMAIL in self.platforms else None
        return next((i for i in self.identities if i.platform == platform), None)

    @property
    def platforms(self) -> tuple[str, ...]:
        """Where this person can be reached, in their order: `notify`, else as listed, and by a
        letter where nothing else is left."""
        has = (*dict.fromkeys([i.platform for i in self.identities]), EMAIL)
        return tuple([p for p in self.notify if p in has]) if self.notify else has


def is_same_mailbox(given: str, email: str) -> bool:
    """Whether an address that a platform gives is certainly this person id.

    Only ASCII letters' case is ignored: in Unicode the sign of the kelvin, too, is a k in lower
    case, and whoever has a mailbox with it is somebody else.
    """
    return given.strip().translate(_ASCII_LOWER) == email


_ASCII_LOWER: Final = {ord(letter): letter.lower() for letter in string.ascii_uppercase}


class Directory:
    """An immutable snapshot of all people, with the look-ups that routing needs."""

    def __init__(self, people: Iterable[Person], groups: Iterable[str] = ()) -> None:
        """`groups` are there even where nobody belongs to them."""
        self._people: dict[str, Person] = {p.email: p for p in people}
        self._empty = tuple(groups)
        self._groups: dict[str, tuple[str, ...]] = {
            **dict.fromkeys(self._empty, ()),
            **_groups(self._people),
        }
        self._identities = {i: p.email for p in self._people.values() for i in p.identities}

    def __len__(self) -> int:
        return len(self._people)

    @property
    def people(self) -> Mapping[str, Person]:
        """All people by e-mail address."""
        return self._people

    def person(self, email: str) -> Person | None:
        """Addresses compare without regard to case."""
        return self._people.get(email) or self._people.get(email.lower())

    def group(self, name: str) -> tuple[str, ...]:
        """The members' addresses, in the directory's order; empty for an unknown group."""
        return self._groups.get(name, ())

    def has_group(self, name: str) -> bool:
        return name in self._groups

    def by_identity(self, identity: Identity) -> Person | None:
        """The one person with this account, or None."""
        if identity.platform == EMAIL:
            person = self._people.get(identity.account)
            return person if person is not None and person.identity(EMAIL) == identity else None
        if identity.platform == WEB:
            return self._people.get(identity.account)
        email = self._identities.get(identity)
        return None if email is None else self._people[email]

    def with_accounts(self, bound: Iterable[tuple[Identity, str]]) -> "Directory":
        """The same people with these accounts (account, person) beside their own.

        What stands here already wins: an account that is somebody's, and a person's account in
        the same realm.
        """
        more: dict[str, list[Identity]] = {}
        for identity, email in bound:
            person = self.person(email)
            if person is None or identity in self._identities:
                continue
            theirs = [*person.identities, *more.get(person.email, ())]
            if not any(
                i.platform == identity.platform and i.realm == identity.realm for i in theirs
            ):
                more.setdefault(person.email, []).append(identity)
        if not more:
            return self
        with_theirs = (
            replace(p, identities=(*p.identities, *more.get(p.email, ()))) if p.email in more else p
            for p in self._people.values()
        )
        return Directory(with_theirs, self._empty)

    def name(self, email: str) -> str:
        """The person's name, or the address itself when nobody has it (any more)."""
        person = self._people.get(email)
        return email if person is None else person.name


def _groups(people: Mapping[str, Person]) -> dict[str, tuple[str, ...]]:
    members: dict[str, list[str]] = {}
    for person in people.values():
        for group in person.groups:
            members.setdefault(group, []).append(person.email)
    return {group: tuple(emails) for group, emails in members.items()}
