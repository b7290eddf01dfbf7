"""Whether a count has risen of late, without a note of each thing that is counted. Pure."""

from core.value import Millis, Value


class Mark(Value, frozen=True):
    """The count that is known, and since when: `risen_at` is when it rose last, 0 for never.
    `lower_since` is since when it is lower than known."""

    count: int
    risen_at: Millis = 0
    lower_since: Millis | None = None


def noted(mark: Mark | None, count: int, now: Millis, quiet: Millis) -> Mark:
    """The mark after a look. What was there before the first look did not rise. Neither did what
    falls and comes back within `quiet` milliseconds, as when dead letters are tried once more."""
    if mark is None:
        return Mark(count)
    if count > mark.count:
        return Mark(count, now)
    if count == mark.count:
        return Mark(count, mark.risen_at)
    since = now if mark.lower_since is None else mark.lower_since
    if now - since >= quiet:
        return Mark(count, mark.risen_at)
    return Mark(mark.count, mark.risen_at, since)


def is_rising(mark: Mark, now: Millis, quiet: Millis) -> bool:
    """Whether it rose within the last `quiet` milliseconds."""
    return mark.risen_at > 0 and now - mark.risen_at < quiet
