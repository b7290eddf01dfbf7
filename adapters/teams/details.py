"""The parts of a card below its buttons, one function each: the record, the reasons, and whole
what stood above only in part.

Pure. Whatever came from outside goes through `text.run` or `text.paragraphs`.
"""

from adapters.teams import moments
from adapters.teams.limits import DIGEST_SHOWN, Limits
from adapters.teams.sections import is_brief, is_short
from adapters.teams.text import Element, label, line, own, paragraphs, run
from core.card import Card, Fact, RemarkLine, StageLine, VoteLine
from core.cards.advised import ASK, left_out, source
from core.cards.words import (
    RISKS_FIRST,
    SHORT_RISK,
    SHORT_TEXT,
    first_facts,
    missing,
    place,
)
from core.content import Rationale
from core.request import OPEN, StageStatus

_MARKS = {"approved": "✓", "rejected": "✗", "pending": "●", "waiting": "○", "skipped": "–"}
_MARK_COLOURS = {"approved": "Good", "rejected": "Attention", "pending": "Accent"}
_UNDECIDED = frozenset({"pending", "waiting"})
_WORDS = {"pending": "not decided", "waiting": "comes later", "skipped": "not needed"}


def stages(card: Card, limits: Limits) -> list[Element]:
    """How far it is: each stage with who decided or whom it waits for."""
    if not card.stages:
        return []
    lines = [part for s in card.stages[: limits.stages_counted] for part in _stage(card, s, limits)]
    more = _left(len(card.stages) - limits.stages_counted, "stages")
    return [_heading("Stages"), *lines, *more]


def _stage(card: Card, stage: StageLine, limits: Limits) -> list[Element]:
    is_over = card.status not in OPEN and stage.status in _UNDECIDED
    status = StageStatus.WAITING.value if is_over else stage.status
    mark = own(f"{_MARKS.get(status, '·')} ", weight="Bolder")
    if status in _MARK_COLOURS:
        mark["color"] = _MARK_COLOURS[status]
    name = run(f"{stage.level}. {stage.name}", limits.name, weight="Bolder")
    lines = [line(mark, name, own(": "), *_standing(stage, limits, is_over), spacing="Small")]
    if stage.escalated_because:
        because = run(f"Escalated: {stage.escalated_because}", limits.comment, color="Attention")
        lines.append(line(because, spacing="None"))
    if stage.note:
        lines.append(line(run(stage.note, limits.comment, isSubtle=True), spacing="None"))
    for vote in stage.votes[: limits.names_counted]:
        lines.extend(_vote(card, vote, limits))
    return [*lines, *_left(len(stage.votes) - limits.names_counted, "votes")]


def _standing(stage: StageLine, limits: Limits, is_over: bool) -> list[Element]:
    if not stage.waiting_for:
        status = StageStatus.PENDING.value if is_over else stage.status
        return [run(_WORDS.get(status, status), limits.name)]
    names = ", ".join(stage.waiting_for[: limits.names_counted])
    left = len(stage.waiting_for) - limits.names_counted
    others = f" and {left} more" if left > 0 else ""
    return [own("waiting for "), run(names, limits.fact), own(f"{others}{missing(stage)}")]


def _vote(card: Card, vote: VoteLine, limits: Limits) -> list[Element]:
    when = moments.written(vote.at, card.timezone)
    what = run(f"{vote.decision} {place(vote.via)}, {when}", limits.name + 30, isSubtle=True)
    lines = [line(run(vote.name, limits.name), own(" "), what, spacing="None")]
    if vote.comment and vote.comment != card.reason:
        lines.append(line(run(f"“{vote.comment}”", limits.comment, italic=True), spacing="None"))
    return lines


def facts(card: Card, limits: Limits) -> list[Element]:
    """The facts that do not stand above the buttons, label and value side by side."""
    first = first_facts(card)
    rest = [fact for fact in card.facts if fact not in first]
    shown = [_fact(fact, limits) for fact in rest[: limits.facts_counted]]
    left = len(rest) - len(shown)
    if left > 0:
        shown.append(label(f"{left} more in the full action", isSubtle=True, spacing="Small"))
    return [_heading("Facts"), *shown] if shown else []


def _fact(fact: Fact, limits: Limits) -> Element:
    name = line(run(fact.label, limits.name, isSubtle=True))
    value = line(run(fact.value, limits.fact))
    return {
        "type": "ColumnSet",
        "spacing": "Small",
        "columns": [
            {"type": "Column", "width": "110px", "items": [name]},
            {"type": "Column", "width": "stretch", "items": [value]},
        ],
    }


def description(card: Card, limits: Limits) -> list[Element]:
    """All that the requester wrote, where only its beginning stood above."""
    if not card.description or is_brief(card.description, limits):
        return []
    written = paragraphs(card.description.strip(), limits.description, limits.lines)
    return [_heading("Description"), *written]


def note(card: Card, limits: Limits) -> list[Element]:
    """All that changed, where only its beginning stood above."""
    if not card.note or is_short(card.note, min(SHORT_TEXT, limits.description)):
        return []
    return [_heading("What changed"), *paragraphs(card.note, limits.description, limits.lines)]


def risks(card: Card, limits: Limits) -> list[Element]:
    """The risks whole, where the first lines do not say all."""
    if card.status not in OPEN:
        return []
    most = min(SHORT_RISK, limits.point)
    if len(card.risks) <= RISKS_FIRST and all(is_short(risk, most) for risk in card.risks):
        return []
    some = card.risks[: limits.points_counted]
    shown = [line(own("• "), run(risk, limits.point), spacing="Small") for risk in some]
    return [_heading("Risks"), *shown, *_left(len(card.risks) - len(shown), "risks")]


def remarks(card: Card, limits: Limits) -> list[Element]:
    """What was commented and asked, the newest of it."""
    if not card.remarks:
        return []
    shown = card.remarks[-limits.remarks_counted :]
    lines = [_remark(card, remark, limits) for remark in shown]
    more = _left(len(card.remarks) - len(shown), "in the history")
    return [_heading("Comments"), *more, *lines]


def _remark(card: Card, remark: RemarkLine, limits: Limits) -> Element:
    verb = "asked" if remark.question else "wrote"
    when = own(f" {verb}, {moments.written(remark.at, card.timezone)}: ", isSubtle=True)
    name = run(remark.name, limits.name, weight="Bolder")
    return line(name, when, run(remark.text, limits.comment), spacing="Small")


def points(card: Card, limits: Limits) -> list[Element]:
    """What the advice rests on, each point with its sources; first all of what it says, where
    that stood only in part above."""
    found = card.rationale
    if found is None or card.status not in OPEN:
        return []
    told = is_short(found.summary, min(SHORT_TEXT, limits.summary))
    if told and not (found.points or found.run):
        return []
    summary = [] if told else [line(run(found.summary, limits.summary), spacing="Small")]
    shown = [_point(found, number, limits) for number in range(len(found.points))]
    more = _left(len(shown) - limits.points_counted, "points")
    lines = [*summary, *shown[: limits.points_counted], *more, *_origin(found, limits)]
    return [_heading("Why this advice"), *lines]


def questions(card: Card, limits: Limits) -> list[Element]:
    """What the model would ask before deciding."""
    found = card.rationale
    if found is None or not found.questions or card.status not in OPEN:
        return []
    some = found.questions[: limits.points_counted]
    shown = [line(own("• "), run(each, limits.point), spacing="Small") for each in some]
    return [_heading(ASK), *shown, *_left(len(found.questions) - len(some), "questions")]


def _point(found: Rationale, number: int, limits: Limits) -> Element:
    point = found.points[number]
    words = [own("• "), run(point.text, limits.point)]
    if point.sources:
        sources = run(", ".join(point.sources), limits.name, isSubtle=True)
        words += [own(" (from ", isSubtle=True), sources, own(")", isSubtle=True)]
    return line(*words, spacing="Small")


def _origin(found: Rationale, limits: Limits) -> list[Element]:
    """Whose advice it is, and what was left out of it."""
    whose, removed = source(found), left_out(found)
    lines = []
    if whose:
        said = [own("Source: ", isSubtle=True), run(whose, limits.name, isSubtle=True)]
        lines.append(line(*said, spacing="Small"))
    if removed:
        lines.append(line(run(removed, limits.summary, isSubtle=True), spacing="Small"))
    return lines


def footer(card: Card) -> list[Element]:
    """The id to ask about it, and which revision of its content is shown."""
    parts = [f"Request {card.request}", f"revision {card.revision}"]
    if card.digest:
        parts.append(f"digest {card.digest[:DIGEST_SHOWN]}")
    return [line(run(" · ".join(parts), 240, isSubtle=True, size="Small"), spacing="Medium")]


def _heading(words: str) -> Element:
    return label(words, weight="Bolder", spacing="Medium")


def _left(count: int, what: str) -> list[Element]:
    """Says how many there are beyond those shown."""
    return [label(f"{count} more {what}", isSubtle=True)] if count > 0 else []
