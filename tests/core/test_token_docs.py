"""The check that docs/token.md gives to agents' authors takes our tokens and no forged ones."""

import hashlib
import hmac
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import msgspec
import pytest

from core.tokens.signing import KeyRing, SigningKey, to_base64url
from core.tokens.token import TokenClaims, mint
from tests.core.test_token import ACTION, CLAIMS, NEW, RING

PAGE = Path(__file__).parents[2] / "docs" / "token.md"
WANTED: dict[str, Any] = {"type": ACTION.type, "params": ACTION.params}
TODAY = int(time.time()) * 1000
FRESH = msgspec.structs.replace(CLAIMS, iat=TODAY, exp=TODAY + 3_600_000)


@pytest.fixture(scope="module")
def check() -> Callable[..., dict[str, Any]]:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    found: Callable[..., dict[str, Any]] = names["check"]
    return found


def test_a_good_token_is_taken_and_gives_its_claims(check: Callable[..., dict[str, Any]]) -> None:
    for kid in RING.keys:
        claims = check(mint(RING, kid, FRESH), RING.jwks(), WANTED)
        assert (claims["request"], claims["approvers"]) == (FRESH.request, list(FRESH.approvers))


def test_another_action_is_refused(check: Callable[..., dict[str, Any]]) -> None:
    other = {**WANTED, "params": {**ACTION.params, "amount": 120001}}
    with pytest.raises(jwt.InvalidTokenError, match="another action"):
        check(mint(RING, NEW.kid, FRESH), RING.jwks(), other)


def _forged() -> dict[str, str]:
    good = mint(RING, NEW.kid, FRESH)
    head, body, signature = good.split(".")
    stranger = SigningKey(b"\x09" * 32)
    early = msgspec.structs.replace(FRESH, iat=TODAY - 9_000_000, exp=TODAY - 5_000)
    longer = msgspec.structs.replace(FRESH, exp=FRESH.exp + 1000)
    weak = to_base64url(f'{{"alg":"HS256","kid":"{NEW.kid}","typ":"approval+jwt"}}'.encode())
    none = to_base64url(f'{{"alg":"none","kid":"{NEW.kid}","typ":"approval+jwt"}}'.encode())
    mac = hmac.digest(NEW.public_jwk["x"].encode(), f"{weak}.{body}".encode(), hashlib.sha256)
    other_type = to_base64url(f'{{"alg":"EdDSA","kid":"{NEW.kid}","typ":"JWT"}}'.encode())
    sealed = to_base64url(NEW.sign(f"{other_type}.{body}".encode()))
    return {
        "expired": mint(RING, NEW.kid, early),
        "not in the set": mint(KeyRing(stranger), stranger.kid, FRESH),
        "altered": f"{head}.{mint(RING, NEW.kid, longer).split('.')[1]}.{signature}",
        "of another type": f"{other_type}.{body}.{sealed}",
        "public key as a secret": f"{weak}.{body}.{to_base64url(mac)}",
        "none": f"{none}.{body}.",
    }


FORGED = _forged()


@pytest.mark.parametrize("case", list(FORGED))
def test_a_forged_token_is_refused(case: str, check: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(jwt.InvalidTokenError):
        check(FORGED[case], RING.jwks(), WANTED)


def test_every_claim_is_described() -> None:
    page = PAGE.read_text()
    assert [n for n in TokenClaims.__struct_fields__ if f"`{n}`" not in page] == []
