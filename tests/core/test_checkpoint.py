"""Checkpoints and exports: what is signed, by whom, and what was received earlier."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.audit.chain import GENESIS
from core.audit.checkpoint import MOST_EVENTS, Signed, make, merkle_root, read_signed, said, sign
from core.audit.export import CHECKPOINT, Export
from core.audit.verifying import Trust
from core.content import canonical
from core.tokens.signing import KeyRing, from_base64url, verify
from core.value import encode
from tests.core.builders import NOW
from tests.core.exported import (
    OTHER_RING,
    RING,
    TRUST,
    batches,
    check,
    counted,
    export,
    fault,
    records,
    signed_batches,
)


def plain_root(leaves: list[bytes]) -> bytes:
    """The definition, in words of its own."""
    if len(leaves) == 1:
        return leaves[0]
    groups = [leaves[at : at + 16] for at in range(0, len(leaves), 16)]
    return plain_root([hashlib.sha256(b"\x01" + b"".join(g)).digest() for g in groups])


@pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 255, 256, 257, 4095, 4096])
def test_the_root_is_that_of_the_definition(count: int) -> None:
    leaves = [hashlib.sha256(b"%d" % n).digest() for n in range(count)]
    assert merkle_root(b"".join(leaves)) == plain_root(leaves).hex()


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=2, max_size=40), st.data())
def test_any_other_hash_or_order_gives_another_root(
    leaves: list[bytes], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    other = [*leaves[:place], hashlib.sha256(leaves[place]).digest(), *leaves[place + 1 :]]
    assert merkle_root(b"".join(other)) != merkle_root(b"".join(leaves))


@pytest.mark.parametrize("leaves", [b"", b"x" * 31, b"x" * 33])
def test_a_root_needs_whole_hashes(leaves: bytes) -> None:
    with pytest.raises(ValueError):
        merkle_root(leaves)


def test_a_checkpoint_says_what_it_covers_and_what_came_before() -> None:
    (first, *_), (second, leaves, batch), *_ = signed_batches(batches())
    checkpoint = second.checkpoint
    assert (checkpoint.number, checkpoint.first, checkpoint.last) == (2, 8, 14)
    assert checkpoint.previous == first.checkpoint.hash
    assert first.checkpoint.previous == GENESIS
    assert checkpoint.root == merkle_root(leaves)
    assert checkpoint.size == len(b"\n".join(batch)) + 1


def test_its_signature_is_over_canonical_json_and_can_be_checked_by_hand() -> None:
    signed = signed_batches(batches())[0][0]
    by_hand = canonical({"checkpoint": json.loads(encode(signed.checkpoint))})
    assert by_hand == said(signed.checkpoint)
    key = RING.active.public_jwk
    assert verify(key, by_hand, from_base64url(signed.signature))
    assert signed.checkpoint.kid == key["kid"]


def test_a_checkpoint_is_made_only_of_the_events_that_follow() -> None:
    leaves = counted(records()[:3], 1)
    for wrong in ([], leaves[1:], [leaves[0], leaves[2]], leaves[::-1]):
        with pytest.raises(ValueError, match="not the events that follow"):
            make(None, wrong, NOW, RING)
    with pytest.raises(ValueError):
        make(None, counted([b"{}"] * (MOST_EVENTS + 1), 1), NOW, RING)


def test_a_published_checkpoint_is_read_from_its_canonical_bytes_only() -> None:
    signed = signed_batches(batches())[0][0]
    line = encode(signed)
    assert read_signed(line) == signed
    for wrong in (b" " + line, line[:-1], line.replace(b'"at"', b'"at":1,"at"'), b"[]", b"\xff"):
        with pytest.raises(ValueError):
            read_signed(wrong)


def test_a_key_that_is_retired_still_vouches_for_what_it_signed() -> None:
    rotated = KeyRing(OTHER_RING.active, (RING.active,))
    assert check(export(batches()), Trust(rotated.jwks())).events == len(records())


def test_a_checkpoint_of_a_key_that_was_not_given_is_not_believed() -> None:
    found = fault(export(batches(), OTHER_RING))
    assert found.line == 2
    assert "which is not among the keys given" in found.what


def test_another_key_under_a_known_name_is_not_believed() -> None:
    data = export(batches(), OTHER_RING)
    renamed = data.replace(OTHER_RING.active.kid.encode(), RING.active.kid.encode())
    assert "forged or changed" in fault(renamed).what
    mine = dict(OTHER_RING.active.public_jwk, kid=RING.active.kid)
    assert fault(renamed, Trust({"keys": [mine]})).line == 2


def test_a_forged_checkpoint_that_fits_its_events_is_named() -> None:
    given, forged = batches(), batches()
    forged[1][2] = forged[1][2].replace(b'"at":18', b'"at":19')
    real, fake = export(given), export(forged, OTHER_RING)
    place = real.splitlines(keepends=True)
    wrong = fake.splitlines(keepends=True)
    second = [n for n, line in enumerate(place) if line.startswith(CHECKPOINT)][1]
    place[second : second + 8] = wrong[second : second + 8]
    assert fault(b"".join(place)).line == second + 1


def test_an_old_export_signed_anew_does_not_hold_a_checkpoint_received_earlier() -> None:
    received = signed_batches(batches())[1][0].checkpoint
    trust = replace_received({received.number: received.hash})
    assert check(export(batches()), trust).events == len(records())
    rewritten = batches()
    rewritten[1][6] = rewritten[1][6].replace(b'"at":18', b'"at":19')
    found = fault(export(rewritten), trust)
    assert (found.line, found.what) == (
        10,
        "is not the checkpoint 2 that was received earlier",
    )


def test_an_export_that_ends_before_a_checkpoint_received_earlier_is_refused() -> None:
    received = signed_batches(batches())[3][0].checkpoint
    shorter = export(batches()[:2])
    found = fault(shorter, replace_received({received.number: received.hash}))
    assert found.line == len(shorter.splitlines())
    assert "without checkpoint 4, which was received earlier" in found.what


def test_an_export_may_begin_later_and_says_so() -> None:
    data = export(batches(), skip=2)
    part = check(data)
    assert part.header is not None
    assert (part.header.number, part.header.first) == (3, 15)
    first = signed_batches(batches())[0][0].checkpoint
    assert "without checkpoint 1" in fault(data, replace_received({1: first.hash})).what


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"first":15', b'"first":16'),
        (b'"number":3', b'"number":4'),
        (b'"number":3', b'"number":1'),
        (b'"previous":"', b'"previous":"0'),
        (b'"version":1', b'"version":2'),
        (b"countersign-audit", b"countersign-other"),
    ],
)
def test_a_changed_first_line_of_a_later_export_is_named(old: bytes, new: bytes) -> None:
    data = export(batches(), skip=2)
    assert data.count(old) >= 1
    changed = data.replace(old, new, 1)
    assert changed.index(new) < data.index(b"\n")
    assert fault(changed).line == 1


def test_an_export_of_nothing_holds_and_of_it_too_the_first_line_is_checked() -> None:
    assert check(export([])).events == 0
    data = export(batches(), skip=4)
    part = check(data)
    assert (part.events, part.lines) == (0, 2)
    assert fault(data.replace(b'"first":', b'"first":1', 1)).line == 1


def replace_received(received: dict[int, str]) -> Trust:
    return Trust(TRUST.jwks, received)


def test_a_checkpoint_made_over_other_hashes_than_its_root_says_is_named() -> None:
    signed, leaves, batch = signed_batches(batches())[0]
    writer = Export(None)
    lines = (writer.begin(), writer.part(signed, leaves[32:] + leaves[:32], batch))
    found = fault(b"".join((*lines, writer.finish(NOW, RING))))
    assert found.line == 2
    assert "lists hashes that are not those" in found.what


def test_a_checkpoint_signed_with_a_wrong_size_is_named() -> None:
    signed, leaves, batch = signed_batches(batches())[0]
    for size in (signed.checkpoint.size - 1, signed.checkpoint.size + 1):
        lying = replace(signed.checkpoint, size=size)
        again = Signed(checkpoint=lying, signature=sign(RING, said(lying)))
        writer = Export(None)
        lines = (writer.begin(), writer.part(again, leaves, batch))
        found = fault(b"".join((*lines, writer.finish(NOW, RING))))
        assert found.line == (2 if size < signed.checkpoint.size else 2 + len(batch) + 1), found
