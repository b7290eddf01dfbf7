"""A commit whose answer was lost, of commands that wrote no event: each has its effect once."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from core.rows import Changes, Loaded, Reads, Refusal
from storage import Storage, open_storage
from tests.contract.cutting import AFTER, BEFORE, SILENT, Cutting
from tests.storage.absent import POLICY, RULES, away, look, next_policy
from tests.storage.purchase import AT, rid


@pytest.fixture
async def cut(postgres_dsn: str) -> AsyncIterator[tuple[Storage, Cutting]]:
    """Storage over PostgreSQL through a proxy that can break the connection at COMMIT."""
    address = urlsplit(postgres_dsn)
    assert address.port is not None
    proxy = Cutting("127.0.0.1", address.port)
    port = await proxy.start()
    storage = open_storage(postgres_dsn.replace(f":{address.port}/", f":{port}/"))
    yield storage, proxy
    await storage.close()
    await proxy.close()


@pytest.mark.parametrize("mode", [BEFORE, AFTER, SILENT])
async def test_a_policy_comes_into_force_once(cut: tuple[Storage, Cutting], mode: str) -> None:
    storage, proxy = cut
    await storage.store.transact("", next_policy, POLICY)
    proxy.arm(mode)
    assert await storage.store.transact("", next_policy, POLICY) == "v2"
    assert proxy.cuts == 1
    assert [row.version for row in await storage.store.policies(5)] == ["v2", "v1"]


@pytest.mark.parametrize("mode", [BEFORE, AFTER, SILENT])
async def test_an_absence_is_answered_as_made_once(cut: tuple[Storage, Cutting], mode: str) -> None:
    storage, proxy = cut

    def save(loaded: Loaded) -> Changes[bool]:
        return Changes(result=loaded.standing == (), standing=(away(),))

    await look(storage, RULES)
    proxy.arm(mode)
    assert await storage.store.transact("", save, RULES) is True
    assert proxy.cuts == 1
    assert list(await storage.store.standing()) == [away()]


@pytest.mark.parametrize("mode", [BEFORE, AFTER, SILENT])
async def test_a_refusal_is_answered_as_made_once(cut: tuple[Storage, Cutting], mode: str) -> None:
    storage, proxy = cut
    reads = Reads(repeat=("key1", "digest"))

    def refuse(loaded: Loaded) -> Changes[bool]:
        refusal = Refusal("key1", "digest", rid(1), AT)
        return Changes(result=loaded.refusal is None, refusals=(refusal,))

    await look(storage, reads)
    proxy.arm(mode)
    assert await storage.store.transact("", refuse, reads) is True
    assert proxy.cuts == 1
    assert (await look(storage, reads)).refusal == Refusal("key1", "digest", rid(1), AT)
