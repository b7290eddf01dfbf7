"""`/approvals stats` in a simulated Slack: plain figures, and "unknown" for what is not known."""

import pytest

from core.chat.figures_port import Decided, Overview
from core.chat.figures_words import lasting
from core.chat.port import Chat
from tests.adapters.slack import cards
from tests.adapters.slack.conftest import Recording, Rig
from tests.adapters.slack.test_commands import ask, first
from tests.ports import NoFigures, a_chat


@pytest.fixture
def figures() -> NoFigures:
    return NoFigures()


@pytest.fixture
def chat(conversations: Recording, figures: NoFigures) -> Chat:
    return a_chat(conversations, figures=figures)


@pytest.mark.parametrize("text", ["stats", "STATS please", "my statistics"])
async def test_everything_that_is_known_is_told(rig: Rig, figures: NoFigures, text: str) -> None:
    figures.found = Overview(
        at=cards.NOW,
        timezone="Europe/Berlin",
        waiting=3,
        overdue=1,
        week=Decided(approved=4, rejected=1),
        month=Decided(approved=1200, rejected=2, changes=3),
        median=2 * cards.HOUR + 300_000,
        open=100_000,
        open_more=True,
        approved=40,
        rejected=3,
        expired=2,
        automatic=35,
        advised=50,
        agreed=41,
    )
    body = await ask(rig, text)
    assert first(body) == "How it goes"
    _, mine, everybody, as_of = body["blocks"]
    assert mine["text"]["text"] == (
        "*You*\n"
        "Waiting for you now: 3\n"
        "Overdue of these: 1\n"
        "Decided in the last 7 days: 4 approved, 1 rejected\n"
        "Decided in the last 30 days: 1,200 approved, 2 rejected, 3 sent back for changes\n"
        "Usual time until you decide (median of 30 days): 2 hours 5 minutes"
    )
    assert everybody["text"]["text"] == (
        "*Everybody*\n"
        "Open requests: 100,000 or more\n"
        "Ended in the last 7 days: 40 approved, 3 rejected, 2 expired\n"
        "Approvals that the policy gave by itself: 35%\n"
        "People decided as a model had advised: 41 of 50 times"
    )
    assert "21 Nov 2026 05:00 Europe/Berlin" in as_of["elements"][0]["text"]


async def test_what_is_not_known_is_said_to_be_unknown(rig: Rig) -> None:
    body = await ask(rig, "stats")
    shown = " ".join(block["text"]["text"] for block in body["blocks"][1:3])
    assert "Decided in the last 7 days: nothing" in shown
    assert "(median of 30 days): unknown" in shown
    assert "by itself: unknown" in shown
    assert "advised" not in shown, "of no advice nothing is said"


async def test_a_stranger_is_told_so(rig: Rig, figures: NoFigures) -> None:
    figures.found = Overview(refused="This Slack account is not linked to anyone.")
    assert first(await ask(rig, "stats")) == figures.found.refused


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [
        (0, "less than a minute"),
        (60_000, "1 minute"),
        (cards.HOUR, "1 hour"),
        (25 * cards.HOUR + 60_000, "1 day 1 hour"),
        (48 * cards.HOUR + 60_000, "2 days"),
        (3 * cards.HOUR + 119_000, "3 hours 1 minute"),
    ],
)
def test_a_length_of_time_in_words(milliseconds: int, said: str) -> None:
    assert lasting(milliseconds) == said
