"""How requests went: the figures of a period as an answer."""

from collections.abc import Mapping

from aiohttp import web
from msgspec.structs import asdict

from adapters.webhook import answers_statistics as answers
from adapters.webhook import incoming
from adapters.webhook.call import Call, answer
from adapters.webhook.present import moment
from adapters.webhook.schema_rules import StatsQuery
from core.advice.calibration import Cases
from core.request import Status
from core.service.statistics import Report
from core.statistics import PASSED, Figures
from core.value import Millis


async def stats(call: Call) -> web.Response:
    query: StatsQuery = call.query
    since = incoming.moment(query.since, "since")
    until = incoming.moment(query.until, "until")
    return answer(_shown(await call.desk.statistics.report(call.caller, since, until)))


def _shown(report: Report) -> answers.Stats:
    figures, stages = report.figures, sorted(report.stages.items())
    return answers.Stats(
        since=moment(report.period.since),
        until=moment(report.period.until),
        counted_since=moment(report.counted),
        total=_outcomes(figures.total),
        by_rule=_named(figures.by_rule),
        by_category=_named(figures.by_category),
        by_agent=_named(figures.by_agent),
        stages=tuple(answers.StageTime(*key, mean // 1000) for key, mean in stages),
        advice=tuple(map(_advice, report.advice)),
    )


def _advice(found: Cases) -> answers.AdviceRecord:
    kind = found.kind
    return answers.AdviceRecord(
        source=kind.source,
        recommendation=kind.recommendation,
        confidence_from=kind.confidence,
        confidence_to=found.until,
        cases=found.cases,
        agreed=found.agreed,
    )


def _named(figures: Mapping[str, Figures]) -> tuple[answers.NamedOutcomes, ...]:
    return tuple(
        answers.NamedOutcomes(**asdict(_outcomes(each)), name=name)
        for name, each in figures.items()
    )


def _outcomes(figures: Figures) -> answers.Outcomes:
    ended = figures.ended
    return answers.Outcomes(
        open=figures.open,
        approved=ended.get(Status.APPROVED, 0),
        passed=ended.get(PASSED, 0),
        rejected=ended.get(Status.REJECTED, 0),
        expired=ended.get(Status.EXPIRED, 0),
        cancelled=ended.get(Status.CANCELLED, 0),
        prohibited=ended.get(Status.PROHIBITED, 0),
        median_seconds=_seconds(figures.median),
        slow_seconds=_seconds(figures.slow),
    )


def _seconds(took: Millis | None) -> int | None:
    return None if took is None else took // 1000
