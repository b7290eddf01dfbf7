"""The secrets that callbacks are signed with, and the seal under which they are kept.

Each agent's key has its own: with one for all, whoever runs one receiver could sign what another
believes. Sealed with Fernet (AES-128-CBC and HMAC-SHA256) together with whose it is, so that
nobody who may only write to the database puts one in another's place.
"""

from base64 import b64encode
from collections.abc import Sequence
from typing import Final

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from core.callbacks import SealedSecret
from core.value import Value

BYTES: Final = 32
"""Of a new secret; 24 to 64 are allowed.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"""


class _Sealed(Value, frozen=True):
    """What lies under the seal."""

    key: str
    id: str
    secret: str

    def __repr__(self) -> str:
        return f"_Sealed({self.key}, {self.id})"


_read = msgspec.json.Decoder(_Sealed).decode


def written(random: bytes) -> str:
    """A secret of these random bytes, as receivers take it."""
    return f"whsec_{b64encode(random).decode()}"


class CallbackSeal:
    """Seals with the first key, opens with any: so keys are exchanged."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Raises ValueError for a key that is none, or no key at all."""
        made = [Fernet(key) for key in keys]
        self._all = MultiFernet(made)
        self._newest = made[0]

    def close(self, key: str, id: str, secret: str) -> bytes:
        """The secret `id` of an API key, sealed; another text each time."""
        return self._newest.encrypt(msgspec.json.encode(_Sealed(key=key, id=id, secret=secret)))

    def open(self, sealed: SealedSecret) -> str | None:
        """The secret; None for another one's, or what none of the keys opens."""
        try:
            found = _read(self._all.decrypt(sealed.sealed))
        except (InvalidToken, msgspec.MsgspecError):
            return None
        return found.secret if (found.key, found.id) == (sealed.key, sealed.id) else None

    def again(self, sealed: SealedSecret) -> bytes | None:
        """The same under the first key; None where it is so already, or does not open."""
        try:
            self._newest.decrypt(sealed.sealed)
        except InvalidToken:
            secret = self.open(sealed)
            return None if secret is None else self.close(sealed.key, sealed.id, secret)
        return None
