"""What a digest says, whom it saves other messages, and the welcome after an absence."""

from typing import Any

import pytest
from msgspec.structs import replace

from core.chat.digest import (
    PAGE,
    SHOWN,
    digest_row,
    elsewhere,
    gathered,
    happened_at,
    tells_of,
    welcome_row,
)
from core.chat.digest_times import GRACE
from core.commands import Tick
from core.directory.people import Directory
from core.ports import Notice
from core.request import RequestState
from core.rows import IN_DIGEST, Delivery, OutboxRow, Recipient, Snapshot
from core.rules.absence import Standing
from tests.core.builders import (
    ALICE,
    DANA,
    DAY,
    HOUR,
    MANAGER,
    MARA,
    NOW,
    a_route,
    stage,
)
from tests.core.desk import Desk, account
from tests.core.shown import BOB, BOTH, COMPANY, Told, asked

NINE = NOW + HOUR
DAILY = a_route(MANAGER, digest=True)
SLACK = Recipient(platform="slack", id=MARA)


def company(**fields: Any) -> Directory:
    """The company, in which everybody wants one message a day, at nine UTC."""
    given = {"digest": "09:00", "timezone": "UTC"} | fields
    return Directory(replace(p, **given) for p in COMPANY.people.values())


def a_desk(*stories: Told) -> Desk:
    """These requests as R1, R2, ..."""
    here = Desk(stories[0])
    for number, story in enumerate(stories[1:], start=2):
        add(here, f"R{number}", story.state, story.contents)
    return here


def add(here: Desk, id: str, state: RequestState, contents: dict[str, bytes]) -> None:
    here.store.states[id] = replace(state, id=id)
    here.store.bodies[id] = dict(contents)


def row(who: str = MARA, at: int = NOW) -> OutboxRow:
    person = company().people[who]
    return digest_row(person, Recipient(platform="slack", id=who), at)


async def digest(here: Desk, who: str = MARA, at: int = NOW) -> Notice | None:
    return await gathered(row(who, at), here.store, company())


# --- the row ---------------------------------------------------------------------------------


def test_a_day_has_one_digest_due_at_its_moment() -> None:
    found = row()
    assert (found.kind, found.request, found.due) == ("digest", "", NINE)
    assert found.dedupe == f"digest:{MARA}:{NINE}"
    assert row(at=NOW + HOUR // 2) == found
    assert row(at=NINE).dedupe == f"digest:{MARA}:{NINE + DAY}"


def test_a_digest_that_is_moved_to_later_that_day_is_another_one() -> None:
    moved = company(digest="17:00").people[MARA]
    later = digest_row(moved, SLACK, NINE)
    assert later.due == NINE + 8 * HOUR
    assert {later.id, later.dedupe}.isdisjoint({row().id, row().dedupe})


def test_what_one_digest_is_about_ends_where_the_next_one_begins() -> None:
    assert int(row().facts["until"]) == int(row(at=NINE).facts["since"]) == NINE - GRACE


def test_in_another_place_it_is_another_message_about_the_same() -> None:
    teams = Recipient(platform="teams", id=MARA)
    moved = elsewhere(row(), teams)
    assert (moved.to, moved.facts, moved.due) == (teams, row().facts, 0)
    assert moved.dedupe == f"digest:{MARA}:{NINE}:teams"
    assert moved.id != row().id


# --- what it says ----------------------------------------------------------------------------


async def test_it_lists_what_waits_the_earliest_deadline_first() -> None:
    later = replace(MANAGER, sla=9 * HOUR)
    sooner = replace(MANAGER, sla=4 * HOUR)
    here = a_desk(asked(route=a_route(later)), asked(route=a_route(sooner)))
    found = await digest(here)
    assert found is not None
    assert (found.title, found.text) == (
        "Today: 2 requests wait for you",
        "The earliest deadline comes first.",
    )
    assert [(i.request, i.stage, i.deadline) for i in found.items] == [
        ("R2", "Manager", NOW + 4 * HOUR),
        ("R1", "Manager", NOW + 9 * HOUR),
    ]
    assert (found.items[0].title, found.items[0].asked_by) == (
        "New ERP system",
        "Alice, through agent purchasing",
    )
    assert found.timezone == "UTC"


async def test_of_many_it_lists_the_first_ten_and_counts_the_others() -> None:
    here = a_desk(*(asked(route=a_route(MANAGER)) for _ in range(SHOWN + 3)))
    found = await digest(here)
    assert found is not None
    assert (len(found.items), found.more) == (SHOWN, 3)


async def test_with_nothing_to_tell_nothing_is_sent() -> None:
    story = asked(route=a_route(MANAGER))
    story.approves(MARA)
    assert await digest(a_desk(story)) is None


async def test_whoever_left_the_directory_is_told_nothing() -> None:
    here = a_desk(asked(route=a_route(MANAGER)))
    assert await gathered(row(), here.store, Directory(())) is None


async def test_it_says_what_became_of_ones_own_requests_since_the_last_one() -> None:
    decided = asked(route=a_route(MANAGER)).at(NOW + 60_000)
    decided.approves(MARA)
    waiting = asked(route=a_route(MANAGER))
    here = a_desk(decided, waiting)
    found = await digest(here, ALICE, NOW + 60_000)
    assert found is not None
    assert (found.title, found.text) == (
        "Today: nothing waits for you",
        "There is news of one of your own requests.",
    )
    assert [(n.request, n.title, n.text) for n in found.own] == [
        ("R1", "New ERP system", "Approved by Mara")
    ]
    assert await digest(here, ALICE, NINE) is None, "each is told in one digest only"


async def test_news_of_many_own_requests_are_counted_beyond_the_first_ten() -> None:
    story = asked(route=a_route(MANAGER))
    story.approves(MARA)
    found = await digest(a_desk(*[story] * (PAGE + 2)), ALICE)
    assert found is not None
    assert (len(found.own), found.own_more) == (SHOWN, PAGE + 2 - SHOWN)


async def test_what_ran_out_was_told_at_once_and_is_not_told_again() -> None:
    story = asked(route=a_route(MANAGER), expires_at=NOW + 60_000).at(NOW + 60_000).when(Tick())
    assert await digest(a_desk(story), ALICE) is None


async def test_comments_are_counted_for_who_decides_and_for_who_asked() -> None:
    story = asked(route=a_route(MANAGER)).at(NOW + 60_000)
    story.comments(DANA, "Is it needed?")
    story.comments(DANA, "I mean this year.")
    story.comments(MARA, "I shall ask.")
    here = a_desk(story)
    for_mara, for_alice = await digest(here, MARA), await digest(here, ALICE)
    assert for_mara is not None
    assert for_alice is not None
    assert [i.comments for i in for_mara.items] == [2]
    assert [n.text for n in for_alice.own] == ["3 new comments"]
    assert await digest(here, ALICE, NINE) is None


async def test_a_comment_on_what_was_decided_is_told_too() -> None:
    story = asked(route=a_route(MANAGER))
    story.approves(MARA)
    story.at(NOW + 60_000).comments(MARA, "Use it soon.")
    found = await digest(a_desk(story), ALICE)
    assert found is not None
    assert [n.text for n in found.own] == ["Approved by Mara; 1 new comment"]
    story.at(NINE + HOUR).comments(MARA, "By Friday.")
    later = await digest(a_desk(story), ALICE, NINE + HOUR)
    assert later is not None
    assert [n.text for n in later.own] == ["1 new comment"]


# --- what it saves ---------------------------------------------------------------------------


def snapshot(story: Told, in_digest: bool = True) -> Snapshot:
    """The request as the relay reads it, with Mara's card."""
    reason = IN_DIGEST if in_digest else None
    card = Delivery(request="R1", to=SLACK, wanted=1, shown=0, attempts=0, waiting_reason=reason)
    return Snapshot(state=story.state, contents=story.contents, deliveries=(card,))


def a_row(story: Told, kind: str, to: str) -> OutboxRow:
    (found,) = (r for r in story.rows() if (r.kind, r.to.id) == (kind, to))
    return found


@pytest.mark.parametrize("in_digest", [True, False])
def test_a_reminder_is_needless_where_a_digest_tells(in_digest: bool) -> None:
    timed = replace(MANAGER, sla=3 * DAY, remind_at=(2 * HOUR,))
    route = a_route(timed, digest=True)
    story = asked(route=route, expires_at=NOW + 9 * DAY).at(NOW + 2 * HOUR).when(Tick())
    found = snapshot(story, in_digest)
    assert tells_of(a_row(story, "reminder", MARA), found, COMPANY, story.now) is in_digest


@pytest.mark.parametrize(("sla", "in_digest"), [(26 * HOUR, True), (26 * HOUR - 1, False)])
def test_a_reminder_is_told_unless_the_next_digest_leaves_an_hour(
    sla: int, in_digest: bool
) -> None:
    """It is reminded at ten, the next digest comes tomorrow at nine."""
    timed = replace(MANAGER, sla=sla, remind_at=(2 * HOUR,))
    route = a_route(timed, digest=True)
    story = asked(route=route, expires_at=NOW + 9 * DAY).at(NOW + 2 * HOUR).when(Tick())
    reminder = a_row(story, "reminder", MARA)
    assert tells_of(reminder, snapshot(story), company(), story.now) is in_digest


def test_a_comment_is_left_to_the_digest_and_a_question_is_not() -> None:
    story = asked(route=DAILY).comments(DANA, "So be it.")
    assert tells_of(a_row(story, "comment", MARA), snapshot(story), COMPANY, NOW)
    story.comments(ALICE, "Is more known?", question=True)
    assert not tells_of(a_row(story, "question", MARA), snapshot(story), COMPANY, NOW)


def test_whoever_is_nudged_is_told_at_once() -> None:
    story = asked(route=DAILY).nudges(ALICE)
    assert not tells_of(a_row(story, "nudge", MARA), snapshot(story), COMPANY, NOW)


def test_an_escalation_is_told_at_once() -> None:
    timed = replace(MANAGER, sla=8 * HOUR)
    story = asked(route=a_route(timed, digest=True)).at(NOW + 8 * HOUR).when(Tick())
    rows = [r for r in story.rows() if r.kind == "escalated"]
    assert len(rows) == 3
    assert not any(tells_of(r, snapshot(story), COMPANY, NOW) for r in rows)


def test_a_result_is_left_to_the_digest_of_whoever_wants_one() -> None:
    story = asked(route=a_route(MANAGER)).at(NOW + HOUR)
    story.approves(MARA)
    result = a_row(story, "result", ALICE)
    assert not tells_of(result, snapshot(story), COMPANY, NOW)
    assert tells_of(result, snapshot(story), company(), NOW)
    assert happened_at(result, snapshot(story), NOW + DAY) == NOW + HOUR


def test_what_ran_out_is_told_at_once() -> None:
    story = asked(route=DAILY).at(NOW + DAY).when(Tick())
    rows = story.rows()
    assert sorted((r.kind, r.to.id) for r in rows) == [("ended", MARA), ("result", ALICE)]
    assert not any(tells_of(r, snapshot(story), company(), NOW) for r in rows)


# --- back again ------------------------------------------------------------------------------


def away(**fields: Any) -> Standing:
    given: dict[str, Any] = {"id": "a1", "giver": MARA, "taker": BOB, "starts": NOW}
    return Standing(**given | fields)


async def test_who_comes_back_reads_what_waits_for_them() -> None:
    here = a_desk(asked(route=a_route(MANAGER)))
    welcome = welcome_row(away(ends=NOW + DAY), COMPANY, BOTH)
    assert welcome is not None
    assert (welcome.dedupe, welcome.to) == ("welcome_back:a1", SLACK)
    found = await gathered(welcome, here.store, COMPANY)
    assert found is not None
    assert found.title == "Welcome back: 1 request waits for you"
    assert [i.request for i in found.items] == ["R1"]


def test_who_can_be_reached_nowhere_is_not_welcomed() -> None:
    assert welcome_row(away(ends=NOW + DAY), company(identities=()), BOTH) is None


async def test_ending_an_absence_welcomes_once() -> None:
    here = a_desk(asked(route=a_route(MANAGER)))
    await here.chat.set_absence(account(MARA), BOB, None, None)
    here.now += HOUR
    (mine,) = (await here.chat.absences(account(MARA))).items
    await here.chat.end_absence(account(MARA), mine.id)
    assert here.told() == [("welcome_back", MARA)]


async def test_who_is_away_for_another_reason_too_is_not_back() -> None:
    here = a_desk(asked(route=a_route(stage(1, "Board", MARA, DANA))))
    await here.chat.set_absence(account(MARA), BOB, None, None)
    await here.chat.set_absence(account(MARA), DANA, None, None)
    here.now += HOUR
    first, second = (await here.chat.absences(account(MARA))).items
    await here.chat.end_absence(account(MARA), first.id)
    assert here.told() == []
    await here.chat.end_absence(account(MARA), second.id)
    assert here.told() == [("welcome_back", MARA)]


async def test_who_never_left_is_not_welcomed() -> None:
    here = a_desk(asked(route=a_route(MANAGER)))
    await here.chat.set_absence(account(MARA), BOB, NOW + DAY, None)
    (mine,) = (await here.chat.absences(account(MARA))).items
    await here.chat.end_absence(account(MARA), mine.id)
    assert here.told() == []
