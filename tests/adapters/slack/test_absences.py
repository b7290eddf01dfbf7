"""Out of office through `/approvals`: who, until when in one's own time zone, in any order."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from adapters.slack.absences import understood
from core.chat.absence_words import Wanted
from core.chat.port import AbsenceLine, Absences, Answer
from core.refusals import Reason
from tests.adapters.slack import cards
from tests.adapters.slack.conftest import EVE, Rig
from tests.adapters.slack.pressing import ACCOUNT
from tests.adapters.slack.test_commands import ask, first

Json = dict[str, Any]

TODAY = date(2026, 11, 21)
EXAMPLE = "/approvals delegate @name until YYYY-MM-DD"


def utc(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp() * 1000)  # type: ignore[arg-type,misc] # numbers only


def line(**fields: Any) -> AbsenceLine:
    given: dict[str, Any] = {
        "id": "abs_1",
        "giver": "Finn Fischer",
        "taker": "Eve Ende",
        "starts": cards.NOW,
        "ends": None,
    }
    return AbsenceLine(**given | fields)


# --- begin ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "delegate @eve",
        "Delegate to @Eve Ende",
        "DELEGATE @eve.",
        "@eve ooo",
        "ooo @eve",
        "delegate to me @eve",
    ],
)
async def test_somebody_acts_for_me_until_further_notice(rig: Rig, text: str) -> None:
    assert first(await ask(rig, text)) == "Eve acts for you."
    assert rig.conversations.asked[-1] == ("set_absence", ACCOUNT, (EVE, None, None))


async def test_an_address_names_somebody_too(rig: Rig) -> None:
    await ask(rig, "delegate ann@example.com")
    assert rig.conversations.asked[-1] == (
        "set_absence",
        ACCOUNT,
        ("ann@example.com", None, None),
    )


@pytest.mark.parametrize(
    "text",
    [
        "delegate @eve until 2026-12-24",
        "delegate until 2026-12-24 @eve",
        "UNTIL 2026-12-24, @eve delegate",
        "ooo 2026-12-24 @eve",
    ],
)
async def test_a_day_ends_at_midnight_where_i_am(rig: Rig, text: str) -> None:
    rig.conversations.away = Absences(timezone="America/New_York")
    await ask(rig, text)
    ends = utc(2026, 12, 25, 5)
    assert rig.conversations.asked[-1] == ("set_absence", ACCOUNT, (EVE, None, ends))


@pytest.mark.parametrize(
    ("text", "said", "ends"),
    [
        ("delegate @eve until tomorrow", "Sunday 22 November 2026", utc(2026, 11, 22, 23)),
        ("delegate until next monday @eve", "Monday 23 November 2026", utc(2026, 11, 23, 23)),
        ("@eve in 3 days ooo", "Tuesday 24 November 2026", utc(2026, 11, 24, 23)),
        ("vacation @eve until 24.12.", "Thursday 24 December 2026", utc(2026, 12, 24, 23)),
        ("away 12/24 @eve", "Thursday 24 December 2026", utc(2026, 12, 24, 23)),
        ("out of office until Dec 24 @eve", "Thursday 24 December 2026", utc(2026, 12, 24, 23)),
    ],
)
async def test_days_are_read_as_people_write_them_and_said_whole(
    rig: Rig, text: str, said: str, ends: int
) -> None:
    rig.conversations.away = Absences(timezone="Europe/Berlin", at=cards.NOW)
    shown = first(await ask(rig, text))
    assert shown == f"Eve acts for you. Understood: until the end of {said}."
    assert rig.conversations.asked[-1] == ("set_absence", ACCOUNT, (EVE, None, ends))


@pytest.mark.parametrize(
    "text",
    ["ooo from 2026-12-24 until 2027-01-03 @eve", "delegate @eve until 2027-01-03 from 2026-12-24"],
)
async def test_it_may_begin_later(rig: Rig, text: str) -> None:
    rig.conversations.away = Absences(timezone="Europe/Berlin")
    await ask(rig, text)
    days = (utc(2026, 12, 23, 23), utc(2027, 1, 3, 23))
    assert rig.conversations.asked[-1] == ("set_absence", ACCOUNT, (EVE, *days))


async def test_a_zone_that_nobody_knows_is_utc(rig: Rig) -> None:
    rig.conversations.away = Absences(timezone="Mars/Olympus")
    await ask(rig, "delegate @eve until 2026-12-24")
    assert rig.conversations.asked[-1][2] == (EVE, None, utc(2026, 12, 25))


async def test_a_stranger_is_told_so_and_nothing_is_set(rig: Rig) -> None:
    rig.conversations.away = Absences(refused="This Slack account is not linked to anyone.")
    assert first(await ask(rig, "ooo @eve")) == "This Slack account is not linked to anyone."
    assert [what for what, _, _ in rig.conversations.asked] == ["absences"]


async def test_a_refusal_is_told(rig: Rig) -> None:
    rig.conversations.absence_answer = Answer(text="Not her.", refused=Reason.DELEGATION_CYCLE)
    assert first(await ask(rig, "ooo @eve")) == "Not her."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("delegate", "Who is to act for you? Name one person: "),
        ("delegate until 2026-12-24", "Who is to act for you? Name one person: "),
        ("delegate @eve @finn", "Who is to act for you? Name one person: "),
        ("delegate @nobody", "Slack did not say who “@nobody” is. Choose the name from the list"),
        ("delegate @eve until 31.2.2026", "“31.2.2026” is no date. Write it as year-month-day:"),
        ("delegate @eve until 2nd", "“2nd” is no date. Write it as year-month-day:"),
        ("delegate @eve until 5/6", "“5/6” could be two days. Write 2027-05-06 for Thursday 6 May"),
        ("delegate @eve until 2026-02-30", "“2026-02-30” is no date. Write it as year-month-day:"),
        ("delegate @eve until 0001-01-01", "“0001-01-01” is no date."),
        ("delegate @eve until 9999-12-31", "“9999-12-31” is no date."),
        ("delegate @eve 2026-12-24 2026-12-25", "There are two days. Write “from”"),
        ("delegate @eve forever", "“forever” is not understood. Write "),
        ("ooo @eve from 2026-12-24 until 2026-12-01", "That would end before it begins: 2026-12"),
        ("delegate #finance", "“<#C0FINANCE|finance>” is not understood."),
    ],
)
async def test_what_is_not_understood_gets_the_example(rig: Rig, text: str, said: str) -> None:
    rig.conversations.away = Absences(at=cards.NOW)
    shown = first(await ask(rig, text)).replace("&lt;", "<").replace("&gt;", ">")
    assert shown.startswith(said)
    assert EXAMPLE in shown
    assert [what for what, _, _ in rig.conversations.asked] == ["absences"]


@pytest.mark.parametrize("word", ["<@u1>", "<@U1 U2>", "<@U1|<@U2>>", "<@>", "U00EVE", "@U00EVE"])
def test_only_what_slack_itself_wrote_is_an_account(word: str) -> None:
    assert isinstance(understood([word], TODAY), str)


def test_an_account_is_its_id_whatever_name_stands_beside_it() -> None:
    assert understood(["<@U0EVE|ann>", "until", "2026-12-24"], TODAY) == Wanted(
        to="U0EVE", last=date(2026, 12, 24)
    )


# --- list and end --------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["ooo", "OOO list", "list ooo", "delegate list"])
async def test_who_acts_for_whom_is_listed_and_ones_own_can_be_ended(rig: Rig, text: str) -> None:
    ends = cards.NOW + cards.HOUR
    rig.conversations.away = Absences(
        items=(line(mine=True), line(id="abs_2", giver="*Mara* <!here>", ends=ends)),
        timezone="Europe/Berlin",
    )
    body = await ask(rig, text)
    assert first(body) == "Out of office"
    assert body["blocks"][1]["text"]["text"] == (
        "*Eve Ende* acts for *you*\n"
        "From <!date^1795233600^{date_short_pretty} {time}|21 Nov 2026 05:00 Europe/Berlin>"
        " until further notice\n"
        "To end it: /approvals ooo end abs_1"
    )
    assert body["blocks"][2]["text"]["text"] == (
        "Eve Ende acts for *Mara* &lt;!here&gt;\n"
        "From 21 Nov 2026 05:00 Europe/Berlin until 21 Nov 2026 06:00 Europe/Berlin"
    )


async def test_a_long_list_counts_what_it_leaves_out(rig: Rig) -> None:
    rig.conversations.away = Absences(items=tuple(line(taker="&" * 500) for _ in range(25)))
    body = await ask(rig, "ooo")
    assert len(body["blocks"]) == 22
    assert body["blocks"][-1]["text"]["text"] == "5 more are not listed."


async def test_an_empty_list_says_how_to_begin(rig: Rig) -> None:
    said = "Nobody acts for you, and you act for nobody. To let somebody: "
    assert first(await ask(rig, "ooo")) == said + EXAMPLE


async def test_a_stranger_has_no_list(rig: Rig) -> None:
    rig.conversations.away = Absences(refused="This Slack account is not linked to anyone.")
    assert first(await ask(rig, "ooo")) == "This Slack account is not linked to anyone."


@pytest.mark.parametrize("text", ["ooo end abs_1", "OOO END `abs_1`", "end ooo abs_1"])
async def test_one_is_ended_by_its_id(rig: Rig, text: str) -> None:
    rig.conversations.absence_answer = Answer(text="Ended.")
    assert first(await ask(rig, text)) == "Ended."
    assert rig.conversations.asked == [("end_absence", ACCOUNT, "abs_1")]


@pytest.mark.parametrize("text", ["ooo end", "ooo end a b"])
async def test_without_one_id_nothing_is_ended(rig: Rig, text: str) -> None:
    assert first(await ask(rig, text)).startswith("Which one? Write /approvals ooo end and its id.")
    assert rig.conversations.asked == []
