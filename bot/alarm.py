"""The alarm: a stage that nobody could decide is told to the operator, not only shown.

It stands on every card and in every answer as well; here it reaches the log.
"""

from collections.abc import Sequence

import structlog

from core.cards.headlines import out_of_time
from core.request import RequestState
from core.rules.eligibility import held

log = structlog.get_logger("alarm")

_LATE = "its people may still decide; or reassign it: countersign reassign"
_EMPTY = "mend the directory and send SIGHUP, or reassign it: countersign reassign"


def alarm(states: Sequence[RequestState]) -> None:
    """Log each request that holds: too few people are left who may decide its stage."""
    for state in states:
        stage = state.current
        if stage is not None and held(stage):
            log.error(
                "stage_held",
                request=state.id,
                stage=stage.plan.name,
                rule=None if state.route is None else state.route.rule,
                remedy=_LATE if out_of_time(stage) else _EMPTY,
            )
