"""Linking over a ledger in memory: people, their accounts, a mailbox and a clock."""

from collections.abc import Iterator

from core.chat.linking import LinkingService, LinkingWorld
from core.chat.linking_port import Letter, Member
from core.directory.accounts import Account, How
from core.directory.codes import LENGTH
from core.directory.people import Directory, Identity, Person
from core.value import Millis
from tests.core.ledger import MemoryAccounts

ANN, BEN, CAT = "ann@example.com", "ben@example.com", "cat@example.com"
TEAM, OTHER_TEAM = "T1", "T2"
CAT_IN_FILE = Identity(platform="slack", realm=TEAM, account="U-CAT")
PEOPLE = Directory(
    (
        Person(email=ANN, name="Ann Archer"),
        Person(email=BEN, name="Ben Baker"),
        Person(email=CAT, name="Cat Cook", identities=(CAT_IN_FILE,)),
    )
)


def slack(account: str, team: str = TEAM) -> Identity:
    return Identity(platform="slack", realm=team, account=account)


def member(account: str, email: str | None = ANN, **fields: bool) -> Member:
    """A full, active member with a confirmed address, unless said otherwise."""
    given = {"confirmed": True, "full": True, "active": True} | fields
    return Member(identity=slack(account), email=email, **given)


class Link:
    """The service, its mailbox and its clock."""

    def __init__(self, *, mail: bool = True, matching: bool = True) -> None:
        self.accounts = MemoryAccounts()
        self.file = PEOPLE
        self.directory = PEOPLE
        self.now: Millis = 1_000_000_000
        self.letters: list[Letter] = []
        self.gone: list[tuple[str, str]] = []
        numbers, codes = _numbers(), _codes()
        self.service = LinkingService(
            LinkingWorld(
                accounts=self.accounts,
                directory=lambda: self.directory,
                file=lambda: self.file,
                rests_on_address=self._rests_on_address,
                refresh=self.refresh,
                gone=self._gone,
                clock=lambda: self.now,
                new_id=lambda: next(numbers),
                new_code=lambda: next(codes),
                post=self.letters.append if mail else None,
                matching=frozenset({"slack"}) if matching else frozenset(),
            )
        )

    @property
    def code(self) -> str:
        """What the newest letter says to write, without the command."""
        line = next(x for x in self.letters[-1].text.splitlines() if x.startswith("    "))
        return line.split()[-1]

    def bound(self) -> list[tuple[str, str, How]]:
        found = self.accounts.ledger.holding()
        return [(a.identity.account, a.person, a.how) for a in found]

    async def refresh(self) -> None:
        found: list[Account] = self.accounts.ledger.holding()
        self.directory = self.file.with_accounts([(a.identity, a.person) for a in found])

    def _rests_on_address(self, identity: Identity) -> bool:
        held = self.accounts.ledger.holder(identity)
        return held is not None and held.how is How.EMAIL

    async def _gone(self, person: str, platform: str) -> None:
        self.gone.append((person, platform))


def _numbers() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"A{number}"


def _codes() -> Iterator[str]:
    """Codes that all have different names."""
    number = 0
    while True:
        number += 1
        yield f"{number:04d}".ljust(LENGTH, "Z")
