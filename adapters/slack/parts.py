"""The parts of a card as Block Kit blocks, each within Slack's limit for its kind.

Pure. Which parts a card has, in which order and how much room is left for each, is
`render`'s business. https://docs.slack.dev/reference/block-kit/blocks
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from adapters.slack.text import (
    ELLIPSIS,
    NOTHING,
    Bold,
    Piece,
    Quoted,
    When,
    clean,
    fitted,
    lay,
    plain,
)
from core.card import Card, Fact, RemarkLine, StageLine, VoteLine
from core.request import OPEN, StageStatus, Status

Json = dict[str, Any]

HEADER_CHARS: Final = 150
SECTION_CHARS: Final = 3000
FIELD_CHARS: Final = 2000
FIELDS: Final = 10
FIRST_FACTS: Final = 4

STAGES_SHOWN: Final = 8
NAMES_SHOWN: Final = 5
VOTES_SHOWN: Final = 5
POINTS_SHOWN: Final = 6
RISKS_SHOWN: Final = 6
REMARKS_SHOWN: Final = 5

_IDLE: Final = "⚪"
# Signs that are emoji by themselves: a variation selector would count as a hidden character.
_SIGNS: Final = {
    Status.PENDING: "⏳",
    Status.CHANGES_REQUESTED: "📝",
    Status.APPROVED: "✅",
    Status.REJECTED: "❌",
    Status.EXPIRED: "⏰",
    Status.CANCELLED: _IDLE,
    Status.PROHIBITED: "🚫",
}
_STAGE_SIGNS: Final = {
    StageStatus.APPROVED.value: "✅",
    StageStatus.REJECTED.value: "❌",
    StageStatus.PENDING.value: "🔵",
}
_ADVICE: Final = {"approve": "approve", "reject": "reject", "review": "look closely"}
_PLACES: Final = {
    "slack": "in Slack",
    "teams": "in Teams",
    "api": "through the API",
    "web": "on the web page",
}


class Room:
    """How long a text from outside may be on this card, and whether one was cut."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.was_cut = False

    def fit(self, text: str, most: int) -> str:
        """The text, cut to what there is room for."""
        most = min(most, self.limit)
        # One character beyond the limit is enough to know that it must be cut.
        whole = clean(text.strip()[: most + 1]) or NOTHING
        shown = fitted(whole, most)
        self.was_cut = self.was_cut or shown != whole
        return shown

    def some(self, items: Sequence[Any], most: int) -> Sequence[Any]:
        """The first of the items."""
        self.was_cut = self.was_cut or len(items) > most
        return items[:most]


def section(block_id: str, text: Json) -> Json:
    return {"type": "section", "block_id": f"countersign_{block_id}", "text": text}


def context(block_id: str, elements: list[Json]) -> Json:
    return {"type": "context", "block_id": f"countersign_{block_id}", "elements": elements}


def title(card: Card, room: Room) -> Json:
    text = plain(room.fit(card.title, HEADER_CHARS), HEADER_CHARS)
    return {"type": "header", "block_id": "countersign_title", "text": text}


def state(card: Card, room: Room) -> Json:
    """The line a reader looks for: where it stands, and who asks."""
    pieces: list[Piece] = [
        f"{_SIGNS[card.status]} ",
        Quoted(room.fit(card.headline, 400), bold=True),
        "\nAsked by ",
        Quoted(room.fit(card.asked_by, 400)),
    ]
    return section("state", lay(pieces, SECTION_CHARS))


def reason(text: str, room: Room) -> Json:
    return section("reason", plain(f"Reason: {room.fit(text, 2500)}", SECTION_CHARS))


def facts(card: Card, room: Room) -> Json | None:
    """The first facts: few enough that the buttons stay in sight on a phone."""
    return _facts("facts", card.facts[:FIRST_FACTS], room)


def more_facts(card: Card, room: Room) -> Json | None:
    """The facts that stand below the buttons."""
    return _facts("more_facts", room.some(card.facts[FIRST_FACTS:], FIELDS), room)


def _facts(block_id: str, shown: Sequence[Fact], room: Room) -> Json | None:
    if not shown:
        return None
    fields = [_field(fact, room) for fact in shown]
    return {"type": "section", "block_id": f"countersign_{block_id}", "fields": fields}


def _field(fact: Fact, room: Room) -> Json:
    label, value = room.fit(fact.label, 200), room.fit(fact.value, FIELD_CHARS - 210)
    return lay([Quoted(label, bold=True), "\n", Quoted(value, lines=True)], FIELD_CHARS)


def risks(texts: Sequence[str], room: Room) -> Json:
    pieces: list[Piece] = ["🚩 ", Bold("Risks")]
    for text in room.some(texts, RISKS_SHOWN):
        pieces += ["\n• ", Quoted(room.fit(text, 400))]
    return section("risks", lay(pieces, SECTION_CHARS))


def advice(card: Card, room: Room) -> Json | None:
    """The recommendation in one line, so that it stands above the buttons."""
    if card.rationale is None:
        return None
    found = card.rationale
    sure = "" if found.confidence is None else f" ({found.confidence}% sure)"
    pieces: list[Piece] = [
        Bold("Advice:"),
        " ",
        Quoted(room.fit(_ADVICE.get(found.recommendation, found.recommendation), 100)),
        f"{sure}. ",
        Quoted(room.fit(found.summary, 400)),
    ]
    return context("advice", [lay(pieces, SECTION_CHARS)])


def why(card: Card, room: Room) -> Json | None:
    """Until when, and why this reader was asked."""
    elements = []
    if card.deadline is not None:
        moment = When(card.deadline, card.timezone)
        elements.append(lay([Bold("Decide by"), " ", moment], SECTION_CHARS))
    if card.why is not None:
        elements.append(plain(room.fit(card.why, 600), SECTION_CHARS))
    return context("why", elements) if elements else None


def stages(card: Card, room: Room) -> Json | None:
    if not card.stages:
        return None
    pieces: list[Piece] = [Bold("Stages")]
    for stage in room.some(card.stages, STAGES_SHOWN):
        pieces += ["\n", *_stage(stage, card, room)]
    return section("stages", lay(pieces, SECTION_CHARS))


def _stage(stage: StageLine, card: Card, room: Room) -> Iterable[Piece]:
    open_now = stage.status == StageStatus.PENDING.value
    ended = card.status not in OPEN
    sign = _IDLE if open_now and ended else _STAGE_SIGNS.get(stage.status, _IDLE)
    name = room.fit(stage.name, 120)
    yield from (f"{sign} {stage.level}. ", Quoted(name, bold=open_now and not ended))
    for number, vote in enumerate(room.some(stage.votes, VOTES_SHOWN)):
        yield ": " if number == 0 else "; "
        yield from _vote(vote, card, room)
    if stage.waiting_for:
        yield "; waiting for " if stage.votes else ": waiting for "
        yield from _names(stage.waiting_for, room)
        yield f" ({stage.needed} needed)" if stage.needed > 1 else ""
    elif stage.status == StageStatus.SKIPPED.value:
        yield ": not needed"
    if stage.escalated_because:
        yield from (" (escalated: ", Quoted(room.fit(stage.escalated_because, 200)), ")")
    if stage.note:
        yield from (" – ", Quoted(room.fit(one_paragraph(stage.note), 300)))


def _vote(vote: VoteLine, card: Card, room: Room) -> Iterable[Piece]:
    place = _PLACES.get(vote.via, f"through {vote.via}")
    yield from (Quoted(room.fit(vote.name, 120)), " ", Quoted(room.fit(vote.decision, 40)), " ")
    yield from (When(vote.at, card.timezone), " ", Quoted(room.fit(place, 40)))
    if vote.comment and vote.comment != card.reason:
        yield from (" – ", Quoted(room.fit(one_paragraph(vote.comment), 200)))


def _names(names: Sequence[str], room: Room) -> Iterable[Piece]:
    for number, name in enumerate(names[:NAMES_SHOWN]):
        yield ", " if number else ""
        yield Quoted(room.fit(name, 120))
    if len(names) > NAMES_SHOWN:
        yield f" and {len(names) - NAMES_SHOWN} more"


def points(card: Card, room: Room) -> Json | None:
    """What the advice rests on, each point with its sources."""
    if card.rationale is None or not card.rationale.points:
        return None
    pieces: list[Piece] = [Bold("Why this advice")]
    for point in room.some(card.rationale.points, POINTS_SHOWN):
        pieces += ["\n• ", Quoted(room.fit(one_paragraph(point.text), 400))]
        if point.sources:
            pieces += [" (from ", Quoted(room.fit(", ".join(point.sources), 200)), ")"]
    pieces.append(f"\nSource: {card.rationale.source}" if card.rationale.source != "rules" else "")
    return section("points", lay(pieces, SECTION_CHARS))


def note(text: str, room: Room) -> Json:
    """What changed since an earlier revision, and why."""
    return section("note", plain(room.fit(text, 1000), SECTION_CHARS))


def remarks(card: Card, room: Room) -> Json | None:
    """The newest comments and questions, oldest first."""
    if not card.remarks:
        return None
    room.some(card.remarks, REMARKS_SHOWN)
    pieces: list[Piece] = [Bold("Comments")]
    for remark in card.remarks[-REMARKS_SHOWN:]:
        pieces += ["\n", *_remark(remark, card, room)]
    return section("remarks", lay(pieces, SECTION_CHARS))


def _remark(remark: RemarkLine, card: Card, room: Room) -> Iterable[Piece]:
    yield "❓ " if remark.question else "💬 "
    yield from (Quoted(room.fit(remark.name, 120)), " ", When(remark.at, card.timezone), ": ")
    yield Quoted(room.fit(one_paragraph(remark.text), 300))


def description(text: str, room: Room) -> Json:
    pieces: list[Piece] = [Bold("Description"), "\n", Quoted(room.fit(text, 2900), lines=True)]
    return section("description", lay(pieces, SECTION_CHARS))


def footer(card: Card, cut: bool) -> Json:
    parts = [f"Request {card.request}", f"revision {card.revision}"]
    if card.digest:
        parts.append(f"digest {card.digest[:12]}")
    if cut:
        parts.append(f"shortened to fit ({ELLIPSIS}); View full action shows everything")
    return context("footer", [plain(" · ".join(parts), SECTION_CHARS)])


def one_paragraph(text: str) -> str:
    return " ".join(text.split())
