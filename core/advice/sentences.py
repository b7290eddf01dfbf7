"""What one sentence of advice may look like, and what is taken out of it.

Pure. A sentence is plain: words in Latin letters or such as stand in a fact, no hidden
characters, no pictures, nothing spelled letter by letter. What leads elsewhere is taken out.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from core.advice.facts import Fact
from core.advice.hostile import Ploy, ploys
from core.advice.reading import plain, runs, words
from core.text import has_hidden

MOST_SENTENCE: Final = 400
"""Characters; what is longer is left out, for a cut could change a number."""
COPIED: Final = 6
"""So many words in a row from a text from outside are its words, not advice."""
COPIED_NAME: Final = 8
"""The same for titles and parameters of at most `LONGEST_NAME` words."""
LONGEST_NAME: Final = 12
COPIED_WHOLE: Final = 4
"""A sentence of so many words that is nothing but a piece of such a text."""
COPIED_HOSTILE: Final = 3
"""The same where that text speaks to its reader."""

_ARGUES: Final = frozenset({Ploy.INSTRUCTS, Ploy.CLAIMS, Ploy.FORGES})
_SIGNS: Final = frozenset("+<=>~|±×÷−≈≠≤≥→^`°§©®™")
# Neither of its characters is the other's, so that there is one way to read a text.
_SPELLED: Final = re.compile(r"(?<![^\W_])(?:[^\W_][\W_]{1,5}){3,}[^\W_](?![^\W_])")
_TALLY: Final = re.compile(r"([^\w\s.])(?:\s?\1){2,}|\b[Il|]{3,}\b")
_OTHER_LETTERS: Final = frozenset("ßæøłđœþðı")

_MARKED: Final = re.compile(r"!?\[([^\[\]\n]{0,400})\]\([^()\n]*\)")
_SHAPES: Final = re.compile(
    r"<[^>\n]{0,400}>|\b[a-z][a-z0-9+.-]{1,20}:/{1,3}\S*"
    r"|\b(?:mailto|javascript|data|tel|sms|file|callto|skype|msteams|slack|vbscript|urn):\S+"
    r"|(?<![\w:])//\S+|\\\\\w\S*",
    re.IGNORECASE,
)
# A match begins where its word does: else each place within a long one would be tried.
_HOST: Final = re.compile(
    r"(?<![^\s,;()<>\"“”])[^\s,;()<>\"“”]*[^\W_](?:\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)|[.․．。｡])(?:[^\W\d]{2,}|xn--)[^\s,;()<>\"“”]*",
    re.IGNORECASE,
)
_SPACED_HOST: Final = re.compile(
    r"(?<![\w-])[\w-]+(?:\s+\.\s*|\s*\.\s+|\s+dot\s+|\s*[\[({]\s*(?:dot|\.)\s*[\])}]\s*)"
    r"(?:com|net|org|io|ai|co|de|uk|eu|info|biz|xyz|app|dev|"
    r"link|ru|cn|ly|me|tk|top|site|online)\b(?:/\S*)?",
    re.IGNORECASE,
)
_HANDLE: Final = re.compile(r"(?<![^\s@])[^\s@]+@[^\s@]+|(?<!\w)@[\w.-]+(?:[^\s@]+@[^\s@]+)?")
_SENTENCE_END: Final = ".,;:!?'’”\""


def fault(text: str, told: str) -> str | None:
    """Why a sentence cannot stand; None where it can. `told` are the facts it rests on."""
    if len(text) > MOST_SENTENCE:
        return "too long"
    if has_hidden(text):
        return "hidden characters"
    if not all(map(_is_plain, text)) or _TALLY.search(text):
        return "signs that no sentence needs"
    if _SPELLED.search(text):
        return "words spelled letter by letter"
    if _strangers(text) - _strangers(told):
        return "a word in another script that stands in no fact it rests on"
    return None


def unlinked(text: str, told: Iterable[str]) -> str:
    """The text without what leads elsewhere; addresses stay which these facts hold as words."""
    allowed = {word.strip(_SENTENCE_END) for each in told for word in each.split()}

    def kept(found: re.Match[str]) -> str:
        return found.group() if found.group().strip(_SENTENCE_END) in allowed else ""

    before = None
    while before != text:
        before = text
        text = _MARKED.sub(r"\1", text)
        if text == before:
            text = _HOST.sub(kept, _SHAPES.sub("", text))
        text = _HANDLE.sub(kept, _SPACED_HOST.sub("", text))
    return " ".join(text.split())


class Echoes:
    """Recognises words that were taken over from the texts from outside, or from `ours`, which
    the model was told besides the facts."""

    def __init__(self, facts: Sequence[Fact], ours: str = "") -> None:
        outside = [fact for fact in facts if fact.outside]
        hostile = [fact for fact in outside if _ARGUES.intersection(ploys(_read(fact)))]
        self.arguing: Final = frozenset(fact.number for fact in hostile)
        named = [fact for fact in outside if _is_name(fact)]
        written = _runs([fact for fact in outside if fact not in named], COPIED)
        self._sentences = written | frozenset(runs(words(ours), COPIED))
        self._names = _runs(named, COPIED_NAME)
        self._hostile = _runs(hostile, COPIED_HOSTILE)
        wholes = (*(text for fact in outside for text in _read(fact)), ours)
        self._wholes = tuple(f" {' '.join(words(each))} " for each in wholes)

    def repeats(self, text: str) -> bool:
        """Whether the sentence repeats what the request says of itself, or is nothing else."""
        said = words(text)
        whole = f" {' '.join(said)} "
        return not (
            self._sentences.isdisjoint(runs(said, COPIED))
            and self._names.isdisjoint(runs(said, COPIED_NAME))
            and self._hostile.isdisjoint(runs(said, COPIED_HOSTILE))
            and (len(said) < COPIED_WHOLE or not any(whole in each for each in self._wholes))
        )


_PARAMETER: Final = "The parameter "
_ESCAPED: Final = re.compile(r"\\(?:u[0-9a-f]{4}|.)")
_NAMES: Final = ("request.title", "request.params.", "request.labels", "request.action.type")


def _is_name(fact: Fact) -> bool:
    """Whether a text from outside names a thing rather than arguing in sentences."""
    return fact.source.startswith(_NAMES) and len(_said(fact).split()) <= LONGEST_NAME


def _runs(facts: Iterable[Fact], length: int) -> frozenset[tuple[str, ...]]:
    texts = (text for fact in facts for text in _read(fact))
    return frozenset(run for text in texts for run in runs(words(text), length))


def _said(fact: Fact) -> str:
    """The text from outside itself: what stands before the colon is ours, except that whoever
    asks also names the parameters."""
    text = fact.text.removeprefix(_PARAMETER)
    return text if text != fact.text else text.partition(": ")[2] or text


def _read(fact: Fact) -> tuple[str, ...]:
    """The text from outside as it may be read: as it stands, and as the JSON that it may be, where
    a line's end is written in letters that seem to belong to the word behind it."""
    text = _said(fact)
    return (text, _ESCAPED.sub(" ", text)) if "\\" in text else (text,)


def _is_plain(character: str) -> bool:
    if character.isascii():
        return character.isprintable()
    kind = unicodedata.category(character)
    return kind[0] in "LNP" or kind in ("Sc", "Zs", "Mn", "Mc") or character in _SIGNS


def _strangers(text: str) -> frozenset[str]:
    """Its words with letters or marks that are not Latin, in small letters."""
    if text.isascii():
        return frozenset()
    whole = unicodedata.normalize("NFC", text).casefold()
    return frozenset(
        word
        for word in re.findall(
            r"[^\W\d_](?:[^\W_]|[\u0300-\u036f\u0900-\u0dff])*|[\u0300-\u036f]", whole
        )
        if not all(map(_is_latin, word))
    )


def _is_latin(character: str) -> bool:
    if character.isascii():
        return True
    base = unicodedata.normalize("NFD", character)
    return (base[0].isascii() and len(base) > 1) or character in _OTHER_LETTERS


def urges(text: str) -> bool:
    """Whether a sentence speaks for a yes."""
    return _URGES.search(plain(text)) is not None


def assures(text: str) -> bool:
    """Whether a sentence that should tell a risk says nothing but that there is none."""
    return _ASSURES.match(plain(text)) is not None


_ASSURES: Final = re.compile(
    r"(?:(?:it|this) is |it's )?(?:safe|fine|ok|okay|good|ready) to "
    r"(?:approve|accept|pass|sign|grant)\b"
    r"|(?:approve|accept|go ahead|sign off|proceed)\b"
    r"|(?:(?:it|this) )?(?:should|can|may|must) (?:safely )?be (?:approved|accepted|granted)\b"
    r"|(?:there (?:is|are) )?no (?:concerns?|risks?|objections?|problems?)\b"
    r"|(?:(?:it|this|all|everything) )?(?:is|looks?|seems?) (?:\w+ )?"
    r"(?:safe|fine|good|ok|okay|harmless|in order|routine|legitimate|low[- ]risk)"
    r"(?: and [\w-]+)?[.!]?$"
)
_URGES: Final = re.compile(
    r"\b(?:should|can|may|must|to|please|safely|recommend\w*|just|suggest\w*|advise) (?:be )?"
    r"(?:safely )?(?:approved?|accept(?:ed)?|pass(?:ed)?|granted?|sign(?:ed)?(?: off)?|go ahead)\b"
    r"|(?:^|[.!:;,-] ?)(?:approve|accept|go ahead|sign off|proceed|confirm|grant)\b"
    r"|\b(?:safe|fine|ok|okay|good|ready) to (?:approve|accept|pass|go|proceed|sign|grant)\b"
    r"|\bno (?:concerns?|risks?|objections?|issues?|problems?|reasons? (?:not|against)|doubts?)\b"
    r"|\b(?:looks?|seems?|is|appears) (?:entirely |completely |perfectly |quite |very )?"
    r"(?:safe|fine|good|ok|okay|harmless|in order|routine|legitimate|low[- ]risk|unproblematic)\b"
    r"|\bnothing (?:unusual|wrong|suspicious|against|stands out)\b|\blow[- ]risk\b"
)
