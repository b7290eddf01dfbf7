"""Where in a sum each count stands.

A sum is one integer of many counts, 32 bits each (see `core.insight.histogram`): first what was
counted, and above it the histogram of how long it took. So the sums of a day and of a year, of one
rule and of all, are added up by adding integers. Sums are stored: what is counted anew gets the
next place, and a place is never given to something else.
"""

from enum import IntEnum
from typing import Final

HISTOGRAM: Final = 32
"""The place at which the histogram begins; before it there is room for so many counts."""


class OfRequests(IntEnum):
    """The places of what is counted about requests."""

    SUBMITTED = 0
    UNCATEGORISED = 1
    APPROVED = 2
    REJECTED = 3
    REFUSED = 4
    EXPIRED = 5
    CANCELLED = 6
    PROHIBITED = 7
    AUTO_APPROVE = 8
    AUTO_APPROVE_WHEN = 9
    MODEL_GRANT = 10
    BREAK_GLASS = 11
    EDITS = 12
    EDITED = 13
    REVISED = 14
    SUCCEEDED = 15
    FAILED = 16
    RULES_CASES = 17
    RULES_AGREED = 18
    MODEL_CASES = 19
    MODEL_AGREED = 20
    INCIDENTS = 21


class OfStages(IntEnum):
    """The places of what is counted about stages."""

    OPENED = 0
    APPROVED = 1
    PASSED = 2
    REJECTED = 3
    REFUSED = 4
    SENT_BACK = 5
    EXPIRED = 6
    CANCELLED = 7
    OVERTAKEN = 8
    SKIPPED = 9
    ESCALATED = 10
    KEPT = 11
    BREACHED = 12
    ESCALATIONS = 13
    REMINDERS = 14
    NUDGES = 15


class OfPeople(IntEnum):
    """The places of what is counted about people."""

    APPROVED = 0
    REJECTED = 1
    CHANGES = 2
    WITHDRAWN = 3


BYPASSES: Final = {
    "auto_approve": OfRequests.AUTO_APPROVE,
    "auto_approve_when": OfRequests.AUTO_APPROVE_WHEN,
    "model_grant": OfRequests.MODEL_GRANT,
    "break_glass": OfRequests.BREAK_GLASS,
}
"""How a request is approved without people's votes."""
