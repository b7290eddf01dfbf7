"""Out of office in chat: set, listed and ended by the one who is away."""

from core.refusals import Reason
from tests.core.builders import ALICE, DANA, DAY, MANAGER, MARA, NOW, a_route
from tests.core.desk import Desk, account
from tests.core.shown import BOB, asked


def desk() -> Desk:
    return Desk(asked(route=a_route(MANAGER)))


async def test_an_absence_says_who_acts_and_until_when_and_covers_what_is_open() -> None:
    here = desk()
    answer = await here.chat.set_absence(account(MARA), "U-Bob", None, NOW + DAY)
    assert answer.text == (
        "Bob may act for you from Fri 15 Jan 2027, 08:00 UTC until Sat 16 Jan 2027, 08:00 UTC."
    )
    assert [(d.giver, d.taker) for d in here.state.delegations] == [(MARA, BOB)]
    assert here.told() == [], "Bob finds the card; a notice for each open request would be many"


async def test_an_absence_without_an_end_lasts_until_it_is_ended() -> None:
    answer = await desk().chat.set_absence(account(MARA), BOB, None, None)
    assert answer.text.endswith("until you end it.")


async def test_both_see_it_and_only_who_is_away_calls_it_theirs() -> None:
    here = desk()
    await here.chat.set_absence(account(MARA), BOB, None, None)
    (mine,) = (await here.chat.absences(account(MARA))).items
    (theirs,) = (await here.chat.absences(account(BOB))).items
    assert (mine.giver, mine.taker, mine.mine) == ("Mara", "Bob", True)
    assert (theirs.id, theirs.mine) == (mine.id, False)
    assert (await here.chat.absences(account(DANA))).items == ()


async def test_ending_it_gives_back_what_is_undecided() -> None:
    here = desk()
    await here.chat.set_absence(account(MARA), BOB, None, None)
    (mine,) = (await here.chat.absences(account(MARA))).items
    answer = await here.chat.end_absence(account(MARA), mine.id)
    assert answer.text == "Bob no longer acts for you. What is undecided is back."
    assert [d.ended for d in here.state.delegations] == [True]


async def test_nobody_ends_what_is_not_theirs() -> None:
    here = desk()
    await here.chat.set_absence(account(MARA), BOB, None, None)
    (mine,) = (await here.chat.absences(account(MARA))).items
    answer = await here.chat.end_absence(account(BOB), mine.id)
    assert answer.refused is Reason.UNKNOWN_ABSENCE


async def test_refusals_have_names() -> None:
    here = desk()
    await here.chat.set_absence(account(BOB), MARA, None, None)
    answer = await here.chat.set_absence(account(MARA), BOB, None, None)
    assert answer.refused is Reason.DELEGATION_CYCLE
    assert answer.text.startswith("Bob stands in for you already")
    late = await here.chat.set_absence(account(ALICE), BOB, NOW, NOW - DAY)
    assert late.refused is Reason.INVALID_FIELD


async def test_an_account_that_is_nobodys_has_no_absences() -> None:
    chat, nobody = desk().chat, account("U-Mallory")
    assert (await chat.absences(nobody)).refused is not None
    assert (await chat.set_absence(nobody, BOB, None, None)).refused is Reason.UNKNOWN_ACCOUNT
    assert (await chat.end_absence(nobody, "S1")).refused is Reason.UNKNOWN_ACCOUNT


async def test_what_is_delivered_twice_does_not_bring_back_what_was_ended() -> None:
    here = desk()
    await here.chat.set_absence(account(MARA), BOB, None, None, "chat|1")
    (line,) = (await here.chat.absences(account(MARA))).items
    again = await here.chat.set_absence(account(MARA), BOB, None, None, "chat|1")
    assert again.refused is Reason.ABSENCE_EXISTS
    await here.chat.end_absence(account(MARA), line.id)
    late = await here.chat.set_absence(account(MARA), BOB, None, None, "chat|1")
    assert late.refused is Reason.ABSENCE_EXISTS
    assert late.text.startswith("This was set already")
    assert (await here.chat.set_absence(account(MARA), BOB, None, None, "chat|2")).refused is None
