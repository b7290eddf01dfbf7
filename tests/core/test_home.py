"""A person's own page: their queue in pages, their requests, several approvals at once."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from core.card import Verb
from core.chat.home import PAGE, HomeService
from core.chat.home_port import MOST_SEARCHED, Approved, HomePage, Shelf, Wish
from core.chat.port import Click
from core.commands import Binding
from core.events import read_recorded
from core.policy.text import FALLBACK
from core.refusals import Reason
from core.request import RequestState, Status
from core.route import Route
from tests.core.builders import (
    ALICE,
    DAY,
    FINANCE,
    FINN,
    HOUR,
    MANAGER,
    MARA,
    NOW,
    a_route,
    shown,
    stage,
)
from tests.core.desk import Desk, account
from tests.core.shown import BERLIN, BOB, asked

TOGETHER = a_route(MANAGER, batch=True)
ALONE = a_route(MANAGER, rule="alone")
RISKY = a_route(MANAGER, batch=True, confirm=True)
SEEN = {"team": "T1", "view": "V1", "action_ts": "1.1"}


def a_desk(*routes: Route, **fields: Any) -> Desk:
    """Requests R1, R2, ... of Alice's, one for each route."""
    here = Desk(asked(route=routes[0], **fields))
    for number, route in enumerate(routes[1:], start=2):
        add(here, f"R{number}", asked(route=route, **fields).state)
    return here


def add(here: Desk, id: str, state: RequestState) -> None:
    here.store.states[id] = replace(state, id=id)
    here.store.bodies[id] = dict(here.store.bodies["R1"])


def home(here: Desk) -> HomeService:
    return HomeService(here.chat._world, here.chat)


async def page(here: Desk, who: str = MARA, **wish: Any) -> HomePage:
    return await home(here).page(account(who), Wish(**wish))


def bindings(here: Desk) -> list[Binding]:
    return [shown(state) for state in here.store.states.values()]


async def approve(
    here: Desk, given: Sequence[Binding] | None = None, who: str = MARA
) -> tuple[Approved, ...]:
    return await home(here).approve_many(account(who), given or bindings(here), SEEN)


def statuses(here: Desk) -> list[str]:
    return [state.status.value for state in here.store.states.values()]


# --- the page ------------------------------------------------------------------------------


async def test_the_page_says_what_waits_and_what_may_be_approved_together() -> None:
    here = a_desk(TOGETHER, ALONE, RISKY, amount="120000", risk_score=80)
    found = await page(here)
    assert (found.name, found.waiting, found.total, found.after) == ("Mara", 3, 3, None)
    first = found.items[0]
    assert (first.request, first.title, first.asked_by) == (
        "R1",
        "New ERP system",
        "Alice, through agent purchasing",
    )
    assert (first.stage, first.amount, first.risk, first.rule) == (
        "Manager",
        "120,000",
        80,
        "purchase-order",
    )
    assert (first.deadline, first.overdue, first.binding) == (NOW + DAY, False, here.bound())
    assert [item.batch for item in found.items] == [True, False, False]


async def test_only_those_who_may_approve_now_are_offered_it_together() -> None:
    own = a_route(stage(1, "Board", MARA, ALICE), batch=True)
    assert [i.batch for i in (await page(a_desk(own), MARA)).items] == [True]
    # Whoever asked is never asked to approve it, and so finds it below.
    found = await page(a_desk(own), ALICE)
    assert [i.batch for i in found.items] in ([], [False])


async def test_pages_follow_one_another_by_deadline_and_id() -> None:
    here = a_desk(*[TOGETHER] * (PAGE + 3))
    first = await page(here)
    assert (len(first.items), first.total) == (PAGE, PAGE + 3)
    assert first.after is not None
    rest = await page(here, after=first.after)
    assert (len(rest.items), rest.total, rest.after) == (3, PAGE + 3, None)
    ids = [item.request for item in (*first.items, *rest.items)]
    assert sorted(ids) == sorted(here.store.states)


async def test_a_page_that_is_exactly_full_is_the_last() -> None:
    assert (await page(a_desk(*[TOGETHER] * PAGE))).after is None


@pytest.mark.parametrize("cursor", ["", "x", "-1.R1", "9" * 400, "1²3.R1", ".", "NaN.R1"])
async def test_what_is_no_cursor_is_the_first_page(cursor: str) -> None:
    assert len((await page(a_desk(TOGETHER), after=cursor)).items) == 1


async def test_what_is_due_today_is_so_in_the_readers_own_zone() -> None:
    # NOW is 15 January 2027, 08:00 UTC; in Berlin today ends at 23:00 UTC.
    bob = a_route(stage(1, "Board", BOB))
    late, early = (asked(route=bob, expires_at=NOW + n * HOUR).state for n in (15, 14))
    here = a_desk(bob, expires_at=NOW + 3 * DAY)
    add(here, "R2", late)
    add(here, "R3", early)
    found = await page(here, BOB, due=True)
    assert (found.timezone, found.waiting, found.due, found.total) == (BERLIN, 3, 1, 1)
    assert [item.request for item in found.items] == ["R3"]


async def test_the_rules_that_ask_are_counted_and_can_be_chosen() -> None:
    fallback = a_route(MANAGER, rule=FALLBACK, uncategorised=True)
    here = a_desk(TOGETHER, TOGETHER, fallback)
    found = await page(here)
    assert [(r.rule, r.count, r.uncategorised) for r in found.rules] == [
        ("purchase-order", 2, False),
        (FALLBACK, 1, True),
    ]
    chosen = await page(here, rule=FALLBACK)
    assert [(i.request, i.rule) for i in chosen.items] == [("R3", None)]
    assert (chosen.total, chosen.waiting) == (1, 3)


async def test_own_requests_are_listed_newest_first_and_say_where_they_stand() -> None:
    here = a_desk(*[TOGETHER] * 5)
    await approve(here, bindings(here)[:1])
    beside = await page(here, ALICE)
    assert (beside.items, [own.request for own in beside.own]) == ((), ["R5", "R4", "R3"])
    found = await page(here, ALICE, shelf=Shelf.OWN)
    assert [(own.request, own.headline) for own in found.own[-2:]] == [
        ("R2", "Waiting for Manager (stage 1 of 1)"),
        ("R1", "Approved by Mara"),
    ]
    assert (found.own[-1].status, found.own[-1].title) == (Status.APPROVED, "New ERP system")


async def test_own_requests_come_in_pages_too() -> None:
    here = a_desk(*[TOGETHER] * (PAGE + 1))
    first = await page(here, ALICE, shelf=Shelf.OWN)
    assert len(first.own) == PAGE
    assert first.after is not None
    rest = await page(here, ALICE, shelf=Shelf.OWN, after=first.after)
    assert (len(rest.own), rest.after) == (1, None)


async def test_the_page_says_who_is_away() -> None:
    here = a_desk(TOGETHER)
    await here.chat.set_absence(account(MARA), FINN, None, None)
    assert [(a.giver, a.taker, a.mine) for a in (await page(here)).away] == [("Mara", "Finn", True)]


async def test_a_stranger_is_told_that_nobody_knows_the_account() -> None:
    found = await page(a_desk(TOGETHER), "U-Stranger")
    assert (found.items, found.own, found.waiting) == ((), (), 0)
    assert found.refused is not None
    assert found.refused.startswith("This Slack account is not linked to anyone")


async def test_what_was_ticked_is_found_though_it_is_on_another_page_by_now() -> None:
    here = a_desk(*[TOGETHER] * (PAGE + 5))
    wanted = ["R20", "R2", "R404"]
    found = await home(here).items(account(MARA), wanted)
    assert sorted(item.request for item in found) == ["R2", "R20"]
    assert all(item.batch for item in found)
    assert await home(here).items(account(FINN), wanted) == ()
    assert await home(here).items(account("U-Stranger"), wanted) == ()
    await approve(here, [b for b in bindings(here) if b.request == "R2"])
    assert [i.request for i in await home(here).items(account(MARA), wanted)] == ["R20"]


# --- several approvals at once -----------------------------------------------------------------


async def test_each_is_approved_by_itself_with_its_own_record() -> None:
    here = a_desk(TOGETHER, TOGETHER, TOGETHER)
    done = await approve(here)
    assert [(d.request, d.refused, d.title) for d in done] == [
        (f"R{n}", None, "New ERP system") for n in (1, 2, 3)
    ]
    assert {d.text for d in done} == {"You approved this. Approved by Mara."}
    assert statuses(here) == ["approved"] * 3
    for name in ("R1", "R2", "R3"):
        records = [read_recorded(link.body) for link in here.store.trail[name]]
        [voted] = [r for r in records if type(r.event).__name__ == "Voted"]
        assert voted.actor.person == MARA
        assert voted.actor.evidence == SEEN | {"together": "3"}


async def test_what_changed_since_it_was_shown_is_refused_and_the_others_count() -> None:
    here = a_desk(TOGETHER, TOGETHER, TOGETHER)
    given = bindings(here)
    given[1] = replace(given[1], commitment="0" * 16)
    done = await approve(here, given)
    assert [d.refused for d in done] == [None, Reason.STALE_CARD, None]
    assert done[1].text.startswith("This card is out of date")
    assert statuses(here) == ["approved", "pending", "approved"]


async def test_a_rule_that_wants_each_by_itself_has_its_way() -> None:
    here = a_desk(ALONE, TOGETHER, RISKY)
    alone, together, risky = await approve(here)
    assert (alone.refused, alone.text) == (
        Reason.NOT_IN_BATCH,
        "Policy rule alone wants each request decided by itself, not together with others. "
        "Nothing was changed. Open it to decide.",
    )
    assert together.refused is None
    assert risky.refused is Reason.NOT_IN_BATCH
    assert risky.text.startswith("This one is asked about once more because of its risk")
    assert statuses(here) == ["pending", "approved", "pending"]


async def test_whoever_is_not_asked_approves_nothing() -> None:
    here = a_desk(TOGETHER, a_route(MANAGER, FINANCE, batch=True))
    first, second = await approve(here, who=FINN)
    assert (first.refused, first.title) == (Reason.UNKNOWN_REQUEST, None)
    assert second.refused is Reason.NOT_AN_APPROVER
    [strange, _] = await approve(here, who="U-Stranger")
    assert (strange.refused, strange.title) == (Reason.UNKNOWN_ACCOUNT, None)
    assert statuses(here) == ["pending", "pending"]


async def test_the_same_click_again_is_the_same_answer_and_one_record() -> None:
    here = a_desk(TOGETHER, TOGETHER)
    given = bindings(here)
    first = await approve(here, given)
    before = {name: list(trail) for name, trail in here.store.trail.items()}
    assert await approve(here, [*given, *given]) == first
    assert here.store.trail == before


async def test_at_most_twenty_are_approved_in_one_click() -> None:
    here = a_desk(*[TOGETHER] * 22)
    done = await approve(here)
    assert [d.refused for d in done] == [None] * 20 + [Reason.NOT_IN_BATCH] * 2
    assert done[-1].text == (
        "At most 20 requests are approved in one click. Nothing was changed for this one."
    )
    assert statuses(here).count("approved") == 20


@pytest.mark.parametrize("verb", [Verb.REJECT, Verb.REQUEST_CHANGES, Verb.EDIT])
async def test_nothing_but_approving_is_done_together(verb: Verb) -> None:
    here = a_desk(a_route(MANAGER, batch=True, editable=("amount",)))
    click = Click(
        identity=account(MARA),
        binding=here.bound(),
        verb=verb,
        batch=True,
        reason="Too dear",
        edits={"amount": "5"},
    )
    answer = await here.chat.click(click)
    assert answer.refused is Reason.NOT_IN_BATCH
    assert here.state.status is Status.PENDING


# --- looking through what waits ------------------------------------------------------------


async def pages(here: Desk, **wish: Any) -> list[HomePage]:
    """All pages of a search, as one turns them."""
    found = [await page(here, **wish)]
    while (after := found[-1].after) is not None:
        found.append(await page(here, after=after, **wish))
    return found


async def test_a_search_finds_everything_once_however_far_apart_it_lies() -> None:
    here = a_desk(TOGETHER)
    dear = asked(route=TOGETHER, amount="900").state
    plain = asked(route=TOGETHER, amount="5").state
    for number in range(2, 2 * MOST_SEARCHED + 2):
        add(here, f"R{number:04}", dear if number % 150 == 0 else plain)
    del here.store.states["R1"]
    found = await pages(here, least=Decimal(900))
    shown = [item.request for each in found for item in each.items]
    assert shown == ["R0150", "R0300", "R0450", "R0600"]
    assert [len(each.items) for each in found] == [2, 2, 0], "each page looks so far and no further"
    assert all(each.total == len(each.items) for each in found)


@pytest.mark.parametrize("many", [PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 100, 101, 115])
async def test_a_search_that_everything_fits_leaves_nothing_out(many: int) -> None:
    here = a_desk(TOGETHER)
    for number in range(2, many + 1):
        add(here, f"R{number}", here.state)
    found = await pages(here, text="ERP alice")
    shown = [item.request for each in found for item in each.items]
    assert (len(shown), len(set(shown))) == (many, many)
    assert max(len(each.items) for each in found) <= PAGE


async def test_what_is_overdue_is_what_was_due_before_now() -> None:
    here = a_desk(TOGETHER)
    assert (await page(here, overdue=True)).items == ()
    here.now = (here.state.deadline or 0) + 1
    assert [item.overdue for item in (await page(here, overdue=True)).items] == [True]
