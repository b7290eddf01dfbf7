"""How often advice was right: what is counted, and what is said of it."""

import pytest
from msgspec.structs import replace

from core.advice.calibration import LEAST_CASES, Cases, Kind, agreed, by_kind, kind_of, said
from core.content import Rationale, Run
from core.request import Outcome, RequestState, Status
from tests.core.builders import MARA

RUN = Run(model="m", prompt="p", facts="")
ADVICE = Rationale(
    recommendation="approve", summary="Fine.", confidence=83, source="m", model="approve", run=RUN
)
KIND = Kind(source="m", recommendation="approve", confidence=80)


def ended(status: Status, **fields: object) -> RequestState:
    given = {"status": status, "at": 5, "by": (MARA,)} | fields
    return RequestState(id="r", status=status, outcome=Outcome(**given))  # type: ignore[arg-type]  # a dict


@pytest.mark.parametrize(
    ("confidence", "least", "most"),
    [(0, 0, 9), (9, 0, 9), (10, 10, 19), (89, 80, 89), (100, 90, 100)],
)
def test_ten_points_of_confidence_are_counted_together(
    confidence: int, least: int, most: int
) -> None:
    kind = kind_of(replace(ADVICE, confidence=confidence))
    assert kind == replace(KIND, confidence=least)
    assert Cases(kind=kind, cases=1, agreed=1).until == most


@pytest.mark.parametrize(
    "advice",
    [
        replace(ADVICE, run=None),
        replace(ADVICE, confidence=None),
        replace(ADVICE, recommendation="review"),
    ],
)
def test_what_takes_no_side_or_shows_no_confidence_is_not_counted(advice: Rationale) -> None:
    assert kind_of(advice) is None


@pytest.mark.parametrize(
    ("status", "recommendation", "right"),
    [
        (Status.APPROVED, "approve", True),
        (Status.APPROVED, "reject", False),
        (Status.REJECTED, "approve", False),
        (Status.REJECTED, "reject", True),
    ],
)
def test_people_agree_who_decide_as_they_were_advised(
    status: Status, recommendation: str, right: bool
) -> None:
    assert agreed(ended(status), replace(KIND, recommendation=recommendation)) is right


@pytest.mark.parametrize(
    "state",
    [
        RequestState(id="r"),
        ended(Status.EXPIRED, by=()),
        ended(Status.CANCELLED),
        ended(Status.APPROVED, bypass="break_glass"),
        ended(Status.APPROVED, by=(), bypass="model_grant"),
        ended(Status.REJECTED, by=(), cause="timeout"),
    ],
)
def test_what_no_vote_ended_proves_nothing(state: RequestState) -> None:
    assert agreed(state, KIND) is None


def test_it_is_said_from_enough_cases_on() -> None:
    def told(cases: int) -> str | None:
        return said(ADVICE, by_kind([Cases(kind=KIND, cases=cases, agreed=cases - 1)]))

    assert told(LEAST_CASES - 1) is None
    assert told(LEAST_CASES) == "At this confidence right 19 of 20 times."
    assert (
        said(replace(ADVICE, confidence=79), by_kind([Cases(kind=KIND, cases=99, agreed=9)]))
        is None
    )
    assert said(ADVICE, {}) is None
