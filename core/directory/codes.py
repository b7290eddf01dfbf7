"""One-time codes: 16 letters that are not mistaken for one another, 80 bits.

The first four name the code, so that wrong tries are counted against it; the other twelve are
the secret: 60 bits, too many to be found from the hash within the day that a code may live.
"""

import hashlib
import hmac
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32, https://www.crockford.com/base32.html"""

LENGTH: Final = 16
NAME_LENGTH: Final = 4

_READ: Final = str.maketrans("OIL", "011")


def read_code(text: str) -> str | None:
    """A code as somebody typed it, in any case, with blanks and hyphens; None for other text."""
    if len(text) > 100:
        return None
    letters = "".join(text.upper().translate(_READ).replace("-", " ").split())
    known = len(letters) == LENGTH and all(letter in ALPHABET for letter in letters)
    return letters if known else None


def written_code(code: str) -> str:
    """A code in groups of four letters, as people are shown it."""
    return "-".join(code[at : at + 4] for at in range(0, LENGTH, 4))


def name_of(code: str) -> str:
    """The letters by which a code is found."""
    return code[:NAME_LENGTH]


def digest_of(code: str) -> str:
    """What is stored of a code: its SHA-256, hex."""
    return hashlib.sha256(code.encode()).hexdigest()


def is_same(digest: str, other: str) -> bool:
    """Whether two digests are equal, in a time that does not depend on where they differ."""
    return hmac.compare_digest(digest, other)
