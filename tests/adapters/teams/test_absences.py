"""Out of office by words and by card: people, days in the person's zone, what is ended."""

from typing import Any

import pytest
from msgspec.structs import replace

from adapters.teams.absence_cards import listed
from adapters.teams.limits import MOST
from adapters.teams.render import size
from core.chat.absence_words import Wanted
from core.chat.forms import PERSON_NEEDED
from core.chat.port import AbsenceLine, Absences, Answer
from core.refusals import Reason
from playground.teams.cards import check
from tests.adapters.teams.cards import NOW, parts, texts
from tests.adapters.teams.conftest import EVE, FINANCE, FINN, Json, Rig, content, person
from tests.adapters.teams.fakes import Recording
from tests.adapters.teams.test_render import naughty

BERLIN = Absences(timezone="Europe/Berlin", at=NOW)
DEC_21 = 1_797_807_600_000
"""2026-12-20 23:00 UTC, which is midnight in Berlin."""
JAN_1 = 1_798_758_000_000
"""2026-12-31 23:00 UTC, the same."""
ABSENCE = AbsenceLine(id="abs_1", giver="Finn", taker="Eve", starts=DEC_21, ends=JAN_1, mine=True)
DAYS = {"first": "2026-12-21", "last": "2026-12-31"}


async def said(rig: Rig, text: str) -> Json:
    """What is answered to a message in the chat."""
    before = len(rig.said(rig.chat(FINN)))
    await rig.act(FINN, "message", text=text)
    return (await rig.replies(rig.chat(FINN), before + 1))[-1]


def changes(conversations: Recording) -> list[tuple[str, Any]]:
    return [(what, about) for what, _, about in conversations.asked if what != "absences"]


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("ooo eve@example.com", ("eve@example.com", None, None)),
        ("OOO Eve@Example.com UNTIL 2026-12-31", ("eve@example.com", None, JAN_1)),
        ("delegate eve@example.com until 2026-12-31", ("eve@example.com", None, JAN_1)),
        ("ooo until 31 December eve@example.com", ("eve@example.com", None, JAN_1)),
        ("out of office until Dec 31 <eve@example.com>", ("eve@example.com", None, JAN_1)),
        (
            "/ooo until 31.12. from 2026-12-21 eve@example.com,",
            ("eve@example.com", DEC_21, JAN_1),
        ),
    ],
)
async def test_somebody_acts_for_me_in_whatever_order_it_is_written(
    rig: Rig, conversations: Recording, text: str, about: tuple[object, ...]
) -> None:
    conversations.absent = BERLIN
    reply = await said(rig, text)
    assert reply["text"].startswith("Bob acts for you.")
    assert conversations.asked[-1] == ("set_absence", person(FINN), about)


async def test_a_day_is_said_whole_as_it_was_understood(rig: Rig, conversations: Recording) -> None:
    conversations.absent = BERLIN
    reply = await said(rig, "delegate eve@example.com until next monday")
    days = "Understood: until the end of Monday 23 November 2026."
    assert reply["text"] == f"Bob acts for you. {days}"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("eve@example.com until 2026-02-30", "“2026-02-30” is no date."),
        ("eve@example.com until 5/6", "“5/6” could be two days."),
        ("eve@example.com forever", "“forever” is not understood."),
        ("eve@example.com bob@example.com", "Who is to act for you? Name one person:"),
        ("eve@example.com until 2026-12-31 until 2027-01-31", "There are two days."),
        ("@Eve", "Teams did not say who “@Eve” is."),
    ],
)
async def test_what_cannot_be_read_is_answered_with_how_it_is_written_and_a_form(
    rig: Rig, conversations: Recording, words: str, why: str
) -> None:
    conversations.absent = BERLIN
    shown = texts(content(await said(rig, f"ooo {words}")))
    assert shown[0].startswith(why)
    assert "delegate @name until YYYY-MM-DD" in shown[0]
    assert changes(conversations) == []


async def test_the_list_shows_who_acts_for_whom_and_ones_own_can_be_ended(
    rig: Rig, conversations: Recording
) -> None:
    endless = AbsenceLine(id="abs_2", giver="Dana", taker="Finn", starts=NOW, ends=None)
    conversations.absent = Absences(items=(ABSENCE, endless), timezone="Europe/Berlin")
    for text in ("ooo", "ooo list", "OOO List", "delegate"):
        card = content(await said(rig, text))
        shown = texts(card)
        assert "from 21 Dec 2026, 00:00 CET until the end of 31 Dec 2026 · abs_1" in shown
        assert "from 21 Nov 2026, 05:00 CET until further notice" in shown
        assert shown.index("you") < shown.index("Dana")
        ends = [a for a in parts(card, "Action.Execute") if a["title"] == "End it"]
        assert [each["data"]["id"] for each in ends] == ["abs_1"]
        assert (check(card).problems, check(card).warnings) == ([], [])
    reply = await said(rig, "ooo")
    where = {"conversation": rig.chat(FINN), "activity": reply["id"]}
    conversations.absence_answer = Answer(text="Ended. 2 requests came back.")
    conversations.absent = Absences()
    action = {"title": "End it", "data": {"verb": "absence_end", "id": "abs_1"}}
    answer = await rig.act(FINN, "execute", **where, action=action)
    assert texts(answer["body"]["value"])[0] == "Ended. 2 requests came back."
    assert "Nobody acts for you, and you act for nobody." in texts(answer["body"]["value"])
    assert changes(conversations) == [("end_absence", "abs_1")]


@pytest.mark.parametrize("text", ["ooo end abs_1", "OOO END abs_1", "ooo stop abs_1"])
async def test_one_is_ended_by_its_id(rig: Rig, conversations: Recording, text: str) -> None:
    conversations.absence_answer = Answer(text="Ended.")
    assert (await said(rig, text))["text"] == "Ended."
    assert changes(conversations) == [("end_absence", "abs_1")]


async def test_without_an_id_the_list_is_shown_to_choose_from(
    rig: Rig, conversations: Recording
) -> None:
    conversations.absent = Absences(items=(ABSENCE,))
    shown = texts(content(await said(rig, "ooo end")))
    assert shown[0] == "Which one? End it here, or write its id: ooo end ID"
    assert changes(conversations) == []


@pytest.mark.parametrize(
    ("given", "to"), [({"to": EVE}, EVE), ({"to_address": "eve@example.com"}, "eve@example.com")]
)
async def test_the_form_takes_a_person_and_days(
    rig: Rig, conversations: Recording, given: Json, to: str
) -> None:
    conversations.absent = BERLIN
    reply = await said(rig, "ooo")
    where = {"conversation": rig.chat(FINN), "activity": reply["id"]}
    inputs = {**given, **DAYS}
    answer = await rig.act(FINN, "execute", **where, action={"title": "Set"}, inputs=inputs)
    assert answer["ok"], answer
    assert texts(answer["body"]["value"])[0] == "Bob acts for you."
    assert changes(conversations) == [("set_absence", (to, DEC_21, JAN_1))]


async def test_a_form_that_is_refused_says_why_and_keeps_what_was_filled_in(
    rig: Rig, conversations: Recording
) -> None:
    conversations.absence_answer = Answer(text="Nobody there.", refused=Reason.UNKNOWN_PERSON)
    reply = await said(rig, "ooo")
    where = {"conversation": rig.chat(FINN), "activity": reply["id"]}
    inputs = {"to_address": "eva@example.com", **DAYS}
    answer = await rig.act(FINN, "execute", **where, action={"title": "Set"}, inputs=inputs)
    card = answer["body"]["value"]
    assert texts(card)[0] == "Nobody there."
    values = {p["id"]: p["value"] for p in parts(card, "Input.Date")}
    assert values == DAYS
    assert parts(card, "Input.Text")[0]["value"] == "eva@example.com"


async def test_a_form_without_a_person_asks_for_one(rig: Rig, conversations: Recording) -> None:
    conversations.absent = BERLIN
    reply = await said(rig, "ooo until 2026-12-31")
    card = content(reply)
    assert texts(card)[0].startswith("Who is to act for you? Name one person:")
    assert parts(card, "Input.Date")[1]["value"] == "2026-12-31"
    where = {"conversation": rig.chat(FINN), "activity": reply["id"]}
    answer = await rig.act(FINN, "execute", **where, action={"title": "Set"})
    assert texts(answer["body"]["value"])[0] == PERSON_NEEDED
    assert changes(conversations) == []


async def test_what_is_delivered_twice_is_told_to_be_the_same_and_answered_once(
    rig: Rig, conversations: Recording
) -> None:
    for text in ("ooo eve@example.com", "ooo eve@example.com", "ooo end abs_1"):
        await rig.act(FINN, "message", text=text, to_bot=["twice"])
    await rig.platform.stop()
    first, again, other, last = conversations.absence_onces
    assert first == again != ""
    assert other == last not in ("", first)
    assert [what for what, _ in changes(conversations)].count("end_absence") == 1
    assert len(rig.said(rig.chat(FINN))) == 3


async def test_a_button_that_is_delivered_twice_is_told_to_be_the_same(
    rig: Rig, conversations: Recording
) -> None:
    reply = await said(rig, "ooo")
    where = {"conversation": rig.chat(FINN), "activity": reply["id"]}
    given: Json = {"inputs": {"to": EVE}, "to_bot": ["twice"]}
    answer = await rig.act(FINN, "execute", **where, action={"title": "Set"}, **given)
    assert answer["again"]["status"] == 200
    first, again = conversations.absence_onces
    assert first == again != ""


async def test_an_account_of_nobody_is_told_so(rig: Rig, conversations: Recording) -> None:
    conversations.absent = Absences(refused="This account is not linked.")
    for text in ("ooo", "ooo eve@example.com", "ooo end"):
        assert (await said(rig, text))["text"] == "This account is not linked."
    assert changes(conversations) == []


async def test_who_is_away_is_never_told_in_a_channel(rig: Rig, conversations: Recording) -> None:
    conversations.absent = Absences(items=(ABSENCE,))
    await rig.act(FINN, "message", conversation=FINANCE, text="@Countersign ooo")
    assert (await rig.replies(FINANCE, 1))[0]["text"] == "I answered you in our own chat."
    assert "abs_1" in str(rig.said(rig.chat(FINN)))


async def test_a_client_without_execute_is_answered_in_a_message(
    rig: Rig, conversations: Recording
) -> None:
    value = {"verb": "absence", "to": EVE}
    await rig.post(rig.invoke({}, None, {"type": "message", "name": None, "value": value}))
    reply = (await rig.replies(rig.chat(FINN), 1))[0]
    assert texts(content(reply))[0] == "Bob acts for you."


@pytest.mark.parametrize(
    "data",
    [
        {"verb": "absence_end"},
        {"verb": "absence_end", "id": 5},
        {"verb": "absence_end", "id": ["x"]},
    ],
)
async def test_an_end_of_nothing_is_the_services_to_refuse(
    rig: Rig, conversations: Recording, data: Json
) -> None:
    conversations.absence_answer = Answer(text="None.", refused=Reason.UNKNOWN_ABSENCE)
    _, body = await rig.post(rig.invoke({"verb": "absence_end"}, data))
    assert texts(body["value"])[0] == "None."
    assert changes(conversations) == [("end_absence", "")]


def test_names_from_outside_are_text_and_a_long_list_fits() -> None:
    for text in (*naughty(), "😀" * 500):
        item = AbsenceLine(id="a" * 40, giver=text, taker=text, starts=NOW, ends=NOW, mine=True)
        known = Absences(items=(item, replace(item, mine=False)) * 10, timezone=text)
        card = listed(known, text, Wanted("eve@example.com"), refused=True)
        assert (check(card).problems, check(card).warnings) == ([], [])
        assert size(card) <= MOST
        blocks = [b["text"] for b in parts(card, "TextBlock")]
        assert blocks == ["Out of office", "And 10 more."]
