"""People who are kept in the database, in both databases: what is read back, and that no server
decides anything by people who are gone."""

from collections.abc import Callable
from dataclasses import replace as with_fields
from typing import TypeVar

import pytest
from msgspec.structs import replace

from bot.books import Books
from bot.guarding import MOST_TRIES, GuardedStore, guarded
from bot.settling import Settling
from core.audit.chain import broken_at
from core.card import Verb
from core.chat.conversations import ChatService
from core.chat.port import Click
from core.directory.accounts import Account, How
from core.directory.changes import Change, added, changed, removed
from core.directory.groups import group_added, group_removed
from core.directory.kept import NOBODY, SCIM, KeptGroup, KeptPerson, PeopleLedger
from core.directory.people import Identity
from core.events import Actor
from core.request import Decision
from core.rows import Changes, Reads
from core.rules.waiting import waited_for
from core.service.approvals import Approvals
from core.service.people import touched
from storage import Storage
from storage.errors import Conflict
from storage.people_kept import peek
from tests.contract.office import POLICY, Office
from tests.core.builders import ADA, DIRECTORY, FINN, MARA, NOW, shown

T = TypeVar("T")
NINA = "nina@example.com"
ACCOUNT = Identity(platform="slack", realm="T1", account="UNINA")


def a_change(ledger: PeopleLedger) -> Change:
    return Change(ledger=ledger, file=DIRECTORY, actor=Actor(via="cli"), now=NOW, source=SCIM)


async def change(storage: Storage, fn: Callable[[Change], T]) -> T:
    return await storage.people.transact(lambda ledger: fn(a_change(ledger)))


def nina(**fields: object) -> KeptPerson:
    made = KeptPerson(id="n1", email=NINA, name="Nina", groups=("finance",), identities=(ACCOUNT,))
    return replace(made, **fields)


async def add(storage: Storage, *people: KeptPerson) -> None:
    for each in people:
        await change(storage, lambda c, each=each: added(c, each))  # type: ignore[misc]  # bound now


class Server(Office):
    """One of several servers: with the people it knows of, and a store that guards it."""

    def __init__(self, storage: Storage) -> None:
        super().__init__(storage)
        self.books = Books(self.policy, DIRECTORY, from_file=True)
        store = guarded(storage.store, self.books, storage.people)
        self.approvals = Approvals(
            with_fields(self.approvals.world, store=store, directory=self.books.directory)
        )
        self.chat = ChatService(self.approvals)

    async def look(self) -> None:
        self.books.take(await self.storage.people.newer(self.books.kept.number))

    async def clicks(self, account: Identity, id: str) -> str | None:
        """Approves the present card; why not, if it does not count."""
        state = await self.state(id)
        click = Click(identity=account, binding=shown(state), verb=Verb.APPROVE)
        refused = (await self.chat.click(click)).refused
        return None if refused is None else refused.value


async def test_what_is_kept_is_read_back_by_the_numbers_of_its_changes(
    storage: Storage, replica: Storage
) -> None:
    await add(storage, nina())
    known = NOBODY.with_newer(await replica.people.newer(0))
    assert known.people["n1"] == nina(
        source=SCIM, number=known.number, created_at=NOW, changed_at=NOW
    )
    await change(storage, lambda c: group_added(c, KeptGroup(id="g1", name="board"), ["n1"]))
    newer = await replica.people.newer(known.number)
    assert ([p.groups for p in newer.people], [g.name for g in newer.groups]) == (
        [("finance", "board")],
        ["board"],
    )
    now = known.with_newer(newer)
    assert touched(known, now) == {NINA}
    assert now.with_newer(await replica.people.newer(0)) is now
    assert (await replica.people.newer(now.number)).people == ()


async def test_what_changes_nothing_is_no_change(storage: Storage) -> None:
    await add(storage, nina())
    before = (await storage.people.newer(0)).number
    kept = await change(storage, lambda c: changed(c, nina()))
    assert kept.version == 1
    assert (await storage.people.newer(0)).number == before


async def test_what_fails_leaves_nothing(storage: Storage) -> None:
    def fails(ledger: PeopleLedger) -> None:
        added(a_change(ledger), nina())
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await storage.people.transact(fails)
    assert (await storage.people.newer(0)).people == ()
    assert await storage.store.links(f"person:{NINA}") == []


async def test_members_follow_their_groups(storage: Storage) -> None:
    await add(storage, nina(), nina(id="o1", email="otto@example.com", identities=()))
    of = "finance"
    two = await storage.people.transact(lambda ledger: [p.id for p in ledger.members(of)])
    assert two == ["n1", "o1"]
    await change(storage, lambda c: removed(c, "n1"))
    assert await storage.people.transact(lambda ledger: [p.id for p in ledger.members(of)]) == [
        "o1"
    ]


async def test_an_address_and_a_group_can_be_given_again_once_they_are_free(
    storage: Storage,
) -> None:
    await add(storage, nina())
    await change(storage, lambda c: group_added(c, KeptGroup(id="g1", name="board"), []))
    await change(storage, lambda c: removed(c, "n1"))
    await change(storage, lambda c: group_removed(c, "g1"))
    await add(storage, nina(id="n2", groups=()))
    await change(storage, lambda c: group_added(c, KeptGroup(id="g2", name="BOARD"), ["n2"]))
    newest = NOBODY.with_newer(await storage.people.newer(0))
    there = [p.id for p in newest.people.values() if p.deleted_at is None]
    assert there == ["n2"]
    assert newest.people["n1"].name == NINA  # nothing personal is left


async def test_the_changes_stand_in_the_stream_of_the_person(storage: Storage) -> None:
    await add(storage, nina())
    await change(storage, lambda c: changed(c, nina(roles=("auditor",))))
    await change(storage, lambda c: changed(c, nina(roles=("auditor",), active=False)))
    await change(storage, lambda c: removed(c, "n1"))
    stream = f"person:{NINA}"
    links = await storage.store.links(stream)
    assert [link.type for link in links] == [
        "person_added",
        "person_changed",
        "person_deactivated",
    ]
    assert broken_at(stream, [(link.body, link.hash) for link in links]) is None


async def test_a_linked_account_is_not_handed_on_with_the_address(storage: Storage) -> None:
    await add(storage, nina(identities=()))
    bound = Account(id="a1", identity=ACCOUNT, person=NINA, how=How.ADMIN, bound_at=NOW)
    await storage.accounts.transact(lambda ledger: ledger.keep(bound))
    await change(storage, lambda c: removed(c, "n1"))
    assert await storage.accounts.all() == []


async def test_it_is_known_up_to_where_open_requests_were_settled(storage: Storage) -> None:
    await add(storage, nina())
    newer = await storage.people.newer(0)
    assert newer.settled < newer.number
    await storage.people.settle(newer.number)
    await storage.people.settle(newer.number - 1)  # somebody slower
    assert (await storage.people.newer(0)).settled == newer.number


async def test_a_database_can_be_looked_at_without_being_made(storage: Storage, dsn: str) -> None:
    assert peek(dsn) is NOBODY
    await add(storage, nina())
    assert list(peek(dsn).people) == ["n1"]


async def test_somebody_who_was_removed_elsewhere_cannot_decide_here(
    storage: Storage, replica: Storage
) -> None:
    """The other server still knows her, and would seat her: her click must not count."""
    await add(storage, nina())
    here, there = Server(storage), Server(replica)
    await here.open()
    await here.look()
    await there.look()
    request = (await here.ask(20_000)).snapshot.state.id
    await here.says(MARA, Decision.APPROVE, request)
    assert NINA in {p for e in (await here.state(request)).stages[1].entries for p in e.people}
    await change(storage, lambda c: removed(c, "n1"))
    assert there.books.directory().person(NINA) is not None
    assert await there.clicks(ACCOUNT, request) is not None
    state = await here.state(request)
    assert state.is_open
    assert all(v.person != NINA for s in state.stages for v in s.votes)
    assert there.books.directory().person(NINA) is None


async def test_who_was_added_elsewhere_decides_here(storage: Storage, replica: Storage) -> None:
    here, there = Server(storage), Server(replica)
    await here.open()
    await add(storage, nina())
    request = (await here.ask(20_000)).snapshot.state.id
    assert here.books.directory().person(NINA) is not None, "asking brought the server up to date"
    await here.says(MARA, Decision.APPROVE, request)
    await there.look()
    assert await there.clicks(ACCOUNT, request) is None
    assert not (await here.state(request)).is_open


async def test_the_seat_of_who_left_is_given_on_though_nobody_acts(storage: Storage) -> None:
    server = Server(storage)
    await server.open()
    await add(storage, nina(groups=("board",)))
    await server.look()
    server.policy = server.books.read(POLICY.replace("group:finance", "group:board"))
    request = (await server.ask(20_000)).snapshot.state.id
    await server.says(MARA, Decision.APPROVE, request)
    assert waited_for(await server.state(request)) == (NINA,)
    await change(storage, lambda c: removed(c, "n1"))
    settling = Settling(server.books, storage.people, server.approvals)
    await settling.catch_up()
    await settling.settle()
    assert waited_for(await server.state(request)) == (ADA,)
    newer = await storage.people.newer(0)
    assert newer.settled == newer.number


async def test_time_is_applied_with_the_newest_people_too(storage: Storage) -> None:
    server = Server(storage)
    await server.open()
    await add(storage, nina())
    await server.look()
    request = (await server.ask(20_000)).snapshot.state.id
    await server.says(MARA, Decision.APPROVE, request)
    await change(storage, lambda c: removed(c, "n1"))
    server.now += 30 * 86_400_000
    ticked = await server.approvals.tick_due(server.now, 10)
    assert ([its for _, its in ticked.claimed], ticked.failed) == ([request], ())
    assert server.books.directory().person(NINA) is None


async def test_a_directory_that_changes_without_end_is_told(storage: Storage) -> None:
    server = Server(storage)
    tries = 0

    async def never() -> None:
        nonlocal tries
        tries += 1

    await add(storage, nina())
    store = GuardedStore(storage.store, server.books, never)
    with pytest.raises(Conflict):
        await store.transact("", lambda _: Changes(result=None), Reads(rules=True))
    assert tries == MOST_TRIES
    assert await store.transact("", lambda _: Changes(result=FINN)) == FINN
