"""Bound accounts as a server takes them up: its own at once, others' with the next look."""

from msgspec.structs import replace

from bot.books import Books
from bot.linked import Linked
from core.directory.accounts import Account, How
from core.directory.people import Identity
from core.service.reaching import Reaching
from tests.bot.logged import logged
from tests.core.builders import a_policy, a_rule
from tests.core.ledger import MemoryAccounts
from tests.core.linking import ANN, BEN, CAT, CAT_IN_FILE, PEOPLE, slack


class Reached(Reaching):
    """Keeps whose cards were wanted anew."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []
        self.fails = False

    async def anew(self, person: str, without: str | None = None) -> None:
        if self.fails:
            raise OSError("the database is away")
        self.asked.append((person, without))


class Server:
    """One replica's books over the accounts of all."""

    def __init__(self, accounts: MemoryAccounts, *, matching: bool = True) -> None:
        self.accounts = accounts
        self.books = Books(a_policy(a_rule()), PEOPLE, from_file=True)
        self.reached = Reached()
        self.woken = 0
        platforms = frozenset({"slack"}) if matching else frozenset[str]()
        self.linked = Linked(accounts, self.books, self.reached, self._wake, platforms)

    def owner(self, identity: Identity) -> str | None:
        person = self.books.directory().by_identity(identity)
        return None if person is None else person.email

    def _wake(self) -> None:
        self.woken += 1


class Counted(MemoryAccounts):
    """Counts how often all accounts are read."""

    def __init__(self) -> None:
        super().__init__()
        self.changes = self.reads = 0

    def bind(self, account: Account) -> None:
        self.ledger.keep(account)
        self.changes += 1

    async def number(self) -> int:
        return self.changes

    async def all(self) -> list[Account]:
        self.reads += 1
        return self.ledger.holding()


def account(id: str, who: str, person: str = ANN, how: How = How.CODE) -> Account:
    return Account(id=id, identity=slack(who), person=person, how=how, bound_at=1)


async def test_what_is_there_at_the_start_counts_and_brings_no_cards() -> None:
    accounts = Counted()
    accounts.bind(account("a1", "U1"))
    server = Server(accounts)
    await server.linked.refresh()
    assert server.owner(slack("U1")) == ANN
    assert server.reached.asked == []


async def test_what_another_server_bound_counts_after_the_next_look() -> None:
    accounts = Counted()
    server = Server(accounts)
    await server.linked.refresh()
    accounts.bind(account("a1", "U1"))
    assert server.owner(slack("U1")) is None
    await server.linked.refresh()
    assert server.owner(slack("U1")) == ANN
    await server.linked.stop()
    assert (server.reached.asked, server.woken) == ([(ANN, None)], 1)


async def test_while_nothing_changes_nothing_is_read() -> None:
    accounts = Counted()
    server = Server(accounts)
    for _ in range(3):
        await server.linked.refresh()
    assert accounts.reads == 1


async def test_an_account_that_was_ended_is_nobodys_and_its_cards_go_elsewhere() -> None:
    accounts = Counted()
    accounts.bind(account("a1", "U1"))
    server = Server(accounts)
    await server.linked.refresh()
    accounts.bind(replace(account("a1", "U1"), ended_at=2, ended_by="admin"))
    await server.linked.refresh()
    assert server.owner(slack("U1")) is None
    await server.linked.stop()
    assert server.reached.asked == [(ANN, None)]


async def test_what_rests_on_an_address_counts_only_while_that_is_switched_on() -> None:
    accounts = Counted()
    accounts.bind(account("a1", "U1", how=How.EMAIL))
    accounts.bind(account("a2", "U2", BEN))
    on, off = Server(accounts), Server(accounts, matching=False)
    await on.linked.refresh()
    await off.linked.refresh()
    assert (on.owner(slack("U1")), on.owner(slack("U2"))) == (ANN, BEN)
    assert (off.owner(slack("U1")), off.owner(slack("U2"))) == (None, BEN)


async def test_a_link_against_the_file_does_not_count_and_is_said() -> None:
    accounts = Counted()
    accounts.bind(Account(id="a1", identity=CAT_IN_FILE, person=ANN, how=How.CODE, bound_at=1))
    accounts.bind(account("a2", "U2", "gone@example.com"))
    server = Server(accounts)
    with logged() as lines:
        await server.linked.refresh()
    assert server.owner(CAT_IN_FILE) == CAT
    assert [(line["event"], line["person"]) for line in lines] == [
        ("linked_account_ignored", ANN),
        ("linked_account_ignored", "gone@example.com"),
    ]


async def test_another_directory_file_keeps_what_was_bound() -> None:
    accounts = Counted()
    accounts.bind(account("a1", "U1"))
    server = Server(accounts)
    await server.linked.refresh()
    server.books.use(server.books.policy(), PEOPLE)
    assert server.owner(slack("U1")) == ANN
    assert server.books.file().by_identity(slack("U1")) is None


async def test_who_was_deactivated_is_reached_without_that_platform() -> None:
    server = Server(Counted())
    await server.linked.gone(ANN, "slack")
    await server.linked.stop()
    assert (server.reached.asked, server.woken) == ([(ANN, "slack")], 1)


async def test_it_is_known_what_rests_on_an_address_alone() -> None:
    accounts = Counted()
    accounts.bind(account("a1", "U1", how=How.EMAIL))
    accounts.bind(account("a2", "U2", BEN))
    server = Server(accounts)
    await server.linked.refresh()
    assert server.linked.rests_on_address(slack("U1")) is True
    assert server.linked.rests_on_address(slack("U2")) is False


async def test_cards_that_cannot_be_moved_are_logged_and_stop_nothing() -> None:
    server = Server(Counted())
    server.reached.fails = True
    with logged() as lines:
        await server.linked.gone(ANN, "slack")
        await server.linked.stop()
    assert [line["event"] for line in lines] == ["account_deactivated", "cards_not_moved"]
