"""Who should have a card and where; nobody is left out unsaid."""

from typing import Any

from msgspec.structs import replace

from core.chat.audience import NOWHERE, audience, pinged, planned
from core.commands import Tick
from core.directory.people import Directory, Identity, Person
from core.route import ChannelRef, Entry
from core.rows import Delivery, Recipient
from core.rules.absence import Standing
from core.rules.waiting import waited_for
from tests.core.acts import delegate
from tests.core.builders import (
    DANA,
    DIRECTORY,
    FAYE,
    FINN,
    MARA,
    NOW,
    PEOPLE,
    a_route,
    stage,
)
from tests.core.shown import BOB, asked
from tests.core.spec import submitted

BOTH = frozenset({"slack", "teams"})


def directory_with(person: Person) -> Directory:
    return Directory([person if p.email == person.email else p for p in PEOPLE])


def mara(**fields: object) -> Directory:
    teams = Identity(platform="teams", realm="t", account="oid")
    found = DIRECTORY.people[MARA]
    return directory_with(replace(found, identities=(*found.identities, teams), **fields))


def test_a_person_is_reached_on_the_first_platform_they_name() -> None:
    state = submitted().state
    assert audience(state, mara(), BOTH) == (Recipient(platform="slack", id=MARA),)
    first_teams = mara(notify=("teams", "slack"))
    assert audience(state, first_teams, BOTH) == (Recipient(platform="teams", id=MARA),)


def test_a_platform_that_is_off_is_passed_over() -> None:
    state = submitted().state
    only_teams = frozenset({"teams"})
    assert audience(state, mara(), only_teams) == (Recipient(platform="teams", id=MARA),)


def test_cards_all_reaches_every_platform() -> None:
    found = audience(submitted().state, mara(cards="all"), BOTH)
    assert [r.platform for r in found] == ["slack", "teams"]


def test_somebody_who_cannot_be_reached_is_shown_as_such() -> None:
    nowhere = directory_with(replace(DIRECTORY.people[MARA], identities=()))
    found = audience(submitted().state, nowhere, BOTH)
    assert found == (Recipient(platform=NOWHERE, id=MARA),)


def test_without_any_platform_everyone_shows_as_unreachable() -> None:
    found = audience(submitted().state, DIRECTORY, frozenset())
    assert found == (Recipient(platform=NOWHERE, id=MARA),)


def test_later_stages_are_asked_only_when_their_turn_comes() -> None:
    story = submitted()
    assert len(audience(story.state, DIRECTORY, BOTH)) == 1
    assert len(audience(story.approves(MARA).state, DIRECTORY, BOTH)) == 3


def test_the_rules_channel_gets_a_copy() -> None:
    channels = (ChannelRef(platform="slack", id="C1"), ChannelRef(platform="mail", id="x"))
    found = audience(submitted(route=a_route(channels=channels)).state, DIRECTORY, BOTH)
    assert found[-1] == Recipient(platform="slack", id="C1", kind="channel")


# --- those who are not told ------------------------------------------------------------------


def entries(*loud: str, silent: tuple[str, ...]) -> dict[str, Any]:
    people = [Entry(ref=p, people=(p,)) for p in loud]
    return {"entries": (*people, *(Entry(ref=p, people=(p,), silent=True) for p in silent))}


def test_a_silent_seat_gets_no_card() -> None:
    board = stage(1, "Board", **entries(DANA, silent=(MARA,)))
    assert pinged(submitted(route=a_route(board)).state) == (DANA,)


def test_who_is_told_elsewhere_gets_the_card_in_spite_of_a_silent_seat() -> None:
    board = stage(1, "Board", **entries(DANA, silent=(MARA,)))
    again = stage(2, "Again", **entries(MARA, FINN, silent=()))
    story = submitted(route=a_route(board, again))
    assert MARA in pinged(story.approves(DANA).state)


def test_who_stands_in_gets_a_card_and_keeps_it_afterwards() -> None:
    story = asked().delegates(MARA, BOB)
    assert pinged(story.state) == (MARA, BOB)
    assert pinged(story.delegates(MARA, FAYE).state) == (MARA, BOB, FAYE)


def test_whom_a_silent_person_hands_it_to_is_told() -> None:
    board = stage(1, "Board", **entries(DANA, silent=(MARA,)))
    story = asked(route=a_route(board)).delegates(MARA, BOB)
    assert pinged(story.state) == (DANA, BOB)


def test_whom_that_one_hands_it_on_to_is_told_too() -> None:
    board = stage(1, "Board", **entries(DANA, silent=(MARA,)))
    story = asked(route=a_route(board)).delegates(MARA, BOB).delegates(BOB, FINN)
    assert pinged(story.state) == (DANA, BOB, FINN)


def test_whom_a_silent_stand_in_hands_it_to_is_told() -> None:
    board = stage(1, "Board", **entries(DANA, silent=(MARA,)))
    story = asked(route=a_route(board))
    story.standing = (Standing(id="S1", giver=MARA, taker=BOB, starts=NOW),)
    story.when(Tick()).delegates(BOB, FINN)
    assert pinged(story.state) == (DANA, FINN)


def test_who_acts_for_a_silent_person_out_of_office_is_as_silent() -> None:
    board = stage(1, "Board", **entries(DANA, silent=(MARA,)))
    story = asked(route=a_route(board))
    story.standing = (Standing(id="S1", giver=MARA, taker=BOB, starts=NOW),)
    story.when(Tick())
    assert [d.taker for d in story.state.delegations] == [BOB]
    assert pinged(story.state) == (DANA,)


def test_a_stand_in_by_a_chain_that_grew_from_its_end_has_the_card_too() -> None:
    story = submitted(route=a_route(stage(1, "Manager", MARA), stage(2, "Finance", FINN)))
    # Whoever is asked later hands on what then comes to them.
    story.when(delegate(FINN, DANA), FINN).when(delegate(MARA, FINN), MARA)
    assert waited_for(story.state) == (MARA, FINN, DANA)
    assert pinged(story.state) == (MARA, FINN, DANA)


# --- level-triggered ---------------------------------------------------------------------------


def test_after_a_change_every_card_there_ever_was_is_to_show_it() -> None:
    story = submitted().approves(MARA)
    gone = Delivery(
        request="R1",
        to=Recipient(platform="teams", id=MARA),
        wanted=3,
        shown=3,
        attempts=2,
        dead_reason="switched off",
    )
    found = planned(story.state, [gone], audience(story.state, DIRECTORY, BOTH))
    assert {d.wanted for d in found} == {story.state.version}
    assert [d.dead_reason for d in found] == [None] * 4
