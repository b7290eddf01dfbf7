"""Cases from a file through a provider of advice, as the server would ask it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from adapters.webhook.incoming import submission
from adapters.webhook.mistakes import Mistaken
from adapters.webhook.schema import SubmitBody
from adapters.webhook.strict_json import Malformed, parse
from adapters.webhook.validate import body_of
from bot.failures import Failure
from core.advice.evaluating import Case, Expected, Judged, judged, judged_by_rules, unanswered
from core.advice.facts import Known, facts
from core.advice.history import History
from core.advice.port import Adviser, Answered
from core.content import Action, Revision, seal
from core.directory.people import Directory
from core.policy.policy import Policy
from core.rationale import rationale
from core.refusals import Refused
from core.request import RequestState
from core.route import Route
from core.routing import route
from core.submission import Submission
from core.value import Millis

MOST_CASES: Final = 10_000
DAY: Final[Millis] = 86_400_000
_OURS: Final = ("expected", "hostile", "name")
_WORDS: Final[dict[str, Expected]] = {"approve": "approve", "review": "review", "reject": "reject"}


def cases(file: Path) -> tuple[Case, ...]:
    """The cases of a JSONL file; every mistake is told with its line. Raises Failure."""
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise Failure(f"{file}: {error.strerror}. Name a file with one case a line.") from error
    found, mistakes = list[Case](), list[str]()
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append(_case(line, f"case {number}"))
            except Mistaken as error:
                mistakes += [f"{file}:{number}: {each.sentence}" for each in error.mistakes]
            except (Malformed, ValueError) as error:
                mistakes.append(f"{file}:{number}: {error}")
    if mistakes:
        raise Failure("\n".join(mistakes))
    if not 0 < len(found) <= MOST_CASES:
        raise Failure(f"{file} has {len(found):,} cases. Name a file with 1 to {MOST_CASES:,}.")
    return tuple(found)


def _case(line: bytes, usual: str) -> Case:
    body: Any = parse(line)
    if not isinstance(body, dict):
        raise ValueError("is not a JSON object. Write one case a line.")
    expected, hostile, name = (body.pop(each, None) for each in _OURS)
    if expected not in _WORDS:
        raise ValueError(f"expected: write one of {', '.join(_WORDS)}.")
    if hostile not in (None, True, False):
        raise ValueError("hostile: write true or false, or leave it out.")
    if not isinstance(name, str | None):
        raise ValueError("name: write a text, or leave it out.")
    return Case(
        name=name or usual,
        submission=submission(body_of(body, SubmitBody)),
        expected=_WORDS[expected],
        hostile=bool(hostile),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """What cases are routed by. There is no history: nothing was asked before."""

    policy: Policy
    directory: Directory
    now: Millis
    hidden: frozenset[str] = frozenset()

    async def run(self, found: Sequence[Case], adviser: Adviser | None) -> tuple[Judged, ...]:
        """Each case, one after the other; without an adviser by the rules alone. Raises Failure
        for a case that the policy refuses."""
        return tuple([await self._one(case, adviser) for case in found])

    async def _one(self, case: Case, adviser: Adviser | None) -> Judged:
        revision, its_route = self._routed(case)
        rules = rationale(revision, its_route, self.now)
        if adviser is None:
            return judged_by_rules(case, rules)
        state = RequestState(
            id=case.name, created_at=self.now, expires_at=self.now + DAY, route=its_route
        )
        known = Known(
            revision=revision,
            state=state,
            route=its_route,
            history=History(),
            hidden=self.hidden,
        )
        told = facts(known, self.now)
        answer = await adviser.advise(told)
        if not isinstance(answer, Answered):
            return unanswered(case, rules, answer.reason)
        return judged(case, told, rules, answer, self.now)

    def _routed(self, case: Case) -> tuple[Revision, Route]:
        asked = case.submission
        person = None if asked.requester is None else self.directory.person(asked.requester)
        if asked.requester is not None and person is None:
            raise Failure(f"{case.name}: {asked.requester} is not in the directory.")
        asking = () if person is None else (person.email,)
        try:
            found, amount, _ = route(
                self.policy, self.directory, asked, person, "agent", asking, self.now
            )
        except Refused as refused:
            raise Failure(f"{case.name}: {refused}") from refused
        return _revision(asked, amount), found


def _revision(asked: Submission, amount: str | None) -> Revision:
    return seal(
        Revision(
            action=Action(type=asked.action_type, params=asked.params),
            title=asked.title,
            description=asked.description,
            requester=asked.requester,
            amount=amount,
            currency=asked.currency,
            risk_score=asked.risk_score,
            labels=asked.labels,
            context=asked.context,
        )
    )
