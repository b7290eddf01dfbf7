"""How often a model was right, beside how sure it was. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence

from adapters.web.charts.curve import Band, Curve, curve
from adapters.web.charts.table import Frame, Table, named
from adapters.web.dashboard.words import FEW, share
from core.advice.calibration import Cases

SOURCES = 3
"""Curves on a page, of the sources with the most cases."""


def charts(record: Sequence[Cases]) -> Iterator[Curve]:
    """One curve for each source of advice."""
    counts = Counter[str]()
    for each in record:
        counts[each.kind.source] += each.cases
    for number, (source, _) in enumerate(counts.most_common(SOURCES), start=1):
        yield _curve(number, source, [each for each in record if each.kind.source == source])


def _curve(number: int, source: str, record: Sequence[Cases]) -> Curve:
    title = f"How sure it was and how often people agreed: {named(source)}"
    cases, agreed = sum(each.cases for each in record), sum(each.agreed for each in record)
    return curve(
        Frame(
            name=f"calibration-{number}",
            title=title,
            said=f"People agreed with {share(agreed, cases)}. Advice that is as right as it says "
            "lies on the diagonal; below it, it was too sure.",
            note="Decisions of people after this model had advised to approve or to reject, of "
            "all time and all rules. Advice to look closer takes no side and is not counted.",
            table=Table(
                caption=title,
                headings=("Advice", "How sure", "People agreed"),
                rows=tuple(
                    (
                        named(each.kind.recommendation),
                        f"{each.kind.confidence} to {each.until}%",
                        share(each.agreed, each.cases),
                    )
                    for each in record
                ),
                numbers=2,
            ),
        ),
        list(_bands(record)),
    )


def _bands(record: Sequence[Cases]) -> Iterator[Band]:
    """What has the same confidence, whatever was advised."""
    cases, agreed, until = Counter[int](), Counter[int](), dict[int, int]()
    for each in record:
        cases[each.kind.confidence] += each.cases
        agreed[each.kind.confidence] += each.agreed
        until[each.kind.confidence] = each.until
    for least, most in sorted(until.items()):
        yield Band(
            least=least,
            most=most,
            cases=cases[least],
            agreed=agreed[least],
            few=cases[least] < FEW,
        )
