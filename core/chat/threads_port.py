"""What people answer below a card or a notice, in values that know no platform.

`threads.ThreadService` implements `Threads`. Nothing here raises for what a person did, and
nothing is answered at once: what somebody must be told goes through the outbox to them alone.
"""

from typing import Protocol

from core.directory.people import Identity
from core.value import Value


class Reply(Value, frozen=True):
    """A message that somebody wrote.

    `about` is the key of the message it answers (see `core.rows.MessageRef`), "" where it
    answers none; `key` is its own, by which a repeated delivery is known. `place` is the channel
    it was written in, "" in a personal chat with the app; `to_us` says that it was written to the
    app: in such a chat, or below a message of the app's own. `mentions` are the words in `text`
    that stand for accounts, with the account's id (same platform and realm as `identity`).
    `files` says that it came with some. `answer_to` are facts that let the channel reach the
    writer alone.
    """

    identity: Identity
    key: str
    text: str
    about: str = ""
    place: str = ""
    to_us: bool = False
    mentions: dict[str, str] = {}
    files: bool = False
    evidence: dict[str, str] = {}
    answer_to: dict[str, str] = {}


class Threads(Protocol):
    """The service as the readers of threads see it."""

    async def reply(self, reply: Reply) -> bool:
        """Record it as a comment or question on the request that it is about, once; committed
        when this returns. What is about no request (False) is none of our business, unless it
        was written to the app."""
        ...
