"""The evidence pack: files for an auditor under one signed list of what each of them is.

The list says of every file how long it is and what its SHA-256 is, so that whoever has the public
keys finds what was changed, added or taken away, and needs nothing else for it.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from core.audit.checkpoint import sign, signature_flaw
from core.tokens.signing import KeyRing
from core.value import Millis, Value, encode

FORMAT: Final = "countersign-pack"
VERSION: Final = 1
MANIFEST: Final = "manifest.json"
TRAIL: Final = "trail.jsonl"

MOST_MEMBERS: Final = 10_000
LONGEST_MANIFEST: Final = 4_000_000
"""Bytes: the only file that is read before anything is known of it."""

_NAME: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,99}(/[a-zA-Z0-9][a-zA-Z0-9_.-]{0,99})?")


class Member(Value, frozen=True, forbid_unknown_fields=True):
    """One file: its length in bytes and its SHA-256 (hex)."""

    name: str
    size: int
    sha256: str


class Manifest(Value, frozen=True, forbid_unknown_fields=True):
    """What is in a pack that was made at `at`, about the time from `begins` (None: from the first
    event on) until before `ends`. `kid` is the id of the key that signs."""

    format: str
    version: int
    at: Millis
    ends: Millis
    kid: str
    members: tuple[Member, ...]
    begins: Millis | None = None


class SignedManifest(Value, frozen=True, forbid_unknown_fields=True):
    """The file `manifest.json`: `signature` is base64url over the canonical JSON of
    `{"pack": manifest}`."""

    manifest: Manifest
    signature: str


def said(manifest: Manifest) -> bytes:
    """What the signature covers: it cannot be taken for a checkpoint or the end of an export."""
    return encode({"pack": manifest})


def manifest_bytes(
    members: Sequence[Member], begins: Millis | None, ends: Millis, at: Millis, ring: KeyRing
) -> bytes:
    """The signed list of these files, as one canonical line."""
    for member in members:
        if not is_name(member.name) or member.name == MANIFEST:
            raise ValueError(f"{member.name!r} is no name of a file in a pack")
    manifest = Manifest(
        format=FORMAT,
        version=VERSION,
        at=at,
        begins=begins,
        ends=ends,
        kid=ring.active.kid,
        members=tuple(members),
    )
    return encode(SignedManifest(manifest=manifest, signature=sign(ring, said(manifest)))) + b"\n"


def read_manifest(data: bytes, jwks: Mapping[str, Any]) -> Manifest:
    """The list, once its signature is found good. ValueError says what is wrong with it."""
    try:
        signed = msgspec.json.decode(data, type=SignedManifest)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ValueError("is not the list of a pack") from None
    manifest = signed.manifest
    if (manifest.format, manifest.version) != (FORMAT, VERSION):
        raise ValueError("is of a format that this version does not know")
    wrong = signature_flaw(jwks, manifest.kid, said(manifest), signed.signature)
    if wrong is not None:
        raise ValueError(wrong)
    if encode(signed) + b"\n" != data:
        raise ValueError("is not canonical JSON: it was changed")
    if not all(is_name(member.name) for member in manifest.members):
        raise ValueError("names a file that belongs in no pack")
    return manifest


def is_name(name: str) -> bool:
    """Whether a file of a pack may be called so: letters, digits and a folder at most."""
    return _NAME.fullmatch(name) is not None and ".." not in name


def misplaced(manifest: Manifest, there: Sequence[str]) -> list[str]:
    """What the names of the files that are there say: which were added, doubled or removed."""
    listed = {member.name for member in manifest.members} | {MANIFEST}
    counts = Counter(there)
    found = [f"{shown(n)} was added: the list does not name it" for n in counts if n not in listed]
    found += [f"{shown(n)} is there {c} times" for n, c in counts.items() if c > 1 and n in listed]
    return found + [f"{name} was removed" for name in sorted(listed) if name not in counts]


def shown(name: str) -> str:
    """A name out of a file that nobody vouches for, as it may be printed."""
    return name if is_name(name) else repr(name[:200])
