"""Commands in words, on any platform: which word is meant, who is named, what is handed on."""

from datetime import UTC, date

import pytest

from core.chat import absence_words, handing, home_place, home_words, together
from core.chat.absence_words import Wanted, Writing
from core.chat.handing import Handed
from core.chat.home_place import Place
from core.chat.home_port import MOST_TOGETHER, Approved, HomeItem, HomePage, Shelf, Wish
from core.chat.words import nearest, told_apart, usages
from core.commands import Binding
from core.refusals import Reason

TABLE = frozenset(written.split(" ")[0] or "queue" for written, _ in usages("Teams"))
TODAY = date(2026, 11, 21)
WRITING = Writing(
    person=lambda word: word[1:] if word.startswith("&") else None,
    example="delegate &name",
    unnamed="Who is “{word}”? {example}",
)
ID = "01j9zk4t7qx2m3n4p5q6r7s8t9"


@pytest.mark.parametrize(
    ("text", "word", "rest"),
    [
        ("", "queue", ""),
        ("QUEUE", "queue", ""),
        ("show me my list", "queue", "show me my"),
        ("stats of my queue", "stats", "of my queue"),
        ("request help with my queue", "request", "help with my queue"),
        ("ask for stats", "request", "for stats"),
        ("please ask", "request", "please"),
        ("hello there", None, "hello there"),
    ],
)
def test_the_first_word_of_the_table_counts_and_only_then_a_synonym(
    text: str, word: str | None, rest: str
) -> None:
    assert told_apart(text.split(), TABLE) == (word, rest.split())


@pytest.mark.parametrize(
    ("text", "near"),
    [("queu", "queue"), ("statuss", "status"), ("vacatoin", "ooo"), ("xyzzy", None), ("", None)],
)
def test_a_slip_of_the_fingers_is_understood(text: str, near: str | None) -> None:
    assert nearest(text.split(), TABLE) == near


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("&eve", Wanted(to="eve")),
        ("to &eve until tomorrow", Wanted(to="eve", last=date(2026, 11, 22))),
        (
            "from 2026-12-24 until 3.1. &eve, &eve",
            Wanted(to="eve", first=date(2026, 12, 24), last=date(2027, 1, 3)),
        ),
    ],
)
def test_who_is_away_and_when_is_read_in_any_order(text: str, wanted: Wanted) -> None:
    assert absence_words.understood(text.split(), TODAY, WRITING) == wanted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Who is to act for you? Name one person: delegate &name"),
        ("&eve &bob", "Who is to act for you?"),
        ("@eve", "Who is “@eve”? delegate &name"),
        ("&eve 1 2", "“1” is no date. Write it as year-month-day: delegate &name"),
        ("&eve tomorrow today", "There are two days."),
        ("&eve from tomorrow until today", "That would end before it begins:"),
        ("&eve 5/6", "“5/6” could be two days."),
        ("&eve maybe", "“maybe” is not understood. Write delegate &name"),
    ],
)
def test_what_is_not_understood_about_an_absence_is_asked(text: str, said: str) -> None:
    found = absence_words.understood(text.split(), TODAY, WRITING)
    assert isinstance(found, str)
    assert found.startswith(said)


def test_days_are_said_whole_and_are_whole_days() -> None:
    first, last = date(2026, 12, 24), date(2026, 12, 24)
    assert absence_words.said(None, None) == ""
    assert absence_words.said(first, last) == (
        " Understood: from Thursday 24 December 2026 until the end of Thursday 24 December 2026."
    )
    starts, ends = absence_words.span(UTC, first, last)
    assert starts is not None
    assert ends is not None
    assert ends - starts == 86_400_000
    assert absence_words.span(UTC, None, None) == (None, None)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{ID} &eve", Handed(ID, "eve")),
        (f"&eve `{ID}` because I am away", Handed(ID, "eve", "because I am away")),
        (f"{ID} to &eve", Handed(ID, "eve")),
        (f"{ID}", "Who is to decide it? Name one person: HAND"),
        (f"{ID} &eve &bob", "Who is to decide it? Name one person: HAND"),
        (f"{ID} &eve until friday", handing.NO_DAY.format(example="AWAY")),
    ],
)
def test_one_request_is_handed_on(text: str, found: Handed | str) -> None:
    assert handing.understood(text.split(), WRITING.person, "HAND", "AWAY") == found


@pytest.mark.parametrize(
    ("word", "is_one"),
    [
        (ID, True),
        (f"`{ID}`,", True),
        ("24december", False),
        ("2026-12-24", False),
        ("friday", False),
    ],
)
def test_an_id_is_told_from_days_and_words(word: str, is_one: bool) -> None:
    assert handing.is_id(word) is is_one


# --- a person's own page -----------------------------------------------------------------------


def test_pages_are_turned_and_come_back_as_they_were_written() -> None:
    place = Place(wish=Wish(shelf=Shelf.OWN, rule="r")).forward("a").forward("b")
    assert (place.page, place.wish.after, place.before) == (3, "b", ("", "a"))
    assert place.back().wish.after == "a"
    assert place.back().back().back() == place.start() == Place(wish=Wish(Shelf.OWN, rule="r"))
    assert home_place.read(home_place.write(place, 1000)) == place


def test_a_place_is_cut_to_the_room_there_is_and_forgets_pages_first() -> None:
    place = Place(wish=Wish(after="z" * 50), before=tuple("x" * 50 for _ in range(12)))
    written = home_place.write(place, 200)
    assert len(written) <= 200
    assert home_place.read(written).wish == place.wish


@pytest.mark.parametrize("text", ["", "[]", "{}", '[2,"queue",false,"","",[]]', "[1", "\x00"])
def test_what_says_no_place_is_the_first_page(text: str) -> None:
    assert home_place.read(text) == Place()


@pytest.mark.parametrize(
    ("page", "place", "said"),
    [
        (HomePage(), Place(), "When somebody needs your decision"),
        (HomePage(waiting=1), Place(), "Nothing of this kind waits for you."),
        (HomePage(waiting=1), Place(wish=Wish(after="a")), "There is nothing more on this page."),
        (HomePage(), Place(wish=Wish(Shelf.OWN)), "Nothing was asked for in your name yet."),
        (HomePage(), Place(wish=Wish(Shelf.OWN, after="a")), "Nothing more."),
    ],
)
def test_an_empty_page_says_why(page: HomePage, place: Place, said: str) -> None:
    assert home_words.nothing(page, place).startswith(said)


def bound(number: int, revision: int = 1) -> Binding:
    return Binding(request=f"r{number}", revision=revision, commitment="c", level=1, round=0)


def item(number: int, revision: int = 1, *, batch: bool = True) -> HomeItem:
    return HomeItem(
        request=f"r{number}",
        title="t",
        asked_by="a",
        stage="s",
        amount=None,
        risk=None,
        rule="x",
        deadline=None,
        overdue=False,
        binding=bound(number, revision),
        batch=batch,
    )


def test_only_what_stands_as_it_was_shown_and_may_be_approved_together_is_asked_about() -> None:
    chosen = [bound(n) for n in (1, 2, 3, 4)]
    present = [item(1), item(2, revision=2), item(3, batch=False), item(9)]
    asked, left = together.unchanged(chosen, present)
    assert [each.request for each in asked] == ["r1"]
    assert left is not None
    assert left.startswith("3 of your selection have changed or been decided")
    assert together.unchanged([bound(1)], [item(1)]) == ([item(1)], None)


def test_no_more_are_asked_about_than_are_approved_at_once() -> None:
    many = range(MOST_TOGETHER + 2)
    asked, left = together.unchanged([bound(n) for n in many], [item(n) for n in many])
    assert len(asked) == MOST_TOGETHER
    assert left == f"At most {MOST_TOGETHER} are approved at once, so 2 of your selection stay."


def test_the_outcome_says_how_many_counted() -> None:
    good = Approved(request="r1", text="")
    bad = Approved(request="r2", text="", refused=Reason.FINISHED)
    assert together.sums([good]) == ("Your approval is recorded.", "")
    assert together.sums([good, good]) == ("Your 2 approvals are recorded.", "")
    assert together.sums([bad]) == (together.NONE_APPROVED, "")
    assert together.sums([good, bad]) == ("1 of 2 approved.", " The others were not:")
