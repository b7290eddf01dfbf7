"""The file is what docs/audit.md says: checked here as that page tells, with no code of ours."""

import base64
import hashlib
import json
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.core.exported import RING, batches, export


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def root_of(entries: list[str]) -> str:
    """ "The entry itself if there is one; else each 16 entries behind a byte 1 ..." """
    while len(entries) > 1:
        groups = [entries[at : at + 16] for at in range(0, len(entries), 16)]
        entries = [sha256(b"\x01" + bytes.fromhex("".join(group))) for group in groups]
    return entries[0]


def unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def assert_signed(what: dict[str, Any], signature: str) -> None:
    [body] = what.values()
    [jwk] = [key for key in RING.jwks()["keys"] if key["kid"] == body["kid"]]
    thumb = rfc8785.dumps({name: jwk[name] for name in ("crv", "kty", "x")})
    assert unpadded(body["kid"]) == hashlib.sha256(thumb).digest()
    key = Ed25519PublicKey.from_public_bytes(unpadded(jwk["x"]))
    key.verify(unpadded(signature), rfc8785.dumps(what))


def test_the_file_can_be_checked_by_hand() -> None:
    first, *lines, last = export(batches(9)).removesuffix(b"\n").split(b"\n")
    header, end = json.loads(first), json.loads(last)
    assert all(rfc8785.dumps(json.loads(line)) == line for line in (first, *lines, last))
    before, position, hashes = header["previous"], header["first"] - 1, []
    streams: dict[str, tuple[int, str]] = {}
    while lines:
        line = json.loads(lines.pop(0))
        checkpoint, leaves = line["checkpoint"], line["leaves"]
        assert_signed({"checkpoint": checkpoint}, line["signature"])
        assert (checkpoint["previous"], checkpoint["first"]) == (before, position + 1)
        count = checkpoint["last"] - checkpoint["first"] + 1
        entries = [leaves[at : at + 64] for at in range(0, len(leaves), 64)]
        records, lines = lines[:count], lines[count:]
        assert [sha256(record) for record in records] == entries
        assert sum(len(record) + 1 for record in records) == checkpoint["size"]
        assert root_of(entries) == checkpoint["root"]
        for record in map(json.loads, records):
            seq, digest = streams.get(record["stream"], (0, "0" * 64))
            assert (record["seq"], record["previous"]) == (seq + 1, digest)
            body = rfc8785.dumps(record)
            streams[record["stream"]] = (record["seq"], sha256(body))
        before, position = sha256(rfc8785.dumps(checkpoint)), checkpoint["last"]
        hashes.append(before)
    assert_signed({"end": end["end"]}, end["signature"])
    told = end["end"]
    assert (told["events"], told["checkpoints"]) == (27, len(hashes)) == (27, 3)
    assert (told["last"], told["head"], told["root"]) == (position, before, root_of(hashes))


def test_each_kind_of_signature_says_what_it_is_about() -> None:
    lines = [json.loads(line) for line in export(batches()).splitlines()]
    checkpoint = next(line for line in lines if "checkpoint" in line)
    said = rfc8785.dumps({"checkpoint": checkpoint["checkpoint"]})
    assert said.startswith(b'{"checkpoint":{"at":')
    assert rfc8785.dumps({"end": lines[-1]["end"]}).startswith(b'{"end":{"at":')
