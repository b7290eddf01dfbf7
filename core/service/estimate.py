"""When a request is likely to be decided, from how long its stages took of late."""

from collections.abc import Mapping

from core.request import RequestState, StageStatus
from core.value import Millis


def estimated_completion(
    state: RequestState, times: Mapping[tuple[str, str], Millis], now: Millis
) -> Millis | None:
    """The moment; None when the request is over, or a stage to come was never decided before.

    `times` are the mean durations by (rule, stage name), of stages that people decided. A
    stage that takes longer than usual is expected at any moment.
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
