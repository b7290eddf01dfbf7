"""Numbers written as words: English ones with their value, others as the words they are.

Pure. A word of another language has no value here, so it counts as known only where a fact
holds the same word. German, French, Spanish, Italian, Portuguese, Dutch and Polish are listed;
languages in another script are held back elsewhere (`core.advice.sentences`).
"""

import re
from collections.abc import Iterator
from typing import Final

_TO_NINETEEN: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_BY_TEN: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNITS: Final = {word: n for n, word in enumerate(_TO_NINETEEN.split())} | {"nil": 0}
_TENS: Final = {word: 10 * n for n, word in enumerate(_BY_TEN.split(), 2)}
_MAGNITUDES: Final = {
    "hundred": 100,
    "thousand": 1_000,
    "grand": 1_000,
    "lakh": 100_000,
    "million": 1_000_000,
    "crore": 10_000_000,
    "billion": 1_000_000_000,
    "trillion": 1_000_000_000_000,
}
_SAYS: Final = {
    "0.25": "quarter",
    "0.5": "half",
    "2": "couple pair twice double doubled doubles second",
    "3": "thrice triple tripled third",
    "4": "quadruple quadrupled fourth",
    "5": "fifth",
    "6": "sixth",
    "7": "seventh",
    "8": "eighth",
    "9": "ninth",
    "10": "tenth",
    "11": "eleventh",
    "12": "twelfth dozen",
    "20": "twentieth",
}
_SINGLE: Final = {word: value for value, said in _SAYS.items() for word in said.split()}
_NO_NUMBER: Final = (
    "dozens hundreds thousands lakhs crores millions billions trillions handful umpteen zillion "
    "zillions quarters thirds halves fifths tenths hundredth thousandth fortnight fortnights "
    "decade decades century centuries myriad myriads threescore fourscore eleventy"
)
_VAGUE: Final = frozenset(_NO_NUMBER.split())
"""No number in particular: what a fact must say in the same word."""

_FOREIGN: Final = (
    # German
    "zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn sechzehn siebzehn zwanzig "
    "dreissig hundert tausend tausende millionen milliarde milliarden dutzend halb doppelt zweimal "
    # French
    "deux trois quatre cinq huit neuf dix onze douze treize quatorze quinze dix vingt trente "
    "quarante cinquante soixante mille millier milliers milliard milliards douzaine moitie "
    # Spanish and Portuguese
    "tres cuatro cinco seis siete ocho nueve diez doce trece catorce veinte treinta cuarenta "
    "cincuenta sesenta setenta ochenta noventa cien ciento cientos mil millon millones docena "
    "mitad dois duas sete oito dez doze dezesseis vinte trinta quarenta cinquenta sessenta oitenta "
    "cem cento milhao milhoes bilhao bilhoes metade "
    # Italian
    "quattro cinque sette otto nove dieci undici dodici tredici quattordici quindici sedici "
    "diciassette diciotto diciannove venti trenta quaranta cinquanta sessanta settanta ottanta "
    "novanta mila milione milioni miliardo miliardi dozzina "
    # Dutch and Polish
    "twee drie vijf zes zeven negen twaalf dertien veertien twintig dertig veertig vijftig zestig "
    "zeventig tachtig negentig honderd duizend miljoen miljard dwa trzy cztery piec szesc siedem "
    "osiem dziewiec dziesiec sto tysiac tysiace tysiecy milion miliony milionow"
)
_OTHERS: Final = frozenset(_FOREIGN.split())
# Possessive, so that what is no number costs no more than its length, whoever wrote it.
_COMPOUNDS: Final = re.compile(
    r"(?=.*(?:zig|ssig|zehn|hundert|tausend))(?:ein(?:e(?!in|lf))?|zwei|drei|vier|funf|"
    r"sech(?:s(?!ieb|ech))?|sieb(?:en?)?|acht|neun|zehn|elf|zwolf|zwan|und|s?s?ig|zig|hundert|tausend)++"
    r"|(?=.*(?:cento|mila|mille))(?:un|due?|tre(?!nt)|quattro|cinque|sei|sette|otto|nove|dieci|"
    r"vent(?:[io](?!tt))?|trenta?|quaranta?|cinquanta?|sessanta?|settanta?|ottanta?|novanta?|"
    r"cent(?:[io](?!tt))?|mila|mille)++"
)
_COUNTING: Final = _UNITS.keys() | _TENS.keys() | _MAGNITUDES.keys()
_GLUED: Final = re.compile(
    f"(?:{'|'.join(sorted((*_COUNTING, 'and', 'fold'), key=len, reverse=True))}){{2,}}"
)
_PIECE: Final = re.compile("|".join(sorted((*_COUNTING, "and", "fold"), key=len, reverse=True)))
_WORD: Final = re.compile(r"[a-z]+")
# "One" and ordinals mostly count nothing in these company: "one of them", "a second look".
_NOT_BEFORE: Final = re.compile(
    r"\b(?:no|this|that|the|any|which|each|every|some|as|another|only) one$"
    r"|\b(?:a|per|every|each) second$|\b(?:this|last|next|per|each|every|fiscal|the) quarter$"
)
_NOT_AFTER: Final = re.compile(
    r"one-(?:off|time)\b|one (?:of|another|or|should|can|may|must|would|that|who)\b"
    r"|third[ -]part|second (?:look|opin)"
)


_SCALED: Final = re.compile(rf"\d(?:[ -]?(?:{'|'.join(_MAGNITUDES)}))*[ -]?$")


def words(text: str) -> Iterator[str]:
    """Every number written as a word: its value as a plain decimal, or the words themselves.

    `text` is in small letters without accents.
    """
    run: list[str] = []
    end = 0
    for found in _WORD.finditer(text):
        parts = _parts(found.group())
        joins = text[end : found.start()] in (" ", "-", "") and run
        is_link = bool(joins) and parts[0] in ("and", "point", "a")
        if not joins or not (is_link or parts[0] in _COUNTING):
            yield from _told(run)
            run = []
        if is_link or (parts[0] in _COUNTING and not _is_idle(text, found)):
            run += parts
        elif not _is_idle(text, found):
            yield from _alone(found.group())
        end = found.end()
    yield from _told(run)


def _parts(word: str) -> list[str]:
    if word in _COUNTING or not _GLUED.fullmatch(word):
        return [word]
    return _PIECE.findall(word)


def _is_idle(text: str, found: re.Match[str]) -> bool:
    """Whether the word counts nothing where it stands, or was read with the digits before it."""
    word, start = found.group(), found.start()
    if word in _MAGNITUDES and _SCALED.search(text[max(0, start - 30) : start]):
        return True
    if word not in ("one", "second", "third", "quarter"):
        return False
    before, after = text[max(0, start - 12) : found.end()], text[start : found.end() + 8]
    return bool(_NOT_BEFORE.search(before) or _NOT_AFTER.match(after))


def _alone(word: str) -> Iterator[str]:
    if word in _SINGLE:
        yield _SINGLE[word]
    elif word in _VAGUE or word in _OTHERS or _COMPOUNDS.fullmatch(word):
        yield word


def _told(run: list[str]) -> Iterator[str]:
    while run and run[-1] in ("and", "point", "a"):
        run = run[:-1]
    if run:
        value = _value(run)
        yield " ".join(run) if value is None else str(value)


def _value(run: list[str]) -> int | None:
    """What the words say; None where they are no number that anybody would say so."""
    total, group, least = 0, 0, 10**15
    last = "start"
    for word in run:
        if word == "and" and last == "magnitude":
            continue
        if word in _UNITS and last in ("start", "magnitude", "tens"):
            if last == "tens" and not 0 < _UNITS[word] < 10:
                return None
            group, last = group + _UNITS[word], "unit"
        elif word in _TENS and last in ("start", "magnitude"):
            group, last = group + _TENS[word], "tens"
        elif word in _MAGNITUDES and last != "start":
            size = _MAGNITUDES[word]
            if not group or size >= least:
                return None
            if size == 100:
                group *= 100
            else:
                total, group, least = total + group * size, 0, size
            last = "magnitude"
        else:
            return None
    return total + group
