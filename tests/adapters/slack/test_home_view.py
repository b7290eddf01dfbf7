"""The Home tab and its modals as views: what they say, and Slack's limits."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.slack import actions, away, home, home_state, home_together, modals
from adapters.slack.actions import Where
from adapters.slack.home_state import HOME_CHARS
from core.chat.forms import DECIDING
from core.chat.home_place import STEPS, Place
from core.chat.home_port import Approved, Shelf, Wish
from core.chat.port import Absences
from core.refusals import Reason
from tests.adapters.slack import cards, homes, limits
from tests.adapters.slack.cards import HOUR, NOW
from tests.adapters.slack.homes import HOSTILE, bound, item, own, page

Json = dict[str, Any]

DATA = Path(__file__).parents[4] / "shared" / "data"
LONG = "Ä" * 5000
SHELVES = [Place(), Place(wish=Wish(shelf=Shelf.OWN)), Place(wish=Wish(due=True, after="1.x"))]


def said(view: Json) -> list[str]:
    """All texts of a view that are shown."""
    return [text["text"] for text in limits.texts(view["blocks"])]


def named(view: Json, name: str) -> list[Json]:
    """The elements with this action id."""
    blocks = view["blocks"]
    found = [b["accessory"] for b in blocks if "accessory" in b]
    found += [e for b in blocks for e in b.get("elements", [])]
    return [e for e in found if e.get("action_id") == name]


# --- limits --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [HOSTILE, LONG, "&" * 5000, "", " ", "\u202e"])
@pytest.mark.parametrize("place", SHELVES, ids=["queue", "own", "due"])
def test_a_full_page_is_within_slacks_limits_whatever_it_holds(place: Place, text: str) -> None:
    limits.assert_view(home.view(homes.full(text), place))


@pytest.mark.parametrize("text", [HOSTILE, LONG])
def test_the_modals_are_within_slacks_limits_too(text: str) -> None:
    full = homes.full(text)
    question = home_together.question([bound(n) for n in range(15)], full.items, "h" * HOME_CHARS)
    assert question is not None
    limits.assert_view(question)
    done = [Approved(request=text[:200], text=text, refused=Reason.STALE_CARD)] * 20
    limits.assert_view(home_together.outcome(done))
    limits.assert_view(away.view(Absences(items=full.away), "h" * HOME_CHARS))
    limits.assert_view(away.view(Absences(items=full.away), "h" * HOME_CHARS, lead=text))
    where = Where(home="h" * HOME_CHARS)
    limits.assert_view(modals.card(cards.card(title=text, description=text), where, lead=text))


@pytest.mark.skipif(not DATA.exists(), reason="the hostile strings are not on this machine")
def test_hundreds_of_hostile_strings_are_letters_on_the_page() -> None:
    strings = json.loads((DATA / "naughty-strings.json").read_text("utf-8"))
    assert len(strings) > 400
    for text in strings:
        made = home.view(page(item(title=text, asked_by=text, stage=text), own=(own(),)), Place())
        for shown in limits.texts(made["blocks"]):
            limits.assert_harmless(shown)


def test_what_does_not_fit_the_value_of_a_box_has_no_box() -> None:
    odd = item(request="r" * 180, binding=replace(bound(1), request="r" * 180))
    made = home.view(page(odd), Place())
    assert (named(made, home_state.PICK), named(made, home.TOGETHER)) == ([], [])
    limits.assert_view(made)


# --- what it says --------------------------------------------------------------------------


def test_the_queue_says_how_many_wait_and_what_each_is_about() -> None:
    made = home.view(page(item(1), item(2, batch=False), due=1), Place())
    texts = said(made)
    assert texts[0] == "2 requests wait for you"
    assert texts[1].startswith("As of <!date^")
    assert texts[1].endswith("· *1 due today or overdue*")
    first = next(text for text in texts if "Office chairs 1" in text)
    assert first.split("\n")[:3] == [
        "*Office chairs 1*",
        "*1,200 EUR* · Risk 20 of 100",
        "Asked by Alice Adams, through agent purchasing · Finance",
    ]
    assert first.split("\n")[3].startswith("Decide by <!date^")


def test_what_is_overdue_says_so() -> None:
    made = home.view(page(item(deadline=NOW - HOUR, overdue=True)), Place())
    assert any("\n⏰ Overdue since <!date^" in text for text in said(made))


def test_only_what_may_be_approved_together_has_a_box() -> None:
    made = home.view(page(item(1), item(2, batch=False), item(3)), Place())
    boxes = named(made, home_state.PICK)
    assert [box["options"][0]["value"] for box in boxes] == [
        actions.write(bound(1)),
        actions.write(bound(3)),
    ]
    assert len(named(made, home.TOGETHER)) == 1
    assert len(named(made, home.SHOW)) == 3
    alone = home.view(page(item(1, batch=False)), Place())
    assert named(alone, home.TOGETHER) == []


def test_an_empty_queue_says_what_will_come() -> None:
    texts = said(home.view(page(), Place()))
    assert texts[0] == "Nothing waits for you"
    assert any(text.startswith("When somebody needs your decision") for text in texts)
    none = said(home.view(page(waiting=3), Place(wish=Wish(due=True))))
    assert any(text.startswith("Nothing of this kind waits for you.") for text in none)


def test_the_filter_shows_what_it_is_set_to() -> None:
    found = page(item(), waiting=3, due=1)

    def chosen(wish: Wish) -> str:
        [only] = named(home.view(found, Place(wish=wish)), home.ONLY)
        assert only["initial_option"] in only["options"]
        return str(only["initial_option"]["text"]["text"])

    assert chosen(Wish()) == "Everything (3)"
    assert chosen(Wish(due=True)) == "Due today or overdue (1)"
    assert chosen(Wish(rule="office-supplies")) == "office-supplies (1)"
    assert chosen(Wish(rule="gone")) == "gone (0)"


def test_ways_to_other_pages_are_offered_where_there_are_any() -> None:
    one = home.view(page(item()), Place())
    assert named(one, home.NEXT) == named(one, home.BACK) == []
    first = home.view(page(item(), after="5.R", total=40), Place())
    assert [b["value"] for b in named(first, home.NEXT)] == ["5.R"]
    assert named(first, home.BACK) == []
    last = home.view(page(item(), total=40), Place().forward("5.R"))
    assert (len(named(last, home.NEXT)), len(named(last, home.BACK))) == (0, 1)
    assert "Page 2 · 40 in all, the most urgent first" in said(last)


def test_own_requests_say_where_they_stand() -> None:
    made = home.view(page(own=(own(),), waiting=2), Place(wish=Wish(shelf=Shelf.OWN)))
    texts = said(made)
    assert texts[0] == "Your requests"
    assert "*Train to Munich 1* · 89 EUR\n⏳ Waiting for Manager (stage 1 of 2)" in texts
    assert "What waits for me (2)" in texts


def test_who_is_away_now_is_reminded_of_it() -> None:
    lines = (homes.away(1), homes.away(2, starts=NOW + HOUR), homes.away(3, mine=False))
    texts = said(home.view(page(away=lines), Place()))
    assert [t for t in texts if t.startswith("🌴")] == [
        t for t in texts if "*Eve Ende* acts for you until <!date^" in t
    ]
    assert sum(t.startswith("🌴") for t in texts) == 1


def test_a_stranger_gets_the_sentence_and_nothing_else() -> None:
    made = home.view(page(refused="This account is not linked to anyone."), Place())
    assert said(made) == ["This account is not linked to anyone.", "Refresh"]


# --- approving together --------------------------------------------------------------------


def test_the_question_names_each_and_carries_what_it_shows() -> None:
    made = home_together.question([bound(1), bound(2)], (item(1), item(2), item(3)), "HOME")
    assert made is not None
    assert said(made)[0].startswith("Approve these 2 requests?")
    assert "*Office chairs 2* · *1,200 EUR* · Risk 20 of 100" in said(made)[2]
    assert made["submit"]["text"] == "Approve 2"
    assert actions.read_several(made["private_metadata"]) == ("HOME", (bound(1), bound(2)))


def test_what_changed_since_it_was_ticked_is_left_out_and_that_is_said() -> None:
    changed = item(2, binding=replace(bound(2), revision=2, commitment="0" * 16))
    made = home_together.question([bound(1), bound(2), bound(9)], (item(1), changed), "")
    assert made is not None
    assert said(made)[-1].startswith("2 of your selection have changed or been decided")
    assert actions.read_several(made["private_metadata"]) == ("", (bound(1),))
    assert home_together.question([bound(2)], (changed,), "") is None
    assert home_together.question([bound(1)], (item(1, batch=False),), "") is None


def test_the_outcome_says_what_did_not_count_and_why() -> None:
    good = Approved(request="R1", title="Chairs", text="You approved this.")
    bad = replace(good, title="Desks", text="Changed since.", refused=Reason.STALE_CARD)
    assert said(home_together.outcome([good]))[0] == "✅ *Your approval is recorded.*"
    assert said(home_together.outcome([good, good]))[0] == "✅ *Your 2 approvals are recorded.*"
    assert said(home_together.outcome([bad]))[0] == "*None of them was approved.*"
    assert said(home_together.outcome([good, bad, good])) == [
        "✅ *2 of 3 approved.* The others were not:",
        "*Desks*\nChanged since.",
    ]


# --- what rides in the tab -------------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    [
        Place(),
        Place(wish=Wish(due=True, after="17.R")),
        Place(wish=Wish(rule="Büro “&”", after="5.x"), before=("", "3.y")),
        Place(wish=Wish(shelf=Shelf.OWN, after="R7"), before=("",)),
    ],
)
def test_a_place_comes_back_as_it_was_written(place: Place) -> None:
    assert home_state.read(home_state.write(place)) == place


@pytest.mark.parametrize(
    "written",
    ["", "{}", "[1]", "[2,1]", '[1,"queue",1,"","",[]]', '[1,"x",true,"","",[]]', "[" * 99],
)
def test_what_was_never_written_here_is_the_first_page(written: str) -> None:
    assert home_state.read(written) == Place()


def test_pages_back_are_remembered_as_far_as_there_is_room() -> None:
    place = Place(wish=Wish(rule="ü" * 80))
    for number in range(40):
        place = place.forward(f"{NOW}.01KB{number:022d}")
    assert len(home_state.write(place)) <= HOME_CHARS
    assert len(place.before) == STEPS
    assert place.back().wish.after == place.before[-1]
    for _ in range(STEPS + 5):
        place = place.back()
    assert place == Place(wish=Wish(rule="ü" * 80))


def test_a_cursor_of_any_length_leaves_room_for_what_a_form_is_about() -> None:
    place = Place().forward("9" * 120).forward("8" * 120)
    for _ in range(STEPS):
        place = place.forward('"' * 120)
    assert len(home_state.write(place)) <= HOME_CHARS


@pytest.mark.parametrize(
    "view",
    [None, {}, {"state": None}, {"state": {"values": []}}, {"state": {"values": {"b": 1}}}]
    + [
        {"state": {"values": {"b": {home_state.PICK: {"selected_options": given}}}}}
        for given in (None, 5, [None], [{"value": "x"}], [{"value": '[1,"R1"]'}])
    ],
)
def test_what_no_box_of_ours_says_is_not_ticked(view: Any) -> None:
    assert home_state.ticked({"view": view}) == ()


def test_what_a_card_from_the_tab_carries_comes_back() -> None:
    where = Where(home=home_state.write(Place(wish=Wish(due=True))))
    assert actions.read_where(actions.write_where(where)) == where
    verb = next(iter(DECIDING))
    written = actions.write_form(verb, bound(1), where)
    assert actions.read_form(written) == (verb, bound(1), where)
    # As it was written before there was a Home tab.
    old = Where(channel="C1", ts="1.2")
    assert actions.read_where('[1,["C1","1.2",""]]') == old
    assert actions.write_where(old) == '[1,["C1","1.2",""]]'
