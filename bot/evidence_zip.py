"""The file that a pack is: written the same for the same content, and read without trusting it.

Nothing is ever taken out onto the disk, and no more is read of a file than the signed list says
that it has.
"""

import hashlib
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, Final

from core.audit.pack import (
    LONGEST_MANIFEST,
    MANIFEST,
    MOST_MEMBERS,
    TRAIL,
    Manifest,
    Member,
    misplaced,
    read_manifest,
)
from core.audit.verifying import Fault, Part, Trust, verify
from core.value import Millis

BLOCK: Final = 1 << 20
_FOUND: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
_LOCATOR: Final = b"PK\x06\x07"
_LOCATOR_BYTES: Final = 20
_LARGER_BYTES: Final = 56
_COMMENT: Final = 65_535
_LARGEST_DIRECTORY: Final = 4_000_000
_LOCAL: Final = struct.Struct("<4s2xH10xIIHH")
_LARGER: Final = struct.Struct("<HHQQ")
_LARGER_FIELD: Final = (1, 16)
_ELSEWHERE: Final = 0xFFFFFFFF
_SIZES_BEHIND: Final = 8
"""How a file begins, and where its sizes stand once they may be larger (4.3.7 and 4.5.3 there)."""
_PLAIN: Final = 0o100644 << 16
"""A regular file that its owner may write, as Unix notes it."""


class Packing:
    """Writes the members one after the other; `members` is what stands in it so far."""

    def __init__(self, file: BinaryIO, at: Millis) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        # A zip knows even seconds, from 1980 on.
        moment = datetime.fromtimestamp(max(at, 315_532_800_000) / 1000, UTC)
        self._date = (*moment.timetuple()[:5], moment.second // 2 * 2)
        self.members: list[Member] = []

    @contextmanager
    def member(self, name: str) -> Iterator["Writing"]:
        """A file under way."""
        about = zipfile.ZipInfo(name, self._date)
        about.compress_type = zipfile.ZIP_DEFLATED
        about.create_system, about.external_attr = 3, _PLAIN
        with self._zip.open(about, "w", force_zip64=True) as file:
            writing = Writing(file)
            yield writing
        self.members.append(Member(name=name, size=writing.size, sha256=writing.digest.hexdigest()))

    def add(self, name: str, data: bytes) -> None:
        """A whole file."""
        with self.member(name) as file:
            file.write(data)

    def close(self) -> None:
        """Write what ends the file."""
        self._zip.close()


class Writing:
    """Writes one member and counts what it writes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.size = 0
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self.digest.update(data)
        self.size += len(data)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a pack holds, what is wrong with it in sentences, and what its trail covers, where that
    is whole."""

    manifest: Manifest | None
    wrong: Sequence[str]
    trail: Part | None = None


def check_pack(path: Path, trust: Trust) -> Checked:
    """Look at everything in a pack. Raises OSError."""
    with path.open("rb") as file:
        wrong = _unfit(file)
        if wrong is not None:
            return Checked(None, [wrong])
        try:
            with zipfile.ZipFile(file) as pack:
                return _check(pack, trust)
        except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, ValueError):
            return Checked(None, ["it is no zip file, or was cut off"])


def _check(pack: zipfile.ZipFile, trust: Trust) -> Checked:
    infos = pack.infolist()
    first = {info.filename: info for info in reversed(infos)}
    if MANIFEST not in first:
        return Checked(None, [f"{MANIFEST} is missing: nothing says what belongs here"])
    try:
        manifest = read_manifest(_start(pack, first[MANIFEST], LONGEST_MANIFEST), trust.jwks)
    except ValueError as error:
        return Checked(None, [f"{MANIFEST} {error}"])
    wrong = misplaced(manifest, [info.filename for info in infos])
    changed = list(_changed(pack, first, manifest.members))
    trail = None
    listed = {member.name: member for member in manifest.members}
    if TRAIL in listed and TRAIL in first and not any(c.startswith(TRAIL) for c in changed):
        try:
            trail = _trail(pack, first[TRAIL], listed[TRAIL].size, trust)
        except Fault as fault:
            changed.append(f"{TRAIL}: {fault}")
    found = [*wrong, *changed]
    if not found and not _is_gapless(pack):
        found.append("something else is in it, which other programs may take for its files")
    return Checked(manifest, found, trail)


def _is_gapless(pack: zipfile.ZipFile) -> bool:
    """Whether the files that were checked, and the directory behind them, are all that there is: a
    program that reads from the front would find whatever else stands there."""
    file, at = pack.fp, 0
    assert file is not None, "it is open"
    for info in sorted(pack.infolist(), key=lambda info: info.header_offset):
        file.seek(at)
        head = file.read(_LOCAL.size)
        if info.header_offset != at or len(head) != _LOCAL.size:
            return False
        _, flags, packed, size, name, extra = _LOCAL.unpack(head)
        file.seek(name, 1)
        if (packed, size) == (_ELSEWHERE, _ELSEWHERE) and extra == _LARGER.size:
            *kind, size, packed = _LARGER.unpack(file.read(extra))
            if tuple(kind) != _LARGER_FIELD:
                return False
        if flags & _SIZES_BEHIND or (packed, size) != (info.compress_size, info.file_size):
            return False
        at += _LOCAL.size + name + extra + packed
    return at == pack.start_dir


def _changed(
    pack: zipfile.ZipFile, there: Mapping[str, zipfile.ZipInfo], members: Iterable[Member]
) -> Iterator[str]:
    for member in members:
        info = there.get(member.name)
        if info is not None and not _is_same(pack, info, member):
            yield f"{member.name} was changed: it is not what was signed"


def _is_same(pack: zipfile.ZipFile, info: zipfile.ZipInfo, member: Member) -> bool:
    if info.file_size != member.size or info.compress_type not in _KNOWN:
        return False
    digest, size = hashlib.sha256(), 0
    try:
        with pack.open(info) as file:
            while block := file.read(min(BLOCK, member.size + 1 - size)):
                digest.update(block)
                size += len(block)
    except _UNREADABLE:
        return False
    return (size, digest.hexdigest()) == (member.size, member.sha256)


def _trail(pack: zipfile.ZipFile, info: zipfile.ZipInfo, size: int, trust: Trust) -> Part:
    with pack.open(info) as file:
        return verify(file, size, trust)  # type: ignore[arg-type]  # it reads, seeks and tells


def _start(pack: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    try:
        if info.compress_type not in _KNOWN:
            raise NotImplementedError
        with pack.open(info) as file:
            data = file.read(most + 1)
    except _UNREADABLE:
        raise ValueError("cannot be read: it was changed") from None
    if len(data) > most:
        raise ValueError("is larger than any list of a pack")
    return data


_KNOWN: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_UNREADABLE: Final[Any] = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    OSError,
    EOFError,
    ValueError,
)
"""What reading a member raises that was damaged, encrypted, or compressed in some other way."""


def _unfit(file: BinaryIO) -> str | None:
    """Why the file is not opened at all: its own directory would fill the memory."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_BYTES - _COMMENT))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(_FOUND)
    if at < 0 or len(tail) - at < _END_BYTES:
        return "it is no zip file, or was cut off"
    if len(tail) - at > _END_BYTES:
        return "something stands behind its end, or a comment that nobody signed"
    entries, directory = struct.unpack("<10xHI6x", tail[at : at + _END_BYTES])
    if tail[max(0, at - _LOCATOR_BYTES) : at].startswith(_LOCATOR):
        # What stands here counts instead: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
        larger = tail[max(0, at - _LOCATOR_BYTES - _LARGER_BYTES) : at - _LOCATOR_BYTES]
        if len(larger) < _LARGER_BYTES:
            return "it is no zip file, or was cut off"
        entries, directory = struct.unpack("<32xQQ8x", larger)
    if entries > MOST_MEMBERS or directory > _LARGEST_DIRECTORY:
        return "it has more files than a pack can have"
    return None
