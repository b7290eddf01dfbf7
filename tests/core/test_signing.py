"""Signatures: the published vectors, keys by their thumbprint, and a secret that shows nowhere."""

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tokens.signing import (
    KeyRing,
    SigningKey,
    from_base64url,
    public_key,
    to_base64url,
    verify,
)

VECTORS = Path(__file__).parents[3] / "shared" / "data" / "vectors"
needs_vectors = pytest.mark.skipif(
    not VECTORS.exists(), reason="../shared/data is not on this machine"
)

ONE, TWO = SigningKey(b"\x01" * 32), SigningKey(b"\x02" * 32)


def vectors(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / name).read_text())
    return found


# --- published vectors -----------------------------------------------------------------------


@needs_vectors
def test_the_example_of_rfc_8037_comes_out_to_the_letter() -> None:
    example = vectors("rfc8037.json")
    key = SigningKey(from_base64url(example["jwk"]["d"]))
    assert key.kid == example["thumbprint"]
    assert key.public_jwk["x"] == example["jwk"]["x"]
    signed = example["signing_input"].encode()
    assert to_base64url(key.sign(signed)) == example["signature"]
    assert verify(key.public_jwk, signed, from_base64url(example["signature"]))


@needs_vectors
def test_every_wycheproof_vector_for_ed25519_is_judged_as_published() -> None:
    wrong, judged = [], 0
    for group in vectors("ed25519_test.json")["testGroups"]:
        x = to_base64url(bytes.fromhex(group["publicKey"]["pk"]))
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": x}
        for test in group["tests"]:
            message, signature = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
            judged += 1
            if verify(jwk, message, signature) != (test["result"] == "valid"):
                wrong.append((test["tcId"], test["flags"]))
    assert (wrong, judged) == ([], 151)


# --- keys ------------------------------------------------------------------------------------


def test_a_signature_is_of_one_key_and_one_text() -> None:
    signature = ONE.sign(b"text")
    assert signature == ONE.sign(b"text")
    assert verify(ONE.public_jwk, b"text", signature)
    assert not verify(ONE.public_jwk, b"test", signature)
    assert not verify(TWO.public_jwk, b"text", signature)


def test_the_order_of_the_group_added_to_a_signature_makes_no_second_one() -> None:
    # RFC 8032 section 5.1.7: S below the order, or each signature would have a twin.
    order = 2**252 + 27742317777372353535851937790883648493
    signature = ONE.sign(b"text")
    twin = int.from_bytes(signature[32:], "little") + order
    forged = signature[:32] + twin.to_bytes(32, "little")
    assert not verify(ONE.public_jwk, b"text", forged)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_seed_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SigningKey(b"\x01" * length)


def test_the_secret_shows_nowhere_and_cannot_be_carried_off() -> None:
    seed = bytes(range(32))
    key = SigningKey(seed)
    ring = KeyRing(key, (ONE,))
    shown = f"{key!r} {key} {ring!r} {ring} {key.public_jwk} {ring.jwks()}"
    for secret in (seed.hex(), to_base64url(seed), repr(seed)[2:-1]):
        assert secret not in shown
    assert repr(key) == f"SigningKey({key.kid})"
    with pytest.raises(TypeError):
        pickle.dumps(key)


def test_keys_are_equal_by_their_id() -> None:
    assert SigningKey(b"\x01" * 32) == ONE != TWO
    assert len({SigningKey(b"\x01" * 32), ONE, TWO}) == 2
    assert ONE != "x"


# --- the ring --------------------------------------------------------------------------------


def test_a_ring_publishes_all_its_keys_the_active_one_first() -> None:
    ring = KeyRing(ONE, (TWO,))
    assert list(ring.keys) == [ONE.kid, TWO.kid]
    assert ring.jwks() == {"keys": [ONE.public_jwk, TWO.public_jwk]}
    assert all("d" not in jwk for jwk in ring.jwks()["keys"])


@pytest.mark.parametrize("retired", [(ONE,), (TWO, TWO)])
def test_a_ring_holds_each_key_once(retired: tuple[SigningKey, ...]) -> None:
    with pytest.raises(ValueError, match="twice"):
        KeyRing(ONE, retired)


# --- keys from outside -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "EC"},
        {"kty": "oct"},
        {"crv": "X25519"},
        {"crv": "Ed448"},
        {"alg": "HS256"},
        {"alg": None},
        {"use": "enc"},
        {"d": to_base64url(b"\x01" * 32)},
        {"x": ONE.public_jwk["x"] + "="},
        {"x": ONE.public_jwk["x"][:-1]},
        {"x": to_base64url(b"\xff" * 32)},
        {"x": ""},
        {"x": None},
        {"x": 7},
    ],
)
def test_a_key_of_another_kind_verifies_nothing(change: dict[str, Any]) -> None:
    assert verify(ONE.public_jwk, b"text", ONE.sign(b"text"))
    assert not verify({**ONE.public_jwk, **change}, b"text", ONE.sign(b"text"))
    assert public_key({"keys": [{**ONE.public_jwk, **change}]}, ONE.kid) is None


def test_a_key_is_found_by_its_id_among_others() -> None:
    jwks = {"keys": [{"kty": "RSA", "kid": ONE.kid}, 5, TWO.public_jwk, ONE.public_jwk]}
    assert public_key(jwks, ONE.kid) == ONE.public_jwk
    assert public_key(jwks, "other") is None


def test_a_set_that_gives_our_id_to_another_key_is_not_believed() -> None:
    impostor = {**TWO.public_jwk, "kid": ONE.kid}
    assert public_key({"keys": [impostor]}, ONE.kid) is None
    assert public_key({"keys": [impostor, ONE.public_jwk]}, ONE.kid) == ONE.public_jwk


@pytest.mark.parametrize("jwks", [{}, {"keys": None}, {"keys": "x"}, {"keys": {"kid": ONE.kid}}])
def test_a_broken_key_set_holds_no_key(jwks: dict[str, Any]) -> None:
    assert public_key(jwks, ONE.kid) is None


# --- base64url -------------------------------------------------------------------------------


@given(st.binary(max_size=80))
def test_base64url_reads_back(data: bytes) -> None:
    assert from_base64url(to_base64url(data)) == data


@pytest.mark.parametrize(
    "text", ["A", "AB", "AAB", "AA==", "AA AA", "AAA\n", "AA+A", "AA/A", "ÄAAA", "AAAAA", "AＡAA"]
)
def test_what_is_not_the_one_form_of_its_bytes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="base64url"):
        from_base64url(text)


@given(st.text(alphabet="ABgwQ_-=+", max_size=9))
def test_no_two_texts_are_the_same_bytes(text: str) -> None:
    try:
        data = from_base64url(text)
    except ValueError:
        return
    assert to_base64url(data) == text


def test_a_copy_of_a_published_key_changes_nothing_in_the_ring() -> None:
    ring = KeyRing(ONE)
    before = copy.deepcopy(ring.jwks())
    ring.jwks()["keys"][0]["x"] = "changed"
    assert ring.jwks() == before
