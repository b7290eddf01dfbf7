"""What is left of a card where its reader may not see the request any more."""

from msgspec.structs import replace

from core.card import Card

TITLE = "A request that is with others now"
NOTE = (
    "It was changed or handed on. Those whom it concerns now see what it is about; "
    "nothing is asked of you."
)


def withheld(card: Card) -> Card:
    """Where the request stands, and nothing of what it is about: a revision may have taken it
    to other people, and it is theirs."""
    return replace(
        card,
        title=TITLE,
        note=NOTE,
        facts=(),
        stages=(),
        why=None,
        deadline=None,
        rationale=None,
        risks=(),
        buttons=(),
        more=(),
        binding=None,
        whole_action="",
        description=None,
        reason=None,
        digest="",
        remarks=(),
        revisable=False,
    )
