"""How the revisions of a request differ, field by field, with what was and what is side by side."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any, Final

import msgspec

from core.cards.changes import differences
from core.cards.moments import moment
from core.cards.names import acting
from core.cards.texts import label
from core.content import Revision, read_revision
from core.directory.people import Directory
from core.events import Recorded, Revised
from core.evolve import evolve
from core.request import RequestState
from core.rows import Snapshot
from core.text import cut, grouped, visible
from core.value import Value as Plain
from core.web.inbox_port import Change, Difference, Line

MOST: Final = 10
"""Revisions that are compared; the history names all of them."""

FIELDS: Final = 25
LONGEST: Final = 2_000
"""Fields of one revision, and characters of a value; the whole action has all of it."""

_MONEY: Final = "amount"


class _Made(Plain, frozen=True):
    """A revision as the trail has it."""

    number: int
    by: str
    at: str


def changes(
    found: Snapshot, trail: Iterable[Recorded], directory: Directory, timezone: str
) -> Sequence[Change]:
    """The newest revisions against the ones before, the newest first."""
    made = list(_made(found.state.id, trail, directory, timezone))[-MOST:]
    return [_change(each, found) for each in reversed(made)]


def _made(
    request: str, trail: Iterable[Recorded], directory: Directory, timezone: str
) -> Iterator[_Made]:
    state = RequestState(id=request)
    for recorded in trail:
        state = evolve(state, recorded)
        if isinstance(recorded.event, Revised):
            by = acting(recorded.actor, state, directory)
            yield _Made(
                number=recorded.event.revision,
                by=by[:1].upper() + by[1:],
                at=moment(recorded.at, timezone),
            )


def _change(made: _Made, found: Snapshot) -> Change:
    before, after = (_revision(found, number) for number in (made.number - 1, made.number))
    if before is None or after is None:
        return Change(number=made.number, by=made.by, at=made.at, erased=True)
    changed = list(differences(before, after))
    told = tuple(
        _difference(label(name), _text(name, old), _text(name, new))
        for name, old, new in changed[:FIELDS]
    )
    more = len(changed) - len(told)
    return Change(number=made.number, by=made.by, at=made.at, differences=told, more=more)


def _difference(name: str, before: Sequence[str], after: Sequence[str]) -> Difference:
    """Both values side by side, with the lines told apart between those with which both begin and
    end: whoever writes the values cannot make this take long."""
    head = _alike(before, after)
    tail = _alike(before[head:][::-1], after[head:][::-1])
    return Difference(name=name, before=_lines(before, head, tail), after=_lines(after, head, tail))


def _alike(before: Sequence[str], after: Sequence[str]) -> int:
    """With how many lines both begin."""
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False))
    return sum(1 for _ in pairs)


def _lines(texts: Sequence[str], head: int, tail: int) -> tuple[Line, ...]:
    end = len(texts) - tail
    return tuple(Line(text=text, other=head <= n < end) for n, text in enumerate(texts))


def _revision(found: Snapshot, number: int) -> Revision | None:
    body = found.contents.get(f"{found.state.id}.r{number}")
    return None if body is None else read_revision(body)


def _text(name: str, value: Any) -> Sequence[str]:
    """A value as lines of text, with nothing hidden in them; none for nothing."""
    if value is None or value in ((), {}):
        return ()
    if isinstance(value, str):
        text = grouped(value) if name == _MONEY and _is_decimal(value) else value
    elif isinstance(value, Mapping | list | tuple):
        text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    else:
        text = msgspec.json.encode(value).decode()
    return cut("\n".join(visible(line) for line in text.split("\n")), LONGEST).split("\n")


def _is_decimal(text: str) -> bool:
    return text.isascii() and text.replace(".", "", 1).isdigit() and text[:1].isdigit()
