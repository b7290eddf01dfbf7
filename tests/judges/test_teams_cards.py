"""Microsoft's own schema of Adaptive Cards judges what we post, for every kind of card."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from adapters.teams import absence_cards, answers, forms, notices, pages
from adapters.teams.render import render
from core.card import Verb
from core.chat.form import Form
from core.chat.forms import WORDS
from core.chat.port import AbsenceLine, Absences, Queue
from core.commands import Binding
from core.ports import Notice
from tests.adapters.teams.cards import a_form
from tests.judges.cards import EVERY_CARD, ITEM

SCHEMA = Path(__file__).parents[3] / "shared" / "data" / "schemas" / "adaptive-card-1.5.0.json"
pytestmark = pytest.mark.skipif(
    not SCHEMA.exists(), reason="the official schema is not on this machine"
)

AWAY = AbsenceLine(id="a1", giver="Ann", taker="Bob", starts=1, ends=2)


def found(card: dict[str, Any]) -> list[str]:
    """What the schema finds wrong; without what Teams adds to it, which it does not know."""
    schema = json.loads(SCHEMA.read_text("utf-8"))
    bare = json.loads(json.dumps(card), object_hook=_without_extensions)
    return [e.message[:200] for e in jsonschema.Draft6Validator(schema).iter_errors(bare)]


def _without_extensions(value: dict[str, Any]) -> dict[str, Any]:
    # https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/people-picker
    return {name: inner for name, inner in value.items() if name not in ("msteams", "choices.data")}


@pytest.mark.parametrize("card", EVERY_CARD)
def test_every_card_of_the_core_is_valid(card: Any) -> None:
    assert found(render(card)) == []
    assert found(pages.page(card, 1, 1)) == []


@pytest.mark.parametrize("verb", sorted(WORDS))
def test_every_form_is_valid(verb: Verb) -> None:
    made: Form = a_form(verb, binding=Binding("R1", 1, "c", 1, 0))
    assert found(forms.card(made, problem="Say why.")) == []


def test_every_other_card_is_valid() -> None:
    queue = answers.queued(Queue(items=(ITEM,), more=3)).card
    assert queue is not None
    away = Absences(items=(AWAY,))
    assert found(queue) == []
    assert found(pages.history("One.\nTwo.", "R1", 1)) == []
    assert found(absence_cards.listed(away, "Set.", ("", None, None), refused=False)) == []
    assert found(notices.card(Notice(kind="held", request="R1", title="t", text="x"))) == []


def test_the_judge_finds_a_wrong_card() -> None:
    wrong = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock"}]}
    assert found(wrong) != []
