"""Who is told of a request once a day, and whether once a day is in time."""

from core.directory.people import Person
from core.request import RequestState
from core.value import Millis

LEAD: Millis = 3_600_000
"""What is left to decide after the digest came. An hour: a digest is read at the beginning of a
day's work, with ten requests in it, and not in the minute in which it comes."""


def reads_digests(person: Person, state: RequestState) -> bool:
    """Whether this person is told of this request once a day: they or the rule want it so."""
    by_rule = state.route is not None and state.route.digest
    return by_rule or person.digest is not None
