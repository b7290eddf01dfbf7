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
from core.cards.advised import ASK, differing, left_out, source
from core.cards.words import (
    ADVICE,
    RISKS_FIRST,
    SHORT_FACT,
    SHORT_LINES,
    SHORT_RISK,
    SHORT_TEXT,
    first_facts,
    missing,
    place,
)
from core.request import OPEN, StageStatus, Status

Json = dict[str, Any]

HEADER_CHARS: Final = 150
SECTION_CHARS: Final = 3000
FIELD_CHARS: Final = 2000
FIELDS: Final = 10

STAGES_SHOWN: Final = 8
NAMES_SHOWN: Final = 5
VOTES_SHOWN: Final = 5
POINTS_SHOWN: Final = 6
RISKS_SHOWN: Final = 6
QUESTIONS_SHOWN: Final = 3
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

    def begins(self, text: str, most: int) -> str:
        """The beginning of a text on one line; the whole follows elsewhere, so nothing is lost."""
        most = min(most, self.limit)
        return fitted(clean(one_paragraph(text[: most * 4])), most) or NOTHING

    def some(self, items: Sequence[Any], most: int) -> Sequence[Any]:
        """The first of the items."""
        self.was_cut = self.was_cut or len(items) > most
        return items[:most]


def sign(status: Status) -> str:
    """The sign by which a reader knows how a request stands."""
    return _SIGNS[status]


def section(block_id: str, text: Json) -> Json:
    return {"type": "section", "block_id": f"countersign_{block_id}", "text": text}


def context(block_id: str, elements: list[Json]) -> Json:
    return {"type": "context", "block_id": f"countersign_{block_id}", "elements": elements}


def title(card: Card, room: Room) -> Json:
    text = plain(room.fit(card.title, HEADER_CHARS), HEADER_CHARS)
    return {"type": "header", "block_id": "countersign_title", "text": text}


def state(card: Card, room: Room) -> Json:
    """The lines a reader looks for: where it stands, who asks, and until when."""
    pieces: list[Piece] = [
        f"{_SIGNS[card.status]} ",
        Quoted(room.fit(card.headline, 400), bold=True),
        "\nAsked by ",
        Quoted(room.fit(card.asked_by, 400)),
    ]
    if card.deadline is not None and card.status in OPEN:
        pieces += ["\n", Bold("Decide by"), " ", When(card.deadline, card.timezone)]
    return section("state", lay(pieces, SECTION_CHARS))


def reason(text: str, room: Room) -> Json:
    return section("reason", plain(f"Reason: {room.fit(text, 2500)}", SECTION_CHARS))


def facts(card: Card, room: Room) -> Json | None:
    """The first short facts, a line each: two columns would break them on a phone."""
    pieces: list[Piece] = []
    for fact in first_facts(card):
        pieces += ["\n"] if pieces else []
        pieces += [Quoted(room.fit(fact.label, 200), bold=True), ": "]
        pieces += [Quoted(room.fit(fact.value, SHORT_FACT))]
    return section("facts", lay(pieces, SECTION_CHARS)) if pieces else None


def more_facts(card: Card, room: Room) -> Json | None:
    """The facts that stand below the buttons."""
    first = first_facts(card)
    rest = [fact for fact in card.facts if fact not in first]
    fields = [_field(fact, room) for fact in room.some(rest, FIELDS)]
    if not fields:
        return None
    return {"type": "section", "block_id": "countersign_more_facts", "fields": fields}


def _field(fact: Fact, room: Room) -> Json:
    label, value = room.fit(fact.label, 200), room.fit(fact.value, FIELD_CHARS - 210)
    return lay([Quoted(label, bold=True), "\n", Quoted(value, lines=True)], FIELD_CHARS)


def first_risks(texts: Sequence[str], room: Room) -> Json:
    """The risks in a line each, the first of them when there are many."""
    pieces: list[Piece] = []
    for text in texts[:RISKS_FIRST]:
        pieces += ["\n" if pieces else "", "🚩 ", Quoted(room.begins(text, SHORT_RISK))]
    if len(texts) > RISKS_FIRST:
        pieces.append(f"\n🚩 {len(texts) - RISKS_FIRST} more below")
    return section("risks", lay(pieces, SECTION_CHARS))


def all_risks(texts: Sequence[str], room: Room) -> Json | None:
    """The risks whole, where the first lines do not say all."""
    said = len(texts) <= RISKS_FIRST and all(_is_short(t, SHORT_RISK, room) for t in texts)
    if said:
        return None
    pieces: list[Piece] = [Bold("Risks")]
    for text in room.some(texts, RISKS_SHOWN):
        pieces += ["\n• ", Quoted(room.fit(one_paragraph(text), 400))]
    return section("all_risks", lay(pieces, SECTION_CHARS))


def advice(card: Card, room: Room) -> Json | None:
    """The recommendation in one line, so that it stands above the buttons."""
    if card.rationale is None:
        return None
    found = card.rationale
    sure = "" if found.confidence is None else f" ({found.confidence}% sure)"
    pieces: list[Piece] = [
        "💡 ",
        Bold("Advice:"),
        " ",
        Quoted(room.fit(ADVICE.get(found.recommendation, found.recommendation), 100), bold=True),
        f"{sure}. ",
    ]
    pieces += [Quoted(room.fit(card.record, 200)), " "] if card.record else []
    pieces.append(Quoted(room.begins(found.summary, SHORT_TEXT)))
    differ = differing(found)
    pieces += [" ", Quoted(room.fit(differ, 200))] if differ else []
    return section("advice", lay(pieces, SECTION_CHARS))


def why(card: Card, room: Room) -> Json | None:
    """Why this reader was asked."""
    if card.why is None:
        return None
    return context("why", [plain(room.fit(card.why, 600), SECTION_CHARS)])


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
        yield missing(stage)
    elif stage.status == StageStatus.SKIPPED.value:
        yield ": not needed"
    if stage.escalated_because:
        yield from (" (escalated: ", Quoted(room.fit(stage.escalated_because, 200)), ")")
    if stage.note:
        yield from (" – ", Quoted(room.fit(one_paragraph(stage.note), 300)))


def _vote(vote: VoteLine, card: Card, room: Room) -> Iterable[Piece]:
    yield from (Quoted(room.fit(vote.name, 120)), " ", Quoted(room.fit(vote.decision, 40)), " ")
    yield from (When(vote.at, card.timezone), " ", Quoted(room.fit(place(vote.via), 40)))
    if vote.comment and vote.comment != card.reason:
        yield from (" – ", Quoted(room.fit(one_paragraph(vote.comment), 200)))


def _names(names: Sequence[str], room: Room) -> Iterable[Piece]:
    for number, name in enumerate(names[:NAMES_SHOWN]):
        yield ", " if number else ""
        yield Quoted(room.fit(name, 120))
    if len(names) > NAMES_SHOWN:
        yield f" and {len(names) - NAMES_SHOWN} more"


def points(card: Card, room: Room) -> Json | None:
    """What the advice rests on, each point with its sources; first all of what it says, where
    that stood only in part above."""
    found = card.rationale
    if found is None:
        return None
    told = _is_short(found.summary, SHORT_TEXT, room)
    if told and not (found.points or found.run):
        return None
    pieces: list[Piece] = [Bold("Why this advice")]
    pieces += [] if told else ["\n", Quoted(room.fit(one_paragraph(found.summary), 1000))]
    for point in room.some(found.points, POINTS_SHOWN):
        pieces += ["\n• ", Quoted(room.fit(one_paragraph(point.text), 400))]
        if point.sources:
            pieces += [" (from ", Quoted(room.fit(", ".join(point.sources), 200)), ")"]
    whose, removed = source(found), left_out(found)
    pieces += ["\nSource: ", Quoted(room.fit(whose, 80))] if whose else []
    pieces += ["\n", Quoted(room.fit(removed, 600))] if removed else []
    return section("points", lay(pieces, SECTION_CHARS))


def questions(card: Card, room: Room) -> Json | None:
    """What the model would ask before deciding."""
    found = card.rationale
    if found is None or not found.questions:
        return None
    pieces: list[Piece] = [Bold(ASK)]
    for question in room.some(found.questions, QUESTIONS_SHOWN):
        pieces += ["\n• ", Quoted(room.fit(one_paragraph(question), 400))]
    return section("questions", lay(pieces, SECTION_CHARS))


def note(text: str, room: Room) -> Json:
    """What changed since an earlier revision, and why, or how that begins."""
    return section("note", plain(room.begins(text, SHORT_TEXT), SECTION_CHARS))


def whole_note(text: str, room: Room) -> Json | None:
    """All of it, where only its beginning stood above."""
    if _is_short(text, SHORT_TEXT, room):
        return None
    pieces: list[Piece] = [Bold("What changed"), "\n", Quoted(room.fit(text, 1000), lines=True)]
    return section("whole_note", lay(pieces, SECTION_CHARS))


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


def about(text: str, room: Room) -> Json:
    """The description when it is short, else how it begins."""
    shown = Quoted(room.begins(text, SHORT_TEXT))
    if _is_brief(text, room):
        shown = Quoted(room.fit(text, SHORT_TEXT), lines=True)
    return section("about", lay([Bold("Description:"), " ", shown], SECTION_CHARS))


def description(text: str, room: Room) -> Json | None:
    """The whole description, where only its beginning stood above."""
    if _is_brief(text, room):
        return None
    pieces: list[Piece] = [Bold("Description"), "\n", Quoted(room.fit(text, 2900), lines=True)]
    return section("description", lay(pieces, SECTION_CHARS))


def _is_brief(text: str, room: Room) -> bool:
    """Whether a text can stand above the buttons as it is, with its few lines."""
    lines = text.strip().split("\n")
    whole = clean(text.strip()[: SHORT_TEXT + 1])
    return len(lines) <= SHORT_LINES and fitted(whole, min(SHORT_TEXT, room.limit)) == whole


def _is_short(text: str, most: int, room: Room) -> bool:
    """Whether `Room.begins` shows all of it, lines included."""
    return "\n" not in text.strip() and room.begins(text, most) == (clean(text.strip()) or NOTHING)


def footer(card: Card, cut: bool) -> Json:
    parts = [f"Request {card.request}", f"revision {card.revision}"]
    if card.digest:
        parts.append(f"digest {card.digest[:12]}")
    if cut:
        parts.append(f"shortened to fit ({ELLIPSIS}); View full action shows everything")
    return context("footer", [plain(" · ".join(parts), SECTION_CHARS)])


def one_paragraph(text: str) -> str:
    return " ".join(text.split())
