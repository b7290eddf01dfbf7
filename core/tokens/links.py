"""Links to decide by: what a letter's link and the form of a page state, signed and read again.

Whoever holds such a link may decide as its person, so it is about one revision, stage and round,
and ends. It is signed with HMAC-SHA256 (RFC 2104) under keys derived from the signing keys: who
serves can check it, and nobody else has to.
"""

import hmac
from collections.abc import Iterator
from enum import StrEnum
from hashlib import sha256
from typing import Final

import msgspec

from core.commands import Binding
from core.tokens.signing import KeyRing, SigningKey, from_base64url, to_base64url
from core.value import Millis, Value

PURPOSE: Final = "countersign: links to decide by, 1"
MAX_CHARS: Final = 2048
"""Of a whole link's token: addresses have at most 254 characters, ids 26."""


class Pass(Value, frozen=True):
    """What a link states: who may decide what until when (rounded down to whole seconds).

    `letter` names the letter that it stands in. `form` is "" in a link, which only leads to the
    page; in the page's own form it tells this page from all others. A `binding` to revision 0
    (`present`) is about what is asked when the page is opened: the form is bound to that.
    """

    letter: str
    person: str
    binding: Binding
    ends: Millis
    form: str = ""


def present(request: str) -> Binding:
    """What is asked of a request when somebody looks, whatever that is by then."""
    return Binding(request=request, revision=0, commitment="", level=0, round=0)


class Fault(StrEnum):
    """Why a link is not taken."""

    FORGED = "forged"
    EXPIRED = "expired"


class LinkError(Exception):
    """An expected no about a link; it never holds the link."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault.value)


_Stated = tuple[str, str, str, int, str, int, int, int, str]
_decoder = msgspec.json.Decoder(_Stated)


class Links:
    """Signs with the ring's active key; what a retired one signed is read until it ends."""

    def __init__(self, ring: KeyRing) -> None:
        self._secrets = tuple(_secrets(ring))

    def sign(self, given: Pass) -> str:
        """The pass as text that can stand in a link: base64url and one dot."""
        about = given.binding
        stated: _Stated = (
            given.letter,
            given.person,
            about.request,
            about.revision,
            about.commitment,
            about.level,
            about.round,
            given.ends // 1000,
            given.form,
        )
        body = to_base64url(msgspec.json.encode(stated))
        return f"{body}.{to_base64url(_mac(self._secrets[0], body))}"

    def read(self, text: str, now: Millis) -> Pass:
        """What a text states that was signed here and has not ended. Raises LinkError."""
        body, _, mac = text.partition(".")
        if len(text) > MAX_CHARS or not text.isascii() or not self._is_ours(body, mac):
            raise LinkError(Fault.FORGED)
        letter, person, request, revision, commitment, level, round_, ends, form = _decoder.decode(
            from_base64url(body)
        )
        if now >= ends * 1000:
            raise LinkError(Fault.EXPIRED)
        about = Binding(
            request=request, revision=revision, commitment=commitment, level=level, round=round_
        )
        return Pass(letter=letter, person=person, binding=about, ends=ends * 1000, form=form)

    def _is_ours(self, body: str, mac: str) -> bool:
        try:
            given = from_base64url(mac)
        except ValueError:
            return False
        return any(hmac.compare_digest(_mac(secret, body), given) for secret in self._secrets)


def _secrets(ring: KeyRing) -> Iterator[bytes]:
    keys: tuple[SigningKey, ...] = (ring.active, *ring.retired)
    return (key.derived(PURPOSE) for key in keys)


def _mac(secret: bytes, body: str) -> bytes:
    return hmac.new(secret, body.encode(), sha256).digest()
