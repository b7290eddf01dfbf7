"""Microsoft's own schema of Adaptive Cards judges what we post, for every kind of card."""

from typing import Any

import pytest
from msgspec.structs import replace

from adapters.teams import absence_cards, ask_cards, dialogs, digest, figures, forms, home, pages
from adapters.teams.render import render
from core.card import Verb
from core.chat.absence_words import Wanted
from core.chat.asking_port import AskForm, Kind, Part
from core.chat.figures_port import Overview
from core.chat.form import Form
from core.chat.forms import WORDS
from core.chat.home_place import Place
from core.chat.home_port import Shelf, Wish
from core.chat.port import AbsenceLine, Absences
from core.commands import Binding
from core.ports import Notice, OwnNews
from tests.adapters.slack import homes
from tests.adapters.teams import slots
from tests.adapters.teams.cards import a_form
from tests.judges.card_schema import found
from tests.judges.cards import EVERY_CARD, ITEM

Json = dict[str, Any]

AWAY = AbsenceLine(id="a1", giver="Ann", taker="Bob", starts=1, ends=2)
ASKING = AskForm(
    title="Ask for approval",
    intro="Alice was told no.",
    parts=tuple(Part),
    kinds=(Kind("purchase_order", "Purchase order"), Kind("refund", "Refund")),
    submit="Ask",
)
SHELVES = (Place(), Place(wish=Wish(shelf=Shelf.OWN)), Place(wish=Wish(due=True, after="1.x")))


@pytest.mark.parametrize("card", EVERY_CARD)
def test_every_card_of_the_core_is_valid(card: Any) -> None:
    assert found(render(card)) == []
    assert found(pages.page(card, 1, 1)) == []


@pytest.mark.parametrize("verb", sorted(WORDS))
def test_every_form_is_valid(verb: Verb) -> None:
    made: Form = a_form(verb, binding=Binding("R1", 1, "c", 1, 0))
    assert found(forms.card(made, problem="Say why.")) == []


@pytest.mark.parametrize("place", SHELVES)
def test_the_queue_is_valid_full_and_empty(place: Place) -> None:
    for page in (homes.full(), homes.page()):
        assert found(home.card(page, place)) == []
    asked = home.question(
        "Approve these?", [homes.item(1), homes.item(2)], "One is left out.", place
    )
    assert found(asked) == []


def test_every_other_card_is_valid() -> None:
    stats = figures.told(Overview(at=1, waiting=2)).card
    assert stats is not None
    away = Absences(items=(AWAY,))
    cards = [
        stats,
        ask_cards.card(ASKING, "1", problems=["Say how much."]),
        pages.history("One.\nTwo.", "R1", 1),
        absence_cards.listed(away, "Set.", Wanted(""), refused=False),
        absence_cards.listed(away, "Who?", Wanted(""), refused=True),
    ]
    assert [found(card) for card in cards] == [[]] * len(cards)


def test_a_digest_is_valid() -> None:
    news = (OwnNews(request="R2", title="Two chairs", text="Approved by Dana"),)
    notice = Notice(kind="digest", request="", title="Today", text="So.", items=(ITEM,), own=news)
    assert found(digest.card(replace(notice, more=3, own_more=1))) == []


@pytest.mark.parametrize("card", EVERY_CARD)
def test_what_opens_a_dialog_and_what_stands_in_it_is_valid(card: Any) -> None:
    assert found(dialogs.opening(render(card))) == []
    made = forms.card(a_form(binding=Binding("R1", 1, "c", 1, 0)), about=card)
    assert found(dialogs.inside(made)) == []


@pytest.mark.parametrize("slot", sorted(slots.SLOTS))
def test_no_text_from_outside_makes_a_card_invalid(slot: str) -> None:
    for text in (homes.HOSTILE, "", "x" * 5_000, "-\n-\n-"):
        made = slots.SLOTS[slot](text)
        if isinstance(made, dict):
            assert found(_card(made)) == []


def _card(made: Json) -> Json:
    """The card itself, also of a dialog."""
    held: Json = made["card"]["content"] if "type" not in made else made
    return held


def test_the_judge_finds_a_wrong_card() -> None:
    wrong = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock"}]}
    assert found(wrong) != []
