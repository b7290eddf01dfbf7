"""A quarter in which things were changed, and its review page."""

from collections.abc import Sequence
from datetime import UTC, datetime

from adapters.web.dashboard.review import ReviewPage
from adapters.web.pages import Pages
from core.audit.chain import Link, chain
from core.audit.checkpoint import Checkpoint
from core.directory.people import Person
from core.events import Actor
from core.insight.governance import Trail
from core.rows import ApiKey, PolicyRow
from core.rules.absence import Standing
from core.system_events import (
    AccountLinked,
    AnySystemEvent,
    Authority,
    ContentErased,
    DatabaseRestored,
    Frozen,
    HoldSet,
    PersonChanged,
    PolicyChanged,
    SignedIn,
    SystemRecorded,
    Unfrozen,
)
from core.value import Millis
from tests.adapters.web.dashboard.samples import ADA, DIRECTORY, FINN, HOSTILE, Kept
from tests.adapters.web.doors import OpenDoor, visitor_of


def at(month: int, day: int, hour: int = 12) -> Millis:
    """A moment of 2026."""
    return int(datetime(2026, month, day, hour, tzinfo=UTC).timestamp()) * 1000


NOW = at(11, 20)
PAYERS = Authority(groups=("payers", HOSTILE), roles=("payer",))
BY_ADA = Actor(via="api", person=ADA.email, agent="key-1")
BY_CLI = Actor(via="cli")


def _links(stream: str, *happened: tuple[AnySystemEvent, Actor, Millis]) -> list[Link]:
    return chain(stream, 0, "0" * 64, [SystemRecorded(*each) for each in happened])


def _key(id: str, made: Millis, **more: object) -> ApiKey:
    given = {"name": id, "scopes": ("submit",), "hash": id, "created_at": made}
    return ApiKey(id=id, **(given | more))  # type: ignore[arg-type] # the fields of a key


class Written:
    """Implements `core.insight.governance.Records`."""

    def __init__(self) -> None:
        self.streams = {
            "policy": _links(
                "policy",
                (PolicyChanged("v1", "d1"), BY_CLI, at(6, 1)),
                (PolicyChanged("v2-of-july", "d2", "v1", request="r7"), BY_ADA, at(7, 3)),
                (PolicyChanged("v3", "d3", "v2-of-july"), Actor(via="system"), at(10, 1, 0)),
            ),
            "system": _links(
                "system",
                (Frozen(), BY_ADA, at(8, 1)),
                (Unfrozen(), BY_ADA, at(8, 2)),
                (ContentErased(("r1", "r2"), 5), BY_CLI, at(9, 30, 23)),
                (DatabaseRestored(at(9, 1)), BY_CLI, at(9, 2)),
                (Frozen(), BY_ADA, at(10, 5)),
                (HoldSet("rule", "purchase-order", "c", "s"), BY_ADA, at(8, 3)),
            ),
            "person:": _links(
                "person:finn@example.com",
                (AccountLinked(FINN.email, "slack", "T1", "U1", "admin"), BY_CLI, at(7, 5)),
                (PersonChanged(FINN.email, "scim", ("timezone",)), BY_CLI, at(7, 6)),
                (
                    PersonChanged(FINN.email, "scim", ("groups",), Authority(), PAYERS),
                    BY_CLI,
                    at(7, 7),
                ),
                (SignedIn(FINN.email, "s", "link"), BY_CLI, at(7, 8)),
            ),
        }
        self.rows = [
            PolicyRow("v3", "", at(10, 1, 0), "file"),
            PolicyRow("v2-of-july", "", at(7, 3), ADA.email),
            PolicyRow("v1", "", at(6, 1), "file"),
        ]
        self.all = [
            _key("old-and-gone", at(1, 1), revoked_at=at(2, 1)),
            _key("used-all-the-time", at(1, 1), owner=ADA.email, used_at=at(11, 1)),
            _key(HOSTILE, at(7, 2), person=FINN.email, revoked_at=at(8, 9)),
            _key("of-today", at(10, 2)),
        ]
        self.away = [
            Standing(id="1", giver=FINN.email, taker=ADA.email, starts=at(8, 1), ends=at(8, 15)),
            Standing(id="2", giver=ADA.email, taker=FINN.email, starts=at(10, 1, 0)),
        ]

    async def recorded(
        self, stream: str, kinds: Sequence[str], since: Millis, until: Millis, limit: int
    ) -> Sequence[Link]:
        of = [each for each in self.streams[stream] if each.type in kinds]
        return [each for each in of if since <= each.at < until][-limit:]

    async def policies(self, limit: int) -> Sequence[PolicyRow]:
        return self.rows[:limit]

    async def keys(self) -> Sequence[ApiKey]:
        return self.all

    async def absences(self, since: Millis) -> Sequence[Standing]:
        return [each for each in self.away if each.ends is None or each.ends > since]

    async def trail(self) -> Trail:
        checkpoint = Checkpoint(
            number=7, first=1, last=900, size=1, root="ab" * 32, previous="", at=NOW, kid="k"
        )
        return Trail(events=912, checkpoint=checkpoint)


def review_rig(person: Person = ADA) -> tuple[ReviewPage, OpenDoor, Kept]:
    """The page, a door for this person, and the figures it asks for."""
    pages, kept = Pages(), Kept()
    page = ReviewPage(pages, kept, Written(), lambda: DIRECTORY, lambda: NOW)
    return page, OpenDoor(pages, visitor_of(person)), kept
