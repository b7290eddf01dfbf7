"""Offline checks of a token: what the server signs is taken, and nothing that resembles it."""

import base64
import json
from typing import Any

import jwt
import pytest
from msgspec.structs import replace

from core.content import Action as CoreAction
from core.content import action_digest
from core.tokens.signing import KeyRing, SigningKey
from core.tokens.token import TokenClaims, mint
from countersign_client import Action, KeySet, TokenProblem
from countersign_client.tokens import digest

NOW = 1_790_000_000
ONE, TWO = SigningKey(b"\x01" * 32), SigningKey(b"\x02" * 32)
RING = KeyRing(active=ONE)
PARAMS = {"vendor": "Müller", "amount": 120000, "share": 0.1, "lines": [{"n": 1}], "x": None}
ACTION = Action("purchase_order", PARAMS)


def claims(**fields: Any) -> TokenClaims:
    given = TokenClaims(
        request="R1",
        revision=2,
        digest="a" * 64,
        action_digest=action_digest(CoreAction(type="purchase_order", params=PARAMS)),
        approvers=("mara@example.com",),
        jti="J1",
        iat=(NOW - 60) * 1000,
        exp=(NOW + 60) * 1000,
    )
    return replace(given, **fields)


def signed(**fields: Any) -> str:
    return mint(RING, ONE.kid, claims(**fields))


def known() -> KeySet:
    return KeySet(RING.jwks())


def kind(token: str, action: Action = ACTION, now: float = NOW) -> str:
    with pytest.raises(TokenProblem) as caught:
        known().check(token, action, now)
    assert token not in str(caught.value)
    return caught.value.kind


def test_what_the_server_signs_is_taken() -> None:
    found = known().check(signed(), ACTION, NOW)
    assert (found.request, found.revision, found.jti) == ("R1", 2, "J1")
    assert found.approvers == ("mara@example.com",)


def test_the_digest_is_the_servers() -> None:
    assert digest(ACTION) == claims().action_digest


@pytest.mark.parametrize(
    "params",
    [
        PARAMS | {"amount": 120001},
        PARAMS | {"amount": "120000"},
        {name: value for name, value in PARAMS.items() if name != "x"},
        PARAMS | {"y": 1},
        {},
    ],
)
def test_another_action_is_not_approved(params: dict[str, Any]) -> None:
    assert kind(signed(), Action("purchase_order", params)) == "other_action"


def test_another_type_of_action_is_not_approved() -> None:
    assert kind(signed(), Action("payment", PARAMS)) == "other_action"


def test_what_is_no_json_is_not_approved() -> None:
    assert kind(signed(), Action("purchase_order", {"x": object()})) == "other_action"
    assert kind(signed(), Action("purchase_order", {"x": float("nan")})) == "other_action"


def test_time_counts() -> None:
    assert kind(signed(), now=NOW + 60) == "expired"
    assert kind(signed(iat=(NOW + 61) * 1000, exp=(NOW + 90) * 1000)) == "not_yet_valid"
    assert known().check(signed(iat=(NOW + 59) * 1000), ACTION, NOW).jti == "J1"


def test_another_key_is_not_known_and_a_changed_token_does_not_fit() -> None:
    other = mint(KeyRing(active=TWO), TWO.kid, claims())
    assert kind(other) == "unknown_key"
    head, body, signature = signed().split(".")
    changed = json.loads(_unpacked(body)) | {"revision": 3}
    assert kind(f"{head}.{_packed(changed)}.{signature}") == "bad_signature"


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.b.c", "." * 3, "x" * 9000, "{}.{}.{}"])
def test_what_is_no_token_is_told_so(token: str) -> None:
    with pytest.raises(TokenProblem) as caught:
        known().check(token, ACTION, NOW)
    assert caught.value.kind == "malformed"


def test_what_is_no_text_is_no_token() -> None:
    for token in (5, b"a.b.c", True):
        with pytest.raises(TokenProblem) as caught:
            known().check(token, ACTION, NOW)  # type: ignore[arg-type] # what is attacked
        assert caught.value.kind == "malformed"


def test_keys_of_other_kinds_stand_beside_ours() -> None:
    others = [{"kid": "k", "kty": "new"}, {"kty": "oct", "kid": ONE.kid, "k": "AA"}, "none"]
    keys = KeySet({"keys": [*others, *RING.jwks()["keys"]]})
    assert keys.check(signed(), ACTION, NOW).jti == "J1"
    assert KeySet({"keys": others}).wants(signed(), 0.0)


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_no_other_algorithm_is_taken(algorithm: str) -> None:
    secret: Any = None if algorithm == "none" else ONE.public_jwk["x"].ljust(64, "x")
    payload = json.loads(_unpacked(signed().split(".")[1]))
    head = {"typ": "approval+jwt", "kid": ONE.kid}
    forged = jwt.encode(payload, secret, algorithm=algorithm, headers=head)
    assert kind(forged) in ("malformed", "bad_signature")


def test_a_token_of_another_kind_is_not_an_approval() -> None:
    head, body, signature = signed().split(".")
    other = json.loads(_unpacked(head)) | {"typ": "JWT"}
    assert kind(f"{_packed(other)}.{body}.{signature}") == "wrong_type"


def test_keys_are_fetched_for_a_new_one_but_not_for_every_token_that_is_made_up() -> None:
    keys = KeySet()
    assert keys.wants(signed(), 0.0)
    keys.update(RING.jwks(), 0.0)
    assert not keys.wants(signed(), 1000.0)
    made_up = mint(KeyRing(active=TWO), TWO.kid, claims())
    assert not keys.wants(made_up, 59.0)
    assert keys.wants(made_up, 60.0)
    keys.update(RING.jwks(), 60.0)
    assert not keys.wants(made_up, 61.0)


def _unpacked(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _packed(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
