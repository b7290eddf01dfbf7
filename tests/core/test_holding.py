"""Whose card waits for their digest, and that nobody is told too late because of it."""

from typing import Any

import pytest
from msgspec.structs import replace

from core.calendars.calendar import Calendar
from core.chat.audience import NOWHERE, audience
from core.chat.holding import held_cards
from core.commands import Reassign, Tick
from core.directory.people import Directory
from core.request import Decision
from core.route import ChannelRef, Entry, OnReject
from core.rows import Recipient
from core.rules.absence import Standing
from core.rules.digests import LEAD
from tests.core.builders import (
    ADA,
    ALICE,
    DANA,
    DAY,
    FINN,
    HOUR,
    LADDER,
    MANAGER,
    MARA,
    NOW,
    a_route,
    stage,
)
from tests.core.shown import BOB, BOTH, COMPANY, Told, asked, by

NINE = NOW + HOUR
"""Of the same day: `NOW` is eight o'clock."""
BOARD = stage(1, "Board", MARA, DANA, quorum=2)


def wanting(*people: str, **fields: Any) -> Directory:
    """The company, in which these people want one message a day, at nine."""
    given = {"digest": "09:00"} | fields
    return Directory(
        replace(p, **given) if p.email in people else p for p in COMPANY.people.values()
    )


def held(story: Told) -> dict[str, int | None]:
    """By person, what the last step says of their card."""
    events = story.history[story._seen :]
    everyone = audience(story.state, story.directory, BOTH)
    found = held_cards(story.before, story.state, events, everyone, story.directory, story.now)
    return {to.id: until for to, until in found.items()}


def test_the_card_of_whoever_wants_one_message_a_day_waits_for_it() -> None:
    assert held(asked(route=a_route(BOARD), directory=wanting(MARA))) == {MARA: NINE}


def test_a_rule_may_want_it_for_everybody() -> None:
    assert held(asked(route=a_route(BOARD, digest=True))) == {MARA: NINE, DANA: NINE}


def test_without_either_every_card_is_pushed() -> None:
    assert held(asked(route=a_route(BOARD))) == {}


@pytest.mark.parametrize(("spare", "waits"), [(0, True), (-1, False)])
def test_a_card_waits_only_if_the_digest_leaves_an_hour(spare: int, waits: bool) -> None:
    timed = replace(BOARD, sla=NINE - NOW + LEAD + spare)
    story = asked(route=a_route(timed, digest=True))
    assert held(story) == ({MARA: NINE, DANA: NINE} if waits else {})


def test_the_end_of_the_request_counts_like_a_deadline() -> None:
    story = asked(route=a_route(BOARD, digest=True), expires_at=NINE + LEAD - 1)
    assert held(story) == {}


def test_whoever_can_be_reached_nowhere_is_shown_as_such() -> None:
    directory = wanting(MARA, identities=())
    story = asked(route=a_route(MANAGER), directory=directory)
    assert audience(story.state, directory, BOTH) == (Recipient(platform=NOWHERE, id=MARA),)
    assert held(story) == {}


def test_who_read_of_it_goes_on_reading_of_it() -> None:
    """After the digest told Mara, a colleague's vote is no reason to push her card."""
    timed = replace(BOARD, sla=8 * HOUR)
    story = asked(route=a_route(timed, digest=True)).at(NINE + HOUR)
    story.approves(DANA)
    assert held(story) == {MARA: None, DANA: None}


def test_the_next_stage_is_told_like_the_first() -> None:
    first, second = stage(1, "First", DANA), stage(2, "Second", MARA)
    story = asked(route=a_route(first, second, digest=True))
    assert held(story) == {DANA: NINE}
    story.approves(DANA)
    assert held(story) == {DANA: None, MARA: NINE}


def test_who_is_asked_again_waits_again_or_is_told_at_once() -> None:
    first, second = stage(1, "First", DANA, sla=20 * HOUR), stage(2, "Second", MARA)
    route = a_route(first, second, digest=True, on_reject=OnReject.PREVIOUS_STAGE)
    story = asked(route=route, expires_at=NOW + 3 * DAY)
    story.approves(DANA)
    story.at(NOW + 2 * HOUR).votes(MARA, Decision.REJECT, reason="No")
    assert held(story) == {MARA: None}, "tomorrow's digest would come after Dana's deadline"


@pytest.mark.parametrize(("ends", "waits"), [(NINE + LEAD, True), (NINE + LEAD - 1, False)])
def test_a_deadline_that_becomes_earlier_is_judged_again(ends: int, waits: bool) -> None:
    story = asked(route=a_route(MANAGER, digest=True))
    sooner = replace(story.state, expires_at=ends)
    to = Recipient(platform="slack", id=MARA)
    found = held_cards(story.state, sooner, (), (to,), story.directory, NOW)
    assert found == ({to: None} if waits else {})


# --- told at once ----------------------------------------------------------------------------


def test_whom_an_escalation_asks_is_told_at_once() -> None:
    route = a_route(replace(LADDER, sla=12 * HOUR), digest=True)
    story = asked(route=route, expires_at=NOW + 9 * DAY).at(NOW + 12 * HOUR).when(Tick())
    assert ADA in story.state.stages[0].assigned
    assert held(story) == {MARA: None}


def test_who_is_next_in_order_is_told_at_once() -> None:
    line = replace(BOARD, in_order=True, quorum=1, sla=12 * HOUR)
    story = asked(route=a_route(line, digest=True), expires_at=NOW + 9 * DAY)
    assert held(story) == {MARA: NINE}
    assert held(story.at(NOW + 12 * HOUR).when(Tick())) == {MARA: None}


def test_whom_somebody_asks_by_name_is_told_at_once() -> None:
    story = asked(route=a_route(MANAGER, digest=True)).delegates(MARA, BOB)
    assert held(story) == {MARA: None}
    put = asked(route=a_route(MANAGER, digest=True))
    put.when(Reassign(actor=by(ADA), old=MARA, new=FINN), ADA)
    assert FINN in put.state.stages[0].assigned
    assert FINN not in held(put)


def test_who_acts_in_an_absence_waits_for_the_digest_like_the_one_who_is_away() -> None:
    story = asked(route=a_route(MANAGER, digest=True), expires_at=NOW + 3 * DAY)
    story.standing = (Standing(id="a", giver=MARA, taker=BOB, starts=NOW),)
    story.when(Tick())
    assert held(story) == {MARA: None, BOB: NOW + DAY}, "where Bob is it is nine already"


def test_who_is_on_call_outside_hours_is_told_at_once() -> None:
    nights = Calendar("nights", "UTC", 20 * 60, 24 * 60, (0, 1, 2, 3, 4))
    on_call = Entry(ref="on_call:ops", people=(FINN,))
    plan = replace(MANAGER, calendar=nights, outside_hours=on_call, sla=5 * HOUR)
    story = asked(route=a_route(plan, digest=True))
    assert story.state.stages[0].assigned == (MARA, FINN)
    assert held(story) == {MARA: NINE}


def test_a_channels_card_is_no_persons() -> None:
    channels = (ChannelRef(platform="slack", id="C1"),)
    story = asked(route=a_route(MANAGER, digest=True, channels=channels))
    everyone = audience(story.state, story.directory, BOTH)
    assert Recipient(platform="slack", id="C1", kind="channel") in everyone
    assert held(story) == {MARA: NINE}


def test_the_requester_is_asked_nothing_and_holds_nothing() -> None:
    assert ALICE not in held(asked(route=a_route(MANAGER), directory=wanting(ALICE)))
