"""Reads what an auditor brings to a check: public keys, and checkpoints received earlier."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from bot.failures import Failure
from core.audit.checkpoint import Signed, read_signed, said, signature_flaw
from core.audit.export import CHECKPOINT, LEAVES, LONGEST
from core.audit.export_lines import read_checkpoint
from core.tokens.signing import thumbprint, to_base64url

LARGEST_KEYS = 1_000_000
_HOW = "Save them with countersign signing-keys public, or GET /.well-known/jwks.json."


class _Items(msgspec.Struct):
    """The answer of GET /v1/audit/checkpoints."""

    items: list[Signed]


def read_public_keys(path: Path) -> Mapping[str, Any]:
    """The JSON Web Key Set of a file that holds one, one such key, or a PEM public key."""
    with _opened(path) as file:
        text = file.read(LARGEST_KEYS)
    if b"-----BEGIN" in text:
        return {"keys": [_pem_key(path, text)]}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Failure(f"{path} holds neither JSON nor PEM. {_HOW}") from None
    keys = found.get("keys", [found]) if isinstance(found, dict) else None
    if not isinstance(keys, list) or not keys:
        raise Failure(f"{path} holds no JSON Web Key Set. {_HOW}")
    return {"keys": keys}


def _pem_key(path: Path, text: bytes) -> dict[str, str]:
    try:
        key = load_pem_public_key(text)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise Failure(f"{path} holds no PEM public key for Ed25519. {_HOW}")
    x = to_base64url(key.public_bytes_raw())
    return {"crv": "Ed25519", "kid": thumbprint(x), "kty": "OKP", "x": x}


def read_received(paths: list[Path], jwks: Mapping[str, Any]) -> dict[int, str]:
    """The hashes of checkpoints by number, from files that hold them as lines or as a list."""
    received: dict[int, str] = {}
    for path in paths:
        found = list(_signed(path))
        if not found:
            raise Failure(f"{path} holds no checkpoint.")
        for signed in found:
            checkpoint = signed.checkpoint
            wrong = signature_flaw(jwks, checkpoint.kid, said(checkpoint), signed.signature)
            if wrong is not None:
                raise Failure(f"{path}: checkpoint {checkpoint.number} {wrong}.")
            if received.setdefault(checkpoint.number, checkpoint.hash) != checkpoint.hash:
                raise Failure(f"{path}: another checkpoint {checkpoint.number} was given, too.")
    return received


def _signed(path: Path) -> Iterator[Signed]:
    with _opened(path) as file:
        start = file.read(1024)
        file.seek(0)
        if b'"items"' in start.partition(b"[")[0]:
            yield from _items(path, file.read())
            return
        number = 0
        while line := file.readline(LONGEST):
            number += 1
            if not line.startswith(CHECKPOINT):
                continue
            line = line.rstrip(b"\n")
            try:
                yield read_checkpoint(line)[0] if LEAVES in line else read_signed(line)
            except ValueError as error:
                raise Failure(f"{path}: line {number} {error}.") from None


def _items(path: Path, text: bytes) -> list[Signed]:
    try:
        return msgspec.json.decode(text, type=_Items).items
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Failure(f"{path} holds no list of checkpoints: {error}.") from None


def _opened(path: Path) -> Any:
    try:
        return path.open("rb")
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}.") from None
