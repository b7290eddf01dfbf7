"""Sessions and one-time links, in both databases: two who use one link, and what is looked up."""

import asyncio
from itertools import count

from msgspec.structs import replace

from core.audit.chain import broken_at
from core.directory.people import Directory, Person
from core.events import Actor
from core.web.sessions import Ended, Session, digest_of
from core.web.signing_in import SigningIn, SigningWorld, Unusable
from storage import Storage
from storage.sessions import KEPT
from tests.storage.purchase import ALICE, AT, BOB

HOUR = 3_600_000
PEOPLE = Directory((Person(email=ALICE, name="Alice"), Person(email=BOB, name="Bob")))


def signing_in(storage: Storage, first: int = 1) -> SigningIn:
    made = count(first)
    return SigningIn(
        SigningWorld(
            sessions=storage.sessions,
            directory=lambda: PEOPLE,
            clock=lambda: AT,
            new_id=lambda: f"id-{next(made)}",
            new_salt=lambda: f"{next(made):032x}",
            url="https://approvals.example.com",
        )
    )


async def secret_for(signing: SigningIn, email: str) -> str:
    return (await signing.link_for(email, Actor(via="cli"))).rpartition("t=")[2]


async def test_of_many_who_use_one_link_one_is_signed_in(
    storage: Storage, replica: Storage
) -> None:
    servers = signing_in(storage), signing_in(replica, 1000)
    secret = await secret_for(servers[0], BOB)
    found = await asyncio.gather(*(servers[n % 2].with_link(secret) for n in range(8)))
    assert [each for each in found if isinstance(each, Unusable)] == [Unusable.USED] * 7
    (session,) = await storage.sessions.open(AT)
    assert (session.person, session.realm) == (BOB, "link")
    links = await storage.store.links(f"person:{BOB}")
    assert [link.type for link in links] == ["sign_in_link_made", "signed_in"]
    assert broken_at(f"person:{BOB}", [(link.body, link.hash) for link in links]) is None


async def test_a_session_is_found_by_its_secret_and_its_person(storage: Storage) -> None:
    signing = signing_in(storage)
    for email in (ALICE, BOB, BOB):
        await signing.as_person(email)
    found = await signing.as_person(ALICE)
    assert isinstance(found, tuple)
    secret, session = found
    assert await storage.sessions.by_hash(digest_of(secret)) == session
    assert await storage.sessions.by_hash(digest_of("other")) is None
    assert session in await storage.sessions.of_person(ALICE)
    assert len(await storage.sessions.of_person(ALICE)) == 2
    assert await signing.sign_out_everywhere(session.id, ALICE) == 2
    assert {each.person for each in await storage.sessions.open(AT)} == {BOB}
    kept = await storage.sessions.by_hash(digest_of(secret))
    assert kept == replace(session, ended_at=AT)


async def test_the_last_use_never_goes_back(storage: Storage) -> None:
    found = await signing_in(storage).as_person(BOB)
    assert isinstance(found, tuple)
    for moment in (AT + 5, AT + 3):
        await storage.sessions.touch(found[1].hash, moment)
    kept = await storage.sessions.by_hash(found[1].hash)
    assert kept is not None
    assert kept.seen_at == AT + 5


async def test_what_is_long_over_is_forgotten(storage: Storage) -> None:
    signing = signing_in(storage)
    found = await signing.as_person(BOB)
    assert isinstance(found, tuple)
    await secret_for(signing, BOB)
    (link,) = await storage.sessions.transact(lambda ledger: list(ledger.links_of(BOB)))
    later = AT + KEPT + 13 * HOUR
    fresh = Session(
        id="later",
        hash="f" * 64,
        person=ALICE,
        realm="oidc",
        started_at=later,
        seen_at=later,
        ends_at=later + HOUR,
    )
    await storage.sessions.transact(lambda ledger: ledger.keep(fresh))
    new = replace(link, hash="e" * 64, made_at=later, expires_at=later + HOUR)
    await storage.sessions.transact(lambda ledger: ledger.keep_link(new))
    assert await storage.sessions.by_hash(found[1].hash) is None
    assert await storage.sessions.link_by_hash(link.hash) is None
    assert await storage.sessions.link_by_hash(new.hash) == new


async def test_text_that_no_database_keeps_is_nobodys(storage: Storage) -> None:
    signing = signing_in(storage)
    await signing.as_person(BOB)
    assert await signing.end_all("bob\0@example.com", Ended.ADMIN, Actor(via="cli")) == 0
    assert await signing.with_link("\0") is Unusable.UNKNOWN
