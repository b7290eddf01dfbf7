"""Where chat apps are installed: who was first wins, and what ended is forgotten."""

import asyncio

from msgspec.structs import replace
from sqlalchemy import text

from core.installs import Installation
from storage import Storage
from storage.engine import open_engines
from tests.storage.purchase import AT

ACME = Installation(platform="slack", team="T1", enterprise="", body=b"sealed 1", at=AT)
ORG = Installation(platform="slack", team="", enterprise="E1", body=b"sealed 2", at=AT)


async def test_what_is_installed_is_read_back_by_id(storage: Storage) -> None:
    await storage.installations.install(ACME)
    await storage.installations.install(ORG)
    found = await storage.installations.installed("slack")
    assert list(found) == [replace(ORG, version=1), replace(ACME, version=1)]
    assert list(await storage.installations.installed("teams")) == []


async def test_installing_again_replaces_what_was_there(storage: Storage) -> None:
    await storage.installations.install(ACME)
    await storage.installations.install(replace(ACME, enterprise="E2", body=b"new", at=AT + 1))
    [found] = await storage.installations.installed("slack")
    assert found == replace(ACME, enterprise="E2", body=b"new", at=AT + 1, version=2)


async def test_of_two_replicas_one_claims_and_its_body_counts(
    storage: Storage, replica: Storage
) -> None:
    await storage.installations.install(ACME)
    [found] = await storage.installations.installed("slack")
    both = [s.installations.claim(found, AT, AT + 9) for s in (storage, replica)]
    assert sorted(await asyncio.gather(*both)) == [False, True]
    assert await storage.installations.reseal(found, b"exchanged") is True
    assert await replica.installations.reseal(found, b"late") is False
    [now] = await replica.installations.installed("slack")
    assert (now.body, now.version) == (b"exchanged", 2)
    assert await replica.installations.claim(now, AT, AT + 9) is True, "the claim was given back"


async def test_a_claim_that_ran_out_is_free_again(storage: Storage) -> None:
    await storage.installations.install(ACME)
    [found] = await storage.installations.installed("slack")
    assert await storage.installations.claim(found, AT, AT + 9) is True
    assert await storage.installations.claim(found, AT + 8, AT + 20) is False
    assert await storage.installations.claim(found, AT + 9, AT + 20) is True


async def test_what_ended_is_forgotten_until_it_is_installed_again(storage: Storage) -> None:
    await storage.installations.install(ACME)
    [found] = await storage.installations.installed("slack")
    assert await storage.installations.end("slack", "T1", AT + 5) is True
    assert await storage.installations.end("slack", "T1", AT + 6) is False
    assert list(await storage.installations.installed("slack")) == []
    assert await storage.installations.claim(found, AT, AT + 9) is False
    assert await storage.installations.reseal(found, b"late") is False
    await storage.installations.install(replace(ACME, at=AT + 7))
    [again] = await storage.installations.installed("slack")
    assert (again.body, again.version) == (b"sealed 1", 3)


async def test_news_of_an_earlier_removal_does_not_end_a_later_installation(
    storage: Storage,
) -> None:
    await storage.installations.install(ACME)
    assert await storage.installations.end("slack", "T1", AT - 1) is False
    assert len(await storage.installations.installed("slack")) == 1


async def test_an_ended_installation_leaves_no_body(storage: Storage, dsn: str) -> None:
    await storage.installations.install(ACME)
    await storage.installations.end("slack", "T1", AT)
    engines = open_engines(dsn)
    with engines.reader.connect() as connection:
        rows = connection.execute(text("SELECT body FROM installations")).all()
    engines.dispose()
    assert [bytes(body) for (body,) in rows] == [b""]
