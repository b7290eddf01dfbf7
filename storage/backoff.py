"""Why and how long something waits before it is tried again, when the platform did not say."""

from core.value import Millis

FIRST: Millis = 1_000
LONGEST: Millis = 300_000

TURN = "its turn has not come: the platform takes only so many messages at a time"
"""Why something waits that was not tried yet, for `outbox list`."""


def backoff(attempts: int, jitter: float) -> Millis:
    """Milliseconds to wait after so many failed attempts (from 1): doubling, with a ceiling.

    `jitter` from 0 to 1 takes up to half of it away, so that what failed together is not all
    tried again at the same moment.
    """
    doublings = min(max(attempts, 1) - 1, 20)
    full = min(FIRST << doublings, LONGEST)
    return full - round(full / 2 * (1.0 - min(max(jitter, 0.0), 1.0)))
