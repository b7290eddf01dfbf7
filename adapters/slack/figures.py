"""`/approvals stats`: one's own figures, and those of everybody."""

from collections.abc import Mapping
from typing import Any

from adapters.slack import listing
from adapters.slack.commands import Asked, Word
from adapters.slack.parts import SECTION_CHARS, context, section
from adapters.slack.render import Message
from adapters.slack.text import Bold, Piece, When, lay, plain
from core.chat.figures_port import Figures, Overview
from core.chat.figures_words import TITLE, everybodys, in_short, mine

Json = dict[str, Any]


def words(figures: Figures) -> Mapping[str, Word]:
    """`stats`."""

    async def stats(asked: Asked) -> Message:
        return message(await figures.overview(asked.who))

    return {"stats": stats}


def message(found: Overview) -> Message:
    """The figures; what is not known is said to be unknown."""
    if found.refused is not None:
        return listing.sentence(found.refused)
    blocks = [
        {"type": "header", "block_id": "countersign_stats", "text": plain(TITLE, 150)},
        section("stats_mine", lay(_lines("You", mine(found)), SECTION_CHARS)),
        section("stats_all", lay(_lines("Everybody", everybodys(found)), SECTION_CHARS)),
        context("stats_as_of", [lay(["As of ", When(found.at, found.timezone)], SECTION_CHARS)]),
    ]
    return Message(text=f"{TITLE}: {in_short(found)}", blocks=blocks)


def _lines(title: str, lines: tuple[str, ...]) -> list[Piece]:
    return [Bold(title), *(f"\n{line}" for line in lines)]
