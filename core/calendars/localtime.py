"""Local wall-clock times as moments, over the changes of the clocks in both directions."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from core.value import Millis

SECOND = 1000
MINUTE = 60 * SECOND
DAY = 24 * 60 * MINUTE

MIDNIGHT = 24 * 60
"""The midnight that ends a day, as a time of that day in minutes."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_SECOND = timedelta(seconds=1)


def day_of(moment: Millis) -> int:
    """The UTC day in which a moment lies, as the ordinal of its date."""
    return _EPOCH.toordinal() + moment // DAY


def start_of(day: int) -> Millis:
    """The moment at which a UTC day begins, given the ordinal of its date."""
    return (day - _EPOCH.toordinal()) * DAY


def local_date(zone: tzinfo, moment: Millis) -> date:
    """The date in a zone at a moment."""
    return datetime.fromtimestamp(moment // SECOND, zone).date()


def first_reached(zone: tzinfo, day: date, minutes: int) -> Millis:
    """The first moment at which the clocks of a zone show this time of a date or a later one.

    `minutes` count from 0 to 1440. Of a time that the clocks repeat it is the first; for a
    time that they skip, it is the moment at which they do.
    """
    local = _local(day, minutes)
    before, after = _moment(zone, local, fold=0), _moment(zone, local, fold=1)
    return before if before <= after else _skip(zone, local, after, before)


def last_reached(zone: tzinfo, day: date, minutes: int) -> Millis:
    """As `first_reached`, but of a time that the clocks repeat it is the second.

    Midnight at the end of the day is always the first: there the next day begins.
    """
    local = _local(day, minutes)
    before, after = _moment(zone, local, fold=0), _moment(zone, local, fold=1)
    repeated = before < after and minutes < MIDNIGHT
    return after if repeated else first_reached(zone, day, minutes)


def _local(day: date, minutes: int) -> datetime:
    """A time on the wall clock. Its UTC is only a means to count: it has no zone yet."""
    return datetime.combine(day, time(), UTC) + timedelta(minutes=minutes)


def _moment(zone: tzinfo, local: datetime, fold: int) -> Millis:
    """The moment by the offset before (fold 0) or after (fold 1) a change of the clocks.

    Of a repeated time the one of fold 0 is earlier, of a skipped one it is later; of all
    other times both are the same. See PEP 495.
    """
    offset = local.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta()
    return (local - offset - _EPOCH) // _ONE_SECOND * SECOND


def _skip(zone: tzinfo, local: datetime, low: Millis, high: Millis) -> Millis:
    """The moment, after `low` and at most `high`, at which the clocks jump over a time."""
    early, late = low // SECOND, high // SECOND
    while late - early > 1:
        middle = (early + late) // 2
        shown = datetime.fromtimestamp(middle, zone).replace(tzinfo=UTC)
        early, late = (early, middle) if shown >= local else (middle, late)
    return late * SECOND
