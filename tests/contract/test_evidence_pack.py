"""A pack holds what happened in its period, as either database has it."""

import csv
import io
import zipfile
from pathlib import Path

import pytest

from bot.auditing import Auditing
from bot.evidence_pack import EvidencePack, Period
from bot.evidence_zip import check_pack
from core.audit.ports import PackTooLarge
from core.audit.verifying import Trust
from core.directory.people import Directory, Identity, Person
from core.events import Actor, Finished, StageApproved
from core.request import Status
from core.rows import ApiKey
from storage import Storage
from tests.core.exported import RING
from tests.storage.purchase import AT, BOB, CANCELLED, DAY, happen, rid, submit, vote

PEOPLE = Directory(
    [
        Person(
            email=BOB,
            name="=HYPERLINK(1)",
            groups=("admins",),
            identities=(Identity(platform="slack", realm="T1", account="U1"),),
        )
    ]
)
APPROVED = Finished(status=Status.APPROVED, by=(BOB,), bypass="break_glass")


async def days(storage: Storage) -> None:
    """Three days, each with a request that ends and a checkpoint at noon of the next."""
    now = [AT]
    auditing = Auditing(storage.trail, RING, lambda: now[0])
    key = ApiKey(id="k1", name="agent", scopes=("submit",), hash="5ec2e7", created_at=AT)
    await storage.keys.add_key(key, Actor(via="cli"))
    for day in range(3):
        at = AT + day * DAY
        await storage.store.transact(rid(day), submit(rid(day), expires_at=AT + 90 * DAY))
        if day == 1:
            await storage.store.transact(rid(day), happen(vote(), StageApproved(level=1), at=at))
            await storage.store.transact(rid(day), happen(APPROVED, at=at + 1))
            await storage.keys.revoke_key("k1", at + 2, Actor(via="cli"))
        else:
            await storage.store.transact(rid(day), happen(CANCELLED, at=at + 1))
        now[0] = at + DAY // 2
        await auditing.complete()


def table(pack: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(pack.read(name).decode())))


async def test_a_pack_holds_its_period_and_verifies(storage: Storage, tmp_path: Path) -> None:
    await days(storage)
    path = tmp_path / "pack.zip"
    packs = EvidencePack(storage, RING, lambda: PEOPLE)
    period = Period(begins=AT + DAY - 1, ends=AT + 2 * DAY - 1, at=AT + 9 * DAY)
    with path.open("w+b") as file:
        await packs.write(file, period)
    found = check_pack(path, Trust(RING.jwks()))
    assert found.wrong == []
    assert found.trail is not None
    assert found.trail.header is not None
    # The checkpoints of the second day, and the one that could still hold an event of it.
    assert (found.trail.header.number, len(found.trail.hashes)) == (2, 2)
    with zipfile.ZipFile(path) as pack:
        [decided] = table(pack, "decisions.csv")
        assert (decided["request"], decided["status"]) == (rid(1), "approved")
        assert (decided["decided_by"], decided["bypass"]) == (BOB, "break_glass")
        assert decided["votes"].startswith(f"{BOB}: approve at 2026-")
        kinds = [(each["what"], each["stream"]) for each in table(pack, "incidents.csv")]
        assert kinds == [("finished", rid(1)), ("key_revoked", "key:k1")]
        [key] = table(pack, "api_keys.csv")
        assert (key["key"], key["state"], key["scopes"]) == ("k1", "revoked", "submit")
        assert b"5ec2e7" not in b"".join(pack.read(name) for name in pack.namelist())
        [person] = table(pack, "people.csv")
        assert (person["name"], person["chat_accounts"]) == ("'=HYPERLINK(1)", "slack:T1/U1")
        [signing] = table(pack, "signing_keys.csv")
        assert (signing["kid"], signing["checkpoints"]) == (RING.active.kid, "3")
        assert pack.read("checkpoints.jsonl").count(b"\n") == 2


async def test_a_pack_may_be_bounded_and_may_hold_nothing(storage: Storage) -> None:
    packs = EvidencePack(storage, RING, lambda: PEOPLE)
    # Nothing has happened yet.
    empty = io.BytesIO()
    await packs.write(empty, Period(ends=AT, at=AT))
    with zipfile.ZipFile(empty) as pack:
        assert table(pack, "decisions.csv") == []
    await days(storage)
    for most, begins in ((13, None), (3, AT + 2 * DAY)):
        period = Period(ends=AT + 9 * DAY, at=AT, begins=begins, most=most)
        await packs.write(io.BytesIO(), period)
        period = Period(ends=AT + 9 * DAY, at=AT, begins=begins, most=most - 1)
        with pytest.raises(PackTooLarge):
            await packs.write(io.BytesIO(), period)
