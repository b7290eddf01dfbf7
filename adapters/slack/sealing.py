"""What Slack gave us for an installation, and the seal under which it is kept.

Sealed with Fernet (AES-128-CBC and HMAC-SHA256), so that a copy of the database alone holds no
token that works, and nobody who may only write to it can put another one in its place.
"""

from collections.abc import Sequence

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from core.value import Millis, Value


class Grant(Value, frozen=True):
    """An installation's bot token and what belongs to it; `id` is whose it is.

    `refresh_token` and `expires_at` are there where the app has token rotation switched on.
    """

    id: str
    bot_token: str
    refresh_token: str | None = None
    expires_at: Millis | None = None
    bot_id: str = ""
    bot_user: str = ""
    app: str = ""
    name: str = ""
    scopes: tuple[str, ...] = ()
    installer: str = ""

    def __repr__(self) -> str:
        return f"Grant({self.id})"


_grants = msgspec.json.Decoder(Grant)


class Seal:
    """Seals with the first key, opens with any: so keys are exchanged."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Raises ValueError for a key that is none, or no key at all."""
        made = [Fernet(key) for key in keys]
        self._all = MultiFernet(made)
        self._newest = made[0]

    def close(self, content: bytes) -> bytes:
        """The content, sealed; another text each time."""
        return self._newest.encrypt(content)

    def open(self, sealed: bytes) -> bytes | None:
        """What was sealed with any of the keys; None for anything else."""
        try:
            return self._all.decrypt(sealed)
        except InvalidToken:
            return None

    def is_newest(self, sealed: bytes) -> bool:
        """Whether the first key alone opens it."""
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            return False
        return True

    def close_grant(self, grant: Grant) -> bytes:
        return self.close(msgspec.json.encode(grant))

    def open_grant(self, sealed: bytes, id: str) -> Grant | None:
        """The grant of that installation; None for another one's, or what does not open."""
        content = self.open(sealed)
        if content is None:
            return None
        try:
            grant = _grants.decode(content)
        except msgspec.MsgspecError:
            return None
        return grant if grant.id == id else None
