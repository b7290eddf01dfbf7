"""Finding the accounts of people before they do anything: their cards are to reach them.

One person is looked up at a time, and seldom again: platforms allow few such questions, and
clicks come first. Whether an account is then linked is judged as for one that clicks.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from core.chat.finding_port import Finder, Later
from core.chat.linking_port import Member
from core.directory.people import Directory, Person, is_same_mailbox
from core.value import Millis

EVERY_SECONDS: Final = 3
"""Between two people: 20 a minute, less than half of what Slack allows (50 a minute, tier 3),
so that two servers may ask beside each other.

https://docs.slack.dev/reference/methods/users.lookupByEmail
"""

ASKED_AGAIN: Final[Millis] = 6 * 3_600_000
"""How long somebody who was not found is not looked up again, unless the directory changes."""

ORDERED_AGAIN: Final[Millis] = 60_000
"""How long an order of who is looked up first lasts."""

PAUSE: Final[Millis] = 60_000
LONG_PAUSE: Final[Millis] = 3_600_000
"""How long nobody is looked up after no answer; the long one where only people can help."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingWorld:
    """What finding stands on.

    `directory` is the present one, `file` the same without what was bound: another one when it
    was read anew. `waiting` gives the addresses of people whose cards find no way to them;
    `match` links a member, if all is as it must be; `tell` takes a sentence for the operator.
    """

    directory: Callable[[], Directory]
    file: Callable[[], Directory]
    waiting: Callable[[], Awaitable[Collection[str]]]
    match: Callable[[Member], Awaitable[None]]
    tell: Callable[[str], None]
    clock: Callable[[], Millis]


class Finding:
    """Looks up, on one platform, who has no account there."""

    def __init__(self, platform: str, finder: Finder, world: FindingWorld) -> None:
        self._platform = platform
        self._finder = finder
        self._world = world
        self._file: Directory | None = None
        self._asked: dict[str, Millis] = {}
        self._unanswered: set[str] = set()
        self._line: list[str] = []
        self._order_until: Millis = 0
        self._quiet_until: Millis = 0
        self._told = ""

    async def look(self) -> None:
        """Look up the next person, if it is anybody's turn."""
        if self._world.clock() < self._quiet_until:
            return
        person = await self._next()
        if person is None:
            return
        found = await self._finder.find(person.email)
        if isinstance(found, Later):
            if found.after is None:
                self._unanswered.add(person.email)
            self._pause(found)
            return
        self._unanswered.clear()
        self._asked[person.email] = self._world.clock()
        self._told = ""
        await self._take(person, found)

    async def _take(self, person: Person, found: Collection[Member]) -> None:
        theirs = [m for m in found if is_same_mailbox(m.email or "", person.email)]
        sure = [member for member in theirs if member.is_sure]
        if len(sure) > 1:
            where = " and ".join(sorted(member.identity.realm for member in sure))
            self._world.tell(
                f"{person.email} has an account in {where}: which one gets the cards, only they "
                "or an administrator can say"
            )
        elif sure:
            await self._world.match(sure[0])

    async def _next(self) -> Person | None:
        """Whose turn it is: first those for whom a card waits."""
        world, now = self._world, self._world.clock()
        if world.file() is not self._file:
            self._file, self._order_until = world.file(), now
            self._asked.clear()
        if now >= self._order_until:
            self._line, self._order_until = await self._ordered(now), now + ORDERED_AGAIN
        people = world.directory().people
        while self._line:
            email = self._line.pop()
            if email in people and self._is_wanted(people[email], now):
                return people[email]
        return None

    async def _ordered(self, now: Millis) -> list[str]:
        """Who is to be looked up, the first one last."""
        people: Mapping[str, Person] = self._world.directory().people
        wanted = [email for email, person in people.items() if self._is_wanted(person, now)]
        if not wanted:
            return []
        waiting = await self._world.waiting()
        # One address that the platform stumbles over must not keep it from all others.
        wanted.sort(key=lambda email: (email in self._unanswered, email not in waiting))
        return wanted[::-1]

    def _is_wanted(self, person: Person, now: Millis) -> bool:
        if person.identity(self._platform) is not None:
            return False
        if person.notify and self._platform not in person.notify:
            return False  # who wants no cards there is found out when they click
        asked = self._asked.get(person.email)
        return asked is None or now >= asked + ASKED_AGAIN

    def _pause(self, later: Later) -> None:
        """Ask nobody for a while."""
        pause = LONG_PAUSE if later.lasting else PAUSE
        now = self._world.clock()
        self._quiet_until = now + (pause if later.after is None else later.after)
        self._order_until = now
        if later.reason != self._told:
            self._told = later.reason
            self._world.tell(later.reason)
