"""What was asked a short while ago, so that a call that is sent again does not ask people twice.

A client that lost an answer sends the call again, and so does a model that was told of a timeout;
neither repeats anything but the content. So the same content of the same caller is the same request
while that one may still be of use: while it is open, or approved and not used.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

MOST: Final = 10_000
"""Requests that are remembered, of all callers."""
OF_ONE: Final = 500
"""Requests that are remembered of one caller, so that nobody pushes out what others asked."""


@dataclass(slots=True)
class Asked:
    """`key` is the Idempotency-Key that it was or is being sent with, `request_id` what came of it,
    None until the answer is here."""

    key: str
    request_id: str | None = None


class Memory:
    """The newest of what was asked, by caller and content."""

    def __init__(self, new_key: Callable[[], str]) -> None:
        self._new_key = new_key
        self._asked: OrderedDict[tuple[str, str], Asked] = OrderedDict()

    def find(self, caller: str, content: str) -> Asked:
        """What this caller asked with this content; a new one if there is none."""
        place = (caller, content)
        found = self._asked.get(place)
        if found is None:
            found = self._asked[place] = Asked(self._new_key())
            self._make_room(caller)
        self._asked.move_to_end(place)
        return found

    def forget(self, caller: str, content: str, asked: Asked) -> None:
        """The next one with this content is another request, unless there is another one already,
        as where the same call was sent twice at once."""
        if self._asked.get((caller, content)) is asked:
            del self._asked[caller, content]

    def used(self, request_id: str) -> None:
        """An approval was used, or can be used no more: the same action needs another one."""
        for place in [p for p, asked in self._asked.items() if asked.request_id == request_id]:
            del self._asked[place]

    def _make_room(self, caller: str) -> None:
        """Forget the oldest one of a caller who has too many, or of all."""
        of_one = [place for place in self._asked if place[0] == caller]
        if len(of_one) > OF_ONE:
            del self._asked[of_one[0]]
        elif len(self._asked) > MOST:
            self._asked.popitem(last=False)
