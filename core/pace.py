"""How fast a platform takes what is sent to it, as the channel knows it and the relay keeps it.

Platforms count several things side by side: posts into one conversation, posts of the whole
workspace, edits. Each is a lane; a send that several lanes count waits for the slowest.
"""

from enum import StrEnum

from core.value import Millis, Value


class Sending(StrEnum):
    """What kind of call a card or notice will be, as far as platforms count them apart."""

    POST = "post"
    EDIT = "edit"
    ANSWER = "answer"
    """An answer to a clicker, which that person alone sees."""


class Lane(Value, frozen=True):
    """One limit: `burst` sends at once, then one each `every` milliseconds.

    `name` says what the platform counts together, and is unique within the platform.
    """

    name: str
    every: Millis
    burst: int = 1
