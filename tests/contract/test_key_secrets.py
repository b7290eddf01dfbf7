"""A key's secrets over their life: rotated, used, limited, revoked; on both databases."""

import asyncio
import json
from typing import Any

import pytest
from msgspec.structs import replace

from core.events import Actor
from core.refusals import Reason, Refused
from core.rows import ApiKey, KeyUse, Reads
from core.service.access import require_valid
from core.system_events import KeyUsed
from storage import Storage
from storage.errors import StorageError
from tests.contract.test_streams import types
from tests.storage.absent import look
from tests.storage.purchase import AT

FIRST, SECOND, THIRD = ("1" * 64, "2" * 64, "3" * 64)
HOUR = 3_600_000
KEY = ApiKey(id="k1", name="agent", scopes=("submit",), hash=FIRST, created_at=AT)
CLI = Actor(via="cli")


async def stored(storage: Storage) -> ApiKey:
    [key] = await storage.keys.all_keys()
    return key


async def rotate(storage: Storage, hash: str, at: int, overlap: int = HOUR) -> None:
    assert await storage.keys.rotate_key("k1", hash, at, at + overlap, None, CLI)


async def refusal(storage: Storage, hash: str, now: int) -> str | None:
    """Why the secret opens nothing, for a read and, from the same row, within a transaction."""
    looked_up = await storage.keys.key_by_hash(hash)
    loaded = (await look(storage, Reads(key_hash=hash))).key
    assert looked_up == loaded
    try:
        require_valid(looked_up, now)
    except Refused as refused:
        return refused.sentence
    return None


async def last_event(storage: Storage) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((await storage.store.links("key:k1"))[-1].body)["event"]
    return found


async def test_both_secrets_open_a_rotated_key_until_the_older_one_ends(storage: Storage) -> None:
    await storage.keys.add_key(KEY)
    await rotate(storage, SECOND, AT + 10)
    end = AT + 10 + HOUR
    assert await refusal(storage, SECOND, end) is None
    assert await refusal(storage, FIRST, end - 1) is None
    said = await refusal(storage, FIRST, end)
    assert said is not None
    assert said.startswith("This secret of the API key has ended: a newer one took its place")
    older = await storage.keys.key_by_hash(FIRST)
    assert older is not None
    assert (older.id, older.hash, older.by_older, older.expires_at) == ("k1", FIRST, True, end)
    assert await types(storage, "key:k1") == ["key_created", "key_rotated"]
    assert await last_event(storage) == {"type": "key_rotated", "key": "k1", "older_until": end}


async def test_a_second_rotation_ends_the_first_secret_so_that_never_three_are_valid(
    storage: Storage,
) -> None:
    await storage.keys.add_key(KEY)
    await rotate(storage, SECOND, AT + 10)
    await rotate(storage, THIRD, AT + 20)
    assert await storage.keys.key_by_hash(FIRST) is None
    assert await refusal(storage, SECOND, AT + 30) is None
    assert await refusal(storage, THIRD, AT + 30) is None


async def test_without_an_overlap_the_older_secret_ends_at_once_and_is_still_known(
    storage: Storage,
) -> None:
    await storage.keys.add_key(KEY)
    await rotate(storage, SECOND, AT + 10, overlap=0)
    assert await refusal(storage, FIRST, AT + 10) is not None
    known = await storage.keys.key_by_hash(FIRST)
    assert known is not None
    assert known.id == "k1"


async def test_a_key_s_own_end_ends_both_secrets_and_a_rotation_may_move_it(
    storage: Storage, replica: Storage
) -> None:
    await storage.keys.add_key(replace(KEY, expires_at=AT + 100))
    await rotate(storage, SECOND, AT + 10)
    for secret in (FIRST, SECOND):
        said = await refusal(replica, secret, AT + 100)
        assert said is not None
        assert said.startswith("This API key has expired")
    assert await storage.keys.rotate_key("k1", THIRD, AT + 50, AT + 60, AT + 900, CLI)
    assert await refusal(replica, THIRD, AT + 899) is None
    assert (await last_event(storage))["expires_at"] == AT + 900
    assert not await storage.keys.rotate_key("k1", FIRST, AT + 900, AT + 950, None, CLI)


async def test_a_revoked_key_is_shut_to_both_secrets_everywhere_and_cannot_be_changed(
    storage: Storage, replica: Storage
) -> None:
    await storage.keys.add_key(KEY)
    await rotate(storage, SECOND, AT + 10)
    assert await storage.keys.revoke_key("k1", AT + 20, CLI)
    for secret in (FIRST, SECOND):
        said = await refusal(replica, secret, AT + 21)
        assert said is not None
        assert said.startswith("This API key was revoked")
    assert not await storage.keys.rotate_key("k1", THIRD, AT + 30, AT + 40, None, CLI)
    assert not await storage.keys.limit_key("k1", "10/m", 5, AT + 30, CLI)
    assert await types(storage, "key:k1") == ["key_created", "key_rotated", "key_revoked"]


async def test_no_secret_is_given_to_two_keys(storage: Storage) -> None:
    await storage.keys.add_key(KEY)
    await storage.keys.add_key(ApiKey(id="k2", name="other", scopes=(), hash=SECOND))
    with pytest.raises(StorageError) as refused:
        await rotate(storage, SECOND, AT + 10)
    assert SECOND not in str(refused.value)
    assert await types(storage, "key:k1") == ["key_created"]


async def test_limits_are_kept_changed_and_recorded(storage: Storage) -> None:
    await storage.keys.add_key(replace(KEY, rate="9/m burst 9", per_day=3))
    found = await stored(storage)
    assert (found.rate, found.per_day) == ("9/m burst 9", 3)
    assert await last_event(storage) == {
        "type": "key_created",
        "key": "k1",
        "name": "agent",
        "scopes": ["submit"],
        "rate": "9/m burst 9",
        "per_day": 3,
    }
    assert await storage.keys.limit_key("k1", None, 7, AT + 1, CLI)
    found = await stored(storage)
    assert (found.rate, found.per_day) == (None, 7)
    assert await last_event(storage) == {"type": "key_limited", "key": "k1", "per_day": 7}
    assert not await storage.keys.limit_key("nobody", None, 7, AT + 1, CLI)


def use(since: int, *secrets: tuple[str, int]) -> KeyUse:
    used = KeyUsed(
        key="k1",
        since=since,
        until=max(at for _, at in secrets),
        calls={"viewRequest": {"200": 2}},
        networks={"192.0.2.0/24": 2},
    )
    return KeyUse(used=used, secrets=secrets)


async def test_uses_are_recorded_and_each_secret_shows_when_it_was_used_last(
    storage: Storage, replica: Storage
) -> None:
    await storage.keys.add_key(KEY)
    await storage.keys.record_uses([use(AT + 1, (FIRST, AT + 5))], "")
    await rotate(storage, SECOND, AT + 10)
    found = await stored(storage)
    assert (found.used_at, found.older_used_at) == (None, AT + 5)
    # What was used before the rotation may be recorded after it, and by several servers at once.
    await asyncio.gather(
        storage.keys.record_uses([use(AT + 6, (FIRST, AT + 9))], ""),
        replica.keys.record_uses([use(AT + 6, (FIRST, AT + 7), (SECOND, AT + 12))], ""),
    )
    found = await stored(replica)
    assert (found.used_at, found.older_used_at) == (AT + 12, AT + 9)
    assert await types(storage, "key:k1") == [
        *("key_created", "key_used", "key_rotated", "key_used", "key_used")
    ]
    last = await last_event(storage)
    assert (last["key"], last["calls"]) == ("k1", {"viewRequest": {"200": 2}})
    body = json.loads((await storage.store.links("key:k1"))[1].body)
    assert (body["actor"], body["at"]) == ({"via": "api", "agent": "k1"}, AT + 5)


async def test_two_servers_that_record_many_keys_at_once_make_one_line_of_each(
    storage: Storage, replica: Storage
) -> None:
    for number in range(4):
        await storage.keys.add_key(
            ApiKey(id=f"k{number}", name="k", scopes=(), hash=f"{number}" * 64)
        )
    uses = [
        KeyUse(
            used=KeyUsed(key=f"k{number}", since=AT, until=AT, calls={}, networks={}),
            secrets=((f"{number}" * 64, AT),),
        )
        for number in (3, 1, 0, 2)
    ]
    both = (storage, replica)
    await asyncio.gather(
        *[both[n % 2].keys.record_uses(uses[:: 1 - n % 2 * 2], "") for n in range(8)]
    )
    for number in range(4):
        assert await types(storage, f"key:k{number}") == ["key_created", *["key_used"] * 8]


def test_the_refusal_of_an_ended_secret_is_that_of_an_expired_key() -> None:
    older = replace(KEY, by_older=True, older_until=AT, expires_at=AT)
    with pytest.raises(Refused) as refused:
        require_valid(older, AT)
    assert refused.value.reason is Reason.KEY_EXPIRED
