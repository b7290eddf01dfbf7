"""A model's answer, checked before anybody reads it.

Pure. A sentence goes when it cites no fact, names a number that stands in none of the facts it
cites, gives instructions, imitates this system, or repeats what the request says of itself; links
are taken out. What was taken out is said. The recommendation is the more cautious of the model's
and the rules provider's, and no sentence speaks for more than it.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec.structs import replace

from core.advice.answer import MOST_POINTS, MOST_QUESTIONS, MOST_RISKS, Cited, ModelAnswer
from core.advice.facts import Fact
from core.advice.figures import figures
from core.advice.hostile import speaks
from core.advice.sentences import Echoes, assures, fault, unlinked, urges
from core.content import Point, Rationale, Run, sha256
from core.text import one_line
from core.value import Millis, encode

_CAUTION: Final = {"approve": 0, "review": 1, "reject": 2}
_MEANT: Final = {"approve": "approve", "needs_review": "review", "reject": "reject"}
_CITATION: Final = re.compile(r"\s*[\[(]\s*(?:facts?\s*)?#?\d+(?:\s*[,;]\s*#?\d+)*\s*[\])]", re.I)
_MOST_READ: Final = 2_000
"""Characters of one text that are looked at: a longer one is no sentence."""

MORE_CAUTIOUS: Final = "The model advises more caution than the rules do."
"""The summary where the model's own cannot be shown."""


def facts_hash(facts: Sequence[Fact]) -> str:
    """SHA-256, hex, over what a model was told."""
    return sha256(b"\n".join(map(encode, facts)))


def checked(
    answer: ModelAnswer,
    facts: Sequence[Fact],
    rules: Rationale,
    run: Run,
    now: Millis,
    ours: str = "",
) -> Rationale:
    """The advice that may be shown, with what was taken out of it. `ours` is what the model was
    told besides the facts."""
    said = _MEANT[answer.recommendation]
    final = max(said, rules.recommendation, key=_CAUTION.__getitem__)
    sieve = _Sieve(facts, final, ours)
    points = sieve.cited("point", answer.points, MOST_POINTS)
    risks = sieve.cited("risk", answer.risks, MOST_RISKS)
    questions = sieve.questions(answer.questions)
    summary = sieve.free("summary", answer.summary)
    if final != said:
        sieve.removed.append(f"recommendation: the model said {said}, the rules say {final}")
        summary = rules.summary
        if sieve.is_argued_with:
            # Whoever was talked round has nothing to add in favour.
            sieve.removed.append("points: the text speaks to its reader, and the model followed")
            points = ()
    grounded = bool(points or risks)
    if not grounded:
        sieve.removed.append("confidence: nothing that it said rests on a fact")
    return Rationale(
        recommendation=final,
        summary=summary or (rules.summary if final == rules.recommendation else MORE_CAUTIOUS),
        points=points or rules.points,
        risks=tuple(dict.fromkeys((*rules.risks, *(point.text for point in risks)))),
        confidence=min(100, max(0, answer.confidence)) if grounded and final == said else None,
        source=run.model,
        at=now,
        questions=questions,
        rules=rules.recommendation,
        model=said,
        run=replace(run, removed=tuple(dict.fromkeys(sieve.removed))),
    )


class _Sieve:
    """Lets through what rests on the facts, and notes what it holds back."""

    def __init__(self, facts: Sequence[Fact], final: str, ours: str) -> None:
        self._facts = {fact.number: fact for fact in facts}
        self._all = tuple(facts)
        self._echoes = Echoes(facts, ours)
        self._final = final
        self._figures: dict[int, frozenset[str]] = {}
        self.removed: list[str] = []

    @property
    def is_argued_with(self) -> bool:
        """Whether any text from outside speaks to its reader."""
        return bool(self._echoes.arguing)

    def cited(self, what: str, found: Sequence[Cited], most: int) -> tuple[Point, ...]:
        """What cites facts, and no number that they do not hold."""
        made = tuple(filter(None, (self._point(what, each) for each in found[:most])))
        self._count(what, len(found) - most)
        return made

    def questions(self, found: Sequence[str]) -> tuple[str, ...]:
        """What asks, and no number that stands in no fact."""
        made = []
        for each in found[:MOST_QUESTIONS]:
            text = self.free("question", each)
            if text and not text.endswith("?"):
                self.removed.append("question: asks nothing")
            elif text:
                made.append(text)
        self._count("question", len(found) - MOST_QUESTIONS)
        return tuple(dict.fromkeys(made))

    def free(self, what: str, text: str) -> str:
        """What cites nothing by itself: no number that stands in no fact."""
        return self._sentence(what, text, self._all)

    def _point(self, what: str, each: Cited) -> Point | None:
        named = tuple(self._facts[n] for n in dict.fromkeys(each.facts) if n in self._facts)
        if not named or len(named) < len(set(each.facts)):
            self.removed.append(f"{what}: cites no fact, or one that is not there")
            return None
        if what == "point" and all(fact.number in self._echoes.arguing for fact in named):
            self.removed.append("point: rests only on text that speaks to its reader")
            return None
        text = self._sentence(what, each.text, named)
        return Point(text=text, sources=_sources(named)) if text else None

    def _count(self, what: str, beyond: int) -> None:
        if beyond > 0:
            self.removed.append(f"{what}: {beyond} beyond the most that are shown")

    def _sentence(self, what: str, text: str, named: Sequence[Fact]) -> str:
        """The sentence as it may stand, resting on these facts; "" where it may not."""
        told = [fact.text for fact in named]
        plain = _uncited(one_line(text[: _MOST_READ + 1]))
        shown = unlinked(plain, (fact.text for fact in named if not fact.outside))
        if shown != plain:
            self.removed.append(f"{what}: a link")
        if not any(map(str.isalpha, shown)):
            return ""
        why = fault(shown, " ".join(told)) or self._said_by_another(what, shown)
        if why is None and not figures(shown) <= self._known(named):
            why = "a number that stands in no fact it rests on"
        if why is not None:
            self.removed.append(f"{what}: {why}")
            return ""
        return shown

    def _known(self, named: Iterable[Fact]) -> frozenset[str]:
        """The figures of these facts; each is read once, however often it is cited."""
        found = frozenset[str]()
        for fact in named:
            if fact.number not in self._figures:
                self._figures[fact.number] = figures(fact.text)
            found |= self._figures[fact.number]
        return found

    def _said_by_another(self, what: str, text: str) -> str | None:
        if speaks(text):
            return "speaks to the reader as the request would"
        if self._echoes.repeats(text):
            return "repeats what the request says of itself, or what the model was told"
        speaks_for = assures if what == "risk" else urges
        if self._final != "approve" and speaks_for(text):
            return "speaks for a yes, which is not what is recommended"
        return None


def _uncited(text: str) -> str:
    """Without numbers of facts in brackets, which mean nothing to a reader."""
    before = None
    while before != text:
        before, text = text, _CITATION.sub("", text).strip()
    return text


def _sources(named: Iterable[Fact]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fact.source for fact in named))
