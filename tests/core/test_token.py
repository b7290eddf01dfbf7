"""Approval tokens: what is minted reads back, says when it holds, and names its one action."""

import json
from typing import Any

import jwt
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.content import Action, action_digest
from core.tokens.signing import KeyRing, SigningKey, from_base64url
from core.tokens.token import (
    END_OF_TIME,
    MAX_CHARS,
    SENTENCES,
    SKEW,
    Fault,
    TokenClaims,
    TokenError,
    covers,
    mint,
    read_token,
    whole_seconds,
)

NEW, OLD = SigningKey(b"\x01" * 32), SigningKey(b"\x02" * 32)
RING = KeyRing(NEW, (OLD,))
NOW = 1_700_000_000_000
HOUR = 3_600_000
ACTION = Action(type="purchase_order", params={"vendor": "ACME", "amount": 120000})
CLAIMS = TokenClaims(
    request="01hf8q3v9n0e5y6x7z8a9b0c1d",
    revision=2,
    digest="ab" * 32,
    action_digest=action_digest(ACTION),
    approvers=("mara@example.com", "finn@example.com"),
    rule="purchase-order",
    policy_version="7",
    jti="01hf8q3v9n0e5y6x7z8a9b0c1e",
    iat=NOW,
    exp=NOW + HOUR,
)
TOKEN = mint(RING, NEW.kid, CLAIMS)


def changed(**fields: Any) -> TokenClaims:
    return msgspec.structs.replace(CLAIMS, **fields)


def fault(text: str, keys: Any = RING, now: int = NOW, audience: str | None = None) -> Fault | None:
    """Why a token is not taken, None when it is."""
    try:
        read_token(text, keys, now, audience=audience)
    except TokenError as error:
        return error.kind
    return None


# --- what is minted --------------------------------------------------------------------------


def test_a_token_reads_back_with_the_ring_and_with_the_published_keys() -> None:
    assert read_token(TOKEN, RING, NOW) == CLAIMS
    assert read_token(TOKEN, json.loads(json.dumps(RING.jwks())), NOW) == CLAIMS


def test_its_header_and_payload_are_these() -> None:
    head, body, signature = TOKEN.split(".")
    assert json.loads(from_base64url(head)) == {
        "alg": "EdDSA",
        "kid": NEW.kid,
        "typ": "approval+jwt",
    }
    assert json.loads(from_base64url(body)) == {
        "iss": "countersign",
        "request": CLAIMS.request,
        "revision": 2,
        "digest": "ab" * 32,
        "action_digest": CLAIMS.action_digest,
        "approvers": ["mara@example.com", "finn@example.com"],
        "rule": "purchase-order",
        "policy_version": "7",
        "jti": CLAIMS.jti,
        "iat": 1_700_000_000,
        "exp": 1_700_003_600,
    }
    assert len(from_base64url(signature)) == 64


def test_an_approval_without_a_person_says_so() -> None:
    token = mint(RING, NEW.kid, changed(approvers=(), rule=None, policy_version=None))
    payload = json.loads(from_base64url(token.split(".")[1]))
    assert payload["approvers"] == []
    assert not {"rule", "policy_version", "aud"} & set(payload)


def test_another_library_takes_it() -> None:
    key = jwt.PyJWKSet.from_dict(RING.jwks())[NEW.kid]
    found = jwt.decode(
        TOKEN, key, algorithms=["EdDSA"], issuer="countersign", options={"verify_exp": False}
    )
    assert found["request"] == CLAIMS.request


def test_the_same_claims_are_the_same_text_in_any_process() -> None:
    again = KeyRing(SigningKey(b"\x03" * 32), (SigningKey(b"\x01" * 32),))
    assert mint(again, NEW.kid, CLAIMS) == TOKEN


def test_a_retired_key_signs_and_its_tokens_are_taken() -> None:
    token = mint(RING, OLD.kid, CLAIMS)
    assert read_token(token, RING, NOW) == CLAIMS


def test_a_key_that_is_gone_signs_nothing_and_its_tokens_are_not_taken() -> None:
    with pytest.raises(TokenError) as caught:
        mint(KeyRing(NEW), OLD.kid, CLAIMS)
    assert caught.value.kind is Fault.UNKNOWN_KEY
    assert fault(mint(RING, OLD.kid, CLAIMS), KeyRing(NEW)) is Fault.UNKNOWN_KEY


ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
digests = st.text("0123456789abcdef", min_size=64, max_size=64)
all_claims = st.builds(
    TokenClaims,
    request=ids,
    revision=st.integers(1, 2**53 - 1),
    digest=digests,
    action_digest=digests,
    approvers=st.lists(ids, max_size=5).map(tuple),
    jti=ids,
    iat=st.integers(0, NOW // 1000).map(lambda s: s * 1000),
    exp=st.integers(NOW // 1000 + 1, END_OF_TIME // 1000).map(lambda s: s * 1000),
    rule=st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    policy_version=st.none() | ids,
    aud=st.none() | ids,
)


@given(all_claims)
def test_whatever_is_minted_reads_back_and_has_one_text(claims: TokenClaims) -> None:
    token = mint(RING, NEW.kid, claims)
    found = read_token(token, RING, NOW, audience=claims.aud)
    assert found == claims
    assert mint(RING, NEW.kid, found) == token


@pytest.mark.parametrize(
    "fields",
    [
        {"request": ""},
        {"request": "r" * 255},
        {"jti": ""},
        {"revision": 0},
        {"revision": 2**53},
        {"digest": "AB" * 32},
        {"digest": "ab" * 31},
        {"action_digest": ""},
        {"approvers": ("",)},
        {"approvers": ("a" * 255,)},
        {"iat": -1},
        {"exp": NOW},
        {"exp": NOW + 999},
        {"exp": END_OF_TIME + 1000},
    ],
)
def test_claims_that_no_reader_would_take_are_not_minted(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="cannot stand in a token"):
        mint(RING, NEW.kid, changed(**fields))


def test_a_token_that_would_be_too_long_is_not_minted() -> None:
    many = tuple(f"approver-{n:03}@subsidiary.example.com" for n in range(120))
    assert len(mint(RING, NEW.kid, changed(approvers=many))) <= MAX_CHARS
    with pytest.raises(TokenError) as caught:
        mint(RING, NEW.kid, changed(approvers=many * 2))
    assert caught.value.kind is Fault.TOO_LARGE


def test_an_error_never_holds_the_token() -> None:
    with pytest.raises(TokenError) as caught:
        read_token(TOKEN, RING, NOW + HOUR)
    assert str(caught.value) == "The token has expired. Ask for a new approval."
    assert set(SENTENCES) == set(Fault)


# --- when it holds ---------------------------------------------------------------------------


def test_it_holds_until_the_very_moment_it_expires() -> None:
    assert fault(TOKEN, now=CLAIMS.exp - 1) is None
    assert fault(TOKEN, now=CLAIMS.exp) is Fault.EXPIRED


def test_it_holds_from_its_date_on_with_a_minute_for_unequal_clocks() -> None:
    assert fault(TOKEN, now=CLAIMS.iat - SKEW) is None
    assert fault(TOKEN, now=CLAIMS.iat - SKEW - 1) is Fault.NOT_YET_VALID


def test_times_are_cut_to_seconds_never_lengthened() -> None:
    token = mint(RING, NEW.kid, changed(iat=NOW + 999, exp=NOW + HOUR + 999))
    assert token == TOKEN
    assert whole_seconds(NOW + 999) == NOW


# --- for whom and for what -------------------------------------------------------------------


def test_a_token_for_an_audience_is_for_that_audience_only() -> None:
    meant = mint(RING, NEW.kid, changed(aud="payments"))
    assert fault(meant, audience="payments") is None
    assert fault(meant, audience="payroll") is Fault.WRONG_AUDIENCE
    assert fault(meant) is Fault.WRONG_AUDIENCE
    assert fault(TOKEN, audience="payments") is Fault.WRONG_AUDIENCE


@pytest.mark.parametrize(
    "other",
    [
        {"type": "payment"},
        {"params": {"vendor": "ACME", "amount": 120001}},
        {"params": {"vendor": "ACME", "amount": "120000"}},
        {"params": {"vendor": "ACME"}},
        {"params": {"vendor": "ACME", "amount": 120000, "express": None}},
        {"params": {"vendor": "ACME ", "amount": 120000}},
    ],
)
def test_it_covers_its_action_and_no_other(other: dict[str, Any]) -> None:
    claims = read_token(TOKEN, RING, NOW)
    assert covers(claims, Action(type=ACTION.type, params={"amount": 120000, "vendor": "ACME"}))
    assert not covers(claims, msgspec.structs.replace(ACTION, **other))
