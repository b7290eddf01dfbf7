"""How many open requests wait for people, by index and up to a bound for each."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, Dialect, text

from core.request import RequestState
from core.rules.waiting import waited_for
from core.value import Millis
from storage.readers import Readers

_LOAD: Final = """
SELECT u.value, (
    SELECT count(*) FROM (
        SELECT 1 FROM request_people
        WHERE person = u.value AND kind = 'open' LIMIT :most
    ) AS counted
) FROM {people} AS u
"""
# A list of any length as one parameter.
_PEOPLE: Final = {
    "sqlite": "json_each(:people)",
    "postgresql": "json_array_elements_text(CAST(:people AS json))",
}


MOST: Final = 1_000
"""Of whoever has more to do, it is known that it is as much, for choosing who has the least."""


class SqlWorkload:
    """Counts in SQLite or PostgreSQL, and in memory those of some people, as of the last refresh,
    with what this process has asked them since."""

    def __init__(self, readers: Readers, dialect: Dialect) -> None:
        self._readers = readers
        self._load = text(_LOAD.format(people=_PEOPLE[dialect.name]))
        self._known: dict[str, int] = {}
        self._since: Millis | None = None
        self._asked: set[tuple[str, int, int, str]] = set()

    def now(self) -> Mapping[str, int]:
        """The counts in memory."""
        return self._known

    async def load(self, people: Sequence[str], most: int) -> Sequence[tuple[str, int]]:
        """How many open requests wait for each of these people, counted up to `most`; those for
        whom nothing waits are left out."""
        return await self._readers.read(lambda c: self._counted(c, people, most))

    async def refresh(self, people: Sequence[str], now: Millis) -> None:
        """Count again those of these people; nothing where there are none."""
        found = await self.load(people, MOST) if people else ()
        # What is asked while it is counted may count twice, until the next time.
        self._known, self._asked = dict(found), set()
        self._since = now if people else None

    def changed(self, states: Sequence[RequestState]) -> None:
        """These were committed: whom a balanced stage asks since then has one more."""
        since = self._since
        for state in states if since is not None else ():
            stage = state.current
            if stage is None or not stage.plan.balanced or (stage.opened_at or 0) < (since or 0):
                continue
            for email in waited_for(state):
                key = (state.id, stage.plan.level, stage.round, email)
                if key not in self._asked:
                    self._asked.add(key)
                    self._known[email] = self._known.get(email, 0) + 1

    def _counted(
        self, connection: Connection, people: Sequence[str], most: int
    ) -> list[tuple[str, int]]:
        given = {"people": msgspec.json.encode(people).decode(), "most": most}
        return [(row[0], row[1]) for row in connection.execute(self._load, given) if row[1]]
