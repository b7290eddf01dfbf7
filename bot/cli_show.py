"""What the command line prints of requests: plain text that nothing in a request can forge.

Control, hidden and bidirectional characters are shown as ⟦U+XXXX⟧. Whatever somebody wrote on
several lines stands behind a bar, and in a terminal what is too long is folded with an indent:
no text from outside begins a line, where it could pass for our own words.
"""

import os
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from core.cards.advised import ASK, differing, left_out, source
from core.cards.moments import moment
from core.text import grouped, one_line, visible

if TYPE_CHECKING:
    from adapters.webhook.answers import Request, Stage
    from core.card import Card, StageLine

BAR, INDENT = "  | ", "      "
NARROWEST = 40


def say(*sentences: str, error: bool = False) -> None:
    """Print each on lines of its own, whatever characters it has and the terminal lacks."""
    stream: TextIO = sys.stderr if error else sys.stdout
    encoding = stream.encoding or "utf-8"
    for sentence in sentences:
        shown = "\n".join(laid(sentence)) if stream.isatty() else visible(sentence)
        print(shown.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)


def laid(text: str) -> Iterator[str]:
    """Lines as wide as the terminal; what does not fit goes on behind a bar or an indent."""
    width = max(shutil.get_terminal_size().columns, NARROWEST)
    for written in visible(text).expandtabs(4).split("\n"):
        indent = BAR if written.startswith(BAR) else INDENT
        first, *rest = _folded(written, width)
        yield first.rstrip()
        for piece in _folded("".join(rest), width - len(indent)) if rest else ():
            yield f"{indent}{piece}".rstrip()


def line(text: str) -> str:
    """Text from outside as one line."""
    return one_line(visible(text))


def when(at: int) -> str:
    """A moment in this machine's time zone."""
    return moment(at, zone())


def zone() -> str:
    """This machine's time zone by its name; UTC where it has none."""
    from zoneinfo import ZoneInfo

    named = os.environ.get("TZ", "").removeprefix(":")
    if not named:
        named = str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2]
    try:
        return ZoneInfo(named).key or "UTC"
    except (ValueError, OSError, LookupError):
        return "UTC"


def card_lines(card: "Card") -> Iterator[str]:
    """A card as it is read before deciding."""
    yield card.title
    yield f"{line(card.headline)}."
    yield f"Asked by {line(card.asked_by)}."
    yield ""
    width = max((len(fact.label) for fact in card.facts), default=0)
    for fact in card.facts:
        yield f"  {line(fact.label).ljust(width)}  {line(fact.value)}"
    if card.description:
        yield from ("", "Description:", *quoted(card.description))
    yield from ("", "Stages:")
    for stage in card.stages:
        yield from _stage(stage)
    yield from _ends(card)
    yield from _advice(card)
    for remark in card.remarks:
        what = "asked" if remark.question else "wrote"
        yield f"{line(remark.name)} {what}, {moment(remark.at, card.timezone)}:"
        yield from quoted(remark.text)
    yield ""
    yield f"Request {card.request}, revision {card.revision}."


def details(card: "Card") -> Iterator[str]:
    """All that an approval is about, hidden characters made visible."""
    yield f"The whole of revision {card.revision} (digest {card.digest}):"
    yield from quoted(card.whole_action)


def quoted(text: str) -> Iterator[str]:
    """Somebody's text behind a bar."""
    yield from (f"{BAR}{written}".rstrip() for written in visible(text).split("\n"))


def stands(request: "Request") -> str:
    """Where a request stands, as one sentence."""
    stage = open_stage(request)
    decided = request.decision
    by = "" if decided is None or not decided.by else f" by {', '.join(decided.by)}"
    match request.status.value:
        case "pending" if stage is not None:
            where = f"{stage.name} (stage {stage.level} of {request.total_stages})"
            done = {voice for vote in stage.votes for voice in (vote.person, vote.on_behalf_of)}
            people = [p for p in stage.assigned_to if p not in done]
            waits = f": {', '.join(people)}" if people else ""
            said = f"Held at {where}: {stage.held}" if stage.held else f"Waiting for {where}{waits}"
        case "changes_requested" if request.feedback is not None:
            said = f"Changes requested by {request.feedback.by}: {request.feedback.reason or ''}"
        case "cancelled":
            said = f"Withdrawn{by}"
        case status:
            said = f"{status.capitalize()}{by}"
    why = f": {decided.reason}" if decided is not None and decided.reason else ""
    ended = f"{said}{why}".rstrip(" .")
    wrong = f" Incidents reported since: {request.incidents}." if request.incidents else ""
    return line(f"{ended}.{wrong}")


def open_stage(request: "Request") -> "Stage | None":
    """The stage that can be decided now, if any."""
    return next((s for s in request.stages if s.level == request.current_stage), None)


def money(amount: str | None, currency: str | None) -> str | None:
    """An amount as people read it."""
    return None if amount is None else f"{grouped(amount)} {currency or ''}".rstrip()


def _stage(stage: "StageLine") -> Iterator[str]:
    waits = f"; waiting for {', '.join(stage.waiting_for)}" if stage.waiting_for else ""
    several = f", {stage.needed} needed" if stage.needed > 1 else ""
    yield f"  {stage.level}. {line(stage.name)}: {stage.status}{several}{line(waits)}"
    for note in filter(None, (stage.escalated_because, stage.note)):
        yield f"     {line(note)}"
    for vote in stage.votes:
        yield f"     {line(vote.name)} {vote.decision} ({vote.via}), {when(vote.at)}"
        yield from quoted(vote.comment) if vote.comment else ()


def _ends(card: "Card") -> Iterator[str]:
    if card.why:
        yield f"Why: {line(card.why)}."
    if card.deadline is not None:
        yield f"Deadline: {moment(card.deadline, card.timezone)}."
    if card.reason:
        yield from ("Reason:", *quoted(card.reason))
    if card.note:
        yield from ("Changed:", *quoted(card.note))


def _advice(card: "Card") -> Iterator[str]:
    advice = card.rationale
    if advice is None:
        return
    sure = "" if advice.confidence is None else f", {advice.confidence}% sure"
    whose = source(advice) or advice.source
    yield f"Advice ({line(whose)}{sure}): {line(advice.recommendation)}."
    for aside in filter(None, (card.record, differing(advice))):
        yield from quoted(aside)
    yield from quoted(advice.summary) if advice.summary else ()
    for point in advice.points:
        sources = f" ({', '.join(point.sources)})" if point.sources else ""
        yield from quoted(f"- {point.text}{sources}")
    yield from _listed("Risks:", card.risks)
    yield from _listed(f"{ASK}:", advice.questions, "?")
    removed = left_out(advice)
    yield from quoted(removed) if removed else ()


def _listed(title: str, texts: Iterable[str], mark: str = "!") -> Iterator[str]:
    for number, text in enumerate(texts):
        if not number:
            yield title
        yield from quoted(f"{mark} {text}")


def _folded(text: str, width: int) -> Iterator[str]:
    """Pieces that a terminal shows on one line each, broken between words where that is possible.

    A wide character takes two places.
    """
    start = used = space = 0
    for place, character in enumerate(text):
        used += _wide(character)
        if used > width:
            end = space if space > start else place
            yield text[start:end]
            start, used = end, sum(map(_wide, text[end : place + 1]))
        if character == " ":
            space = place + 1
    yield text[start:]


def _wide(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
