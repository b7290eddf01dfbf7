"""The parts of a card's body, one function each: values in, Adaptive Card elements out.

Pure. Whatever came from outside goes through `text.run` or `text.paragraphs`.
"""

from adapters.teams import moments
from adapters.teams.limits import DIGEST_SHOWN, Limits
from adapters.teams.text import Element, label, line, own, paragraphs, run
from core.card import Card, Fact, RemarkLine, StageLine, VoteLine
from core.content import Rationale
from core.request import OPEN, StageStatus, Status

COLOURS = {
    Status.PENDING: "Accent",
    Status.CHANGES_REQUESTED: "Warning",
    Status.APPROVED: "Good",
    Status.REJECTED: "Attention",
    Status.EXPIRED: "Warning",
    Status.CANCELLED: "Default",
    Status.PROHIBITED: "Attention",
}
_MARKS = {"approved": "✓", "rejected": "✗", "pending": "●", "waiting": "○", "skipped": "–"}
_MARK_COLOURS = {"approved": "Good", "rejected": "Attention", "pending": "Accent"}
_ADVICE = {"approve": "approve", "reject": "reject", "review": "look closely"}
_PLATFORMS = {"slack": "Slack", "teams": "Teams", "api": "the API", "web": "the web", "cli": "CLI"}


def head(card: Card, limits: Limits) -> list[Element]:
    """Where it stands, what it is, who asks."""
    state = run(card.headline, limits.title, weight="Bolder", color=COLOURS[card.status])
    title = run(card.title, limits.title, weight="Bolder", size="Large")
    asked = [own("Asked by ", isSubtle=True), run(card.asked_by, limits.title, isSubtle=True)]
    return [line(state), line(title, spacing="Small"), line(*asked, spacing="Small")]


def note(card: Card, limits: Limits) -> list[Element]:
    """What changed since an earlier revision, and why."""
    if not card.note:
        return []
    return [box("accent", paragraphs(card.note, limits.description, limits.lines))]


def facts(card: Card, limits: Limits) -> list[Element]:
    """Label and value side by side."""
    shown = [_fact(fact, limits) for fact in card.facts[: limits.facts_counted]]
    left = len(card.facts) - len(shown)
    if left > 0:
        shown.append(label(f"{left} more in the full action", isSubtle=True, spacing="Small"))
    return shown


def _fact(fact: Fact, limits: Limits) -> Element:
    name = line(run(fact.label, limits.name, isSubtle=True))
    value = line(run(fact.value, limits.fact, weight="Bolder"))
    return {
        "type": "ColumnSet",
        "spacing": "Small",
        "columns": [
            {"type": "Column", "width": "110px", "items": [name]},
            {"type": "Column", "width": "stretch", "items": [value]},
        ],
    }


def deadline(card: Card) -> list[Element]:
    """Until when it can be decided, in the reader's own zone."""
    if card.deadline is None:
        return []
    words = f"Decide by {moments.localised(card.deadline)}"
    return [label(words, weight="Bolder", spacing="Medium")]


def description(card: Card, limits: Limits) -> list[Element]:
    """What the requester wrote."""
    if not card.description:
        return []
    return paragraphs(card.description, limits.description, limits.lines)


def reason(card: Card, limits: Limits) -> list[Element]:
    """Why it ended as it did, in the words of who decided."""
    if not card.reason:
        return []
    return [line(own("Reason: ", weight="Bolder"), run(card.reason, limits.comment))]


def risks(card: Card, limits: Limits) -> list[Element]:
    """What speaks for caution."""
    if not card.risks:
        return []
    shown = [line(own("• "), run(r, limits.point)) for r in card.risks[: limits.points_counted]]
    more = _left(len(card.risks) - len(shown), "risks")
    return [box("attention", [label("Risks", weight="Bolder"), *shown, *more])]


def stages(card: Card, limits: Limits) -> list[Element]:
    """How far it is: each stage with who decided or whom it waits for."""
    if not card.stages:
        return []
    lines = [part for s in card.stages[: limits.stages_counted] for part in _stage(card, s, limits)]
    more = _left(len(card.stages) - limits.stages_counted, "stages")
    return [label("Stages", weight="Bolder", spacing="Medium"), *lines, *more]


def _stage(card: Card, stage: StageLine, limits: Limits) -> list[Element]:
    mark = own(f"{_MARKS.get(stage.status, '·')} ", weight="Bolder")
    if stage.status in _MARK_COLOURS:
        mark["color"] = _MARK_COLOURS[stage.status]
    name = run(f"{stage.level}. {stage.name}", limits.name, weight="Bolder")
    lines = [line(mark, name, own(": "), *_standing(stage, limits), spacing="Small")]
    if stage.escalated_because:
        because = run(f"Escalated: {stage.escalated_because}", limits.comment, color="Warning")
        lines.append(line(because, spacing="None"))
    if stage.note:
        lines.append(line(run(stage.note, limits.comment, isSubtle=True), spacing="None"))
    for vote in stage.votes[: limits.names_counted]:
        lines.extend(_vote(card, vote, limits))
    return [*lines, *_left(len(stage.votes) - limits.names_counted, "votes")]


def _standing(stage: StageLine, limits: Limits) -> list[Element]:
    if not stage.waiting_for:
        is_skipped = stage.status == StageStatus.SKIPPED.value
        return [run("not needed" if is_skipped else stage.status, limits.name)]
    names = ", ".join(stage.waiting_for[: limits.names_counted])
    left = len(stage.waiting_for) - limits.names_counted
    others = f" and {left} more" if left > 0 else ""
    missing = stage.needed - sum(vote.decision == "approved" for vote in stage.votes)
    votes = f" ({missing} approvals needed)" if missing > 1 else ""
    return [own("waiting for "), run(names, limits.fact), own(f"{others}{votes}")]


def _vote(card: Card, vote: VoteLine, limits: Limits) -> list[Element]:
    via = _PLATFORMS.get(vote.via, vote.via)
    when = moments.written(vote.at, card.timezone)
    what = run(f"{vote.decision} in {via}, {when}", limits.name + 30, isSubtle=True)
    lines = [line(run(vote.name, limits.name), own(" "), what, spacing="None")]
    if vote.comment:
        lines.append(line(run(f"“{vote.comment}”", limits.comment, italic=True), spacing="None"))
    return lines


def remarks(card: Card, limits: Limits) -> list[Element]:
    """What was commented and asked, the newest of it."""
    if not card.remarks:
        return []
    shown = card.remarks[-limits.remarks_counted :]
    lines = [_remark(card, remark, limits) for remark in shown]
    more = _left(len(card.remarks) - len(shown), "in the history")
    return [label("Comments", weight="Bolder", spacing="Medium"), *more, *lines]


def _remark(card: Card, remark: RemarkLine, limits: Limits) -> Element:
    verb = "asked" if remark.question else "wrote"
    when = own(f" {verb}, {moments.written(remark.at, card.timezone)}: ", isSubtle=True)
    name = run(remark.name, limits.name, weight="Bolder")
    return line(name, when, run(remark.text, limits.comment), spacing="Small")


def rationale(card: Card, limits: Limits) -> list[Element]:
    """The advice, with what each point rests on; none once there is nothing to decide."""
    if card.rationale is None or card.status not in OPEN:
        return []
    advice = card.rationale
    parts = [line(*_recommended(advice, limits))]
    if advice.summary:
        parts.append(line(run(advice.summary, limits.summary), spacing="Small"))
    for point in advice.points[: limits.points_counted]:
        sources = run(f"[{', '.join(point.sources)}]", limits.name, isSubtle=True, size="Small")
        words = run(point.text, limits.point)
        parts.append(line(own("• "), words, own(" "), sources, spacing="Small"))
    more = _left(len(advice.points) - limits.points_counted, "points")
    return [box("emphasis", [*parts, *more])]


def _recommended(advice: Rationale, limits: Limits) -> list[Element]:
    words = _ADVICE.get(advice.recommendation, advice.recommendation)
    sure = "" if advice.confidence is None else f" ({advice.confidence}% sure)"
    source = "rules" if advice.source == "rules" else f"model {advice.source}"
    return [
        own("Advice (from the ", isSubtle=True),
        run(source, limits.name, isSubtle=True),
        own("; you decide): ", isSubtle=True),
        run(f"{words}{sure}", limits.name, weight="Bolder"),
    ]


def why(card: Card, limits: Limits) -> list[Element]:
    """Why this person was asked."""
    return [line(run(card.why, limits.fact, isSubtle=True), spacing="Medium")] if card.why else []


def footer(card: Card) -> list[Element]:
    """The id to ask about it, and which revision of its content is shown."""
    parts = [f"Request {card.request}", f"revision {card.revision}"]
    if card.digest:
        parts.append(f"digest {card.digest[:DIGEST_SHOWN]}")
    spacing = "Small" if card.why else "Medium"
    return [line(run(" · ".join(parts), 240, isSubtle=True), spacing=spacing)]


def notice(text: str, *, refused: bool) -> Element:
    """A sentence that must be seen, on top of the card."""
    style = "warning" if refused else "good"
    return {**box(style, [line(run(text, 500, weight="Bolder"))]), "bleed": True}


def _left(count: int, what: str) -> list[Element]:
    """Says how many there are beyond those shown."""
    return [label(f"{count} more {what}", isSubtle=True)] if count > 0 else []


def box(style: str, items: list[Element]) -> Element:
    """Elements on a coloured ground."""
    return {"type": "Container", "style": style, "spacing": "Medium", "items": items}
