"""`countersign audit pack` and `verify-pack` as an operator and an auditor use them."""

import asyncio
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot import ids, log
from bot.books import FIRST_POLICY
from bot.cli import app
from bot.documents import read_document
from bot.evidence_pack import EvidencePack, Period
from bot.evidence_zip import Packing, check_pack
from core.audit.verifying import Trust
from core.commands import Facts
from core.decide import decide
from core.directory.people import Directory, Person
from core.events import Actor
from core.policy.policy import Policy
from core.policy.text import read_policy
from core.request import RequestState
from core.rows import Changes, Loaded
from core.service.governing import Governance
from storage.database import open_storage
from tests.core.builders import NOW, a_submit
from tests.core.exported import RING
from tests.storage.purchase import CANCELLED, happen

Members = dict[str, bytes]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a database in which one request was cancelled, its pack, and the keys."""
    folder = tmp_path_factory.mktemp("evidence")
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("COUNTERSIGN_")]:
            patch.delenv(name)
        patch.chdir(folder)
        patch.setattr(log, "configure", lambda *_: None)  # it would outlive the test
        (folder / "directory.yaml").write_text(
            "people:\n- {email: mara@example.com, name: '=cmd|calc', groups: [admins]}\n"
        )
        told("db", "upgrade")
        asyncio.run(_request())
        told("audit", "pack", "pack.zip")
        (folder / "keys.json").write_text(told("signing-keys", "public"))
        yield folder


async def _request() -> None:
    name = ids.new_id()

    def fn(loaded: Loaded) -> Changes[None]:
        command = a_submit()
        own = decide(RequestState(id=name), command, Facts(), NOW)
        content = (command.content, command.rationale)
        return Changes(result=None, state=own.state, events=own.events, content=content)

    storage = open_storage("sqlite:///countersign.db")
    await storage.store.transact(name, fn)
    await storage.store.transact(name, happen(CANCELLED))
    await storage.close()


async def _in_force(policy: Policy) -> None:
    storage = open_storage("sqlite:///countersign.db")
    governance = Governance(
        store=storage.store, read=lambda _: policy, clock=lambda: NOW, from_file=False
    )
    await governance.adopt(policy, Actor(via="cli"))
    await storage.close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def told(*arguments: str) -> str:
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def members(path: Path) -> Members:
    with zipfile.ZipFile(path) as pack:
        return {name: pack.read(name) for name in pack.namelist()}


def packed(path: Path, files: Members) -> str:
    """What a check says of a zip file of these files."""
    with zipfile.ZipFile(path, "w") as pack:
        for name, data in files.items():
            pack.writestr(name, data)
    return checked(path)


def checked(path: Path) -> str:
    done = run("audit", "verify-pack", str(path), "--key", "keys.json")
    assert done.exit_code == 1, done.output
    return done.stderr


def test_a_pack_is_checked_without_the_server(made: Path, tmp_path: Path) -> None:
    there = members(made / "pack.zip")
    assert {"README.txt", "trail.jsonl", "checkpoints.jsonl", "keys.json"} < there.keys()
    said = told("audit", "verify-pack", "pack.zip", "--key", "keys.json")
    assert "all there and unchanged." in said
    assert "all there, in order and unchanged." in said
    # And so does everything that its README says, with nothing but what is in it.
    for name in ("trail.jsonl", "checkpoints.jsonl"):
        (tmp_path / name).write_bytes(there[name])
    given = ("--key", "keys.json", "--checkpoints", str(tmp_path / "checkpoints.jsonl"))
    told("audit", "verify", str(tmp_path / "trail.jsonl"), *given)
    for name in there.keys() - {"manifest.json"}:
        assert f"\n{name}\n" in there["README.txt"].decode() or name == "README.txt"


def test_each_file_that_was_altered_is_named(made: Path, tmp_path: Path) -> None:
    there = members(made / "pack.zip")
    for name in there:
        said = packed(tmp_path / "altered.zip", there | {name: there[name] + b" "})
        assert f"altered.zip: {name} " in said, said
        assert said.count("\n") == 1
        if name != "manifest.json":
            gone = {n: d for n, d in there.items() if n != name}
            assert packed(tmp_path / "a.zip", gone).endswith(f"a.zip: {name} was removed.\n")


def test_what_was_added_or_is_there_twice_is_named(made: Path, tmp_path: Path) -> None:
    there = members(made / "pack.zip")
    said = packed(tmp_path / "more.zip", there | {"../../etc/passwd\x1b[2J": b"x", "new.csv": b""})
    assert said.splitlines() == [
        f"{tmp_path}/more.zip: '../../etc/passwd\\x1b[2J' was added: the list does not name it.",
        f"{tmp_path}/more.zip: new.csv was added: the list does not name it.",
    ]
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as pack:
        for name in there:
            pack.writestr(name, there[name])
        with pytest.warns(UserWarning, match="Duplicate name"):
            pack.writestr("people.csv", there["people.csv"])
    assert "people.csv is there 2 times" in checked(tmp_path / "more.zip")


def test_what_other_programs_may_find_in_it_is_not_left_out(made: Path, tmp_path: Path) -> None:
    """A program that reads a zip file from the front never sees its directory, nor this check."""
    whole, forged = (made / "pack.zip").read_bytes(), io.BytesIO()
    with zipfile.ZipFile(forged, "w") as pack:
        pack.writestr("decisions.csv", "forged")
    local = forged.getvalue()[: forged.getvalue().index(b"PK\x01\x02")]
    begins = whole.index(b"decisions.csv")
    shorter = whole[: begins - 4] + b"\x02\0" + whole[begins - 2 :]  # its name, for such a program
    for data, said in (
        (local + whole, "something else is in it"),
        (forged.getvalue() + whole, "something else is in it"),
        (shorter, "decisions.csv was changed"),
        (whole + b"\n", "something stands behind its end"),
        (whole[:-2] + b"\x05\0All good", "something stands behind its end"),
    ):
        (tmp_path / "hidden.zip").write_bytes(data)
        assert said in checked(tmp_path / "hidden.zip")


def test_another_key_cannot_vouch_for_a_pack(made: Path, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text(json.dumps(RING.jwks()))
    done = run("audit", "verify-pack", "pack.zip", "--key", str(tmp_path / "other.json"))
    assert done.exit_code == 1
    assert "manifest.json is signed with the key" in done.stderr


def _bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("manifest.json", b"[" * 50_000_000)
    return file.getvalue()


def _crowd() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as pack:
        for number in range(10_001):
            pack.writestr(str(number), b"")
    return file.getvalue()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: b"", "it is no zip file, or was cut off"),
        (lambda: b"PK\x05\x06" + bytes(17), "it is no zip file, or was cut off"),
        (lambda: b"PK\x05\x06" + bytes(18), "manifest.json is missing"),
        (_bomb, "manifest.json is larger than any list of a pack"),
        (_crowd, "it has more files than a pack can have"),
        (
            # https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT 4.3.14: a count beyond
            lambda: (
                b"PK\x06\x06" + bytes(28) + (1 << 40).to_bytes(8, "little") + bytes(16)
                + b"PK\x06\x07" + bytes(16) + b"PK\x05\x06" + bytes(18)
            ),
            "it has more files than a pack can have",
        ),
    ],
)  # fmt: skip
def test_a_file_that_is_no_pack_does_no_harm(
    make: Callable[[], bytes], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.zip"
    path.write_bytes(make())
    assert [w for w in check_pack(path, Trust(RING.jwks())).wrong if w.startswith(said)]


def test_a_pack_cut_off_anywhere_is_no_good(made: Path, tmp_path: Path) -> None:
    whole = (made / "pack.zip").read_bytes()
    there = members(made / "pack.zip")
    trust = Trust(json.loads((made / "keys.json").read_text()))
    for size in range(0, len(whole), 997):
        (tmp_path / "cut.zip").write_bytes(whole[:size])
        assert check_pack(tmp_path / "cut.zip", trust).wrong
    for at in range(0, len(whole), 211):
        damaged = bytearray(whole)
        damaged[at] ^= 0x55
        (tmp_path / "cut.zip").write_bytes(damaged)
        found = check_pack(tmp_path / "cut.zip", trust)  # raises nothing, whatever it meets
        # A date or the like may have been hit, of which nothing is said.
        assert found.wrong or members(tmp_path / "cut.zip") == there


def test_tables_hold_no_formula_and_no_secret(made: Path) -> None:
    there = members(made / "pack.zip")
    assert "mara@example.com,'=cmd|calc,yes" in there["people.csv"].decode()
    [head, row] = there["decisions.csv"].decode().splitlines()
    assert dict(zip(head.split(","), row.split(","), strict=True))["status"] == "cancelled"
    assert there["incidents.csv"].decode().count("\n") == 1
    everything = b"".join(there.values())
    assert b"PRIVATE" not in everything


def test_the_same_database_gives_the_same_bytes(made: Path) -> None:
    period = Period(ends=NOW * 2, at=NOW * 2)
    people = Directory([Person(email="mara@example.com", name="Mara")])

    async def write() -> bytes:
        storage = open_storage("sqlite:///countersign.db")
        file = io.BytesIO()
        await EvidencePack(storage, RING, lambda: people).write(file, period)
        await storage.close()
        return file.getvalue()

    first = asyncio.run(write())
    assert first == asyncio.run(write())


def test_a_period_is_of_whole_checkpoints(made: Path) -> None:
    told("audit", "pack", "early.zip", "--from", "2020-01-01", "--to", "2020-12-31")
    there = members(made / "early.zip")
    assert there["decisions.csv"].decode().count("\n") == 1
    assert "from 2020-01-01T00:00:00.000Z until before 2021-01-01T00:00:00.000Z" in told(
        "audit", "verify-pack", "early.zip", "--key", "keys.json"
    )
    for wrong in ("2020", "2020-13-01", "2020-01-01T00:00:00", "x", "9" * 40):
        done = run("audit", "pack", "x.zip", "--from", wrong)
        assert (done.exit_code, "is no time" in done.stderr) == (1, True), wrong
    assert run("audit", "pack", "x.zip", "--from", "2999-01-01").exit_code == 1
    assert not (made / "x.zip").exists()


def test_a_name_that_does_not_belong_is_not_packed() -> None:
    packing = Packing(io.BytesIO(), NOW)
    packing.add("../x", b"")
    from core.audit.pack import manifest_bytes

    with pytest.raises(ValueError, match="no name"):
        manifest_bytes(packing.members, None, NOW, NOW, RING)
    packing.close()


def test_what_is_held_is_listed_and_not_erased(made: Path) -> None:
    name = members(made / "pack.zip")["decisions.csv"].decode().splitlines()[1].split(",")[0]
    held = ("hold", "add", "--request", name, "--reason", "Case 7")
    assert told(*held).startswith(f"Held: nothing of the request {name} is erased until")
    assert "is held already" in run(*held).stderr
    assert run("hold", "add", "--rule", "travel", "--reason", "Tax audit").stderr == ""
    rows = [line.split("\t")[:2] for line in told("hold", "list").splitlines()]
    assert rows == [["held", "name"], ["request", name], ["rule", "travel"]]
    assert json.loads(told("hold", "list", "--json"))["items"][1]["name"] == "travel"
    erase = ("audit", "erase", "--request", name, "--reason", "x", "--yes")
    kept = run(*erase)
    assert (kept.exit_code, f"a legal hold keeps it: {name}" in kept.stderr) == (1, True)
    assert "is not held any more" in told(
        "hold", "remove", "--request", name, "--reason", "Settled"
    )
    assert "is not held" in run("hold", "remove", "--rule", "x", "--reason", "y").stderr
    assert told(*erase) == "Erased 2 texts of 1 request.\n"
    for wrong in (("--reason", "x"), ("--reason", " ", "--rule", "r")):
        assert run("hold", "add", *wrong).exit_code == 64


def test_a_rule_that_is_written_otherwise_is_told_when_it_is_held(made: Path) -> None:
    """Or what was meant would be erased, while everybody believes that it is kept."""
    del made
    asyncio.run(_in_force(read_policy(read_document(FIRST_POLICY), FIRST_POLICY, None)))
    add = ("hold", "add", "--reason", "Tax audit", "--rule")
    assert run(*add, "fallback").stderr == ""
    assert "The policy in force has no rule Fallback" in run(*add, "Fallback").stderr
