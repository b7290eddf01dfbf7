"""A whole action that is longer than a card: every character of it can be read, part by part."""

import json
import re
from dataclasses import replace

import pytest

from adapters.teams import paging
from adapters.teams.limits import MOST
from adapters.teams.pages import page
from adapters.teams.render import render, size
from adapters.teams.settings import TeamsSettings
from core.card import Card
from core.chat.port import Answer
from core.refusals import Reason
from core.text import visible
from playground.teams.cards import check
from tests.adapters.teams.cards import MORE, REQUEST, a_card, a_rejected_card, actions, parts, texts
from tests.adapters.teams.conftest import FINN, Json, Rig, person
from tests.adapters.teams.fakes import Recording

CARD = "application/vnd.microsoft.card.adaptive"
NEXT = re.compile(r"Next: part \d+ of \d+")


def long_card(params: Json, **changed: object) -> Card:
    """A card of an action as the core writes it."""
    whole = json.dumps({"type": "pay", "params": params}, indent=2, ensure_ascii=False)
    shown = "\n".join(visible(line) for line in whole.split("\n"))
    return a_card(whole_action=shown, **changed)


MANY = long_card({**{f"a{n:03}": "padding" for n in range(500)}, "zz_iban": "DE89 3704 0044"})
ONE_STRING = long_card({"text": "".join(f"{n:05} " for n in range(10_000)), "zz_iban": "DE89"})
HIDDEN = long_card({"text": "a\u202e\u200b" * 5_000, "zz_iban": "DE89"})
WIDE = long_card({"text": "👩‍👩‍👧é漢😀" * 6_000})
QUOTES = long_card({"text": '"\\' * 20_000})
LONG = {"many": MANY, "one": ONE_STRING, "hidden": HIDDEN, "wide": WIDE, "quotes": QUOTES}


def titles(card: Json) -> list[str]:
    return [action["title"] for action in actions(card)]


def lines(card: Json) -> list[str]:
    """The lines of the action that a card shows."""
    runs = parts(card, "TextRun")
    return [r["text"].replace("\u00a0", " ") for r in runs if r.get("fontType") == "Monospace"]


def joined(cards: list[Json]) -> str:
    """What somebody reads who reads all parts."""
    read: list[str] = []
    for card in cards:
        shown = lines(card)
        if any(text.startswith("The first line goes on from") for text in texts(card)):
            read[-1] += shown.pop(0)
        read.extend(shown)
    return "\n".join(read)


def assert_fits(card: Json) -> None:
    assert size(card) < MOST
    assert len(titles(card)) <= 4
    report = check(card)
    assert (report.problems, report.warnings) == ([], [])


@pytest.fixture
def settings(settings: TeamsSettings) -> TeamsSettings:
    """Of a client that opens no dialogs."""
    return replace(settings, dialogs=False)


@pytest.mark.parametrize("name", LONG)
async def test_every_character_is_read_by_pressing_next_until_the_end(
    rig: Rig, conversations: Recording, name: str
) -> None:
    conversations.status_answer = Answer(text="", card=LONG[name])
    ref = await rig.shown(LONG[name])
    primary = rig.said(ref.fields["conversation"])[0]["attachments"][0]["content"]
    assert_fits(primary)
    assert lines(primary) == []
    shown, title = [], "View full action"
    while True:
        answer = await rig.press(ref, {"type": "Action.Execute", "title": title})
        assert answer["ok"], answer
        assert answer["body"]["type"] == CARD
        shown.append(answer["body"]["value"])
        assert_fits(shown[-1])
        following = [a for a in titles(shown[-1]) if NEXT.fullmatch(a)]
        if not following:
            break
        (title,) = following
    assert len(shown) > 1
    assert joined(shown) == LONG[name].whole_action
    for number, card in enumerate(shown, 1):
        assert f"Full action, part {number} of {len(shown)}" in texts(card)
        for text in texts(card):
            assert re.sub(r"⟦U\+[0-9A-F]{4,6}⟧", "", text).count("⟦U") == 0
    back = await rig.press(ref, {"title": f"Back: part {len(shown) - 1} of {len(shown)}"})
    assert back["body"]["value"] == shown[-2]
    again = await rig.press(ref, {"title": "Back to the request"})
    assert titles(again["body"]["value"]) == ["Approve", "Reject", "View full action"]
    assert conversations.clicks == []


async def test_what_was_opened_from_a_status_leads_back_to_a_card_that_decides_nothing(
    rig: Rig, conversations: Recording
) -> None:
    conversations.status_answer = Answer(text="", card=MANY)
    await rig.act(FINN, "message", text=f"status {REQUEST}")
    reply = (await rig.replies(rig.chat(FINN), 1))[0]
    where = {"conversation": rig.chat(FINN), "activity": reply["id"]}
    opened = await rig.act(FINN, "execute", **where, action={"title": "View full action"})
    following = next(a for a in titles(opened["body"]["value"]) if NEXT.fullmatch(a))
    for title in (following, "Back to the request"):
        opened = await rig.act(FINN, "execute", **where, action={"title": title})
        assert opened["ok"], opened
    assert titles(opened["body"]["value"]) == ["View full action"]
    assert "To decide, use the card you were sent." in texts(opened["body"]["value"])


def test_what_padding_would_hide_is_in_the_last_part() -> None:
    count = int(texts(page(MANY, 1, 1))[0].rsplit(" ", 1)[1])
    assert any("zz_iban" in line for line in lines(page(MANY, count, 1)))


def test_an_action_that_fits_is_one_part() -> None:
    card = page(a_card(), 1, 1)
    assert "\n".join(lines(card)) == a_card().whole_action
    assert titles(card) == ["Back to the request"]
    assert "Full action" in texts(card)


def test_when_nothing_can_be_decided_any_more_nobody_is_sent_to_read() -> None:
    card = render(a_rejected_card(whole_action=MANY.whole_action))
    assert titles(card) == []


async def test_a_part_beyond_the_last_is_the_last(rig: Rig, conversations: Recording) -> None:
    conversations.status_answer = Answer(text="", card=MANY)
    data = {"verb": "page", "request": REQUEST, "revision": 1, "part": 10**6}
    _, body = await rig.post(rig.invoke({"verb": "page"}, data))
    assert any("zz_iban" in line for line in lines(body["value"]))


async def test_a_part_of_an_older_revision_is_the_first_of_the_present_one_and_says_so(
    rig: Rig, conversations: Recording
) -> None:
    present = long_card({f"b{n:03}": "x" for n in range(500)}, revision=2)
    conversations.status_answer = Answer(text="", card=present)
    data = {"verb": "page", "request": REQUEST, "revision": 1, "part": 3}
    _, body = await rig.post(rig.invoke({"verb": "page"}, data))
    shown = texts(body["value"])
    assert shown[0].startswith("The request has changed since")
    assert lines(body["value"])[0] == "{"


@pytest.mark.parametrize(
    "changed", [{"part": 0}, {"part": None}, {"part": "2"}, {"part": -1}, {"revision": None}]
)
async def test_a_part_that_cannot_be_read_is_answered_honestly(
    rig: Rig, conversations: Recording, changed: Json
) -> None:
    data = {"verb": "page", "request": REQUEST, "revision": 1, "part": 1, **changed}
    _, body = await rig.post(rig.invoke({"verb": "page"}, data))
    assert "nothing was changed" in body["value"]
    assert conversations.asked == []


async def test_who_may_not_see_the_request_reads_no_part_of_it(
    rig: Rig, conversations: Recording
) -> None:
    answer = Answer(text="There is no such request.")
    conversations.status_answer = answer
    data = {"verb": "page", "request": REQUEST, "revision": 1, "part": 1}
    _, body = await rig.post(rig.invoke({"verb": "page"}, data))
    assert body["value"] == "There is no such request."


async def test_a_client_without_execute_gets_the_part_as_a_message(
    rig: Rig, conversations: Recording
) -> None:
    conversations.status_answer = Answer(text="", card=MANY)
    data = {"verb": "page", "request": REQUEST, "revision": 1, "part": 2}
    await rig.post(rig.invoke({}, None, {"type": "message", "name": None, "value": data}))
    message = (await rig.replies(rig.chat(FINN), 1))[0]
    card = message["attachments"][0]["content"]
    assert texts(card)[0].startswith("Full action, part 2 of")


@pytest.mark.parametrize("room", [700, 900, 3000])
@pytest.mark.parametrize(
    "text", ["x" * 5000, "⟦U+202E⟧" * 900, "e\u0301" * 2000, "\u0301" * 3000, "", "⟦U+" * 1000]
)
def test_parts_put_together_are_the_text_and_cut_nothing_in_two(text: str, room: int) -> None:
    given = ["{", text, *(f"line {n}" for n in range(40)), "}"]
    read: list[str] = []
    for part in paging.parts(given, room):
        assert sum(map(paging.cost, part.lines)) <= room
        shown = list(part.lines)
        if part.continued:
            read[-1] += shown.pop(0)
        read.extend(shown)
        if text.startswith("⟦U+202E⟧"):
            assert all(s.startswith(("⟦U+202E⟧", "{", "line", "}")) for s in part.lines)
        if text.startswith("e"):
            assert not any(s.startswith("\u0301") for s in part.lines)
    assert read == given


# --- the history ---------------------------------------------------------------------------

EVENTS = "\n".join(f"21 Nov 2026, 05:{n % 60:02} CET: Event {n} *x* <at>y</at>" for n in range(400))


async def test_the_history_takes_the_cards_place_and_leads_back(
    rig: Rig, conversations: Recording
) -> None:
    conversations.history_answer = Answer(text="First: Asked by Alice.\nThen: Reminded Finn.")
    ref = await rig.shown(a_card(more=(MORE[-1],)))
    answer = await rig.press(ref, {"title": "History"})
    card = answer["body"]["value"]
    assert_fits(card)
    assert texts(card["body"]) == ["History", "First: Asked by Alice.", "Then: Reminded Finn."]
    assert titles(card) == ["Back to the request"]
    assert conversations.asked == [("history", person(FINN), REQUEST)]
    assert conversations.clicks == []


async def test_a_long_history_is_read_part_by_part(rig: Rig, conversations: Recording) -> None:
    conversations.history_answer = Answer(text=EVENTS)
    ref = await rig.shown(a_card(more=(MORE[-1],)))
    answer = await rig.press(ref, {"title": "History"})
    read: list[list[str]] = []
    while True:
        card = answer["body"]["value"]
        assert_fits(card)
        assert texts(card)[0].startswith(f"History, part {len(read) + 1} of ")
        read.append([t for t in texts(card["body"]) if "Event" in t])
        following = [a for a in titles(card) if NEXT.fullmatch(a)]
        if not following:
            break
        answer = await rig.press(ref, {"title": following[0]})
    assert len(read) > 1
    assert [line.replace("\u2060", "") for part in read for line in part] == EVENTS.split("\n")


async def test_who_may_not_see_a_request_gets_no_history(
    rig: Rig, conversations: Recording
) -> None:
    refused = Answer(text="There is no such request.", refused=Reason.UNKNOWN_REQUEST)
    conversations.history_answer = refused
    data = {"verb": "history", "request": REQUEST, "part": 1}
    _, body = await rig.post(rig.invoke({"verb": "history"}, data))
    assert body["value"] == "There is no such request."


@pytest.mark.parametrize("changed", [{"part": 0}, {"part": None}, {"request": None}])
async def test_a_part_of_the_history_that_cannot_be_read_is_answered_honestly(
    rig: Rig, conversations: Recording, changed: Json
) -> None:
    data = {"verb": "history", "request": REQUEST, "part": 1, **changed}
    _, body = await rig.post(rig.invoke({"verb": "history"}, data))
    assert "nothing was changed" in body["value"]
    assert conversations.asked == []
