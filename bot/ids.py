"""Ids and salts: the one place where randomness is drawn."""

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32 in lower case: no letter that is mistaken for a digit."""


def new_id() -> str:
    """A ULID (26 characters): sorts by time of making, so lists page by it.

    48 bits of milliseconds and 80 random bits, as https://github.com/ulid/spec lays down.
    """
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def new_salt() -> str:
    """16 random bytes as hex."""
    return secrets.token_hex(16)


def new_code() -> str:
    """A one-time code: 16 random letters of the same alphabet, in capitals."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(16)).upper()
