"""When a request is likely to be decided, from how long its stages took of late."""

from collections.abc import Mapping, Sequence

from core.request import RequestState, StageStatus
from core.value import Millis, Value

Times = Mapping[tuple[str, str], Millis]
"""Mean durations by (rule, stage name), of stages that people decided."""

Samples = Mapping[tuple[str, str], Sequence[Millis]]
"""Some of the newest of these durations, the shortest first."""

LEAST = 5
"""Fewer durations say nothing about how much they differ."""

LOW, HIGH = 10, 90
"""Of ten requests, one is decided sooner and one later than the interval says."""


class Estimate(Value, frozen=True):
    """The likely moment; `between` is from when until when, where enough is known."""

    at: Millis
    between: tuple[Millis, Millis] | None = None


def estimated(state: RequestState, times: Times, samples: Samples, now: Millis) -> Estimate | None:
    """The estimate; None when the request is over, or a stage to come was never decided before."""
    at = estimated_completion(state, times, now)
    if at is None:
        return None
    between = estimated_between(state, samples, now)
    # The mean may lie beyond nine of ten, where a few took very long.
    return Estimate(at, None if between is None else (min(between[0], at), max(between[1], at)))


def estimated_completion(state: RequestState, times: Times, now: Millis) -> Millis | None:
    """The likely moment; None when the request is over, or a stage to come was never decided
    before. A stage that takes longer than usual is expected at any moment.
    """
    if not state.is_open or state.route is None or state.current is None:
        return None
    moment = now
    for stage in state.stages:
        if stage.status not in (StageStatus.PENDING, StageStatus.WAITING) or stage.plan.auto:
            continue
        usual = times.get((state.route.rule, stage.plan.name))
        if usual is None:
            return None
        if stage.status is StageStatus.PENDING and stage.opened_at is not None:
            moment = max(moment, stage.opened_at + usual)
        else:
            moment += usual
    return min(moment, state.expires_at)


def estimated_between(
    state: RequestState, samples: Samples, now: Millis
) -> tuple[Millis, Millis] | None:
    """From when until when it is likely to be decided; None where too little is known of a stage
    to come, or the present one has taken longer than any that is known.

    Of the present stage those durations count that are longer than it has taken already. The ends
    of the stages' intervals are added up: several stages together rarely are all that slow, so
    their interval is a little too wide.
    """
    if not state.is_open or state.route is None or state.current is None:
        return None
    low = high = now
    for stage in state.stages:
        if stage.status not in (StageStatus.PENDING, StageStatus.WAITING) or stage.plan.auto:
            continue
        known = samples.get((state.route.rule, stage.plan.name), ())
        if len(known) < LEAST:
            return None
        passed = 0
        if stage.status is StageStatus.PENDING and stage.opened_at is not None:
            passed = max(0, now - stage.opened_at)
        left = [took - passed for took in known if took > passed]
        if not left:
            return None
        low, high = low + _quantile(left, LOW), high + _quantile(left, HIGH)
    return min(low, state.expires_at), min(high, state.expires_at)


def _quantile(times: Sequence[Millis], percent: int) -> Millis:
    """The time within which so many percent of them lie: one that really occurred."""
    return times[-(-len(times) * percent // 100) - 1]
