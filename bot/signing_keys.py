"""The keys that sign tokens and checkpoints: read from a file or a setting, made, rotated.

They are PEM blocks (PKCS#8, Ed25519). The first signs; the others are retired, which still
publishes them and lets them stand by what they signed. No error, log line or listing ever
holds a key, nor the setting's value, since that may be one.
"""

import os
import re
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from bot.failures import Failure
from bot.key_files import make_once, sync_folder, write_through
from bot.settings import Problem, Secret, SettingsError
from core.tokens.signing import KeyRing, SigningKey

KEY: Final = "COUNTERSIGN_SIGNING_KEY"
MAX_BYTES: Final = 65_536
"""Of a key file: some five hundred keys."""

_BEGIN: Final = "-----BEGIN"
_BLOCK: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_NEW: Final = "Make one with countersign signing-keys new."
_OTHER_BLOCKS: Final = {
    "ENCRYPTED PRIVATE KEY": "holds an encrypted key, and nobody is there to type its password",
    "PUBLIC KEY": "holds a public key, which cannot sign",
}

log = structlog.get_logger("signing_keys")


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Where keys are: in a file, or (`path` is None) in the setting itself.

    `key` and `begins` are how a problem is told: of what, and which words come first.
    """

    path: Path | None
    begins: str = ""
    key: str = KEY
    text: Secret | None = None

    def problem(self, problem: str, remedy: str) -> SettingsError:
        return SettingsError((Problem(self.key, f"{self.begins}{problem}", remedy),))


def key_source(given: Secret | None, database_url: Secret) -> Source:
    """Where a server's keys are, `given` being the setting. Raises SettingsError."""
    if given is not None and given.reveal().startswith(_BEGIN):
        return Source(path=None, text=given)
    if given is not None:
        return Source(path=Path(given.reveal()), begins="names a file that ")
    scheme, _, rest = database_url.reveal().partition(":///")
    if scheme != "sqlite":
        raise Source(path=None).problem("is missing", "Set it to the path of a key file.")
    database = Path(rest.partition("?")[0])
    path = database.with_name(f"{database.stem}.signing-key.pem")
    return Source(path=path, begins=f"is not set, and {path} ")


def load_ring(given: Secret | None, database_url: Secret) -> KeyRing:
    """The keys for a server: as set, or from the file beside its SQLite database.

    That file is made when it is not there yet. Raises SettingsError.
    """
    source = key_source(given, database_url)
    if source.path is not None and given is None and not source.path.exists():
        _make(source.path, source)
    ring = read_ring(source)
    if source.path is not None and os.name != "nt":
        _warn_of_others(source.path)
    return ring


def read_ring(source: Source) -> KeyRing:
    """The keys as they are now, making none. Raises SettingsError."""
    if source.path is not None:
        return _ring(_read(source.path, source), source)
    assert source.text is not None, "without a file the setting is the key"
    # Where a variable cannot hold line breaks, they are written as \\n.
    return _ring(source.text.reveal().replace("\\n", "\n"), source)


def _warn_of_others(path: Path) -> None:
    # Not refused: containers mount secrets with 0644.
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        remedy = "chmod 600, where you can"
        log.warning("signing_key_open_to_others", path=str(path), remedy=remedy)


def new_pem() -> str:
    """A new key as a PEM block."""
    key = Ed25519PrivateKey.from_private_bytes(secrets.token_bytes(32))
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def rotate(source: Source) -> KeyRing:
    """Put a new key before those of the file, all at once; the ring as it is then.

    The file keeps its mode and owner. Raises Failure where that is not possible, and
    SettingsError for a file that does not hold keys.
    """
    assert source.path is not None, "only a file can be changed"
    path = source.path.resolve()  # a link stays a link
    draft = path.with_name(f"{path.name}.new")
    try:
        # Who makes this file may rotate; a second one at the same time would lose a key.
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Failure(
            f"{draft} is there: a rotation is under way or was cut off. If none is, remove it "
            "and try again; the keys are as they were."
        ) from None
    except OSError as error:
        raise Failure(f"No file can be written beside the keys: {error.strerror}.") from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            old = _read(path, source)
            _ring(old, source)  # must hold a key by itself, or it is not a key file
            text = new_pem() + old
            ring = _ring(text, source)
            _keep_owner(path, descriptor)
            write_through(file, text)
        draft.replace(path)
    except BaseException as error:
        # Only here: once it is the key file, a draft of that name is somebody else's.
        draft.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise Failure(f"The key file cannot be replaced: {error.strerror}.") from None
        raise
    sync_folder(path.parent)
    return ring


def _keep_owner(path: Path, descriptor: int) -> None:
    if os.name == "nt":
        return
    old, new = path.stat(), os.fstat(descriptor)
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))  # after the owner, which may clear bits


def _make(path: Path, source: Source) -> None:
    """Make the file with one key, complete from its first moment, unless it is there by then."""
    try:
        made = make_once(path, new_pem())
    except OSError as error:
        raise source.problem(
            f"cannot be made: {error.strerror}",
            "Let the server write beside its database, or set it to a key file.",
        ) from None
    if made:
        log.info("signing_key_made", path=str(path))


def _read(path: Path, source: Source) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise source.problem("is not there", f"Check the path. {_NEW}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not a path"
        raise source.problem(
            f"cannot be read: {reason}", "Let the server's user read it."
        ) from None
    if len(data) > MAX_BYTES:
        raise source.problem(f"has more than {MAX_BYTES} bytes", _NEW)
    # What is not ASCII is outside of the blocks, or makes them unreadable there.
    return data.decode("utf-8", "replace")


def _ring(text: str, source: Source) -> KeyRing:
    blocks = _BLOCK.findall(text)
    if _BEGIN in _BLOCK.sub("", text):
        raise source.problem("holds a PEM block without its end", "Restore it from a backup.")
    if not blocks:
        raise source.problem("holds no PEM block", _NEW)
    first, *others = [_key(label, body, source) for label, body in blocks]
    try:
        return KeyRing(first, tuple(others))
    except ValueError:
        raise source.problem("holds the same key twice", "Remove one of the blocks.") from None


def _key(label: str, body: str, source: Source) -> SigningKey:
    if label in _OTHER_BLOCKS:
        raise source.problem(_OTHER_BLOCKS[label], _NEW)
    wrong = "holds a key that is not Ed25519 in PKCS#8"
    if label != "PRIVATE KEY":
        raise source.problem(wrong, _NEW)
    pem = f"-----BEGIN {label}-----{body}-----END {label}-----\n"
    try:
        key = load_pem_private_key(pem.encode(), None)
    except UnsupportedAlgorithm:
        raise source.problem(wrong, _NEW) from None
    except (ValueError, TypeError):  # its words may repeat what it read
        raise source.problem("holds a PEM block that cannot be read", _NEW) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise source.problem(wrong, _NEW)
    return SigningKey(key.private_bytes_raw())
