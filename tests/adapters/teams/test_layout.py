"""What stands where on a card: the decision's own on top, everything else below the buttons."""

from typing import Any

from adapters.teams.render import render
from core.card import Fact
from core.content import Rationale
from tests.adapters.teams.cards import REQUEST, a_card, texts


def test_a_pending_card_says_in_order_what_a_reader_needs() -> None:
    assert texts(render(a_card())["body"]) == [
        "New ERP system",
        "Waiting for Finance (stage 2 of 3)",
        "Asked by ",
        "Alice Adams, through agent purchasing",
        "Decide by {{DATE(2026-11-21T07:00:00Z, SHORT)}} at {{TIME(2026-11-21T07:00:00Z)}}",
        "Amount",
        ": ",
        "120,000 EUR",
        "Action",
        ": ",
        "purchase_order",
        "Risk score",
        ": ",
        "82 of 100",
        "Replaces the old one.",
        "The vendor was chosen in October.",
        "⚑ ",
        "The risk score 82 is high.",
        "Advice: ",
        "look closely",
        ". ",
        "Look closely before you decide: see the points and risks.",
        "You are asked as Finance by policy rule purchase-order",
        "Approve",
        "Approve",
        "Reject",
        "Send rejection",
        "Send rejection",
        "View full action",
        "View full action",
        "Stages",
        "✓ ",
        "1. Manager",
        ": ",
        "approved",
        "Mara Meyer",
        " ",
        "approved in Slack, 21 Nov 2026, 04:00 CET",
        "● ",
        "2. Finance",
        ": ",
        "waiting for ",
        "Finn Fischer, Faye Frank",
        " (1 approval needed)",
        "○ ",
        "3. Director",
        ": ",
        "comes later",
        "Facts",
        "Purpose",
        "New ERP system",
        "Why this advice",
        "• ",
        "The amount is 120,000 EUR.",
        " (from ",
        "request.amount",
        ")",
        "• ",
        "Policy rule purchase-order asks for 3 stages.",
        " (from ",
        "policy.rule",
        ")",
        f"Request {REQUEST} · revision 1 · digest 9f2c9f2c9f2c",
    ]


def above(card: dict[str, Any]) -> list[str]:
    """What stands above the buttons."""
    kinds = [element["type"] for element in card["body"]]
    return texts(card["body"][: kinds.index("ActionSet")])


def test_what_is_long_begins_above_the_buttons_and_stands_whole_below() -> None:
    long: dict[str, Any] = {
        "description": "First words. " + "d" * 300,
        "note": "Ann changed much. " + "n" * 300,
        "risks": ("Risky. " + "r" * 300, "b", "c", "d"),
        "rationale": Rationale(recommendation="review", summary="Look. " + "s" * 300),
    }
    card = render(a_card(**long))
    short, all_of_it = above(card), texts(card)
    assert "⚑ 1 more below" in short
    for words in ("First words.", "Ann changed much.", "Risky.", "Look."):
        (begun,) = (text for text in short if text.startswith(words))
        assert len(begun) <= 130
        assert begun.endswith("…")
    wholes = (long["description"], long["note"], long["risks"][0], long["rationale"].summary)
    for whole in wholes:
        assert whole in all_of_it


def test_what_is_short_is_said_once() -> None:
    card = render(a_card(description="Two\nlines.", note="Ann changed it.", risks=("High.",)))
    for text in ("Two", "lines.", "Ann changed it.", "High."):
        assert texts(card).count(text) == 1


def test_a_long_value_stands_below_the_buttons_and_only_four_above() -> None:
    few = (Fact(label=f"F{n}", value=str(n)) for n in range(6))
    card = render(a_card(facts=(Fact(label="Long", value="v" * 200), *few)))
    assert [t for t in above(card) if t[0] == "F" and len(t) == 2] == ["F0", "F1", "F2", "F3"]
    assert "v" * 200 not in above(card)
    assert {"v" * 200, "F4", "F5"} <= set(texts(card))
