"""The lines of an export that are not records, read strictly: only their canonical form."""

import json
from typing import Any, TypeVar

import msgspec

from core.audit.checkpoint import Signed, read_signed
from core.audit.export import CHECKPOINT, FORMAT, LEAVES, SIGNATURE, VERSION, Ended, Header
from core.content import canonical
from core.value import encode

T = TypeVar("T")

_BODY = 2048
"""Bytes within which a checkpoint's own members end."""

_TAIL = 256


def read_header(line: bytes) -> Header:
    """The first line; ValueError with what is wrong."""
    not_ours = f"is not the first line of a {FORMAT} file"
    header = _exactly(line, Header, not_ours)
    if header.format != FORMAT:
        raise ValueError(not_ours)
    if header.version != VERSION:
        raise ValueError(
            f"is of version {header.version} of the format; this program knows {VERSION}"
        )
    if (header.number == 1) != (header.first == 1) or min(header.number, header.first) < 1:
        raise ValueError("does not say where the export begins: it was changed")
    return header


def read_end(line: bytes) -> Ended:
    """The last line; ValueError with what is wrong."""
    return _exactly(line, Ended, "is not the last line of an export")


def read_checkpoint(line: bytes) -> tuple[Signed, bytes]:
    """A checkpoint and the hashes beside it, as the hex that stands there, not looked at.

    ValueError with what is wrong. The hashes are long: nothing here walks through them.
    """
    leaves = line.find(LEAVES, 0, _BODY)
    signature = line.rfind(SIGNATURE, max(0, len(line) - _TAIL))
    if not line.startswith(CHECKPOINT) or not 0 < leaves < signature:
        raise ValueError(f"is not a checkpoint: {flaw(line)}")
    # Without the hashes it is what is published elsewhere too.
    signed = read_signed(line[:leaves] + SIGNATURE[1:] + line[signature + len(SIGNATURE) :])
    return signed, line[leaves + len(LEAVES) : signature]


def flaw(line: bytes) -> str:
    """What is wrong with a line that is not as it should be, as closely as can be said."""
    if not line:
        return "it is empty"
    try:
        value = json.loads(line, object_pairs_hook=_once)
    except _Twice as error:
        return f"it has the member {error.args[0]!r} twice"
    except (ValueError, RecursionError):
        return "it is not JSON"
    try:
        is_canonical = canonical(value) == line
    except ValueError:
        is_canonical = False
    return "its members are others" if is_canonical else "it is not canonical JSON"


class _Twice(Exception):
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Twice(name)
        found[name] = value
    return found


def _exactly(line: bytes, kind: type[T], otherwise: str) -> T:
    try:
        found = msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ValueError(f"{otherwise}: {flaw(line)}") from None
    if encode(found) != line:
        raise ValueError(f"{otherwise}: {flaw(line)}")
    return found
