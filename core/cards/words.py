"""What cards say on every platform, and what of them stands above the buttons. Pure."""

from collections.abc import Mapping
from typing import Final

from core.card import Card, Fact, StageLine

# What stands above the buttons is short, so that a phone shows it together with them; what
# does not fit there follows whole below.
FIRST_FACTS: Final = 4
SHORT_FACT: Final = 60
SHORT_TEXT: Final = 130
SHORT_LINES: Final = 3
SHORT_RISK: Final = 120
RISKS_FIRST: Final = 3

ADVICE: Final[Mapping[str, str]] = {
    "approve": "approve",
    "reject": "reject",
    "review": "look closely",
}
"""A recommendation in words."""
_PLACES: Final[Mapping[str, str]] = {
    "slack": "in Slack",
    "teams": "in Teams",
    "email": "by e-mail",
    "api": "through the API",
    "web": "on the web page",
}


def first_facts(card: Card) -> list[Fact]:
    """The facts above the buttons: what is short, and not said by the title already."""
    short = (f for f in card.facts if len(f.value) <= SHORT_FACT and "\n" not in f.value)
    return [f for f in short if f.value != card.title][:FIRST_FACTS]


def amount(card: Card) -> str | None:
    """The amount with its currency; None where there is none."""
    return next((fact.value for fact in card.facts if fact.label == "Amount"), None)


def place(via: str) -> str:
    """Where somebody decided."""
    return _PLACES.get(via, f"through {via}")


def missing(stage: StageLine) -> str:
    """How many approvals are missing, to stand behind the names of those who are waited for; ""
    where only one person is and one is."""
    if stage.needed <= 1:
        return " (1 approval needed)" if len(stage.waiting_for) > 1 else ""
    return f" ({stage.needed} approvals needed)"
