"""The signing keys of a server: where they are found, made and rotated, and what is refused."""

import errno
import logging
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from bot import signing_keys
from bot.failures import Failure
from bot.settings import Secret, SettingsError
from bot.signing_keys import Source, key_source, load_ring, new_pem, read_ring, rotate
from tests.bot.logged import logged

PLAIN = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
POSTGRESQL = Secret("postgresql://h/d")


def sqlite(folder: Path) -> Secret:
    return Secret(f"sqlite:///{folder}/countersign.db")


def kids(*pems: str) -> list[str]:
    """The ids of keys, each read by itself."""
    return [load_ring(Secret(pem), POSTGRESQL).active.kid for pem in pems]


def named(path: Path) -> Source:
    return key_source(Secret(str(path)), POSTGRESQL)


def problem(given: Secret | None, database: Secret = POSTGRESQL) -> str:
    """The one problem, which shows nothing of a key."""
    with pytest.raises(SettingsError) as caught:
        load_ring(given, database)
    (found,) = caught.value.problems
    assert found.key == "COUNTERSIGN_SIGNING_KEY"
    assert found.remedy.endswith(".")
    if given is not None:
        assert not any(line in str(found) for line in given.reveal().split() if len(line) > 20)
    return found.problem


# --- found -----------------------------------------------------------------------------------


def test_a_file_may_be_named_or_the_key_be_given_itself(tmp_path: Path) -> None:
    pem = new_pem()
    path = tmp_path / "key.pem"
    path.write_text(pem)
    path.chmod(0o600)
    assert load_ring(Secret(str(path)), POSTGRESQL) == load_ring(Secret(pem), POSTGRESQL)


def test_line_breaks_may_be_written_out_where_a_variable_cannot_hold_them() -> None:
    pem = new_pem()
    assert kids(pem.strip().replace("\n", "\\n")) == kids(pem)


def test_the_first_key_signs_and_the_others_are_retired() -> None:
    first, second, third = new_pem(), new_pem(), new_pem()
    ring = load_ring(Secret(f"{first}made in May\n{second}\n\n{third}"), POSTGRESQL)
    assert [ring.active.kid, *(key.kid for key in ring.retired)] == kids(first, second, third)


def test_every_new_key_is_another_one() -> None:
    assert len(set(kids(*(new_pem() for _ in range(20))))) == 20


def test_a_key_file_that_others_may_read_is_said_not_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text(new_pem())
    for mode, said in ((0o600, 0), (0o400, 0), (0o640, 1), (0o644, 1)):
        path.chmod(mode)
        with logged() as lines:
            load_ring(Secret(str(path)), POSTGRESQL)
        assert [line["event"] for line in lines] == ["signing_key_open_to_others"] * said


# --- made ------------------------------------------------------------------------------------


def test_beside_sqlite_a_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    with logged() as lines:
        ring = load_ring(None, sqlite(tmp_path))
    path = tmp_path / "countersign.signing-key.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [(line["event"], line["path"]) for line in lines] == [("signing_key_made", str(path))]
    assert load_ring(None, sqlite(tmp_path)) == ring
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_the_key_is_beside_the_database_wherever_that_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    load_ring(None, Secret("sqlite:///other.sqlite3?timeout=5"))
    assert [p.name for p in tmp_path.iterdir()] == ["other.signing-key.pem"]


def test_the_key_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, link = os.fsync, os.link

    def synced(descriptor: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        sync(descriptor)

    def linked(source: Path, target: Path) -> None:
        done.append("named")
        link(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "link", linked)
    load_ring(None, sqlite(tmp_path))
    assert done == ["file", "named", "folder"]


def test_of_two_that_make_it_at_once_the_second_takes_the_first_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, theirs = os.link, new_pem()

    def late(source: Path, target: Path) -> None:
        Path(target).write_text(theirs)
        Path(target).chmod(0o600)
        link(source, target)

    monkeypatch.setattr(os, "link", late)
    assert load_ring(None, sqlite(tmp_path)).active.kid == kids(theirs)[0]
    assert [p.name for p in tmp_path.iterdir()] == ["countersign.signing-key.pem"]


def test_many_processes_that_start_at_once_have_one_key(tmp_path: Path) -> None:
    code = (
        "import sys; from bot.settings import Secret; from bot.signing_keys import load_ring; "
        "print(load_ring(None, Secret(sys.argv[1])).active.kid)"
    )
    command = [sys.executable, "-c", code, sqlite(tmp_path).reveal()]
    children = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
        for _ in range(6)
    ]
    printed = [child.communicate()[0].splitlines()[-1] for child in children]
    assert [child.returncode for child in children] == [0] * 6
    assert printed == [load_ring(None, sqlite(tmp_path)).active.kid] * 6


def test_where_it_cannot_be_made_the_folder_is_named(tmp_path: Path) -> None:
    path = tmp_path / "no" / "countersign.signing-key.pem"
    found = problem(None, sqlite(tmp_path / "no"))
    assert found == f"is not set, and {path} cannot be made: No such file or directory"


def test_with_postgresql_none_is_made() -> None:
    assert problem(None) == "is missing"


# --- refused ---------------------------------------------------------------------------------


def _encrypted() -> bytes:
    key = ed25519.Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))


def _broken(pem: str) -> str:
    return pem.replace("MC4", "MC5")


PEM = new_pem()
NOT_ED25519 = "holds a key that is not Ed25519 in PKCS#8"
UNREADABLE = "holds a PEM block that cannot be read"
REFUSED = {
    "RSA": (rsa.generate_private_key(65537, 2048).private_bytes(*PLAIN).decode(), NOT_ED25519),
    "P-256": (ec.generate_private_key(ec.SECP256R1()).private_bytes(*PLAIN).decode(), NOT_ED25519),
    "Ed448": (ed448.Ed448PrivateKey.generate().private_bytes(*PLAIN).decode(), NOT_ED25519),
    "SEC1": (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        .decode(),
        NOT_ED25519,
    ),
    "OpenSSH": (
        ed25519.Ed25519PrivateKey.generate()
        .private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        .decode(),
        NOT_ED25519,
    ),
    "public": (
        ed25519.Ed25519PrivateKey.generate()
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode(),
        "holds a public key, which cannot sign",
    ),
    "encrypted": (
        _encrypted().decode(),
        "holds an encrypted key, and nobody is there to type its password",
    ),
    "twice": (f"{PEM}{PEM}", "holds the same key twice"),
    "broken": (_broken(PEM), UNREADABLE),
    "broken retired": (f"{PEM}{_broken(new_pem())}", UNREADABLE),
    "empty block": ("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", UNREADABLE),
    "cut off": (PEM[:-20], "holds a PEM block without its end"),
    "cut off retired": (f"{PEM}{new_pem()[:-20]}", "holds a PEM block without its end"),
}


@pytest.mark.parametrize("case", list(REFUSED))
def test_what_is_no_signing_key_is_refused_as_text_and_as_a_file(case: str, tmp_path: Path) -> None:
    text, said = REFUSED[case]
    path = tmp_path / "key.pem"
    path.write_text(text)
    assert problem(Secret(text)) == said
    assert problem(Secret(str(path))) == f"names a file that {said}"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no PEM block"),
        (b"\xff\xfe\x00", "holds no PEM block"),
        (b"MC4CAQAwBQYDK2VwBCIEIAAA", "holds no PEM block"),
        (b"x" * 65_537, "has more than 65536 bytes"),
    ],
)
def test_a_file_without_a_key_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "countersign.signing-key.pem"
    path.write_bytes(content)
    assert problem(Secret(str(path))) == f"names a file that {said}"
    assert problem(None, sqlite(tmp_path)) == f"is not set, and {path} {said}"
    assert path.read_bytes() == content


def test_a_file_that_is_named_and_not_there_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    assert problem(Secret(str(path))) == "names a file that is not there"
    assert list(tmp_path.iterdir()) == []


def test_a_key_pasted_without_its_pem_lines_is_not_repeated() -> None:
    body = "".join(new_pem().splitlines()[1:-1])
    assert problem(Secret(body)) == "names a file that is not there"
    assert "cannot be read" in problem(Secret(body * 100))
    assert problem(Secret(body + "\0")) == "names a file that cannot be read: it is not a path"


def test_a_folder_is_no_key_file(tmp_path: Path) -> None:
    assert problem(Secret(str(tmp_path))) == "names a file that cannot be read: Is a directory"


def test_a_file_that_may_not_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    found = problem(Secret(str(tmp_path / "key.pem")))
    assert found == "names a file that cannot be read: Permission denied"


# --- rotated ---------------------------------------------------------------------------------


@pytest.fixture
def key_file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "key.pem"
    path.write_text(f"kept in the safe\n{new_pem()}")
    path.chmod(0o640)
    yield path
    assert not (tmp_path / "key.pem.new").exists()


def test_rotation_puts_a_new_key_first_and_keeps_all_others(key_file: Path) -> None:
    rings = [read_ring(named(key_file)), rotate(named(key_file)), rotate(named(key_file))]
    assert [len(ring.keys) for ring in rings] == [1, 2, 3]
    for before, after in pairwise(rings):
        assert after.retired == (before.active, *before.retired)
        assert after.active not in before.keys.values()
    assert read_ring(named(key_file)) == rings[-1]
    assert key_file.read_text().count("kept in the safe") == 1


def test_rotation_keeps_mode_and_owner(key_file: Path) -> None:
    before = key_file.stat()
    rotate(named(key_file))
    after = key_file.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode,
        before.st_uid,
        before.st_gid,
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_a_file_that_root_rotates_still_belongs_to_the_server(key_file: Path) -> None:
    os.chown(key_file, 1234, 5678)
    rotate(named(key_file))
    assert (key_file.stat().st_uid, key_file.stat().st_gid) == (1234, 5678)
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o640


def test_a_link_to_the_key_file_stays_a_link(key_file: Path, tmp_path: Path) -> None:
    link = tmp_path / "current.pem"
    link.symlink_to(key_file)
    ring = rotate(named(link))
    assert link.is_symlink()
    assert read_ring(named(key_file)) == ring


@pytest.mark.parametrize("step", ["write_through", "_keep_owner"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), MemoryError()])
def test_a_rotation_that_fails_changes_nothing(
    key_file: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    before = key_file.read_text()
    monkeypatch.setattr(signing_keys, step, fail)
    expected = Failure if isinstance(error, OSError) else MemoryError
    with pytest.raises(expected):
        rotate(named(key_file))
    assert key_file.read_text() == before


def test_a_file_that_holds_no_key_is_not_rotated(key_file: Path) -> None:
    key_file.write_text("nothing")
    with pytest.raises(SettingsError, match="holds no PEM block"):
        rotate(named(key_file))
    assert key_file.read_text() == "nothing"


def test_two_rotations_at_once_are_one_and_a_refusal(tmp_path: Path) -> None:
    path, draft = tmp_path / "key.pem", tmp_path / "key.pem.new"
    path.write_text(new_pem())
    draft.write_text("the other's")
    with pytest.raises(Failure, match=r"key\.pem\.new is there: a rotation is under way"):
        rotate(named(path))
    assert draft.read_text() == "the other's"
    assert len(read_ring(named(path)).keys) == 1


def test_nothing_of_a_key_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with logged() as lines:
        load_ring(None, sqlite(tmp_path))
        rotate(key_source(None, sqlite(tmp_path)))
    text = (tmp_path / "countersign.signing-key.pem").read_text()
    secret = [line for line in text.splitlines() if not line.startswith("-----")]
    assert len(secret) == 2
    assert not any(line in f"{lines}{caplog.text}" for line in secret)
