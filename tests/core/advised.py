"""A request, the facts of it, and a model's answers to them, for tests of advice."""

from typing import Any

from core.advice.answer import Cited, ModelAnswer
from core.advice.checking import checked
from core.advice.facts import Fact, Known, facts
from core.advice.history import History, Tally
from core.content import Rationale, Revision, Run
from core.rationale import rationale
from core.request import RequestState
from tests.core.builders import HOUR, MANAGER, NOW, a_revision, a_route

RUN = Run(model="model-1", prompt="1", facts="f" * 64)
ROUTE = a_route(MANAGER)
STATE = RequestState(id="R1", expires_at=NOW + 5 * HOUR)
ASKS = "Replaces the system that the warehouse has used for years."
HARMLESS = a_revision(description=ASKS, risk_score=20, currency="EUR")
PAST = History(
    requester=Tally(count=14, approved=12, rejected=2), action=Tally(count=40, approved=37)
)


def told(revision: Revision = HARMLESS) -> tuple[Fact, ...]:
    """The facts about a request."""
    known = Known(revision=revision, state=STATE, route=ROUTE, history=PAST)
    return facts(known, NOW)


def number(source: str, revision: Revision = HARMLESS) -> int:
    """The number of the fact with this source."""
    return next(fact.number for fact in told(revision) if fact.source == source)


def cited(text: str, *sources: str, revision: Revision = HARMLESS) -> Cited:
    """A sentence that rests on the facts with these sources."""
    return Cited(text=text, facts=[number(source, revision) for source in sources])


def an_answer(**fields: Any) -> ModelAnswer:
    """An answer in favour without any reason, with other fields."""
    given: dict[str, Any] = {
        "recommendation": "approve",
        "confidence": 80,
        "summary": "A usual purchase.",
        "points": [],
        "risks": [],
        "questions": [],
    }
    return ModelAnswer(**given | fields)


def rules_of(revision: Revision = HARMLESS) -> Rationale:
    return rationale(revision, ROUTE, NOW)


def shown(answer: ModelAnswer, revision: Revision = HARMLESS) -> Rationale:
    """What becomes of an answer about a request."""
    return checked(answer, told(revision), rules_of(revision), RUN, NOW)


def removed(advice: Rationale) -> tuple[str, ...]:
    assert advice.run is not None
    return advice.run.removed


def words(advice: Rationale) -> list[str]:
    """Every text of it that a model could have written."""
    return [advice.summary, *(p.text for p in advice.points), *advice.risks, *advice.questions]
