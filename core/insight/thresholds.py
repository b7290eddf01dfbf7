"""Everything at which a finding begins, in one place. docs/insight.md says each in words."""

from typing import Final

from core.value import Millis, Value

DAY: Final[Millis] = 86_400_000


class Thresholds(Value, frozen=True):
    """Counts are of requests or decisions, shares are percents, times milliseconds.

    Approval without a person is suggested from `cases` decisions on, if the lower end of the
    approval rate's interval is at least `approved`, at most `edited` of the approvals were edited
    first, and nothing was rejected or sent back in the last `quiet`. It is to be lost after
    `incidents` incidents.

    A stage that never says no has decided at least `decided` times; one hangs on a person who made
    at least `one_person` of at least `shared` decisions. Decisions are quick if half of at least
    `timed` took less than `quick`, a streak is `streak` approvals in a row, and decisions are
    unread if at least `unread` of at least `told` were made without opening the details.
    """

    cases: int = 50
    approved: int = 95
    edited: int = 2
    quiet: Millis = 30 * DAY
    cap: int = 95
    incidents: int = 1
    decided: int = 50
    shared: int = 20
    one_person: int = 80
    timed: int = 30
    quick: Millis = 10_000
    streak: int = 50
    told: int = 20
    unread: int = 90


THRESHOLDS: Final = Thresholds()

WINDOW: Final[Millis] = 180 * DAY
"""What is older is not looked at."""

NEWEST: Final = 300
"""Requests of one kind, and decisions of one stage, that are looked at: the newest."""

MOST_WRONG: Final = 500
"""Requests with incidents that are looked at beside those, the newest: whatever is asked for
afterwards hides none of them."""

MOST_KINDS: Final = 200
"""Kinds of requests, and stages, that are looked at: those of the newest requests."""

NOT_AGAIN: Final[Millis] = 90 * DAY
"""How long a proposal that was rejected is not made again."""
