"""Figures as files. In both, times are whole seconds and days are those of UTC. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import asdict

from adapters.web.dashboard.asked import written
from core.advice.calibration import Cases
from core.audit.cells import csv_bytes
from core.insight.figures import Figures, OpenFigures, RequestFigures
from core.insight.histogram import Times
from core.value import Millis

HEADINGS: Final = ("group", "name", "stage", "from", "to", "figure", "value")
SECONDS: Final = ("half_within_seconds", "nine_of_ten_within_seconds")

Row = tuple[str, str, str, str, str, str, int | str]


def as_csv(found: Figures, record: Sequence[Cases]) -> bytes:
    """One figure a line: of what it is, its name, and how much; what is not known is left out.
    Lines end as RFC 4180 has them."""
    return csv_bytes([HEADINGS, *_rows(found), *_advice(record)])


def as_json(found: Figures, record: Sequence[Cases], now: Millis) -> bytes:
    """All figures as one object; `as_of` and moments are seconds since 1970-01-01 UTC. `advice` is
    of all time."""
    shape = {
        "as_of": now // 1000,
        "from": written(found.asked.first),
        "to": written(found.asked.last),
        "filters": {
            name: getattr(found.asked, name) for name in ("rule", "category", "agent", "stage")
        },
        "counted_until": _seconds(found.followed),
        "events_behind": found.behind,
        "total": _flat(found.total),
        "series": [
            {"from": written(p.first), "to": written(p.last), **_flat(p.figures)}
            for p in found.series
        ],
        "by_rule": _named("rule", found.by_rule),
        "by_category": _named("category", found.by_category),
        "by_agent": _named("agent", found.by_agent),
        "stages": [
            {"rule": rule, "stage": stage, **_flat(each)}
            for (rule, stage), each in found.stages.items()
        ],
        "people": _named("person", found.people),
        "open": _open(found.open),
        "open_stages": [
            {"rule": rule, "stage": stage, **_open(each)}
            for (rule, stage), each in found.open_stages.items()
        ],
        "advice": [
            {
                "source": each.kind.source,
                "recommendation": each.kind.recommendation,
                "confidence_from": each.kind.confidence,
                "confidence_to": each.until,
                "cases": each.cases,
                "agreed": each.agreed,
            }
            for each in record
        ],
    }
    return msgspec.json.encode(shape)


def _rows(found: Figures) -> Iterator[Row]:
    since, until = written(found.asked.first), written(found.asked.last)
    yield from _figures("total", "", "", since, until, _flat(found.total))
    for point in found.series:
        days = written(point.first), written(point.last)
        yield from _figures("series", "", "", *days, _flat(point.figures))
    groups: tuple[tuple[str, Mapping[str, Any]], ...] = (
        ("rule", found.by_rule),
        ("category", found.by_category),
        ("agent", found.by_agent),
        ("person", found.people),
    )
    for group, named in groups:
        for name, each in named.items():
            yield from _figures(group, name, "", since, until, _flat(each))
    for (rule, stage), its in found.stages.items():
        yield from _figures("stage", rule, stage, since, until, _flat(its))
    yield from _figures("open", "", "", "", "", _open(found.open))
    for (rule, stage), waiting in found.open_stages.items():
        yield from _figures("open_stage", rule, stage, "", "", _open(waiting))


def _advice(record: Sequence[Cases]) -> Iterator[Row]:
    """By source, and in place of a stage what was advised and how sure it was."""
    for each in record:
        kind = f"{each.kind.recommendation} {each.kind.confidence} to {each.until}%"
        counts = {"cases": each.cases, "agreed": each.agreed}
        yield from _figures("advice", each.kind.source, kind, "", "", counts)


def _figures(
    group: str, name: str, stage: str, since: str, until: str, figures: Mapping[str, Any]
) -> Iterator[Row]:
    for figure, value in figures.items():
        if isinstance(value, Mapping):
            for kind, count in value.items():
                yield group, name, stage, since, until, f"{figure}_{kind}", count
        elif isinstance(value, list):
            for at, count in enumerate(value):
                yield group, name, stage, since, until, f"{figure}_{at}", count
        elif value is not None:
            yield group, name, stage, since, until, figure, value


def _flat(figures: Any) -> dict[str, Any]:
    """The members of figures of any kind, with times as seconds."""
    found: dict[str, Any] = {}
    for name, value in asdict(figures).items():
        if isinstance(value, Times):
            found["timed"] = value.count
            found |= zip(SECONDS, map(_seconds, (value.median, value.slow)), strict=True)
        elif name == "oldest":
            found["oldest"] = _seconds(value)
        elif name in ("by_rules", "by_model"):
            found[name] = {"cases": value.cases, "agreed": value.agreed}
        else:
            found[name] = value
    if isinstance(figures, RequestFigures):
        found["automatic"] = figures.automatic
    return found


def _open(figures: OpenFigures) -> dict[str, Any]:
    return {**_flat(figures), "ages": list(figures.ages)}


def _named(member: str, figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{member: name, **_flat(each)} for name, each in figures.items()]


def _seconds(length: Millis | None) -> int | None:
    return None if length is None else length // 1000
