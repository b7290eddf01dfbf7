"""Numbers in a text, so that none reaches a card which stands in no fact.

Pure. A figure is a number however it is written: with separators, as a percentage, with "k" or
"million", as a power, in digits of another script, in Roman ones, among letters, or as a word.
What can be read in two ways, and what is a date or a time, counts as it is written.
"""

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Final

from core.advice.number_words import words
from core.advice.reading import LOOKALIKES

_SCALES: Final = {
    **dict.fromkeys(
        ("k", "thousand", "thousands", "tsd", "tausend", "grand", "mille", "mil"), 10**3
    ),
    **dict.fromkeys(("lakh", "lakhs"), 10**5),
    **dict.fromkeys(("m", "mn", "mm", "mio", "mln", "million", "millions", "millionen"), 10**6),
    **dict.fromkeys(("millones", "milioni", "milhoes", "miljoen"), 10**6),
    **dict.fromkeys(("crore", "crores"), 10**7),
    **dict.fromkeys(("b", "bn", "billion", "billions", "mrd", "milliarden", "milliards"), 10**9),
    **dict.fromkeys(("tn", "trillion", "trillions"), 10**12),
    **dict.fromkeys(("hundred", "hundreds"), 100),
    "dozen": 12,
}
_SCALE: Final = re.compile(
    rf"[\s-]?({'|'.join(sorted(_SCALES, key=len, reverse=True))})\b", re.IGNORECASE
)
_SHARE: Final = re.compile(r"\s?(%|‰|percent\b|per cent\b|pct\b|prozent\b|basis points?\b|bps\b)")
_POWER: Final = (
    r"\d[\d.,]*\s?e[+-]?\d+"
    r"|\d[\d.,]*\s?(?:[x×*·]\s?\d+\s?)?(?:\^|\*\*)\s?-?\d+"
    r"|\d[\d.,]*\s?[x×*·]\s?\d[\d.,]*"
)
_MANY: Final = re.compile(
    rf"({_POWER})|\d+(?:(?:[.,'’_/:\u00a0\u202f\u2009-]|(?<=\d) (?=\d{{3}}(?!\d)))\d+)*"
)
# "1 2 0" is read as one number, and so is "1,OOO".
_SPREAD: Final = re.compile(r"(?<!\d)(?<!\d[.,:/-])\d{1,2}(?: \d{1,2})+(?![\d.,:/-]*\d)")
_LETTERED: Final = re.compile(r"\d[.,'’ ]?[o]{2,}")
_GROUPED: Final = re.compile(r"\d{1,3}(?:[,'’_\u00a0\u202f\u2009 ]\d{3})+(?:\.\d+)?")
_BY_POINTS: Final = re.compile(r"(?!0\.)\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_LONGEST: Final = 40

_MIXED: Final = re.compile(r"\b(?=\w*\d)(?=\w*[^\W\d_])\w+")
_UNIT: Final = re.compile(
    r"\d+(?:_\d+)*(?:k|m|mn|mm|mio|mln|b|bn|tn|mrd|tsd|st|nd|rd|th|x|h|s|d|w|y|min|ms|sec|kg|km|"
    r"gb|mb|tb|kb|eur|usd|gbp|chf|pct|am|pm|e\d+)"
)
_CURRENCY: Final = re.compile(r"\b(?:eur|usd|gbp|chf|us|ca|au)(?=\d)")
_ROMAN: Final = re.compile(r"M{0,4}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})|I{4,}")
_ROMANS: Final = re.compile(r"\b(?:[IVXLCDM]{2,}|[ivx]{2,})\b")
_NO_ROMANS: Final = re.compile("C[ICDVM]|D[CIML]|ID|LI|M[CDIM]|XL|MIX")


def figures(text: str) -> frozenset[str]:
    """Every figure of a text in one way of writing, so that equal ones are equal."""
    folded = _folded(text)
    small = _small(folded)
    return frozenset((*_romans(folded), *_figures(small), *words(small)))


def _folded(text: str) -> str:
    """Digits of any script as 0 to 9, fractions as what they stand for, nothing invisible."""
    if text.isascii():
        return text
    made = []
    for character in text:
        kind = unicodedata.category(character)
        digit = None if character.isascii() else unicodedata.digit(character, None)
        if digit is not None:
            made.append(str(digit))
        elif kind in ("No", "Nl"):
            made.append(f" ; {unicodedata.numeric(character, 0):g} ; ")
        elif kind != "Cf":
            made.append(character)
    return unicodedata.normalize("NFKC", "".join(made))


def _small(text: str) -> str:
    """Small letters without accents; what looks like a Latin letter as that one."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c)).translate(LOOKALIKES)


def _romans(text: str) -> Iterator[str]:
    for found in _ROMANS.finditer(text):
        written = found.group()
        if _ROMAN.fullmatch(written.upper()) and not _NO_ROMANS.fullmatch(written):
            yield str(_roman(written.upper()))
        elif len(written) > 3:
            yield written


def _roman(written: str) -> int:
    values = [dict(zip("IVXLCDM", (1, 5, 10, 50, 100, 500, 1000), strict=True))[c] for c in written]
    following = [*values[1:], 0]
    return sum(-v if v < after else v for v, after in zip(values, following, strict=True))


def _figures(text: str) -> Iterator[str]:
    text = _CURRENCY.sub(lambda m: f"{m.group()} ", text)
    for found in (*_MIXED.finditer(text), *_LETTERED.finditer(text)):
        if not _UNIT.fullmatch(found.group()):
            yield found.group()
    text = _MIXED.sub(lambda m: m.group() if _UNIT.fullmatch(m.group()) else " ; ", text)
    text = _SPREAD.sub(lambda m: m.group().replace(" ", ""), text)
    for found in _MANY.finditer(text):
        scale, end = _scale(text, found.end())
        share = _SHARE.match(text, end)
        sign = (
            "" if share is None else "‰" if share[1] == "‰" else "bp" if share[1][0] == "b" else "%"
        )
        yield (found[1].replace(" ", "") if found[1] else _one(found.group(), scale)) + sign
    yield from (f"{word}%" for word in _shares(text))


def _scale(text: str, at: int) -> tuple[int, int]:
    """What the number that ends there is multiplied with, and where that ends."""
    scale = 1
    while (found := _SCALE.match(text, at)) is not None and scale < 10**15:
        scale, at = scale * _SCALES[found[1].lower()], found.end()
    return scale, at


_WORD_SHARE: Final = re.compile(
    r"(?<![a-z])([a-z]+(?:[ -][a-z]+){0,3})\s(?:percent|per cent|pct|prozent)\b"
)


def _shares(text: str) -> Iterator[str]:
    """Percentages in words, which are others than the bare numbers."""
    for found in _WORD_SHARE.finditer(text):
        yield from list(words(found[1]))[-1:]


def _one(written: str, scale: int) -> str:
    """A number as a plain decimal; a date, a time or what is ambiguous as it is written."""
    if len(written) > _LONGEST:
        return written
    if _GROUPED.fullmatch(written):
        plain = re.sub(r"[^0-9.]", "", written)
    elif _BY_POINTS.fullmatch(written):
        if written.count(".") + written.count(",") == 1:
            # A thousand and more for some readers, a fraction for others.
            return written if scale == 1 else f"{written}*{scale}"
        plain = written.replace(".", "").replace(",", ".")
    else:
        plain = written.replace(",", ".") if written.count(",") == 1 else written
    try:
        value = Decimal(plain) * scale
    except InvalidOperation:
        return written if scale == 1 else f"{written}*{scale}"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
