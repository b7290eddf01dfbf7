"""A person's own page in a chat platform: what waits for them, what they asked for, who acts
for them; and the approval of several requests in one click.

`core.chat.home.HomeService` implements `Home`. Nothing here raises for what a person did.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from core.chat.port import AbsenceLine
from core.commands import Binding
from core.directory.people import Identity
from core.refusals import Reason
from core.request import Status
from core.value import Millis, Value

MOST_TOGETHER = 20
"""Requests that are approved in one click at most."""

MOST_SEARCHED = 300
"""Requests that are looked through for one page: a tenth of a second or so."""


class Shelf(StrEnum):
    """Which list a page shows: what waits for the person, or what they asked for."""

    QUEUE = "queue"
    OWN = "own"


class Wish(Value, frozen=True):
    """Which page is wanted. `after` is a cursor that an earlier page gave, "" the first page.

    Of the queue `due` wants only what is due until the end of today in the person's time zone,
    `overdue` only what was due before now, `rule` only what this policy rule asks. `text` wants
    only what has all of its words in the title or in who asks, in whatever case, and `least` only
    amounts from this one on, in whatever currency: they look at `MOST_SEARCHED` requests from
    `after` on.
    """

    shelf: Shelf = Shelf.QUEUE
    after: str = ""
    due: bool = False
    rule: str | None = None
    overdue: bool = False
    text: str = ""
    least: Decimal | None = None

    @property
    def searches(self) -> bool:
        """Whether what waits has to be looked through, one by one."""
        return bool(self.text.split()) or self.least is not None


class HomeItem(Value, frozen=True):
    """A request that waits for the person. `batch` says that it may be approved together with
    others, on exactly what `binding` names. `rule` is the policy's; None for what no rule names.
    """

    request: str
    title: str
    asked_by: str
    stage: str
    amount: str | None
    risk: int | None
    rule: str | None
    deadline: Millis | None
    overdue: bool
    binding: Binding | None
    batch: bool = False


class OwnItem(Value, frozen=True):
    """A request that was made for the person. `headline` says where it stands."""

    request: str
    title: str
    headline: str
    status: Status
    amount: str | None
    created_at: Millis


class RuleCount(Value, frozen=True):
    """A rule that asks the person now, with how many requests; `uncategorised` is the fallback,
    which takes what no other rule names."""

    rule: str
    count: int
    uncategorised: bool = False


class HomePage(Value, frozen=True):
    """One page, as of `at`.

    `waiting` counts all that waits for the person and `due` what of it is due until the end of
    today; `total` counts what the wish is about, on all its pages. `items` are the queue's,
    earliest deadline first, `own` the requests made for the person, newest first: on the queue's
    page only the newest few. `after` is the cursor of the next page, None on the last. Where the
    wish searches, `total` counts what this page shows, which may be nothing before the last one.
    `rules` are those that ask the person now, the most first. `away` are the absences of the
    person, and those in which they act for others, that are not over.
    With `refused` there is no page: the sentence says why.
    """

    at: Millis = 0
    name: str = ""
    timezone: str = "UTC"
    waiting: int = 0
    due: int = 0
    total: int = 0
    items: tuple[HomeItem, ...] = ()
    own: tuple[OwnItem, ...] = ()
    after: str | None = None
    rules: tuple[RuleCount, ...] = ()
    away: tuple[AbsenceLine, ...] = ()
    refused: str | None = None


class Approved(Value, frozen=True):
    """What became of one of several approvals: `refused` is None where it counted.

    `title` is None where the person may not see the request.
    """

    request: str
    text: str
    title: str | None = None
    refused: Reason | None = None


class Home(Protocol):
    """The service as a person's own page sees it."""

    async def page(self, identity: Identity, wish: Wish) -> HomePage:
        """One page for the person with this account."""
        ...

    async def items(self, identity: Identity, requests: Sequence[str]) -> tuple[HomeItem, ...]:
        """Those of these requests that wait for the person now, earliest deadline first; the
        first `MOST_TOGETHER` of them are looked at."""
        ...

    async def approve_many(
        self,
        identity: Identity,
        bindings: Sequence[Binding],
        evidence: Mapping[str, str],
        once: str = "",
    ) -> tuple[Approved, ...]:
        """Approve each of these as the person with this account, each by itself and on exactly
        what was shown of it; one that is refused does not touch the others.

        `evidence` names the platform's view, as `Click.evidence` names its message, and `once`
        is as there.
        """
        ...
