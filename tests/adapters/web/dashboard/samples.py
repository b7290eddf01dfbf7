"""Figures as they come back, made by hand, and a dashboard over them."""

from collections.abc import Iterator, Sequence

from adapters.web.dashboard.handlers import Dashboard
from adapters.web.pages import Pages
from core.advice.calibration import Cases, Kind
from core.chat.figures_port import Decided, Overview
from core.directory.people import Directory, Identity, Person
from core.insight.figures import (
    DAILY,
    DAY,
    Advised,
    Asked,
    Figures,
    OpenFigures,
    PersonFigures,
    Point,
    RequestFigures,
    StageFigures,
)
from core.insight.histogram import Times
from core.value import Millis
from tests.adapters.web.doors import OpenDoor, visitor_of

NOW: Millis = 20_780 * DAY + 41_000_000
MINUTE = 60_000
HOUR = 60 * MINUTE
HOSTILE = '=cmd|"/c calc"<script>alert(1)</script>\u202e'

ADA = Person(email="ada@example.com", name="Ada Admin", groups=("admins",))
FINN = Person(email="finn@example.com", name="Finn")
DIRECTORY = Directory([ADA, FINN])


def requests(many: int = 1) -> RequestFigures:
    """How some hundred requests went, or so many times as many."""
    return RequestFigures(
        submitted=120 * many,
        uncategorised=3,
        approved=60 * many,
        passed={"auto_approve": 30 * many, "break_glass": 1},
        rejected=12 * many,
        refused=2,
        expired=4,
        cancelled=3,
        prohibited=1,
        edits=5,
        edited=4,
        by_model=Advised(cases=50, agreed=41),
        took=Times(72 * many, 42 * MINUTE, 26 * HOUR),
    )


def day(number: int) -> RequestFigures:
    """How a day went; there are days on which nothing was decided."""
    count = number * 7 % 13
    took = Times(count, (20 + count) * MINUTE, (2 + count) * HOUR) if count > 2 else Times()
    return RequestFigures(submitted=count + 2, approved=count, rejected=count // 4, took=took)


def points(first: int, last: int) -> Iterator[Point]:
    """A point for each day, or for each week."""
    step = 1 if last - first < DAILY else 7
    for each in range(first, last + 1, step):
        yield Point(each, min(each + step - 1, last), day(each))


def figures(asked: Asked | None = None) -> Figures:
    """Those of thirty days."""
    asked = asked or Asked(first=NOW // DAY - 29, last=NOW // DAY, people=True)
    stage = StageFigures(
        opened=70,
        approved=50,
        rejected=9,
        sent_back=2,
        expired=3,
        escalated=6,
        kept=48,
        breached=11,
        reminders=20,
        took=Times(61, 35 * MINUTE, 9 * HOUR),
    )
    few = StageFigures(approved=2, rejected=1, kept=3, took=Times(3, 12 * HOUR, 40 * HOUR))
    waits = OpenFigures(open=14, overdue=3, oldest=NOW - 4 * DAY, ages=(2, 4, 3, 2, 3, 0, 0))
    return Figures(
        asked=asked,
        total=requests(),
        series=tuple(points(asked.first, asked.last)),
        by_rule={"purchase-order": requests(), HOSTILE: RequestFigures(submitted=2, approved=2)},
        by_category={"review": requests(), "auto_approve": requests()},
        by_agent={"purchasing": requests(), "chat": RequestFigures(submitted=1, rejected=1)},
        stages={
            ("purchase-order", "Manager"): stage,
            ("purchase-order", "Finance with a name that is much too long"): few,
        },
        people={
            FINN.email: PersonFigures(
                approved=40,
                rejected=9,
                changes=2,
                took=Times(51, 3 * HOUR, 2 * DAY),
                open=9,
                overdue=3,
                oldest=NOW - 4 * DAY,
            ),
            "gone@example.com": PersonFigures(approved=1, took=Times(1, 9_000, 9_000)),
        },
        open=waits,
        open_stages={
            ("purchase-order", "Manager"): waits,
            ("purchase-order", ""): OpenFigures(open=1, oldest=NOW - HOUR),
        },
        followed=NOW - 3_000,
    )


RECORD = (
    Cases(Kind("openai:model", "approve", 50), cases=12, agreed=5),
    Cases(Kind("openai:model", "approve", 70), cases=40, agreed=29),
    Cases(Kind("openai:model", "approve", 90), cases=160, agreed=139),
    Cases(Kind("openai:model", "reject", 90), cases=22, agreed=20),
)


class Kept:
    """Implements the ports: gives what it was given, and keeps what it is asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.found: Figures | None = None
        self.cases: Sequence[Cases] = RECORD

    async def figures(self, asked: Asked, _now: Millis) -> Figures:
        self.asked.append(asked)
        return figures(asked) if self.found is None else self.found

    async def record(self) -> tuple[Cases, ...]:
        return tuple(self.cases)

    async def overview(self, _identity: Identity) -> Overview:
        return Overview(at=NOW, waiting=3, overdue=1, month=Decided(approved=2), open=7)


def rig(person: Person = ADA) -> tuple[Dashboard, OpenDoor, Kept]:
    """The dashboard, a door for this person, and what it stands on."""
    pages, kept = Pages(), Kept()
    dashboard = Dashboard(
        pages, kept, kept, kept, lambda: DIRECTORY, lambda: ["purchase-order"], lambda: NOW
    )
    return dashboard, OpenDoor(pages, visitor_of(person)), kept
