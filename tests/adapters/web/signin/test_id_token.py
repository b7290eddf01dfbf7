"""ID tokens: everything that must be so, and what becomes of one where it is not."""

import hmac
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.web.signin.id_token import Keys, WrongToken, address_in, verified

NOW = 1_800_000_000
ISSUER = "https://id.example.com"
CLIENT = "countersign"
NONCE = "n" * 64
KEY = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())
GOOD: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "1",
    "aud": CLIENT,
    "iat": NOW,
    "exp": NOW + 300,
    "nonce": NONCE,
}


def published(**keys: ec.EllipticCurvePrivateKey) -> Keys:
    made = jwt.algorithms.ECAlgorithm.to_jwk
    return Keys.read(
        [{**made(key.public_key(), as_dict=True), "kid": kid} for kid, key in keys.items()]
    )


def signed(
    claims: dict[str, Any], kid: str | None = "k1", alg: str = "ES256", key: Any = KEY
) -> str:
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(claims, key, algorithm=alg, headers=headers)


def read(token: str, keys: Keys | None = None) -> Any:
    keys = published(k1=KEY) if keys is None else keys
    given = {"issuer": ISSUER, "client_id": CLIENT, "nonce": NONCE, "now": NOW * 1000}
    return verified(token, keys, **given)  # type: ignore[arg-type]  # all of them are named


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"aud": [CLIENT]},
        {"aud": [CLIENT, "other"], "azp": CLIENT},
        {"exp": NOW - 59, "iat": NOW - 300},
        {"iat": NOW + 59},
        {"nbf": NOW},
    ],
)
def test_a_token_that_was_signed_for_us_now_counts(claims: dict[str, Any]) -> None:
    assert read(signed({**GOOD, **claims}))["sub"] == "1"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": f"{ISSUER}/"},
        {"iss": None},
        {"aud": "other"},
        {"aud": []},
        {"aud": None},
        {"aud": [CLIENT, "other"]},
        {"aud": [CLIENT, "other"], "azp": "other"},
        {"azp": "other"},
        {"azp": 1},
        {"exp": NOW - 60},
        {"exp": None},
        {"exp": "soon"},
        {"iat": NOW + 61},
        {"iat": NOW - 601},
        {"iat": None},
        {"nbf": NOW + 61},
        {"nonce": None},
        {"nonce": ""},
        {"nonce": "m" * 64},
        {"nonce": 1},
        {"nonce": "é"},
        {"sub": None},
    ],
)
def test_any_claim_that_is_not_so_makes_it_nothing(claims: dict[str, Any]) -> None:
    whole = {name: value for name, value in {**GOOD, **claims}.items() if value is not None}
    with pytest.raises(WrongToken) as caught:
        read(signed(whole))
    assert "example.com" not in str(caught.value)


def test_only_published_keys_sign() -> None:
    with pytest.raises(WrongToken):
        read(signed(GOOD, key=OTHER))
    with pytest.raises(WrongToken):
        read(signed(GOOD, kid="k2"))
    assert read(signed(GOOD, kid=None))["sub"] == "1"
    two = published(k1=KEY, k2=OTHER)
    assert read(signed(GOOD, kid="k2", key=OTHER), two)["sub"] == "1"
    with pytest.raises(WrongToken):
        read(signed(GOOD, kid=None), two)


def test_neither_no_signature_nor_one_with_what_everybody_knows_counts() -> None:
    public = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with_public = _by_hand("HS256", lambda text: hmac.digest(public, text, "sha256"))
    unsigned = _by_hand("none", lambda _: b"")
    for token in (unsigned, with_public, unsigned[:-1], "a.b.c", "", "\ud800"):
        with pytest.raises(WrongToken):
            read(token)


def _by_hand(alg: str, sign: Callable[[bytes], bytes], kid: str = "k1") -> str:
    """A token that the library would not sign."""
    head = jwt.utils.base64url_encode(f'{{"alg":"{alg}","kid":"{kid}"}}'.encode()).decode()
    text = f"{head}.{signed(GOOD).split('.')[1]}"
    return f"{text}.{jwt.utils.base64url_encode(sign(text.encode())).decode()}"


def test_a_provider_may_sign_with_rsa_of_a_good_size() -> None:
    good = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    made = jwt.algorithms.RSAAlgorithm.to_jwk
    keys = Keys.read(
        [
            {**made(k.public_key(), as_dict=True), "kid": kid}
            for kid, k in (("g", good), ("s", short))
        ]
    )
    assert read(signed(GOOD, kid="g", alg="RS256", key=good), keys)["sub"] == "1"
    with pytest.raises(WrongToken):
        read(_by_hand("RS256", lambda text: short.sign(text, PKCS1v15(), SHA256()), "s"), keys)


def test_what_is_published_beside_signing_keys_is_no_key() -> None:
    public = jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
    oct_key = {"kty": "oct", "k": "c2VjcmV0", "kid": "k1", "alg": "HS256"}
    for wrong in ({**public, "use": "enc", "kid": "k1"}, oct_key, {"kid": "k1"}, {"kty": "new"}):
        assert not Keys.read([wrong]).has_that_of(signed(GOOD))
    assert Keys.read([{**public, "kid": "k1", "use": "sig"}]).has_that_of(signed(GOOD))


@pytest.mark.parametrize(
    ("claims", "claim", "email"),
    [
        ({"email": "ann@example.com", "email_verified": True}, "email", "ann@example.com"),
        ({"email": " ann@example.com ", "email_verified": "true"}, "email", "ann@example.com"),
        ({"email": "ann@example.com", "email_verified": False}, "email", None),
        ({"email": "ann@example.com", "email_verified": "yes"}, "email", None),
        ({"email": "ann@example.com"}, "email", None),
        ({"email": ["ann@example.com"], "email_verified": True}, "email", None),
        ({"email": "", "email_verified": True}, "email", None),
        ({"email": "a" * 255, "email_verified": True}, "email", None),
        ({"preferred_username": "ann@example.com"}, "preferred_username", "ann@example.com"),
        ({"email": "ann@example.com", "email_verified": True}, "upn", None),
    ],
)
def test_only_an_address_that_was_verified_is_one(
    claims: dict[str, Any], claim: str, email: str | None
) -> None:
    assert address_in(claims, claim) == email
