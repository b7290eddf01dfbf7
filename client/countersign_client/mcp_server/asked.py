"""What was asked a short while ago, so that a call that is sent again does not ask people twice.

A client that lost an answer sends the call again, and so does a model that was told of a timeout;
neither repeats anything but the content. So the same content of the same caller is the same request
while that one may still be of use: while it is open, or approved and not used.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

MOST: Final = 1000
"""Requests that are remembered, of all callers."""


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
            if len(self._asked) > MOST:
                self._asked.popitem(last=False)
        self._asked.move_to_end(place)
        return found

    def forget(self, caller: str, content: str) -> None:
        """The next one with this content is another request."""
        self._asked.pop((caller, content), None)

    def used(self, request_id: str) -> None:
        """An approval was used, or can be used no more: the same action needs another one."""
        for place in [p for p, asked in self._asked.items() if asked.request_id == request_id]:
            del self._asked[place]
