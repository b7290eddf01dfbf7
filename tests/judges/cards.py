"""Every kind of card that the core can make, from real states."""

from core.card import Card, Viewer
from core.cards import card
from core.chat.port import QueueItem
from core.content import Text
from core.rationale import rationale
from tests.core.builders import (
    DANA,
    DIRECTORY,
    FAYE,
    FINN,
    MARA,
    NOW,
    a_revision,
    a_route,
    content,
)
from tests.core.spec import Story, submitted

RISKY = a_route(confirm=True)
REVISION = a_revision(
    description="Replaces three old systems.\n\nSee *offer* <b>17</b> & <!channel>",
    currency="EUR",
    risk_score=85,
    context={"validation": {"score": 0.4, "issues": ["one"]}},
)
CONTENTS = {
    "R1.r1": content("R1.r1", REVISION).body,
    "R1.a1": content("R1.a1", rationale(REVISION, RISKY, NOW)).body,
    f"comment-{MARA}": content("c", Text(text="No *budget* for <@U1>")).body,
}


def _seen(story: Story, person: str | None) -> Card:
    viewer = Viewer(person=person, timezone="Europe/Berlin")
    return card(story.state, CONTENTS, viewer, DIRECTORY, NOW)


def _risky() -> Story:
    return submitted(route=RISKY, risk_score=85, currency="EUR")


EVERY_CARD = (
    _seen(_risky(), MARA),
    _seen(_risky(), None),
    _seen(_risky(), FINN),
    _seen(_risky().approves(MARA), FAYE),
    _seen(_risky().approves(MARA).approves(FINN).approves(DANA), DANA),
    _seen(_risky().rejects(MARA), MARA),
    _seen(submitted(), MARA),
)

ITEM = QueueItem(
    request="R1",
    title="New ERP system",
    asked_by="Alice, through agent purchasing",
    stage="Manager",
    amount="120,000 EUR",
    deadline=NOW,
)
