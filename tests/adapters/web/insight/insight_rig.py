"""The page of findings without a server: what was found and proposed stands in memory."""

from collections.abc import Sequence
from typing import cast

from adapters.web.insight.handlers import PATH, Insight
from adapters.web.pages import Pages
from bot.documents import read_document
from core.directory.people import Directory
from core.events import Actor
from core.insight.cases import Kind
from core.insight.findings import findings
from core.insight.port import Proposed
from core.insight.proposals import Examined, Found, examined
from core.refusals import Reason, Refused
from core.service.proposing import Proposing
from tests.adapters.web.doors import OpenDoor, visitor_of
from tests.core.builders import ADA, DIRECTORY, FINN, NOW
from tests.core.test_insight_findings import POLICY, TRIP, cases, read


def item_of(kind: Kind = TRIP) -> Examined:
    [finding] = findings(POLICY, {kind: cases()}, {}, NOW)
    counts = {"auto_approved": 4, "same": 96}
    return examined(finding, POLICY, read_document, read, lambda _: counts)


class Ledger:
    """What was found and proposed, in memory."""

    def __init__(self) -> None:
        self.newest: Found | None = Found(
            at=NOW, policy=POLICY.version, items=(item_of(),), cases=100, ballots=7
        )
        self.made: list[Proposed] = []

    async def found(self) -> Found | None:
        return self.newest

    async def proposed(self, limit: int) -> Sequence[Proposed]:
        return self.made[:limit]


class Fake:
    """Remembers who proposed what; refuses with `refused`, once it is set."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.calls: list[tuple[str, str, Actor]] = []
        self.refused: Refused | None = None

    async def propose(self, finding: str, person: str, actor: Actor) -> str:
        if self.refused is not None:
            raise self.refused
        self.calls.append((finding, person, actor))
        return "R7"

    async def accepted(self, request: str) -> str:
        if request != "R7":
            raise Refused(Reason.UNKNOWN_REQUEST, request=request)
        return "version: 1\n"


class Here:
    """The page, for a visitor whom the test chooses."""

    def __init__(self, *, from_file: bool = False) -> None:
        pages = Pages()
        self.fake, self.version = Fake(), POLICY.version
        self.people: Directory = DIRECTORY
        self.door = OpenDoor(pages, visitor_of(self.people.people[ADA]))
        self.page = Insight(
            pages,
            cast("Proposing", self.fake),
            lambda: self.people,
            lambda: self.version,
            lambda: NOW,
            from_file=from_file,
        )

    async def text(self, status: int = 200) -> str:
        answer = await self.door.call(self.page.look, PATH)
        assert answer.status == status
        assert answer.text is not None
        return answer.text

    def leave(self) -> None:
        self.door.visitor = visitor_of(self.people.people[FINN])
