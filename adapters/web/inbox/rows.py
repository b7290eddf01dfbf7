"""The lines of the lists as templates lay them out: plain text, and where each leads."""

from collections.abc import Sequence
from typing import Final

from adapters.web.inbox import bound, filters
from core.cards.moments import moment
from core.chat.home_port import HomeItem, HomePage, OwnItem, Wish
from core.chat.port import AbsenceLine
from core.rationale import HIGH_RISK
from core.request import OPEN
from core.value import Millis, Value
from core.web.spans import overdue, until

INBOX: Final = "/inbox"


class Row(Value, frozen=True):
    """A request that waits. `bound` is what its box stands for, "" where it cannot be approved
    together with others; `overdue` is said in `due` as well."""

    request: str
    href: str
    title: str
    asked_by: str
    stage: str
    rule: str
    amount: str
    risk: str
    due: str
    due_at: str
    overdue: bool = False
    risky: bool = False
    bound: str = ""


class Own(Value, frozen=True):
    """A request that the visitor asked for. `state` is the status, for its colour."""

    href: str
    title: str
    headline: str
    state: str
    amount: str
    asked: str
    is_open: bool


class Tab(Value, frozen=True):
    """An entry of the filter; `count` is "" where it is not known."""

    label: str
    href: str
    count: str = ""
    chosen: bool = False


class Away(Value, frozen=True):
    """An absence, in words. `id` is "" where the visitor may not end it."""

    text: str
    days: str
    id: str = ""


def row(item: HomeItem, at: Millis, timezone: str) -> Row:
    """A line of the queue."""
    due, due_at = "No deadline", ""
    if item.deadline is not None:
        due_at = moment(item.deadline, timezone)
        due = f"Due {until(item.deadline, at)}"
        if item.overdue:
            due = overdue(item.deadline, at)
    return Row(
        request=item.request,
        href=f"{INBOX}/{item.request}",
        title=item.title,
        asked_by=item.asked_by,
        stage=item.stage,
        rule=item.rule or "",
        amount=item.amount or "",
        risk="" if item.risk is None else f"Risk {item.risk} of 100",
        due=due,
        due_at=due_at,
        overdue=item.overdue,
        risky=item.risk is not None and item.risk >= HIGH_RISK,
        bound=bound.write(item.binding) if item.batch and item.binding is not None else "",
    )


def own(item: OwnItem, timezone: str) -> Own:
    """A line of what somebody asked for."""
    return Own(
        href=f"{INBOX}/{item.request}",
        title=item.title,
        headline=item.headline,
        state=item.status.value,
        amount=item.amount or "",
        asked=moment(item.created_at, timezone),
        is_open=item.status in OPEN,
    )


def waits(page: HomePage) -> str:
    """How much waits: "12 wait for you, 3 due today or overdue"."""
    verb = "waits" if page.waiting == 1 else "wait"
    due = f", {page.due:,} due today or overdue" if page.due else ""
    return f"{page.waiting:,} {verb} for you{due}" if page.waiting else "Nothing waits for you"


def tabs(page: HomePage, wish: Wish) -> Sequence[Tab]:
    """The parts of the queue by deadline, with how much is in them where that is known."""
    whole = not (wish.due or wish.overdue or wish.rule or wish.searches)
    return [
        Tab(label="Everything", href=INBOX, count=f"{page.waiting:,}", chosen=whole),
        _tab("Due today", Wish(due=True), wish.due, page.due),
        _tab("Overdue", Wish(overdue=True), wish.overdue, None),
    ]


def _tab(label: str, wish: Wish, chosen: bool, count: int | None) -> Tab:
    told = "" if count is None else f"{count:,}"
    return Tab(label=label, href=address(wish), count=told, chosen=chosen)


def address(wish: Wish, after: str = "") -> str:
    """The address of that part of the queue."""
    query = filters.write(wish, after)
    return f"{INBOX}?{query}" if query else INBOX


def away(line: AbsenceLine, timezone: str, now: Millis) -> Away:
    """An absence, as its own list says it."""
    since = "Since" if line.starts <= now else "From"
    ends = "until further notice" if line.ends is None else f"until {moment(line.ends, timezone)}"
    whom = "you" if line.mine else line.giver
    return Away(
        text=f"{line.taker} acts for {whom}" if line.mine else f"You act for {whom}",
        days=f"{since} {moment(line.starts, timezone)}, {ends}",
        id=line.id if line.mine else "",
    )
