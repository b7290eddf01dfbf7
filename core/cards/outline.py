"""A card as labelled lines of plain text: for letters and pages, which have room for all of it.

Pure, and without any markup: whoever lays it out escapes it. Hidden characters are visible
already, also in names, and half characters are replaced, which no encoding can carry.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from core.card import Card, RemarkLine, StageLine, VoteLine
from core.cards.advised import differing, left_out, source
from core.cards.moments import moment
from core.cards.words import ADVICE, missing, place
from core.request import OPEN, StageStatus
from core.text import cut, one_line, visible
from core.value import Value

WHOLE: Final = 1_000_000
"""Characters of a text where nothing is to be cut: more than the API takes."""

_NAMES: Final = 10
_HALVES: Final = re.compile("[\ud800-\udfff]")


class Labelled(Value, frozen=True):
    """A label and what stands behind it."""

    label: str
    text: str


class Advice(Value, frozen=True):
    """`recommendation` is "approve (80% sure)"; `points` each say what they rest on. `aside` says
    how often such advice was right and where model and rules differ, `about` whose advice it is and
    what was left out of it."""

    recommendation: str
    summary: str
    points: tuple[str, ...] = ()
    aside: str = ""
    questions: tuple[str, ...] = ()
    about: tuple[str, ...] = ()


class Outline(Value, frozen=True):
    """The card's parts in reading order; "" and () where there is nothing.

    `deadline` is a moment in the viewer's time zone, for who is asked. `stages` are a line each,
    with the stage's status. `left_out` counts older remarks that are not among `remarks`.
    """

    title: str
    headline: str
    status: str
    asked_by: str
    reason: str
    note: str
    deadline: str
    facts: tuple[Labelled, ...]
    description: str
    risks: tuple[str, ...]
    advice: Advice | None
    why: str
    stages: tuple[Labelled, ...]
    remarks: tuple[str, ...]
    left_out: int
    whole_action: str
    footer: str


def outline(card: Card, most: int = WHOLE, remarks: int = WHOLE) -> Outline:
    """The parts of a card, each text of at most `most` characters, with the newest `remarks`."""
    deciding = card.status in OPEN
    shown = card.remarks[-remarks:]
    return Outline(
        title=line(card.title),
        headline=line(card.headline),
        status=card.status.value,
        asked_by=line(card.asked_by),
        reason=clean(card.reason, most),
        note=clean(card.note, most),
        deadline=_deadline(card),
        facts=tuple(Labelled(line(f.label), clean(f.value, most)) for f in card.facts),
        description=clean(card.description, most),
        risks=tuple(line(risk) for risk in card.risks) if deciding else (),
        advice=_advice(card) if deciding else None,
        why=clean(card.why, most),
        stages=tuple(Labelled(stage.status, _stage(stage, card)) for stage in card.stages),
        remarks=tuple(_remark(each, card, most) for each in shown),
        left_out=len(card.remarks) - len(shown),
        whole_action=clean(card.whole_action),
        footer=" · ".join(_footer(card)),
    )


def line(text: str) -> str:
    """Text from outside on one line, with nothing hidden in it."""
    return clean(one_line(text))


def clean(text: str | None, most: int = WHOLE) -> str:
    """Text from outside with its lines, with nothing hidden in it; "" for None."""
    return cut(visible(_HALVES.sub("\ufffd", text or "")).strip(), most)


def _deadline(card: Card) -> str:
    if card.deadline is None or card.why is None or card.status not in OPEN:
        return ""
    return moment(card.deadline, card.timezone)


def _advice(card: Card) -> Advice | None:
    found = card.rationale
    if found is None:
        return None
    sure = "" if found.confidence is None else f" ({found.confidence}% sure)"
    points = (
        line(point.text) + (f" (from {line(', '.join(point.sources))})" if point.sources else "")
        for point in found.points
    )
    said = ADVICE.get(found.recommendation, line(found.recommendation))
    whose = source(found)
    about = (f"Source: {whose}" if whose else "", left_out(found) or "")
    return Advice(
        recommendation=f"{said}{sure}",
        summary=line(found.summary),
        points=tuple(points),
        aside=line(" ".join(filter(None, (card.record, differing(found))))),
        questions=tuple(map(line, found.questions)),
        about=tuple(line(each) for each in about if each),
    )


def _stage(stage: StageLine, card: Card) -> str:
    said = [_vote(vote, card) for vote in stage.votes]
    if stage.waiting_for:
        said.append(f"waiting for {_names(stage.waiting_for)}{missing(stage)}")
    elif stage.status == StageStatus.SKIPPED.value:
        said.append("not needed")
    text = f"{stage.level}. {line(stage.name)}" + (f": {'; '.join(said)}" if said else "")
    text += f" (escalated: {line(stage.escalated_because)})" if stage.escalated_because else ""
    return text + (f" – {line(stage.note)}" if stage.note else "")


def _vote(vote: VoteLine, card: Card) -> str:
    where = line(place(vote.via))
    text = f"{line(vote.name)} {line(vote.decision)} {where}, {moment(vote.at, card.timezone)}"
    said = vote.comment if vote.comment != card.reason else None
    return text + (f" – “{line(said)}”" if said else "")


def _names(names: Sequence[str]) -> str:
    more = len(names) - _NAMES
    shown = ", ".join(map(line, names[:_NAMES]))
    return f"{shown} and {more} more" if more > 0 else shown


def _remark(remark: RemarkLine, card: Card, most: int) -> str:
    verb = "asks" if remark.question else "wrote"
    when = moment(remark.at, card.timezone)
    return cut(f"{line(remark.name)} {verb} ({when}): “{line(remark.text)}”", most)


def _footer(card: Card) -> Iterator[str]:
    yield f"Request {line(card.request)}"
    yield f"revision {card.revision}"
    if card.digest:
        yield f"digest {card.digest[:12]}"
