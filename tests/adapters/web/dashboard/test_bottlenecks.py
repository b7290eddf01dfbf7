"""Where it is held up: sentences only of what enough cases show."""

from msgspec.structs import replace

from adapters.web.dashboard.bottlenecks import sentences
from core.insight.figures import Asked, Figures, StageFigures
from core.insight.histogram import Times
from tests.adapters.web.dashboard.samples import DIRECTORY, HOUR, NOW, figures


def test_each_kind_of_bottleneck_is_named_with_its_numbers() -> None:
    assert sentences(figures(), DIRECTORY, NOW) == (
        "Slowest stage: Manager · purchase-order. Half were done within 35 minutes, nine of ten "
        "within 9 hours, of 61 cases.",
        "Most deadlines missed: Manager · purchase-order, 11 of 59 (19%).",
        "Longest queue now: Manager · purchase-order with 14 requests, 3 overdue; the oldest was "
        "submitted 4 d ago.",
        "Most waits now for Finn: 9 requests, 3 overdue; the oldest was asked 4 d ago.",
    )


def test_a_few_slow_cases_are_no_bottleneck() -> None:
    few = StageFigures(breached=19, took=Times(19, HOUR, 900 * HOUR))
    enough = StageFigures(kept=20, took=Times(20, HOUR, 2 * HOUR))
    found = replace(
        figures(), stages={("r", "Few"): few, ("r", "Enough"): enough}, people={}, open_stages={}
    )
    assert sentences(found, DIRECTORY, NOW) == (
        "Slowest stage: Enough · r. Half were done within 1 hour, nine of ten within 2 hours, of "
        "20 cases.",
    )


def test_of_nothing_nothing_is_said() -> None:
    assert sentences(Figures(asked=Asked(first=1, last=2)), DIRECTORY, NOW) == ()
