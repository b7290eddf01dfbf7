"""Bindings of chat accounts and their codes, in both databases: races above all."""

import asyncio
import threading
from collections.abc import Callable, Sequence

import pytest
from msgspec.structs import replace

from core.audit.chain import broken_at
from core.directory import binding
from core.directory.accounts import Account, Attempt, How, Ledger, LinkCode
from core.directory.codes import digest_of, name_of
from core.directory.people import Directory, Identity, Person
from core.events import Actor
from core.refusals import Refused
from storage import Storage
from storage.errors import StorageError
from tests.storage.purchase import ALICE, AT, BOB, DAY

PEOPLE = Directory((Person(email=ALICE, name="Alice"), Person(email=BOB, name="Bob")))
CODE = "ABCD0123456789AB"
HOUR = 3_600_000
BY = Actor(via="cli")


def slack(account: str, team: str = "T1") -> Identity:
    return Identity(platform="slack", realm=team, account=account)


def account(id: str, identity: Identity, person: str = BOB) -> Account:
    return Account(id=id, identity=identity, person=person, how=How.ADMIN, bound_at=AT)


def code(text: str = CODE, person: str = BOB, at: int = AT) -> LinkCode:
    return LinkCode(
        hash=digest_of(text),
        name=name_of(text),
        person=person,
        made_by="cli",
        made_at=at,
        expires_at=at + HOUR,
    )


def bind(new: Account) -> Callable[[Ledger], Account | Refused]:
    """Bind, and give the refusal instead of raising it."""

    def run(ledger: Ledger) -> Account | Refused:
        try:
            return binding.bind(ledger, PEOPLE, new, BY)
        except Refused as refusal:
            return refusal

    return run


def redeem(identity: Identity, id: str, text: str = CODE) -> Callable[[Ledger], object]:
    """As the service does it: the code, the binding and the mark that it was used."""

    def run(ledger: Ledger) -> object:
        given = binding.redeemed(ledger, text, identity, AT)
        if given is None:
            return "wrong"
        bound = bind(account(id, identity, given.person))(ledger)
        if isinstance(bound, Account):
            ledger.keep_code(replace(given, used_at=AT))
        return bound

    return run


async def keep(storage: Storage, *codes: LinkCode) -> None:
    for each in codes:
        await storage.accounts.transact(keeping(each))


def keeping(code: LinkCode) -> Callable[[Ledger], None]:
    return lambda ledger: ledger.keep_code(code)


async def found(storage: Storage, text: str = CODE) -> Sequence[LinkCode]:
    return await storage.accounts.transact(lambda ledger: ledger.codes(name_of(text)))


async def test_a_binding_is_found_ended_and_found_no_more(storage: Storage) -> None:
    accounts = storage.accounts
    new = account("a1", slack("U1"))
    assert await accounts.transact(bind(new)) == new
    assert await accounts.all() == [new]
    assert await accounts.transact(lambda ledger: ledger.holder(slack("U1"))) == new
    assert await accounts.transact(lambda ledger: ledger.accounts_of(BOB)) == [new]
    over = await accounts.transact(lambda ledger: binding.unbind(ledger, new, "admin", BY, AT + 1))
    assert (over.ended_at, over.ended_by) == (AT + 1, "admin")
    assert await accounts.all() == []
    assert await accounts.transact(lambda ledger: ledger.holder(slack("U1"))) is None
    assert await accounts.transact(lambda ledger: ledger.ended(slack("U1"))) == [over]


async def test_an_account_is_free_again_after_its_end(storage: Storage) -> None:
    accounts = storage.accounts
    first = account("a1", slack("U1"))
    await accounts.transact(bind(first))
    assert isinstance(await accounts.transact(bind(account("a2", slack("U1"), ALICE))), Refused)
    await accounts.transact(lambda ledger: binding.unbind(ledger, first, "admin", BY, AT))
    second = account("a2", slack("U1"), ALICE)
    assert await accounts.transact(bind(second)) == second
    assert await accounts.all() == [second]


async def test_each_change_is_chained_in_the_stream_of_the_person(storage: Storage) -> None:
    new = account("a1", slack("U1"))
    await storage.accounts.transact(bind(new))
    await storage.accounts.transact(lambda ledger: binding.unbind(ledger, new, "admin", BY, AT))
    links = await storage.store.links(f"person:{BOB}")
    assert [link.type for link in links] == ["account_linked", "account_unlinked"]
    assert broken_at(f"person:{BOB}", [(link.body, link.hash) for link in links]) is None


async def test_the_number_grows_with_each_change_and_with_nothing_else(storage: Storage) -> None:
    assert await storage.accounts.number() == 0
    await keep(storage, code())
    await storage.accounts.transact(lambda ledger: ledger.attempted(Attempt.START, "x", AT))
    assert await storage.accounts.number() == 0
    await storage.accounts.transact(bind(account("a1", slack("U1"))))
    assert await storage.accounts.number() == 1


async def test_nothing_is_kept_of_what_raised(storage: Storage) -> None:
    def run(ledger: Ledger) -> None:
        binding.bind(ledger, PEOPLE, account("a1", slack("U1")), BY)
        raise LookupError("then it fails")

    with pytest.raises(LookupError):
        await storage.accounts.transact(run)
    assert await storage.accounts.all() == []
    assert await storage.store.links(f"person:{BOB}") == []


async def test_of_two_replicas_one_redeems_a_code(storage: Storage, replica: Storage) -> None:
    await keep(storage, code())
    answers = await asyncio.gather(
        *(
            each.accounts.transact(redeem(slack(f"U{n}"), f"a{n}"))
            for n, each in enumerate((storage, replica) * 4)
        )
    )
    won = [answer for answer in answers if isinstance(answer, Account)]
    assert len(won) == 1
    assert answers.count("wrong") == 7
    assert await storage.accounts.all() == won


async def test_a_code_links_in_one_workspace_only(storage: Storage, replica: Storage) -> None:
    # Nothing but the code itself stands between these: each account and place is free.
    await keep(storage, code())
    answers = await asyncio.gather(
        *(
            each.accounts.transact(redeem(slack("U1", f"T{n}"), f"a{n}"))
            for n, each in enumerate((storage, replica) * 8)
        )
    )
    assert answers.count("wrong") == 15
    assert len(await storage.accounts.all()) == 1


async def test_one_account_redeems_one_of_two_codes(storage: Storage, replica: Storage) -> None:
    other = "WXYZ0123456789AB"
    await keep(storage, code(), code(other, ALICE))
    answers = await asyncio.gather(
        storage.accounts.transact(redeem(slack("U1"), "a1")),
        replica.accounts.transact(redeem(slack("U1"), "a2", other)),
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Account", "Refused"]
    (bound,) = await storage.accounts.all()
    used = [each.used_at for text in (CODE, other) for each in await found(storage, text)]
    assert sorted(used, key=str) == [AT, None], "the other code is still good for its person"
    assert bound.identity == slack("U1")


async def test_one_person_gets_one_account_of_two_at_once(
    storage: Storage, replica: Storage
) -> None:
    answers = await asyncio.gather(
        storage.accounts.transact(bind(account("a1", slack("U1")))),
        replica.accounts.transact(bind(account("a2", slack("U2")))),
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Account", "Refused"]
    assert len(await storage.accounts.all()) == 1


async def test_wrong_tries_from_everywhere_are_all_counted(
    storage: Storage, replica: Storage
) -> None:
    await keep(storage, code())
    wrong = CODE[:-1] + "Z"
    answers = await asyncio.gather(
        *(
            each.accounts.transact(redeem(slack(f"U{n}"), f"a{n}", wrong))
            for n, each in enumerate((storage, replica) * 3)
        )
    )
    assert answers == ["wrong"] * 6
    (tried,) = await found(storage)
    assert tried.tries == 5, "after the fifth it is no code any more"
    assert await storage.accounts.transact(redeem(slack("U1"), "a1")) == "wrong"


async def test_nobody_looks_while_another_changes(storage: Storage, replica: Storage) -> None:
    inside, looked = threading.Event(), threading.Event()

    def slowly(ledger: Ledger) -> bool:
        inside.set()
        return looked.wait(0.3)  # long enough for one who does not wait

    def look(ledger: Ledger) -> None:
        looked.set()

    first = asyncio.create_task(storage.accounts.transact(slowly))
    await asyncio.to_thread(inside.wait)
    await replica.accounts.transact(look)
    assert await first is False


async def test_the_database_itself_keeps_an_account_to_one_person(storage: Storage) -> None:
    def carelessly(ledger: Ledger) -> None:
        ledger.keep(account("a1", slack("U1")))
        ledger.keep(account("a2", slack("U1"), ALICE))

    with pytest.raises(StorageError):
        await storage.accounts.transact(carelessly)
    assert await storage.accounts.all() == []


async def test_codes_are_kept_for_their_account_and_forgotten_in_the_end(storage: Storage) -> None:
    pinned = replace(code(), identity=slack("U1"), tries=2)
    await keep(storage, pinned)
    assert await found(storage) == [pinned]
    await keep(storage, code("WXYZ0123456789AB", at=AT + HOUR + 31 * DAY))
    assert await found(storage) == []


async def test_attempts_are_counted_by_whom_and_forgotten_after_a_day(storage: Storage) -> None:
    def attempt(what: Attempt, by: str, at: int) -> Callable[[Ledger], None]:
        return lambda ledger: ledger.attempted(what, by, at)

    def seen(since: int) -> Callable[[Ledger], object]:
        return lambda ledger: ledger.attempts(Attempt.START, "ann", since)

    accounts = storage.accounts
    for at in (AT + 2, AT, AT + 1):
        await accounts.transact(attempt(Attempt.START, "ann", at))
    await accounts.transact(attempt(Attempt.WRONG, "ann", AT))
    await accounts.transact(attempt(Attempt.START, "ben", AT))
    assert await accounts.transact(seen(AT)) == [AT + 1, AT + 2]
    await accounts.transact(attempt(Attempt.START, "ben", AT + 2 * DAY))
    assert await accounts.transact(seen(0)) == []


@pytest.mark.parametrize("hostile", ["U\x001", "\ud800"])
async def test_what_no_database_can_hold_is_nobodys(storage: Storage, hostile: str) -> None:
    assert await storage.accounts.transact(lambda led: led.holder(slack(hostile))) is None
    assert await storage.accounts.transact(lambda led: led.accounts_of(hostile)) == []
    assert await storage.accounts.transact(lambda led: led.codes(hostile)) == []


async def test_codes_are_found_by_whose_they_are_and_ended_together(storage: Storage) -> None:
    other = "WXYZ0123456789AB"
    await keep(storage, code(), code(other, ALICE))
    ended = await storage.accounts.transact(lambda led: binding.end_codes(led, BOB, AT + 1))
    assert ended == 1
    (mine,), (hers,) = await found(storage), await found(storage, other)
    assert binding.is_live(mine, AT + 1) is False
    assert binding.is_live(hers, AT + 1) is True
    assert await storage.accounts.transact(lambda led: led.codes_of("\ud800")) == []
