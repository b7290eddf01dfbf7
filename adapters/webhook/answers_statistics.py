"""What the API answers about how requests went, as types."""

from typing import Annotated

import msgspec
from msgspec import Meta

from adapters.webhook.answers import Moment

Seconds = Annotated[
    int | None,
    Meta(
        description=(
            "Seconds from being asked for, of those that were approved by votes or rejected; "
            "null where there were none."
        )
    ),
]


class Outcomes(msgspec.Struct, frozen=True):
    """How many requests are open now, and how many ended in the period, by how: `approved` by
    somebody's vote, `passed` without one. Half of what was decided took `median_seconds` at
    most, nine of ten `slow_seconds`."""

    open: int
    approved: int
    passed: int
    rejected: int
    expired: int
    cancelled: int
    prohibited: int
    median_seconds: Seconds
    slow_seconds: Seconds


class NamedOutcomes(Outcomes, frozen=True):
    """The same of one rule, category or agent."""

    name: str


class StageTime(msgspec.Struct, frozen=True):
    """How long people took of late to decide one stage, on the average."""

    rule: str
    stage: str
    usual_seconds: int


class AdviceRecord(msgspec.Struct, frozen=True):
    """How often people decided as a model had advised, of advice with a confidence from
    `confidence_from` to `confidence_to`, in percent: `agreed` of `cases` times. Advice to look
    closer takes no side and is not counted."""

    source: str
    recommendation: str
    confidence_from: int
    confidence_to: int
    cases: int
    agreed: int


class Stats(msgspec.Struct, frozen=True):
    """How requests went that ended from `since` until just before `until`, the groups with the
    most requests first, at most 100 agents.

    `counted_since` is later than `since` where more than 100,000 ended: then the newest are
    counted. Medians are those of the newest 5,000. What is open, and `stages`, are as of now;
    `advice` is of all time.
    """

    since: Moment
    until: Moment
    counted_since: Moment
    total: Outcomes
    by_rule: tuple[NamedOutcomes, ...]
    by_category: tuple[NamedOutcomes, ...]
    by_agent: tuple[NamedOutcomes, ...]
    stages: tuple[StageTime, ...]
    advice: tuple[AdviceRecord, ...]
