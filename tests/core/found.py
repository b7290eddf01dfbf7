"""Everything that a server would find, worked out at once."""

from collections.abc import Callable

from bot.documents import read_document
from core.insight.proposals import Found
from core.policy.policy import Policy
from core.service.proposing import Gathered, judged, looked_into, whole


def worked_out(given: Gathered, read: Callable[[str], Policy]) -> Found:
    found = judged(given)
    return whole(given, [looked_into(given, each, read_document, read) for each in found])
