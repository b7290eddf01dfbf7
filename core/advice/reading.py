"""A text as the phrases and words that are looked for in it: small letters without accents.

Pure, and fast for what is usual: it runs for every text that is submitted.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

# Letters of other scripts that look like Latin ones.
LOOKALIKES: Final = str.maketrans("аеорсухіјѕԁԛԝһοαρτυνικ", "aeopcyxijsdqwhoaptuvik")
_ZERO_WIDTH: Final = re.compile("[\u00ad\u180e\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_TAGS: Final = re.compile("[\U000e0000-\U000e007f]")
_MARKS: Final = re.compile("[\u0300-\u036f]")
_SPACES: Final = re.compile(r"[^\S\n]{2,}|[^\S\n ]")
_WORD: Final = re.compile(r"\w+")
# Two Arabic ligatures stand for 18 letters and for 8, of which no phrase is made: a text of only
# those would become so long that it held everybody up.
_WHOLE_PHRASES: Final = re.compile("[\ufdfa\ufdfb]")


def plain(text: str) -> str:
    """Small letters without accents, look-alikes as what they look like, one space for any."""
    if not text.isascii():
        text = _TAGS.sub(lambda m: chr(ord(m.group()) - 0xE0000), text)
        text = _WHOLE_PHRASES.sub(" ", _ZERO_WIDTH.sub("", text))
        text = unicodedata.normalize("NFKD", text)
        text = _MARKS.sub("", text).casefold()
        text = text if text.isascii() else text.translate(LOOKALIKES)
    else:
        text = text.lower()
    return _SPACES.sub(" ", text) if "  " in text or not _is_simple(text) else text


def _is_simple(text: str) -> bool:
    """Whether all white space in it is spaces and line ends."""
    return text.isascii() and text.replace("\n", " ").isprintable()


def words(text: str) -> list[str]:
    """The words of a text, in order."""
    return _WORD.findall(plain(text))


def runs(said: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
    """Every run of so many words."""
    for start in range(len(said) - length + 1):
        yield tuple(said[start : start + length])
