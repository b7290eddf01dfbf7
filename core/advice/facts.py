"""The numbered facts that advice rests on: all that a model is told of a request.

Pure. Each fact says where it comes from; what people or agents wrote is marked as from outside,
so that it is fenced where a model reads it.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from core.advice.history import MOST_COUNTED, UNUSUAL, History, Tally, outlier
from core.content import Revision
from core.request import RequestState
from core.route import Route
from core.submission import lookup
from core.text import cut, grouped, one_line, visible
from core.value import Millis, Value

MOST_TEXT: Final = 1_500
"""Characters of one text from outside."""
MOST_PARAMS: Final = 40
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,60}")


class Fact(Value, frozen=True):
    """One fact. `outside`: its text was written by whoever asks, and may be anything."""

    number: int
    text: str
    source: str
    outside: bool = False


class Known(Value, frozen=True):
    """What facts are made of. `rejection` is the text of the newest reason for a no, where all who
    read this may read it there; `is_working` says whether it was working time for the requester.
    `hidden` are fields that must not leave: "params.PATH", where the path has dots between names
    that stand inside one another, or "context.NAME". Parameters are hidden in any case of theirs.
    """

    revision: Revision
    state: RequestState
    route: Route
    history: History
    rejection: str | None = None
    is_working: bool | None = None
    hidden: frozenset[str] = frozenset()


def facts(known: Known, now: Millis) -> tuple[Fact, ...]:
    """All facts, numbered from 1."""
    told = (
        *_asked(known),
        *_policy(known.route),
        *_so_far(known.state),
        *_past(known, now),
        *_twins(known.history),
        *_amounts(known),
        *_time(known, now),
    )
    return tuple(
        Fact(number=number, text=text, source=source, outside=outside)
        for number, (text, source, outside) in enumerate(told, 1)
    )


Told = tuple[str, str, bool]


def _asked(known: Known) -> Iterator[Told]:
    revision = known.revision
    yield f"The type of the action is {_line(revision.action.type)}.", "request.action.type", True
    yield _outside("title", revision.title), "request.title", True
    if revision.description:
        yield _outside("description", revision.description), "request.description", True
    if revision.requester:
        yield f"The requester is {revision.requester}.", "request.requester", False
    if revision.amount is not None and not _is_amount_hidden(known):
        currency = f" {revision.currency}" if revision.currency else ""
        yield f"The amount is {grouped(revision.amount)}{currency}.", "request.amount", False
    if revision.risk_score is not None:
        said = f"The agent gives a risk score of {revision.risk_score} out of 100."
        yield said, "request.risk_score", False
    if revision.labels:
        yield f"Labels: {_line(', '.join(revision.labels))}.", "request.labels", True
    yield from _params(known)
    for name in ("reasoning", "confidence", "validation"):
        value = revision.context.get(name)
        if value is not None and f"context.{name}" not in known.hidden:
            yield _outside(f"agent's {name}", _json(value)), f"request.context.{name}", True


def _params(known: Known) -> Iterator[Told]:
    hidden = _hidden_params(known)
    for number, (name, value) in enumerate(known.revision.action.params.items()):
        if number == MOST_PARAMS:
            yield f"There are more than {MOST_PARAMS} parameters.", "request.action.params", False
            return
        if name.casefold() not in hidden:
            # A name may be any text: what is no word could pass for another source.
            source = name if _NAME.fullmatch(name) else f"no. {number + 1}"
            told = _without(value, _within(hidden, name))
            text = _outside(f"parameter {_line(name)[:60]}", _json(told))
            yield text, f"request.params.{source}", True


def _hidden_params(known: Known) -> frozenset[str]:
    """The paths of parameters that must not leave, in small letters."""
    prefix = "params."
    return frozenset(
        each.removeprefix(prefix).casefold() for each in known.hidden if each.startswith(prefix)
    )


def _within(paths: frozenset[str], name: str) -> frozenset[str]:
    """Of these paths, those that go on inside this name."""
    prefix = f"{name.casefold()}."
    return frozenset(each.removeprefix(prefix) for each in paths if each.startswith(prefix))


def _without(value: Any, paths: frozenset[str]) -> Any:
    """The value without what stands at these paths, in each item of a list."""
    if paths and isinstance(value, list):
        return [_without(each, paths) for each in value]
    if not paths or not isinstance(value, dict):
        return value
    return {
        name: _without(inner, _within(paths, name))
        for name, inner in value.items()
        if name.casefold() not in paths
    }


def _is_amount_hidden(known: Known) -> bool:
    """Whether the amount is that of a parameter which must not leave."""
    place = known.route.amount_from or "amount"
    names = place.casefold().split(".")
    hidden = _hidden_params(known)
    paths = (".".join(names[:end]) for end in range(1, len(names) + 1))
    is_param = lookup(known.revision.action.params, place) is not None
    return is_param and not hidden.isdisjoint(paths)


def _policy(route: Route) -> Iterator[Told]:
    yield f"Policy rule {route.rule} says {route.category.value}.", "policy.rule", False
    if route.uncategorised:
        yield "No policy rule names this type of action.", "policy.rule", False
    for stage in route.stages:
        count = "all" if stage.quorum is None else str(stage.quorum)
        said = f"Stage {stage.level} is {_line(stage.name)}; it needs {count} of those asked."
        yield said, f"policy.stages.{stage.level}", False


def _so_far(state: RequestState) -> Iterator[Told]:
    for stage in state.stages:
        for vote in stage.votes:
            said = f"{vote.person} said {vote.decision.value} in stage {stage.plan.level}."
            yield said, f"votes.{stage.plan.level}", False
    if state.attempt > 1:
        yield f"This is attempt {state.attempt} at it.", "request.attempt", False


def _past(known: Known, now: Millis) -> Iterator[Told]:
    history, revision = known.history, known.revision
    # Not the type's own word: whoever asks chose it, and these facts stand outside any fence.
    kind = "requests of this type"
    if revision.requester:
        yield from _tally(history.requester, f"{kind} by this requester", "history.requester")
    yield from _tally(history.action, kind, "history.action")
    yield from _tally(history.party, "requests about the same party", "history.party")
    for number, tally in enumerate(history.labels, 1):
        what = f"requests with the label that is no. {number} of this one's"
        yield from _tally(tally, what, f"history.labels.{number}")
    if revision.requester and history.rejected_at is not None:
        days = max(0, (now - history.rejected_at) // 86_400_000)
        said = f"The newest rejection of this requester's {kind} was {days} days ago"
        if known.rejection:
            yield f"{said}. Its reason: {_line(known.rejection)}", "history.rejection", True
        else:
            yield f"{said}.", "history.rejection", False


def _tally(tally: Tally, what: str, source: str) -> Iterator[Told]:
    if not tally.count:
        yield f"There were no earlier {what}.", source, False
        return
    count = f"{MOST_COUNTED} or more" if tally.count >= MOST_COUNTED else str(tally.count)
    share = round(100 * tally.approved / tally.count)
    said = f"Of {count} earlier {what} {tally.approved} were approved ({share}%)"
    yield f"{said} and {tally.rejected} rejected.", source, False


def _twins(history: History) -> Iterator[Told]:
    for twin in history.twins:
        same = "the very same action" if twin.exact else "nearly the same action"
        day = datetime.fromtimestamp(twin.at // 1000, UTC).strftime("%Y-%m-%d")
        said = f"Request {twin.request} of {day} asks for {same}; it is {twin.status}."
        yield said, "history.duplicates", False


def _amounts(known: Known) -> Iterator[Told]:
    amount = None if _is_amount_hidden(known) else known.revision.amount
    found = None if amount is None else outlier(amount, known.history.amounts)
    if found is None:
        return
    usual, score = found
    count = len(known.history.amounts)
    said = f"The usual amount of the newest {count} approved ones is {grouped(f'{usual:f}')}"
    yield f"{said}; this one has a robust z-score of {score}.", "history.amounts", False
    if abs(score) >= UNUSUAL:
        way = "higher" if score > 0 else "lower"
        yield f"The amount is unusual: much {way} than before.", "history.amounts", False


def _time(known: Known, now: Millis) -> Iterator[Told]:
    state = known.state
    if state.expires_at:
        hours = max(0, (state.expires_at - now) // 3_600_000)
        yield f"It expires in {hours} hours.", "request.expires_at", False
    if known.is_working is False:
        said = "It was asked outside the requester's working hours."
        yield said, "request.created_at", False


def is_unusual(amount: str | None, amounts: Sequence[str]) -> bool:
    """Whether the amount is an outlier among these."""
    found = None if amount is None else outlier(amount, amounts)
    return found is not None and abs(found[1]) >= UNUSUAL


def _outside(name: str, text: str) -> str:
    return f"The {name}: {cut(visible(text), MOST_TEXT)}"


def _line(text: str) -> str:
    return cut(visible(one_line(text)), 300)


def _json(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
