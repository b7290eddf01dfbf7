"""API keys and conversation references."""

import pytest

from core.directory.people import Identity
from core.rows import ApiKey
from storage import Storage
from storage.errors import StorageError
from tests.storage.purchase import AT, BOB

KEY = ApiKey(
    id="k1",
    name="agent",
    scopes=("submit", "read"),
    hash="1" * 64,
    person=BOB,
    owner=BOB,
    requesters=("group:staff",),
    created_at=AT,
    expires_at=AT + 1,
)
OTHER = ApiKey(id="k2", name="agent", scopes=(), hash="2" * 64, created_at=AT + 1)
BOB_IN_TEAMS = Identity(platform="teams", realm="tenant", account="aad-1")


async def test_a_key_is_found_by_its_hash_as_it_was_added(storage: Storage) -> None:
    await storage.keys.add_key(OTHER)
    await storage.keys.add_key(KEY)
    assert await storage.keys.key_by_hash("1" * 64) == KEY
    assert await storage.keys.key_by_hash("3" * 64) is None
    assert list(await storage.keys.all_keys()) == [KEY, OTHER]


async def test_a_key_is_revoked_once(storage: Storage) -> None:
    await storage.keys.add_key(KEY)
    assert await storage.keys.revoke_key("k1", AT + 5) is True
    assert await storage.keys.revoke_key("k1", AT + 9) is False
    assert await storage.keys.revoke_key("nobody", AT) is False
    found = await storage.keys.key_by_hash("1" * 64)
    assert found is not None
    assert found.revoked_at == AT + 5


async def test_a_second_key_with_the_same_secret_is_refused_without_naming_it(
    storage: Storage,
) -> None:
    await storage.keys.add_key(KEY)
    twin = ApiKey(id="k3", name="twin", scopes=(), hash=KEY.hash)
    with pytest.raises(StorageError) as refused:
        await storage.keys.add_key(twin)
    assert KEY.hash not in str(refused.value)
    assert [key.id for key in await storage.keys.all_keys()] == ["k1"]


async def test_a_reference_is_kept_replaced_and_forgotten(storage: Storage) -> None:
    references = storage.references
    assert await references.reference(BOB_IN_TEAMS) is None
    await references.keep_reference(BOB_IN_TEAMS, {"conversation": "a:1"}, AT)
    await references.keep_reference(BOB_IN_TEAMS, {"conversation": "a:2"}, AT + 1)
    assert await references.reference(BOB_IN_TEAMS) == {"conversation": "a:2"}
    assert await references.reference(Identity("slack", "tenant", "aad-1")) is None
    await references.keep_reference(BOB_IN_TEAMS, None, AT + 2)
    assert await references.reference(BOB_IN_TEAMS) is None


async def test_ping_answers_until_the_storage_is_closed(storage: Storage) -> None:
    await storage.ping()
    await storage.close()
    with pytest.raises(RuntimeError):
        await storage.ping()
