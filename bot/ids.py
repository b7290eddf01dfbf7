"""Ids and salts: the one place where randomness is drawn."""

import os
import secrets
import time
from collections import deque

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32 in lower case: no letter that is mistaken for a digit."""


_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
_SHIFTS = range(40, -1, -10)
_LETTERS = (_ALPHABET * 8).encode()
"""For each byte a letter, each for as many bytes."""


_PIECE, _PIECES = 16, 256
_drawn: deque[bytes] = deque()
os.register_at_fork(after_in_child=_drawn.clear)  # nobody else may draw the same


def new_id() -> str:
    """A ULID (26 characters): sorts by time of making, so lists page by it.

    48 bits of milliseconds and 80 random bits, as https://github.com/ulid/spec lays down.
    """
    made = time.time_ns() // 1_000_000
    told = "".join([_PAIRS[made >> shift & 1023] for shift in _SHIFTS])
    return told + _random(16).translate(_LETTERS).decode()


def new_salt() -> str:
    """16 random bytes as hex."""
    return _random(16).hex()


def _random(size: int) -> bytes:
    """So many random bytes, at most 16, each given out once.

    They are drawn many at a time: the system call lets go of the interpreter's lock, and under
    load getting it back from the storage's thread took a tenth of the time of a submission.
    """
    while True:
        try:
            return _drawn.pop()[:size]
        except IndexError:
            drawn = os.urandom(_PIECE * _PIECES)
            _drawn.extend(drawn[at : at + _PIECE] for at in range(0, len(drawn), _PIECE))


def new_code() -> str:
    """A one-time code: 16 random letters of the same alphabet, in capitals."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(16)).upper()
